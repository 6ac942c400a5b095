"""E17. Fan-out: a batch counts its members to the message, and at its end its next message is enqueued, once."""

from __future__ import annotations

import asyncio

import pytest
from tests.conformance.bar import Drink, lease, numbers, pouring, register
from tests.conformance.rounds import TOLD, counted, figures, fill, opened
from tests.conformance.tools import count, eventually, sql

from barback.engine import Cancel, Dead, Message, Outcome, RetryAfter, Snooze, Work, Worker, live
from barback.engine.leasing.liveness import bury
from barback.storage import Database
from barback.testing import HandClock, enqueued, run_until_quiet

WAITING = sql("SELECT about FROM engine_later")


async def test_E17_a_batch_ends_with_its_last_member_and_its_next_message_comes_once(tables: Database) -> None:
    task = pouring()
    batch = await opened(tables, tenant="bar:1")
    await fill(tables, batch, task, range(3), seal=False)
    assert counted(await figures(tables, batch)) == {"state": "open", "total": 3, "waiting": 3}
    await run_until_quiet(tables, [task])
    assert counted(await figures(tables, batch)) == {"state": "open", "total": 3, "done": 3}, "more may come"
    await fill(tables, batch, task, range(3, 5))
    assert counted(await figures(tables, batch)) == {"state": "running", "total": 5, "waiting": 2, "done": 3}
    await run_until_quiet(tables, [task])
    seen = await figures(tables, batch)
    assert counted(seen) == {"state": "finished", "total": 5, "done": 5}
    assert seen.finished_ms == tables.clock.now_ms()
    async with tables.reading() as tx:
        [told] = await enqueued(tx, TOLD)
    assert (told.payload, told.tenant) == (Drink(999), "bar:1")
    await run_until_quiet(tables, [task, TOLD])
    assert sorted(await numbers(tables)) == [0, 1, 2, 3, 4, 999]


async def test_E17_an_empty_batch_ends_when_it_is_sealed(tables: Database) -> None:
    batch = await opened(tables)
    await fill(tables, batch, pouring(), [])
    assert counted(await figures(tables, batch)) == {"state": "finished"}
    async with tables.transaction() as tx:
        await batch.seal(tx)
    assert await run_until_quiet(tables, [TOLD]) == 1


async def test_E17_bulk_members_are_counted_message_by_message(tables: Database, clock: HandClock) -> None:
    def does(message: Message[Drink]) -> Outcome | None:
        if message.payload.n == 1 and message.attempt == 1:
            return RetryAfter(1_000)
        return {2: Cancel("gone"), 3: Dead("no ice")}.get(message.payload.n)

    task = pouring(does)
    batch = await opened(tables)
    async with tables.transaction() as tx:
        assert await batch.add_bulk(tx, task, (Drink(n) for n in range(250))) == 250
        await batch.seal(tx)
    await run_until_quiet(tables, [task, TOLD])
    assert counted(await figures(tables, batch)) == {
        "state": "running", "total": 250, "waiting": 1, "done": 247, "dead": 1, "cancelled": 1, "failed_attempts": 2,
    }  # fmt: skip
    clock.advance(1_000)
    await run_until_quiet(tables, [task, TOLD])
    assert counted(await figures(tables, batch)) == {
        "state": "finished", "total": 250, "done": 248, "dead": 1, "cancelled": 1, "failed_attempts": 2,
    }  # fmt: skip
    assert (await numbers(tables)).count(999) == 1


async def test_E17_each_way_to_end_is_counted_and_waiting_is_none(tables: Database, clock: HandClock) -> None:
    def does(message: Message[Drink]) -> Outcome | None:
        n, first = message.payload.n, message.attempt == 1
        if n == 5 and first:
            raise ValueError("no ice")
        if n == 2 and first:
            n = -1
            return Snooze(1_000) if clock.now_ms() < start + 1_000 else None
        return {3: Cancel("gone"), 4: Dead("no ice")}.get(n)

    start = clock.now_ms()
    task = pouring(does, backoff_first_ms=100)
    batch = await opened(tables)
    async with tables.transaction() as tx:
        works = [Work(Drink(n), key="tab:1" if n > 2 else None) for n in range(1, 6)]
        await batch.add(tx, task, [*works, Work(Drink(6), expires_in_ms=400, delay_ms=200)])
        await batch.seal(tx)
    await run_until_quiet(tables, [task, TOLD])
    assert counted(await figures(tables, batch)) == {
        "state": "running", "total": 6, "waiting": 3, "done": 1, "dead": 1, "cancelled": 1, "failed_attempts": 2,
    }  # fmt: skip
    clock.advance(1_000)
    await run_until_quiet(tables, [task, TOLD])
    assert counted(await figures(tables, batch)) == {
        "state": "finished", "total": 6, "done": 3, "dead": 1, "cancelled": 1, "expired": 1, "failed_attempts": 2,
    }  # fmt: skip


async def test_E17_members_enqueued_in_vain_are_not_waited_for(tables: Database) -> None:
    task = pouring()
    batch = await opened(tables)

    async def in_vain() -> None:
        async with tables.transaction() as tx:
            await batch.add(tx, task, [Work(Drink(1))])
            raise RuntimeError("no ice")

    with pytest.raises(RuntimeError):
        await in_vain()
    await fill(tables, batch, task, [2])
    await run_until_quiet(tables, [task])
    assert counted(await figures(tables, batch)) == {"state": "finished", "total": 1, "done": 1}


async def test_E17_what_a_dead_worker_held_is_counted_once(tables: Database) -> None:
    task = pouring(attempts_max=1)
    batch = await opened(tables)
    await register(tables, "w1", "w2")
    await fill(tables, batch, task, [1])
    assert await lease(tables, "w1") is not None
    await bury(tables, "w1", None, {task.name: task})
    await run_until_quiet(tables, [task, TOLD])
    assert counted(await figures(tables, batch)) == {"state": "finished", "total": 1, "dead": 1, "failed_attempts": 1}
    assert await numbers(tables) == [999]


async def test_E17_members_are_added_side_by_side_and_the_end_waits_for_the_last(tables: Database) -> None:
    """Sealing waits for whoever is adding, so that no end comes before the last member."""
    if tables.dialect == "sqlite":
        return  # one writer at a time: nobody is adding while another seals
    task = pouring()
    batch = await opened(tables)
    adding, go_on = asyncio.Event(), asyncio.Event()

    async def add_slowly() -> None:
        async with tables.transaction() as tx:
            await batch.add(tx, task, [Work(Drink(1))])
            adding.set()
            await go_on.wait()

    async def seal() -> None:
        async with tables.transaction() as tx:
            await batch.seal(tx)

    slow = asyncio.create_task(add_slowly())
    await adding.wait()
    try:
        async with asyncio.timeout(20), tables.transaction() as tx:
            await batch.add(tx, task, [Work(Drink(2))])
        await run_until_quiet(tables, [task])
        sealing = asyncio.create_task(seal())
        await asyncio.sleep(0.1)  # time for the seal to come to the lock
        assert not sealing.done()
    finally:
        go_on.set()
        await slow
    await sealing
    assert counted(await figures(tables, batch)) == {"state": "running", "total": 2, "waiting": 1, "done": 1}
    await run_until_quiet(tables, [task])
    assert counted(await figures(tables, batch)) == {"state": "finished", "total": 2, "done": 2}


async def test_E17_progress_is_live_news_and_a_running_worker_adds_it_up(tables: Database) -> None:
    task = pouring()
    batch = await opened(tables)
    worker = Worker(tables, [task, TOLD])
    running = asyncio.create_task(worker.run())
    await fill(tables, batch, task, range(20))

    async def told() -> bool:
        return 999 in await numbers(tables)

    await eventually(told, 20)
    worker.stop()
    await running

    async def heard() -> bool:
        async with tables.reading() as tx:
            news, _ = await live.read_after(tx, (0, 0), 1_000)
        mine = [one for one in news if f"batch:{batch.id}" in one.channels]
        assert {one.kind for one in mine} <= {"batch.progress"}
        return bool(mine) and b'"state":"finished"' in bytes(mine[-1].data)

    await eventually(heard, 20)
    assert await count(tables, "engine_batch_progress") == 0


async def test_E17_many_workers_settle_and_add_up_at_once(tables: Database) -> None:
    """Whoever adds up finds the end, and nobody finds it twice."""
    task = pouring(batch_max=5)
    rounds = [await opened(tables) for _ in range(4)]
    for batch in rounds:
        await fill(tables, batch, task, range(50))
    await asyncio.gather(*(run_until_quiet(tables, [task]) for _ in range(3)))
    await run_until_quiet(tables, [task, TOLD])
    assert {(await figures(tables, batch)).state for batch in rounds} == {"finished"}
    assert (await numbers(tables)).count(999) == 4
