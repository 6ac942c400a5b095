"""The minutes of queues: entered once, summed up when they are over, and read as the steps of a day."""

from __future__ import annotations

import asyncio

from tests.engine.notes import Book, NoteTask, enqueue, work, working

from barback.engine.history import tidy
from barback.engine.operations import minutes
from barback.engine.operations.minutes import MinuteKeeper, Step
from barback.foundation.clock import HandClock
from barback.storage import Database

MINUTE_MS = 60_000


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
