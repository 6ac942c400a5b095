"""E12. A queue is purged: all that waits is gone, counts and keys are right, and nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conformance.bar import Drink, numbers, pouring
from tests.conformance.rounds import TOLD, counted, figures, opened
from tests.conformance.tools import count

from barback.engine import Dead, Lines, RetryAfter, Work, Worker
from barback.engine.blobs.stores import FolderBlobs
from barback.engine.changes import page
from barback.engine.leasing.liveness import bury
from barback.engine.operations import purging
from barback.engine.operations.control import QueueNotFound
from barback.engine.operations.purging import PurgeNotConfirmed, check_confirmed, purge_some
from barback.engine.payloads.blob_payloads import enqueue_large
from barback.storage import Database
from barback.testing import HandClock, run_until_quiet

WAITING = ("ready", "line", "arrival", "parked", "later", "bundle")


class Wordy(Drink):
    """A drink with a long story."""

    story: str = ""


async def left(db: Database) -> int:
    return sum([await count(db, f"engine_{table}") for table in WAITING])


async def purge(db: Database) -> int:
    total, upto_ms, more = 0, None, True
    while more:
        done = await purge_some(db, "bar", who="cli:test", upto_ms=upto_ms)
        total, upto_ms, more = total + done.removed, done.upto_ms, done.more
    return total


@pytest.mark.parametrize("lined", [False, True])
async def test_E12_a_purge_takes_out_what_waits_wherever_it_waits(
    tables: Database, clock: HandClock, monkeypatch: pytest.MonkeyPatch, *, lined: bool
) -> None:
    monkeypatch.setattr(purging, "PAGE", 3)
    answers = {1: Dead("no ice"), 2: RetryAfter(60_000)}
    task = pouring(lambda message: answers.get(message.payload.n), lines=Lines(concurrency=1) if lined else None)
    async with tables.transaction() as tx:
        # One dies, one waits for its retry and keeps its key closed meanwhile.
        await task.enqueue(tx, Drink(1))
        await task.enqueue(tx, Drink(2), key="tab:2")
    await run_until_quiet(tables, [task])
    batch, other = await opened(tables), pouring(name="other.pour", queue="other")
    async with tables.transaction() as tx:
        await batch.add(tx, task, [Work(Drink(n), key=f"tab:{n % 2 + 1}") for n in range(10, 20)])
        await batch.add_bulk(tx, task, [Drink(n) for n in range(20, 30)])
        await batch.seal(tx)
        await task.enqueue_many(tx, [Work(Drink(n), tenant=f"t{n % 3}") for n in range(30, 40)])
        await task.enqueue_many(tx, [Work(Drink(n), key="tab:9") for n in range(40, 45)])
        await task.enqueue(tx, Drink(50), delay_ms=3_600_000)
        await other.enqueue(tx, Drink(99))
    worker = Worker(tables, [task])
    await worker.start()
    assert await purge(tables) == 37
    assert await left(tables) == await count(tables, "engine_ready", "queue = 'other'") == 1
    assert await count(tables, "engine_dead") == 1
    assert await count(tables, "engine_lane", "queue = 'bar'") == 0
    # What comes later runs, in its order, and the batch has heard of its members.
    async with tables.transaction() as tx:
        await task.enqueue_many(tx, [Work(Drink(n), key="tab:2", tenant="t1") for n in (60, 61)])
    await run_until_quiet(tables, [task, other, TOLD])
    assert sorted(await numbers(tables))[-4:] == [60, 61, 99, 999]
    assert counted(await figures(tables, batch)) == {"state": "finished", "total": 20, "cancelled": 20}
    assert clock.now_ms() > 0


async def test_E12_a_purge_leaves_what_a_worker_holds_and_what_comes_after_it(
    tables: Database, clock: HandClock
) -> None:
    task = pouring()
    async with tables.transaction() as tx:
        await task.enqueue_many(tx, [Work(Drink(n), key="tab:1") for n in range(3)])
    worker = Worker(tables, [task])
    await worker.start()
    [runner] = worker._runners
    lease = await runner.claim()
    assert lease is not None
    clock.advance(1_000)
    first = await purge_some(tables, "bar", who="cli:test")
    clock.advance(1_000)
    async with tables.transaction() as tx:
        await task.enqueue(tx, Drink(7), key="tab:1")
    again = await purge_some(tables, "bar", who="cli:test", upto_ms=first.upto_ms)
    assert (first.removed, again.removed, again.more) == (2, 0, False)
    while lease is not None:
        lease = await runner.work(lease)
    assert await numbers(tables) == [0, 7]


async def test_E12_a_purge_takes_what_a_dead_worker_held_and_gives_its_tokens_back(tables: Database) -> None:
    task = pouring(lines=Lines(concurrency=1))
    async with tables.transaction() as tx:
        await task.enqueue_many(tx, [Work(Drink(n), key="tab:1", tenant="t1") for n in range(2)])
    dead = Worker(tables, [task])
    await dead.start()
    assert await dead._runners[0].claim() is not None
    await bury(tables, dead.name, None, {task.name: task})
    assert await purge(tables) == 2
    assert (await count(tables, "engine_lease"), await count(tables, "engine_turn", "running > 0")) == (0, 0)
    assert await count(tables, "engine_lane") == 0
    async with tables.transaction() as tx:
        await task.enqueue(tx, Drink(8), key="tab:1", tenant="t1")
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [8]


async def test_E12_a_purge_lets_blobs_go_and_is_recorded(tables: Database, tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    task = pouring(blobs=blobs)
    await enqueue_large(tables, task, Work(Wordy(1, "x" * 300_000)))
    assert await count(tables, "engine_blob") == 1
    assert await purge(tables) == 1
    assert await count(tables, "engine_blob") == 0
    async with tables.reading() as tx:
        [change] = await page(tx, subject="queue:bar")
    assert (change.who, change.action, bytes(change.before)) == (
        "cli:test", "queue.purged", b'{"waiting":"ready","messages":1}',
    )  # fmt: skip


async def test_E12_a_purge_is_for_a_queue_that_is_there_and_is_said_twice(tables: Database) -> None:
    with pytest.raises(QueueNotFound):
        await purge_some(tables, "baar", who="cli:test")
    with pytest.raises(PurgeNotConfirmed, match="is not the name of the queue; send bar"):
        check_confirmed("bar", "yes")
    check_confirmed("bar", "bar")
