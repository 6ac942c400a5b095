"""Draining a worker: asked to end, it finishes or hands back what it holds, and another takes its place."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from tests.engine.cellar import TABLE, Barrel, tap
from tests.engine.notes import until
from tests.engine.test_stopping import KINDS, Shake, Slow, order, running, waiting
from tests.support.command import WAIT_S, started

from barback.engine import Worker, changes
from barback.engine.operations import figures, worker_looks
from barback.engine.operations.worker_looks import WorkerIsLeaving, WorkerNotFound
from barback.engine.store import SQL
from barback.storage import Database, Row, Statement, open_database

WHO = "operator:mara"
SOON_S = 10


def asking(sql: str) -> Statement:
    return Statement("test: ask", {"sqlite": sql, "postgres": sql})


TAPPED, FAILURES = asking("SELECT message, keg, n FROM tapped"), asking("SELECT message_id FROM engine_failure")


async def asked_to_end(db: Database, worker: str) -> None:
    async with db.transaction() as tx:
        assert await worker_looks.drain(tx, worker, who=WHO)


async def test_E12_it_finishes_what_it_holds_and_claims_nothing_more(database: Database) -> None:
    slow = Slow()
    task = Shake(slow)
    await order(database, task, 2, key="tab 1")
    async with running(worker := Worker(database, [task])) as run:
        await slow.inside.wait()
        async with database.reading() as tx:
            [held] = (await worker_looks.one(tx, worker.name)).in_hands
        assert (held.task, held.key, held.attempt, held.together) == (task.name, "tab 1", 1, 1)
        await asked_to_end(database, worker.name)
        await until(lambda: worker._shift.draining, SOON_S)
        async with database.reading() as tx:
            [seen] = await figures.workers(tx)
        assert (seen.draining_ms is not None, seen.works, seen.leased, seen.holds[0].queue) == (
            True,
            False,
            1,
            task.queue,
        )
        slow.go_on.set()
        await asyncio.wait_for(run, SOON_S)
    found = await waiting(database)
    assert (slow.attempts, found.ready, found.leased, found.workers) == ([1], 1, 0, 0)
    async with database.transaction() as tx:
        [change] = await changes.page(tx)
        assert (change.who, change.action, bytes(change.after)) == (WHO, "worker.draining", b'{"draining":true}')
        with pytest.raises(WorkerNotFound):
            await worker_looks.drain(tx, worker.name, who=WHO)


async def test_E12_asked_back_in_time_it_goes_on(database: Database) -> None:
    slow = Slow()
    task = Shake(slow)
    await order(database, task, 3, key="tab 1")
    async with running(worker := Worker(database, [task])) as run:
        await slow.inside.wait()
        await asked_to_end(database, worker.name)
        await until(lambda: worker._shift.draining, SOON_S)
        async with database.transaction() as tx:
            assert not await worker_looks.drain(tx, worker.name, who=WHO), "it was asked already"
            assert await worker_looks.keep(tx, worker.name, who=WHO)
            assert not await worker_looks.keep(tx, worker.name, who=WHO)
        await until(lambda: not worker._shift.draining, SOON_S)
        slow.go_on.set()
        await until(lambda: slow.attempts == [1, 1, 1], SOON_S)
        assert not run.done()


@pytest.mark.parametrize("kind", KINDS)
async def test_E12_what_outlasts_the_grace_is_given_back_with_no_attempt_counted(database: Database, kind: str) -> None:
    slow = Slow()
    task = KINDS[kind](slow)
    await order(database, task, 2, key="tab 1")
    async with running(worker := Worker(database, [task], drain_grace_s=0.05)) as run:
        await slow.inside.wait()
        if database.dialect == "sqlite" and kind == "transactional":
            # Nobody can write while the handler holds the lock: it was asked the instant before.
            worker._draining.told(asked=True, wake=worker._wake_runners)
        else:
            await asked_to_end(database, worker.name)
        await asyncio.wait_for(run, SOON_S)
    found = await waiting(database)
    assert (found.ready, found.waiting, found.leased, found.workers, slow.attempts) == (1, 1, 0, 0, [])
    slow.go_on.set()
    await Worker(database, [task]).until_quiet()
    assert slow.attempts == [1, 1]


async def test_E12_who_has_left_cannot_be_asked_back(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.run(SQL.worker_add, id="w", host="bar", pid=1, queues="bar", now_ms=tx.now_ms)
        assert await worker_looks.drain(tx, "w", who=WHO)
        assert await tx.one(worker_looks.SQL.worker_leaves, id="w") is not None
        with pytest.raises(WorkerIsLeaving):
            await worker_looks.keep(tx, "w", who=WHO)


async def test_E12_a_bell_that_nobody_heard_is_seen_at_the_next_beat(database: Database) -> None:
    slow = Slow()
    task = Shake(slow)
    await order(database, task, 1)
    async with running(worker := Worker(database, [task])) as run:
        await slow.inside.wait()
        async with database.transaction() as tx:
            assert await tx.all(SQL.worker_drains, id=worker.name, now_ms=tx.now_ms)
        await until(lambda: worker._shift.draining, SOON_S)
        slow.go_on.set()
        await asyncio.wait_for(run, SOON_S)
    assert slow.attempts == [1]


async def names_when(db: Database, enough: Callable[[set[str]], bool]) -> set[str]:
    """The names of all workers, as soon as they are `enough`."""
    async with asyncio.timeout(WAIT_S):
        while True:
            async with db.reading() as tx:
                names = {one.id for one in await figures.workers(tx)}
            if enough(names):
                return names


async def tapped_when(db: Database, count: int) -> Sequence[Row]:
    """What was tapped, as soon as it is so much."""
    async with asyncio.timeout(WAIT_S):
        while True:
            async with db.reading() as tx:
                rows = await tx.all(TAPPED)
            if len(rows) >= count:
                return rows


async def test_E12_real_processes_lose_nothing_and_do_nothing_twice(database_url: str) -> None:
    """One of two workers of a supervisor is drained in the middle: another is there, and each barrel is tapped once."""
    db = await open_database(database_url)
    async with db.transaction() as tx:
        await tx.script(TABLE)
        for keg in range(8):
            for n in range(40):
                await tap.enqueue(tx, Barrel(f"keg {keg}", n, effort=10_000), key=f"keg {keg}")
    options = ("--app", "tests.engine.cellar", "--min", "2", "--max", "2", "--with-parent")
    async with started(database_url, "work", *options):
        first = await names_when(db, lambda names: len(names) == 2)
        await tapped_when(db, 20)
        drained = min(first)
        await asked_to_end(db, drained)
        after = await names_when(db, lambda names: drained not in names and len(names) == 2)
        assert len(after - first) == 1, "another took its place"
        rows = await tapped_when(db, 320)
    async with db.reading() as tx:
        assert list(await tx.all(FAILURES)) == []
    await db.close()
    assert len(rows) == len({row["message"] for row in rows}) == 320
    kegs: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        kegs[row["keg"]].append(row["n"])
    assert all(a < b for one in kegs.values() for a, b in pairwise(one)), "in the order of each keg"
