"""The minutes of queues: entered once, summed up when they are over, and read as the steps of a day."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from tests.engine.notes import Book, NoteTask, enqueue, work, working
from tests.support.statements import counted

from barback.engine.history import tidy
from barback.engine.messages import Stored
from barback.engine.operations import backlogs, depths, hours, minutes
from barback.engine.operations.minutes import MinuteKeeper, Step
from barback.engine.store import add_ready
from barback.foundation.clock import HandClock
from barback.foundation.ids import new_id
from barback.storage import Database, sql

MINUTE_MS = 60_000
DEPTH = depths.SQL.depth_ready.postgres


async def day(db: Database, queue: str = "") -> list[Step]:
    async with db.reading() as tx:
        return await minutes.day(tx, queue)


async def test_a_day_adds_up_over_queues_and_knows_its_backlog(database: Database, clock: HandClock) -> None:
    clock.advance(minutes.STEP_MS - clock.now_ms() % minutes.STEP_MS)
    mail, print_ = NoteTask(Book(), queue="mail"), NoteTask(Book(dies={"x"}), queue="print")
    keeper = MinuteKeeper(database)
    for n in range(12):
        await enqueue(database, mail, "a", "b")
        await enqueue(database, print_, "x")
        assert await keeper.keep()
        await work(database, mail, print_)
        clock.advance(MINUTE_MS)
        if n == 7:
            clock.advance(30 * MINUTE_MS)
    all_, of_mail, of_print = await day(database), await day(database, "mail"), await day(database, "print")
    assert len(all_) == 288
    said = [(step.done, step.dead, step.waiting) for step in all_ if step.waiting is not None or step.done]
    # Twelve minutes, with half an hour between the eighth and the ninth.
    assert said == [(10, 5, 3), (6, 3, 3), (4, 2, 3), (4, 2, 3)]
    assert sum(step.done for step in of_mail) == 24
    assert (sum(step.done for step in of_print), sum(step.dead for step in of_print)) == (0, 12)
    assert {step.waiting for step in of_print} == {None, 1}
    assert [step.at_ms for step in all_] == [step.at_ms for step in of_mail]


DEEP = [f"deep{n}" for n in range(5)]


class Counting:
    """Fills queues, and says what is told of them from minute to minute, each kept by another worker."""

    def __init__(self, db: Database, clock: HandClock, statements: Counter[str]) -> None:
        self.db, self.clock, self._statements = db, clock, statements
        clock.advance(MINUTE_MS - clock.now_ms() % MINUTE_MS)

    async def add(self, count: int, *queues: str) -> None:
        rows = [Stored(0, one, None, 0, new_id(), "t", None, 0, 10, 0, "{}") for one in queues for _ in range(count)]
        async with self.db.transaction() as tx:
            await add_ready(tx, rows)

    async def remove(self, *queues: str) -> None:
        async with self.db.transaction() as tx:
            await tx.run(sql("DELETE FROM engine_ready WHERE queue IN (:queues*)"), queues=list(queues))

    async def kept(self) -> tuple[dict[str, int], int]:
        """What waits as it is told in the next minute, and how many queues were counted whole for it."""
        before = self._statements[DEPTH]
        self.clock.advance(MINUTE_MS)
        now_ms = self.clock.now_ms()
        assert await MinuteKeeper(self.db).keep()
        async with self.db.reading() as tx:
            [row] = await tx.all(minutes.SQL.minutes_of, queue="", since_ms=now_ms)
            told = {queue: (await hours.waiting_of(tx, queue, now_ms))[now_ms] for queue in (*DEEP, "light")}
        assert row["waiting"] == sum(told.values())
        return told, self._statements[DEPTH] - before


@pytest.fixture
def counting(database: Database, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> Counting:
    """Two deep queues are counted in a minute."""
    monkeypatch.setattr(backlogs, "DEEP_A_MINUTE", 2)
    return Counting(database, clock, counted(monkeypatch))


async def test_deep_queues_are_counted_in_turns_whoever_counts(counting: Counting) -> None:
    """Five deep queues, two a minute: each is told as it was when its turn came, and none is counted between."""
    await counting.add(150, *DEEP)
    await counting.add(20, "light")
    assert await counting.kept() == ({**dict.fromkeys(DEEP, 150), "light": 20}, 5), "at first nothing is known"
    await counting.add(50, *DEEP)
    await counting.add(20, "light")
    for known in (2, 4, 5):
        told, count = await counting.kept()
        assert count == 2
        assert sorted(told[queue] for queue in DEEP) == [150] * (5 - known) + [200] * known
        assert told["light"] == 40


async def test_what_is_told_of_a_deep_queue_is_never_old(counting: Counting) -> None:
    await counting.add(150, *DEEP)
    await counting.kept()
    await counting.remove("deep0", "deep1")
    await counting.add(30, "deep1")
    told, _ = await counting.kept()
    assert (told["deep0"], told["deep1"]) == (0, 30), "few are counted each time"
    await counting.add(50, *DEEP[2:])
    counting.clock.advance(30 * MINUTE_MS)
    told, _ = await counting.kept()
    assert [told[queue] for queue in DEEP[2:]] == [200] * 3, "no worker was awake meanwhile"


async def test_a_minute_is_entered_by_one_of_many(database: Database, clock: HandClock) -> None:
    keepers = [MinuteKeeper(database) for _ in range(4)]
    for _ in range(3):
        assert sum(await asyncio.gather(*(keeper.keep() for keeper in keepers))) == 1
        assert not any([await keeper.keep() for keeper in keepers])
        clock.advance(MINUTE_MS)


async def test_a_worker_that_is_awake_keeps_the_minute(database: Database) -> None:
    task = NoteTask(Book())
    async with working(database, task):
        await enqueue(database, task, "a")
        async with asyncio.timeout(20):
            while not any(step.waiting is not None for step in await day(database)):  # noqa: ASYNC110 - a page's own look
                await asyncio.sleep(0.05)


async def test_minutes_are_forgotten_after_two_days(database: Database, clock: HandClock) -> None:
    await MinuteKeeper(database).keep()
    clock.advance(49 * 3_600_000)
    async with database.transaction() as tx:
        await tidy.tidy_page(tx)
        assert await tx.all(minutes.SQL.minutes_of, queue="", since_ms=0) == []
