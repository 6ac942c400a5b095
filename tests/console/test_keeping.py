"""Answers that cost much are kept: given again while they are fresh, and while the next one is found."""

from __future__ import annotations

import asyncio

import pytest

from barback.console.keeping import KEPT_MAX, STALE_AFTER_S, Keeper


class Asked:
    """A question that takes `takes_s` of a clock set by hand; each answer is another number."""

    def __init__(self, takes_s: float) -> None:
        self.now, self.takes_s, self.count = 0.0, takes_s, 0
        self.fails: Exception | None = None
        self.go = asyncio.Event()
        self.go.set()
        self.keeper = Keeper(lambda: self.now)

    async def ask(self) -> int:
        await self.go.wait()
        if self.fails is not None:
            raise self.fails
        self.now += self.takes_s
        self.count += 1
        return self.count

    async def get(self, question: str = "usage") -> int:
        return await self.keeper.answer(question, self.ask)


async def settled() -> None:
    """What was begun behind whoever asked has ended."""
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)


async def test_an_answer_is_kept_twenty_times_as_long_as_it_took() -> None:
    asked = Asked(takes_s=2)
    assert await asked.get() == 1
    asked.now += 39
    assert await asked.get() == 1
    await settled()
    assert asked.count == 1
    asked.now += 1
    assert await asked.get() == 1, "the last one, at once"
    await settled()
    assert await asked.get() == 2, "found behind who asked"


async def test_who_asks_at_once_waits_for_one_answer_and_may_go_away() -> None:
    asked = Asked(takes_s=1)
    asked.go.clear()
    waiting = [asyncio.create_task(asked.get()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    asked.go.set()
    assert await asyncio.gather(*waiting[1:]) == [1, 1]
    assert asked.count == 1


async def test_an_old_answer_is_not_given_any_more() -> None:
    asked = Asked(takes_s=1)
    await asked.get()
    asked.now += STALE_AFTER_S
    assert await asked.get() == 2


async def test_a_question_that_fails_fails_who_waits_for_it_and_is_asked_again() -> None:
    asked = Asked(takes_s=1)
    asked.fails = ConnectionError("away")
    with pytest.raises(ConnectionError):
        await asked.get()
    asked.fails = None
    assert await asked.get() == 1
    asked.now += 100
    asked.fails = ConnectionError("away")
    assert await asked.get() == 1, "the last answer is better than none"
    await settled()
    asked.fails = None
    await asked.get()
    await settled()
    assert await asked.get() == 2


async def test_only_so_many_answers_are_kept() -> None:
    asked = Asked(takes_s=1)
    for number in range(KEPT_MAX + 1):
        await asked.get(f"question {number}")
    asked.now -= 1
    assert await asked.get(f"question {KEPT_MAX}") == KEPT_MAX + 1
    assert await asked.get("question 0") == KEPT_MAX + 2, "the oldest one went"
