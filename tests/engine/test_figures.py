"""Figures of the queues: what is counted where, at what cost, and that watchers share one look."""

from __future__ import annotations

import asyncio
import time

import pytest
from tests.engine.notes import Book, Note, NoteTask, enqueue, work

from barback.engine import Schedule, Worker
from barback.engine.leasing.liveness import bury
from barback.engine.messages import Stored
from barback.engine.operations import control, figures, hours, worker_figures
from barback.engine.operations import depths as depths_module
from barback.engine.operations.depths import CAP, SHALLOW, Depths
from barback.engine.operations.figures import QueueFigures, Watcher
from barback.engine.store import SQL as CORE
from barback.engine.store import add_arrivals, add_lease, add_parked, add_ready
from barback.foundation.clock import HandClock
from barback.foundation.ids import new_id
from barback.storage import Database, Statement

MINUTE_MS = 60_000
CLEAR = Statement("clear", dict.fromkeys(("sqlite", "postgres"), "DELETE FROM engine_ready WHERE queue IN (:queues*)"))


async def all_queues(db: Database) -> dict[str, QueueFigures]:
    async with db.reading() as tx:
        return {one.queue: one for one in await figures.queues(tx, await figures.workers(tx))}


async def test_each_message_is_counted_where_it_is(database: Database, clock: HandClock) -> None:
    book = Book(dies={"x"})
    task = NoteTask(book)
    began = clock.now_ms()
    await enqueue(database, task, "x")
    await work(database, task)
    clock.advance(1_000)
    await enqueue(database, task, "a", "b")
    await enqueue(database, task, "c", "d", "e", key="tab:1")
    async with database.transaction() as tx:
        await task.enqueue(tx, Note("later"), delay_ms=90_000)
        [worker] = await tx.all(CORE.workers)
        await add_lease(tx, "notes", worker["id"], [task.stored(one, tx.now_ms) for one in task.works("gh")])
    found = (await all_queues(database))["notes"]
    assert found == QueueFigures(
        queue="notes",
        ready=2,
        waiting=3,
        scheduled=1,
        leased=2,
        dead=1,
        oldest_ms=began + 1_000,
        next_due_ms=began + 91_000,
        paused=False,
        at_least=False,
        rate_per_second=0.0,
        failed_last_hour=0,
        died_last_hour=1,
        workers=1,
    )


async def test_what_a_dead_worker_held_can_run_again_and_counts_as_ready(database: Database) -> None:
    task = NoteTask(Book())
    dead_worker = Worker(database, [task])
    await dead_worker.start()
    async with database.transaction() as tx:
        await add_lease(tx, "notes", dead_worker.name, [task.stored(one, tx.now_ms) for one in task.works("ab")])
    await bury(database, dead_worker.name, None, {task.name: task})
    found = (await all_queues(database))["notes"]
    assert (found.ready, found.leased, found.workers) == (2, 0, 0)


async def test_what_waits_behind_its_key_is_waiting(database: Database) -> None:
    book = Book(dies={"a"})
    task = NoteTask(book, policy="park")
    await enqueue(database, task, "a", "b", "c", key="tab:1")
    await work(database, task)
    found = (await all_queues(database))["notes"]
    assert (found.ready, found.waiting, found.dead, found.oldest_ms) == (0, 2, 1, None)


async def test_the_oldest_is_found_behind_what_overtakes_it(database: Database, clock: HandClock) -> None:
    """What has a higher priority goes first; what starves behind it is what an operator must see."""
    slow, fast = NoteTask(Book()), NoteTask(Book())
    slow.priority, fast.priority = 9, 1
    began = clock.now_ms()
    await enqueue(database, slow, "starving")
    clock.advance(60_000)
    await enqueue(database, fast, "a", "b")
    assert (await all_queues(database))["notes"].oldest_ms == began


async def test_a_queue_without_a_worker_is_seen(database: Database) -> None:
    worked, forgotten = NoteTask(Book()), NoteTask(Book(), "forgotten")
    worker = Worker(database, [worked])
    await worker.until_quiet()
    await enqueue(database, forgotten, "a")
    found = await all_queues(database)
    assert (found["notes"].workers, found["forgotten"].workers) == (1, 0)
    assert found["forgotten"].ready == 1


async def test_a_pause_is_seen(database: Database) -> None:
    await work(database, NoteTask(Book()))
    async with database.transaction() as tx:
        await control.pause(tx, "notes", who="cli:test")
    assert (await all_queues(database))["notes"].paused


async def test_rates_and_failures_come_from_the_minutes_just_gone(database: Database, clock: HandClock) -> None:
    clock.advance(MINUTE_MS - clock.now_ms() % MINUTE_MS)
    minute = clock.now_ms()
    async with database.transaction() as tx:
        rows = [(0, 30, 0, 0), (-1, 60, 2, 1), (-2, 600, 0, 0), (-59, 0, 5, 1), (-60, 0, 7, 7)]
        await tx.many(
            CORE.tally_add,
            [
                {
                    "queue": "notes",
                    "task": "notes.note",
                    "minute_ms": minute + at * MINUTE_MS,
                    "worker": f"w{at}",
                    "done": done,
                    "failed": failed,
                    "dead": dead,
                    "wall_us": 1_000 * (done + failed),
                    "waited": "{}",
                    "ran": "{}",
                }
                for at, done, failed, dead in rows
            ],
        )
    clock.advance(30_000)
    found = (await all_queues(database))["notes"]
    assert found.rate_per_second == pytest.approx(1.0)  # 90 done in the last 90 seconds
    assert (found.failed_last_hour, found.died_last_hour) == (7, 2)
    async with database.reading() as tx:
        minutes, tasks = await hours.queue_hour(tx, "notes")
    assert len(minutes) == 60
    assert [(one.done, one.failed, one.dead) for one in (minutes[0], minutes[-2], minutes[-1])] == [
        (0, 5, 1),
        (60, 2, 1),
        (30, 0, 0),
    ]
    assert [(one.task, one.done, one.failed, one.mean_us) for one in tasks] == [("notes.note", 690, 7, 1_000)]
    snapshot = await Watcher().look(database)
    assert [(one.done, one.failed) for one in snapshot.minutes[-3:]] == [(600, 0), (60, 2), (30, 0)]


async def test_minutes_that_are_over_are_remembered_and_young_ones_read_again(
    database: Database, clock: HandClock
) -> None:
    clock.advance(MINUTE_MS - clock.now_ms() % MINUTE_MS)
    watcher = Watcher()
    book = Book()
    task = NoteTask(book)
    for n in range(6):
        await enqueue(database, task, f"a{n}", f"b{n}")
        await work(database, task)
        await watcher.look(database, anew=True)
        await enqueue(database, task, f"c{n}")
        await work(database, task)
        clock.advance(MINUTE_MS)
    snapshot = await watcher.look(database, anew=True)
    assert len(watcher._closed) == 57
    assert [one.done for one in snapshot.minutes[-8:]] == [0, 3, 3, 3, 3, 3, 3, 0]


async def test_workers_say_what_they_do_and_fall_silent(database: Database, clock: HandClock) -> None:
    task = NoteTask(Book())
    worker = Worker(database, [task])
    await worker.until_quiet()

    async def state() -> tuple[str, int]:
        async with database.reading() as tx:
            (one,) = await figures.workers(tx)
        return one.state, one.leased

    assert await state() == ("idle", 0)
    clock.advance(worker_figures.HOLDING_SILENT_MS + 1)
    assert await state() == ("idle", 0)
    async with database.transaction() as tx:
        await add_lease(tx, "notes", worker.name, [task.stored(one, tx.now_ms) for one in task.works("abc")])
    assert await state() == ("silent", 3)
    async with database.transaction() as tx:
        await tx.all(CORE.worker_beat, id=worker.name, now_ms=tx.now_ms, memory_bytes=0, cpu_us=0, cpu_permille=0)
    assert await state() == ("working", 3)
    assert (await all_queues(database))["notes"].leased == 3


async def test_a_schedule_that_nobody_fires_is_late(database: Database, clock: HandClock) -> None:
    task = NoteTask(Book())
    worker = Worker(database, [task], schedules=[Schedule("notes.hourly", "0 * * * *", task, Note("a"))])
    await worker.start()

    async def late() -> bool:
        async with database.reading() as tx:
            (one,) = await figures.schedules(tx)
        assert (one.name, one.cron, one.zone, one.missed) == ("notes.hourly", "0 * * * *", "UTC", "once")
        return one.late

    assert not await late()
    clock.advance(62 * MINUTE_MS)
    assert await late()
    await worker.until_quiet()
    assert not await late()


async def test_watchers_share_a_look_until_it_is_stale(database: Database) -> None:
    watcher = Watcher()
    first, second = await asyncio.gather(watcher.look(database), watcher.look(database))
    assert first is second
    assert await watcher.look(database) is first
    assert await watcher.look(database, anew=True) is not first
    watcher._fresh_until = time.monotonic()
    assert await watcher.look(database) is not first
    assert figures.watcher_of(database) is figures.watcher_of(database)


@pytest.mark.slow
async def test_a_look_is_cheap_with_200_000_waiting_in_300_queues(database: Database) -> None:
    """Measured on two busy cores: 60 ms on SQLite, 130 ms on PostgreSQL; a lost index or a full count takes seconds."""
    names = [f"room{n % 20}.queue{n:03d}" for n in range(300)]

    def row(n: int, queue: str, key: str | None = None) -> Stored:
        return Stored(0, queue, key, 0, new_id(), "t", None, 0, 10, n, '{"a":"' + "x" * 200 + '"}')

    async with database.transaction() as tx:
        await tx.many(CORE.queue_add, [{"name": name, "now_ms": tx.now_ms} for name in names])
    for add, key in ((add_ready, None), (add_arrivals, "a"), (add_parked, "p")):
        for part in range(4):
            spread = [row(n, names[n % 300], key and f"{key}{n}") for n in range(part * 10_000, part * 10_000 + 10_000)]
            one = [row(n, names[7], key and f"{key}{n}") for n in range(6_667)]
            async with database.transaction() as tx:
                await add(tx, spread + one)
    watcher = Watcher()
    took: list[float] = []
    for _ in range(3):
        began = time.perf_counter()
        snapshot = await watcher.look(database, anew=True)
        took.append(time.perf_counter() - began)
    found = {one.queue: one for one in snapshot.queues}
    assert len(found) == 300
    full, light = found[names[7]], found[names[8]]
    assert (full.ready, full.waiting, full.at_least) == (CAP, 2 * CAP, True)
    assert (light.ready, light.waiting, light.at_least) == (134, 268, False)
    assert min(took) < 1.0, took


async def test_a_look_counts_no_more_than_it_may_and_deep_queues_take_turns(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six queues of 300 and one of 40, with 700 rows for a look: none is counted whole at every look, all are told."""
    monkeypatch.setattr(depths_module, "ROWS_MIN", 700)
    monkeypatch.setattr(depths_module, "ROWS_MAX", 700)
    deep = [f"deep{n}" for n in range(6)]

    def rows(queue: str, count: int) -> list[Stored]:
        return [Stored(0, queue, None, 0, new_id(), "t", None, 0, 10, n, "{}") for n in range(count)]

    async with database.transaction() as tx:
        await add_ready(tx, [row for queue in deep for row in rows(queue, 300)] + rows("shallow", 40))
    depths = Depths()
    watcher = Watcher(depths)
    told: list[list[tuple[int, bool]]] = []
    for _ in range(3):
        found = {one.queue: one for one in (await watcher.look(database, anew=True)).queues}
        told.append([(found[queue].ready, found[queue].at_least) for queue in deep])
        assert depths.rows <= 700 + 300
        assert (found["shallow"].ready, found["shallow"].at_least) == (40, False)
    known, unknown = (300, False), (SHALLOW, True)
    assert [sorted(one, reverse=True) for one in told] == [[known] * 3 + [unknown] * 3, [known] * 6, [known] * 6]

    async with database.transaction() as tx:
        await tx.run(CLEAR, queues=deep[:5])
    found = {one.queue: one for one in (await watcher.look(database, anew=True)).queues}
    assert "deep0" not in found
    assert found["deep5"].ready == 300


async def test_who_looks_once_is_told_everything(database: Database) -> None:
    rows = [Stored(0, f"q{n % 3}", None, 0, new_id(), "t", None, 0, 10, n, "{}") for n in range(3 * 2 * SHALLOW)]
    async with database.transaction() as tx:
        await add_ready(tx, rows)
    assert [(one.ready, one.at_least) for one in (await Watcher().look(database)).queues] == [(2 * SHALLOW, False)] * 3
