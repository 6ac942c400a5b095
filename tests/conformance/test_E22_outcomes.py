"""E22. Outcomes are values: done, retry after, snooze (no attempt burnt), cancel with a reason, dead, expired."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.conformance.bar import Drink, effects, held, order, pouring, write_effect
from tests.conformance.tools import count, sql

from barback.engine import DONE, BatchTask, Cancel, Dead, Done, Expired, Message, Outcome, RetryAfter, Snooze
from barback.storage import Database, Transaction
from barback.testing import HandClock, run_until_quiet

DUE = sql("SELECT due_ms, attempt FROM engine_later")


@pytest.mark.parametrize("outcome", [None, DONE, Done(), Cancel("the guest left"), Expired()], ids=str)
@pytest.mark.parametrize("key", [None, "tab:1"])
async def test_E22_done_cancelled_and_expired_messages_are_gone(
    tables: Database, outcome: Outcome | None, key: str | None
) -> None:
    task = pouring(lambda _message: outcome)
    await order(tables, task, [1, 2], key=key)
    assert await run_until_quiet(tables, [task]) == 2
    assert len(await effects(tables)) == 2
    assert await held(tables) == {}
    assert await count(tables, "engine_failure") == 0


@pytest.mark.parametrize(("outcome", "attempt"), [(RetryAfter(7_000), 1), (Snooze(7_000), 0)], ids=["retry", "snooze"])
async def test_E22_a_message_comes_back_exactly_when_it_said(
    tables: Database, clock: HandClock, outcome: Outcome, attempt: int
) -> None:
    task = pouring(lambda message: outcome if message.enqueued_ms == clock.now_ms() else None)
    await order(tables, task, [1])
    await run_until_quiet(tables, [task])
    async with tables.reading() as tx:
        [row] = await tx.all(DUE)
    assert (row["due_ms"], row["attempt"]) == (clock.now_ms() + 7_000, attempt)
    clock.advance(6_999)
    assert await run_until_quiet(tables, [task]) == 0
    clock.advance(1)
    assert await run_until_quiet(tables, [task]) == 1
    assert [one.attempt for one in await effects(tables)] == [1, attempt + 1]


async def test_E22_to_snooze_burns_no_attempt_however_often(tables: Database, clock: HandClock) -> None:
    task = pouring(lambda _message: Snooze(1_000), attempts_max=1)
    await order(tables, task, [1])
    for _ in range(20):
        assert await run_until_quiet(tables, [task]) == 1
        clock.advance(1_000)
    assert await held(tables) == {"later": 1}
    assert {one.attempt for one in await effects(tables)} == {1}


async def test_E22_a_retry_counts_and_the_last_one_is_a_dead_letter(tables: Database, clock: HandClock) -> None:
    task = pouring(lambda _message: RetryAfter(1_000, "no ice"), attempts_max=2)
    await order(tables, task, [1])
    await run_until_quiet(tables, [task])
    clock.advance(1_000)
    await run_until_quiet(tables, [task])
    assert await held(tables) == {"dead": 1}
    assert await count(tables, "engine_failure", "error = 'no ice'") == 2


async def test_E22_dead_is_dead_at_once(tables: Database) -> None:
    task = pouring(lambda _message: Dead("no such drink"), attempts_max=10)
    await order(tables, task, [1])
    assert await run_until_quiet(tables, [task]) == 1
    assert await count(tables, "engine_dead", "reason = 'handler' AND error = 'no such drink'") == 1


class Tray(BatchTask[Drink]):
    """Answers each drink by its number."""

    name = "bar.carry"
    queue = "bar"
    payload = Drink

    async def handle_batch(self, tx: Transaction, messages: Sequence[Message[Drink]]) -> Sequence[Outcome]:
        for message in messages:
            await write_effect(tx, message)
        answers: dict[int, Outcome] = {
            1: RetryAfter(1_000),
            2: Snooze(1_000),
            3: Cancel("no"),
            4: Dead("no"),
            5: Expired(),
        }
        return [answers.get(message.payload.n, DONE) for message in messages]


async def test_E22_a_batch_answers_for_each_of_its_messages(tables: Database) -> None:
    await order(tables, Tray(), range(6))
    await run_until_quiet(tables, [Tray()])
    assert await held(tables) == {"later": 2, "dead": 1}
    assert len(await effects(tables)) == 6


async def test_E22_a_batch_that_answers_for_too_few_is_a_failed_attempt(tables: Database) -> None:
    class Short(Tray):
        attempts_max = 1

        async def handle_batch(self, tx: Transaction, messages: Sequence[Message[Drink]]) -> Sequence[Outcome]:
            return [*await super().handle_batch(tx, messages)][:-1]

    await order(tables, Short(), range(3))
    await run_until_quiet(tables, [Short()])
    assert await held(tables) == {"dead": 3}
    assert await effects(tables) == []
