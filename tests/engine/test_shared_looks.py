"""Looks that are shared: read once for all who ask, given again while fresh, and while the next one is read."""

from __future__ import annotations

import asyncio

import pytest

from barback.engine.operations.activity import activity_of
from barback.engine.operations.shared_looks import KEPT_AT_MOST_MS, KEPT_MAX, SharedLook, looks_of
from barback.engine.operations.timings import timings_of
from barback.engine.operations.troubles import troubles_of
from barback.foundation.clock import HandClock
from barback.storage import Database, Transaction

STALE_MS = 600_000


class Asked:
    """A question that takes `takes_ms` of a clock set by hand; each answer is another number."""

    def __init__(self, db: Database, clock: HandClock, takes_ms: int, *, stale_ms: int = 0, worth: int = 0) -> None:
        self.db, self.clock, self.takes_ms, self.count = db, clock, takes_ms, 0
        self.fails: Exception | None = None
        self.go = asyncio.Event()
        self.go.set()
        self.look = SharedLook(self._read, fresh_ms=1_000, stale_ms=stale_ms, worth=lambda answer: answer > worth)

    async def _read(self, tx: Transaction) -> int:
        assert tx.database is self.db
        await self.go.wait()
        if self.fails is not None:
            raise self.fails
        self.clock.advance(self.takes_ms)
        self.count += 1
        return self.count

    async def get(self) -> int:
        return await self.look.look(self.db)


async def settled() -> None:
    """What was begun behind whoever asked has ended."""
    begun = [task for task in asyncio.all_tasks() if "SharedLook" in repr(task.get_coro())]
    await asyncio.gather(*begun, return_exceptions=True)


async def test_an_answer_is_kept_twenty_times_as_long_as_it_took(database: Database, clock: HandClock) -> None:
    asked = Asked(database, clock, 2_000)
    assert await asked.get() == 1
    clock.advance(39_999)
    assert await asked.get() == 1
    clock.advance(1)
    assert await asked.get() == 2, "who asks for an old one waits for the next"
    asked.takes_ms = 0
    clock.advance(40_000)
    assert await asked.get() == 3
    clock.advance(999)
    assert await asked.get() == 3
    clock.advance(1)
    assert await asked.get() == 4, "what costs nothing is kept for a moment"


async def test_an_answer_is_not_kept_for_ever_because_a_clock_was_set(database: Database, clock: HandClock) -> None:
    asked = Asked(database, clock, 3_600_000)
    assert await asked.get() == 1
    clock.advance(KEPT_AT_MOST_MS)
    assert await asked.get() == 2
    clock.advance(-7_200_000)
    assert await asked.get() == 3, "an answer from the future is none"


async def test_who_asks_at_once_waits_for_one_answer_and_may_go_away(database: Database, clock: HandClock) -> None:
    asked = Asked(database, clock, 1_000)
    asked.go.clear()
    waiting = [asyncio.create_task(asked.get()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    asked.go.set()
    assert await asyncio.gather(*waiting[1:]) == [1, 1]
    assert asked.count == 1


async def test_the_last_answer_is_given_while_the_next_is_read(database: Database, clock: HandClock) -> None:
    asked = Asked(database, clock, 1_000, stale_ms=STALE_MS)
    assert await asked.get() == 1
    clock.advance(20_000)
    assert await asked.get() == 1, "at once"
    await settled()
    assert await asked.get() == 2, "read behind who asked"
    clock.advance(STALE_MS)
    assert await asked.get() == 3, "one that is too old is not given any more"


async def test_a_look_that_fails_fails_who_waits_for_it_and_is_taken_again(
    database: Database, clock: HandClock
) -> None:
    asked = Asked(database, clock, 1_000, stale_ms=STALE_MS)
    asked.fails = ConnectionError("away")
    with pytest.raises(ConnectionError):
        await asked.get()
    asked.fails = None
    assert await asked.get() == 1
    clock.advance(100_000)
    asked.fails = ConnectionError("away")
    assert await asked.get() == 1, "the last answer is better than none"
    await settled()
    asked.fails = None
    await asked.get()
    await settled()
    assert await asked.get() == 2


async def test_who_has_a_transaction_reads_in_it_and_keeps_what_is_worth_it(
    database: Database, clock: HandClock
) -> None:
    asked = Asked(database, clock, 0, worth=2)
    async with database.reading() as tx:
        assert [await asked.look.within(tx) for _ in range(5)] == [1, 2, 3, 3, 3]


async def test_only_so_many_questions_are_remembered(database: Database, clock: HandClock) -> None:
    looks = looks_of(database)
    asked = Asked(database, clock, 0)
    first = looks.shared("first", lambda: asked.look)
    for number in range(KEPT_MAX - 1):
        looks.shared(number, lambda: Asked(database, clock, 0).look)
    assert looks.shared("first", lambda: Asked(database, clock, 0).look) is first
    looks.shared("one more", lambda: Asked(database, clock, 0).look)
    assert looks.shared("first", lambda: Asked(database, clock, 0).look) is first, "somebody asked for it"
    assert looks.shared(0, lambda: asked.look) is asked.look, "nobody asked for that for longest: it went"


async def test_all_who_look_at_one_database_share(database: Database) -> None:
    for of in (activity_of, timings_of, troubles_of):
        assert of(database) is of(database)
        assert await of(database).look(database) is await of(database).look(database)
