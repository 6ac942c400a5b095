"""Retention: what is old goes, what is young or still needed stays, and no transaction takes more than a page."""

from __future__ import annotations

from typing import Any

from tests.engine.notes import Book, NoteTask, enqueue, work

from barback.engine import Worker, live
from barback.engine.dead import dead_letters
from barback.engine.history import tidy
from barback.engine.store import SQL as CORE
from barback.engine.store import add_lease
from barback.foundation.clock import HandClock
from barback.storage import Database, Statement, Transaction

DAY_MS = 24 * 3_600_000


def counting(table: str) -> Statement:
    sql = f"SELECT count(*) AS n FROM {table}"
    return Statement(f"test: {table}", {"sqlite": sql, "postgres": sql})


async def count(db: Database, table: str) -> int:
    async with db.reading() as tx:
        row = await tx.one(counting(table))
    assert row is not None
    return int(row["n"])


async def fill(tx: Transaction, n: int) -> None:
    """`n` rows of each kind that is forgotten."""
    tallies: list[dict[str, Any]] = [
        {
            "queue": f"q{i}",
            "task": "t",
            "minute_ms": tx.now_ms,
            "worker": "w",
            "done": 1,
            "failed": 0,
            "dead": 0,
            "wall_us": 1,
            "waited": "{}",
            "ran": "{}",
        }
        for i in range(n)
    ]
    failures: list[dict[str, Any]] = [
        {
            "message_id": f"m{i}",
            "queue": "q",
            "task": "t",
            "attempt": 1,
            "at_ms": tx.now_ms,
            "worker": "w",
            "error": "e",
            "took_ms": None,
        }
        for i in range(n)
    ]
    await live.publish_many(tx, [(["tab:1"], "tab.changed", {"n": i}) for i in range(n)])
    await tx.many(CORE.tally_add, tallies)
    await tx.many(CORE.failure_add, failures)
    await tx.many(
        CORE.tick_add,
        [
            {"schedule": "s", "due_ms": i, "now_ms": tx.now_ms, "worker": "", "asked_by": None, "skipped": 0}
            for i in range(n)
        ],
    )


async def tidy_up(db: Database) -> None:
    worker = Worker(db, tidy.TASKS)
    async with db.transaction() as tx:
        await tidy.TIDY.enqueue(tx, tidy.Tidy())
    await worker.until_quiet()


TABLES = ("engine_live", "engine_tally", "engine_failure", "engine_tick")


async def test_each_kind_is_kept_for_its_own_time(database: Database, clock: HandClock) -> None:
    async with database.transaction() as tx:
        await fill(tx, 5)
    left = []
    for days in (0.5, 0.6, 5, 2, 23):
        clock.advance(int(days * DAY_MS))
        async with database.transaction() as tx:
            assert not await tidy.tidy_page(tx)
        left.append([await count(database, table) for table in TABLES])
    assert left == [[5, 5, 5, 5], [0, 5, 5, 5], [0, 5, 5, 5], [0, 0, 5, 0], [0, 0, 0, 0]]


async def test_a_page_at_a_time_until_nothing_is_left(database: Database, clock: HandClock) -> None:
    async with database.transaction() as tx:
        await fill(tx, tidy.PAGE * 2 + 1)
    clock.advance(40 * DAY_MS)
    async with database.transaction() as tx:
        assert await tidy.tidy_page(tx)
    assert [await count(database, table) for table in TABLES] == [tidy.PAGE + 1] * 4
    await tidy_up(database)  # one page, then it snoozes
    assert [await count(database, table) for table in TABLES[:1]] == [1]
    clock.advance(tidy.PAUSE_MS)
    await Worker(database, tidy.TASKS).until_quiet()
    assert [await count(database, table) for table in TABLES if table != "engine_tally"] == [0, 0, 0]


async def test_a_letter_that_is_still_dead_keeps_its_history(database: Database, clock: HandClock) -> None:
    task = NoteTask(Book(dies={"a", "b"}))
    kept, gone = await enqueue(database, task, "a", "b")
    await work(database, task)
    async with database.transaction() as tx:
        await dead_letters.discard(tx, gone, who="cli:test")
    clock.advance(31 * DAY_MS)
    await tidy_up(database)
    async with database.reading() as tx:
        assert len(await dead_letters.history(tx, kept)) == 1
        assert await dead_letters.history(tx, gone) == []


async def test_names_of_workers_that_are_gone_are_forgotten_unless_they_hold_messages(
    database: Database, clock: HandClock
) -> None:
    task = NoteTask(Book())
    gone, holding = Worker(database, [task]), Worker(database, [task])
    await gone.start()
    await holding.start()
    async with database.transaction() as tx:
        await add_lease(tx, "notes", holding.name, [task.stored(one, tx.now_ms) for one in task.works("a")])
    clock.advance(2 * 3_600_000)
    young = Worker(database, [task])
    await young.start()
    async with database.transaction() as tx:
        await tidy.tidy_page(tx)
    async with database.reading() as tx:
        assert {str(row["id"]) for row in await tx.all(CORE.workers)} == {holding.name, young.name}


async def test_it_runs_by_the_clock(database: Database, clock: HandClock) -> None:
    worker = Worker(database, tidy.TASKS, schedules=tidy.SCHEDULES)
    await worker.start()
    async with database.transaction() as tx:
        await live.publish(tx, ["tab:1"], "tab.changed", {})
    clock.advance(2 * DAY_MS)
    assert await worker.until_quiet() == 1
    assert await count(database, "engine_live") == 0
