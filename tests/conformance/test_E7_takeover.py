"""E7. Takeover by liveness: the messages of a dead worker run elsewhere within seconds, those of a slow one do not."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.conformance.bar import Ring, effects, held, lease, numbers, order, pouring, register
from tests.conformance.tools import child, eventually, sql
from tests.conformance.worker_child import DEAD_AFTER_S

from barback.engine import Task, Worker
from barback.engine.leasing import liveness
from barback.engine.leasing.liveness import Heart, Watch
from barback.engine.store import SQL
from barback.engine.workers import worker as worker_module
from barback.storage import Database
from barback.testing import HandClock

WORKERS = sql("SELECT id, beat FROM engine_worker ORDER BY started_ms, id")

HOLD_MINUTES = sql("LOCK TABLE engine_minute IN ACCESS EXCLUSIVE MODE")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beat and look ten times a second; a dead worker is waited for two seconds instead of five."""
    monkeypatch.setattr(liveness, "BEAT_EVERY_S", 0.1)
    monkeypatch.setattr(worker_module, "LOOK_EVERY_S", 0.1)


@asynccontextmanager
async def working(db: Database, *tasks: Task) -> AsyncIterator[Worker]:
    """A worker of this process for the length of the block."""
    worker = Worker(db, tasks, dead_after_s=DEAD_AFTER_S)
    running = asyncio.create_task(worker.run())
    await eventually(lambda: bool(worker.name))
    try:
        yield worker
    finally:
        worker.stop()
        await running


async def beats(db: Database) -> dict[str, int]:
    async with db.reading() as tx:
        return {row["id"]: row["beat"] for row in await tx.all(WORKERS)}


@pytest.mark.slow
async def test_E7_a_killed_worker_is_taken_over_within_seconds(tables: Database, database_url: str) -> None:
    """SIGKILL in the middle of a batch: every message runs elsewhere, once, with the attempt counted."""
    task = pouring(who="other", attempts_max=2)
    await order(tables, task, [*range(10), 1_000, *range(11, 20)])
    async with child("worker_child", database_url, "pouring") as doomed:
        await doomed.says("inside 1000")
        await doomed.kill()
        async with working(tables, task):

            async def done() -> bool:
                return len(await effects(tables)) == 20

            took = await eventually(done, 30)
    assert took < DEAD_AFTER_S + 8
    found = await effects(tables)
    assert sorted(one.n for one in found) == sorted([*range(10), 1_000, *range(11, 20)])
    assert {(one.who, one.attempt) for one in found} == {("other", 2)}
    assert await held(tables) == {}


@pytest.mark.slow
async def test_E7_a_worker_that_blocks_its_event_loop_is_not_taken_over(tables: Database, database_url: str) -> None:
    """Its heart beats in a thread of its own: twice as long as a dead one is waited for, and nobody touches it."""
    task = pouring(who="other", attempts_max=2)
    await order(tables, task, [2_000])
    async with child("worker_child", database_url, "pouring") as slow:
        await slow.says("inside 2000")
        async with working(tables, task):

            async def done() -> bool:
                return await numbers(tables) == [2_000]

            await eventually(done, 30)
        await slow.kill()
    assert [(one.who, one.attempt) for one in await effects(tables)] == [("child", 1)]


@pytest.mark.slow
async def test_E7_a_stopped_worker_is_taken_over_and_fenced_when_it_goes_on(
    tables: Database, database_url: str
) -> None:
    """SIGSTOP while it acts, SIGCONT when another did it: it records nothing, and works on under a new name."""
    task = Ring("other")
    await order(tables, task, [1])
    async with child("worker_child", database_url, "acting") as stopped:
        name = await stopped.says("ready")
        await stopped.says("inside 1")
        stopped.signal(signal.SIGSTOP)
        async with working(tables, task):

            async def done() -> bool:
                return await numbers(tables) == [1]

            await eventually(done, 30)
        assert name not in await beats(tables)
        stopped.signal(signal.SIGCONT)
        stopped.tell("go on")
        await order(tables, task, [2])

        async def both() -> bool:
            return len(await numbers(tables)) == 2

        await eventually(both, 30)
    assert [(one.n, one.who) for one in await effects(tables)] == [(1, "other"), (2, "child")]


@pytest.mark.slow
async def test_E7_a_stopped_worker_in_a_transaction_is_taken_over_on_postgresql(
    tables: Database, database_url: str
) -> None:
    """On SQLite it holds the writer's turn: everybody waits until it goes on or ends; see differences.md."""
    task = pouring(who="other", attempts_max=2)
    await order(tables, task, [1_000, 1])
    async with child("worker_child", database_url, "pouring") as stopped:
        await stopped.says("inside 1000")
        stopped.signal(signal.SIGSTOP)
        if tables.dialect == "sqlite":
            writing = asyncio.create_task(order(tables, task, [2]))
            await asyncio.sleep(0.2)  # time for the write to get past the one that holds the turn
            assert not writing.done()
            await stopped.kill()
            await asyncio.wait_for(writing, 10)
            return
        async with working(tables, task):

            async def done() -> bool:
                return len(await numbers(tables)) == 2

            await eventually(done, 30)
    assert {one.who for one in await effects(tables)} == {"other"}


async def test_E7_a_worker_that_was_woken_for_nothing_notices_that_the_one_who_got_it_died(
    tables: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bells ring for all, one gets the message and dies: the others must not sleep over it for a minute."""
    monkeypatch.setattr(worker_module, "POLL_EVERY_S", 3_600)
    task = pouring()
    await register(tables, "ghost")
    async with working(tables, task) as worker:
        await eventually(lambda: not worker._awake.is_set() and worker._heart.holding == 0)
        await asyncio.sleep(0.1 * (worker_module.LINGER_LOOKS + 3))  # time for the worker to fall asleep
        worker._shift.paused.add("bar")
        await order(tables, task, [1])
        assert await lease(tables, "ghost") is not None
        worker._shift.paused.clear()
        tables.bell.ring("queue:bar")

        async def done() -> bool:
            return await numbers(tables) == [1]

        await eventually(done, DEAD_AFTER_S + 10)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_E7_nothing_that_a_worker_writes_down_besides_keeps_it_from_looking(tables: Database) -> None:
    """To enter a minute takes seconds when millions wait, here for good: the dead are found all the same."""
    task = pouring()
    await register(tables, "ghost")
    await order(tables, task, [1])
    assert await lease(tables, "ghost") is not None
    async with tables.transaction() as tx:
        await tx.run(HOLD_MINUTES)
        async with working(tables, task):

            async def done() -> bool:
                return await numbers(tables) == [1]

            await eventually(done, DEAD_AFTER_S + 10)


async def test_E7_no_clock_takes_anybody_for_dead(tables: Database, clock: HandClock) -> None:
    """Clocks that jump by a day, either way: a beat is a counter, and silence is measured by whoever listens."""
    task = pouring()
    await register(tables, "w1", "w2")
    await order(tables, task, [1])
    assert await lease(tables, "w1") is not None
    heart = Heart(tables.url, ["bar"])
    heart.worker = "w2"
    watch = Watch(tables, heart, {task.name: task}, dead_after_s=60)
    for jump in (86_400_000, -2 * 86_400_000, 86_400_000):
        assert await watch.look()
        clock.advance(jump)
        async with tables.transaction() as tx:
            await tx.all(SQL.worker_beat, id="w1", now_ms=tx.now_ms, memory_bytes=0, cpu_us=0, cpu_permille=0)
    assert await watch.look()
    assert await held(tables) == {"lease": 1}


async def test_E7_what_was_held_only_between_two_beats_is_beaten_for(
    tables: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looked in that instant waits for a sign of life."""
    monkeypatch.setattr(liveness, "BEAT_EVERY_S", 0.05)
    heart = Heart(tables.url, ["bar"])
    await heart.register(tables)
    heart.start()

    async def beaten(times: int) -> bool:
        return (await beats(tables))[heart.worker] >= times

    await eventually(lambda: beaten(1))
    before = (await beats(tables))[heart.worker]
    heart.hold("bar", 1)
    heart.hold("bar", 0)
    await eventually(lambda: beaten(before + 1))
    heart.stop()
    assert "heart" not in {thread.name for thread in threading.enumerate()}


async def test_E7_a_worker_given_up_for_dead_takes_a_new_name_and_works_on(tables: Database) -> None:
    task = pouring()
    async with working(tables, task) as worker:
        await order(tables, task, [1])
        name = worker.name

        async def done(n: int) -> bool:
            return n in await numbers(tables)

        await eventually(lambda: done(1))
        async with tables.transaction() as tx:
            await tx.run(SQL.worker_remove, id=name)
        await order(tables, task, [2])
        await eventually(lambda: done(2))
        assert worker.name != name
    assert [one.attempt for one in await effects(tables)] == [1, 1]


async def test_E7_a_worker_that_leaves_gives_back_what_it_had_not_begun(tables: Database) -> None:
    """And nobody has to wait for its silence."""
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def does(_message: object) -> None:
        inside.set()
        await go_on.wait()

    task = pouring(does, batch_max=2)
    await order(tables, task, range(10))
    async with working(tables, task) as worker:
        await inside.wait()
        worker.stop()
        go_on.set()
    assert await held(tables) == {"ready": 8}
    assert await beats(tables) == {}
