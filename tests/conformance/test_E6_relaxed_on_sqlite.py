"""Claims that do not wait for the disk on SQLite: no other commit is one, and a power cut undoes them whole (E3, E6).

No test can cut the power. What is shown instead is what SQLite was told for each transaction, statement by statement,
and that a file whose log ends before or within such a claim is as if it had not been made.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.conformance.bar import Drink, Ring, effects, order, pouring, register
from tests.conformance.conftest import PLACE, TABLES
from tests.conformance.tools import count, sql

from barback.engine import MIGRATIONS, Task, Worker
from barback.engine.leasing import claims
from barback.engine.leasing.relaxed import CAREFUL_MS
from barback.foundation.clock import HandClock
from barback.storage import Database, StorageError, Transaction, migrate, open_database
from barback.storage.sqlite import SqliteDatabase

NOTE = sql("INSERT INTO note (id) VALUES (:id)")
LEVEL = sql("PRAGMA synchronous")
NORMAL, FULL = 1, 2


@pytest.fixture
async def bar(tmp_path: Path, clock: HandClock) -> AsyncIterator[SqliteDatabase]:
    """A bar of its own."""
    db = await _open(tmp_path / "bar.db", clock)
    await migrate(db, [MIGRATIONS])
    async with db.transaction() as tx:
        await tx.script(TABLES.format(place=PLACE["sqlite"]))
    yield db
    await db.close()


async def _open(path: Path, clock: HandClock) -> SqliteDatabase:
    db = await open_database(f"sqlite:///{path}", clock=clock, bells=False)
    assert isinstance(db, SqliteDatabase)
    return db


class Told:
    """Whether each transaction that wrote was told to wait for the disk, from the statements that SQLite was given."""

    def __init__(self, db: SqliteDatabase) -> None:
        self.waited: list[bool] = []
        self._level, self._begun = FULL, False
        db._writer.set_trace_callback(self._note)

    def _note(self, statement: str) -> None:
        if statement.startswith("PRAGMA synchronous="):
            assert not self._begun, "within a transaction it changes nothing"
            self._level = FULL if statement.endswith("FULL") else NORMAL
        elif statement.startswith("BEGIN"):
            self._begun = True
        elif statement in ("COMMIT", "ROLLBACK"):
            self._begun = False
            if statement == "COMMIT":
                self.waited.append(self._level == FULL)


async def level(tx: Transaction) -> int:
    """What SQLite itself says that the commit will do."""
    row = await tx.one(LEVEL)
    assert row is not None
    return int(row[0])


async def test_a_transaction_that_need_not_be_durable_is_the_only_one(bar: SqliteDatabase) -> None:
    for durable in (True, False, True, False, False, True):
        async with bar.transaction(durable=durable) as tx:
            assert await level(tx) == (FULL if durable else NORMAL)
    async with bar.single() as tx:
        assert await level(tx) == FULL


@pytest.mark.parametrize("ends", ["raises", "fails", "is cancelled"])
async def test_the_next_one_is_durable_however_it_ended(bar: SqliteDatabase, ends: str) -> None:
    async def one() -> None:
        async with bar.transaction(durable=False) as tx:
            await tx.run(NOTE, id=ends)
            if ends == "is cancelled":
                await asyncio.sleep(10)  # time for a cancellation
            if ends == "fails":
                await tx.run(NOTE, id=ends)
            raise ValueError

    running = asyncio.create_task(one())
    await asyncio.sleep(0.05)  # time for its beginning
    running.cancel()
    with pytest.raises((ValueError, StorageError, asyncio.CancelledError)):
        await running
    async with bar.transaction() as tx:
        assert await level(tx) == FULL
    assert await count(bar, "note") == 0


async def test_those_who_wait_for_their_turn_meanwhile_are_durable(bar: SqliteDatabase) -> None:
    """All at once on the one connection that writes."""
    told = Told(bar)
    wanted: list[bool] = []

    async def one(n: int) -> None:
        async with bar.transaction(durable=n % 3 > 0) as tx:
            wanted.append(n % 3 > 0)
            await tx.run(NOTE, id=str(n))
            await asyncio.sleep(0)

    await asyncio.gather(*(one(n) for n in range(30)))
    assert told.waited == wanted
    assert len(wanted) == 30


async def test_what_is_to_be_done_after_the_commit_is_done(bar: SqliteDatabase) -> None:
    done: list[int] = []
    async with bar.transaction(durable=False) as tx:
        await tx.run(NOTE, id="one")
        tx.after_commit(lambda: done.append(1))
        assert done == []
    assert done == [1]
    assert await count(bar, "note") == 1


async def _claimed(db: SqliteDatabase, task: Task[Drink], worker: Worker | None = None) -> list[bool]:
    """Whether the claim of one message waited for the disk; it is given back."""
    worker = worker or Worker(db, [task])
    if not worker.name:
        await worker.start()
    await order(db, task, [1])
    told = Told(db)
    [lease] = await worker._runners[0].claim_some(1, singly=isinstance(task, Ring))
    db._writer.set_trace_callback(None)
    async with db.transaction() as tx:
        await claims.give_back(tx, [lease])
    return told.waited


async def test_the_claim_of_a_worker_at_rest_does_not_wait_for_the_disk(bar: SqliteDatabase) -> None:
    assert await _claimed(bar, pouring()) == [False]


async def test_E4_what_acts_outside_has_its_claim_on_the_disk(bar: SqliteDatabase) -> None:
    assert await _claimed(bar, Ring()) == [True]


async def test_E3_what_ends_a_lease_waits_for_the_disk(bar: SqliteDatabase) -> None:
    task = pouring(batch_max=1)
    worker = Worker(bar, [task])
    await worker.start()
    await order(bar, task, [1, 2])
    lease = await worker._runners[0].claim()
    told = Told(bar)
    while lease is not None:
        lease = await worker._runners[0].work(lease)
    assert told.waited
    assert all(told.waited)


async def test_E6_a_worker_that_may_have_begun_after_a_crash_is_careful_for_ten_minutes(
    bar: SqliteDatabase, clock: HandClock
) -> None:
    """Somebody's name is there: of one who works beside it, or of one who had no time to take it away."""
    await register(bar, "somebody")
    task = pouring()
    worker = Worker(bar, [task])
    assert await _claimed(bar, task, worker) == [True]
    clock.advance(CAREFUL_MS - 1)
    assert await _claimed(bar, task, worker) == [True]
    clock.advance(1)
    assert await _claimed(bar, task, worker) == [False]


async def test_E6_a_worker_that_left_properly_makes_nobody_careful(bar: SqliteDatabase) -> None:
    first = Worker(bar, [pouring()])
    await first.start()
    await first.retire()
    assert await _claimed(bar, pouring()) == [False]


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99, 1.0])
async def test_E3_E6_a_log_that_ends_before_a_claim_or_within_it_knows_nothing_of_it(
    bar: SqliteDatabase, clock: HandClock, tmp_path: Path, share: float
) -> None:
    """What a power cut leaves: the log up to somewhere. The message is there as it was, and is run once."""
    task = pouring()
    worker = Worker(bar, [task])
    await worker.start()
    await order(bar, task, [1])
    log = tmp_path / "bar.db-wal"
    before = log.stat().st_size
    assert await worker._runners[0].claim() is not None
    after = log.stat().st_size
    assert after > before
    left = tmp_path / "left.db"
    shutil.copy(tmp_path / "bar.db", left)
    shutil.copy(log, tmp_path / "left.db-wal")
    with (tmp_path / "left.db-wal").open("r+b") as cut:
        cut.truncate(before + int((after - before) * share))
    found = await _open(left, clock)
    whole = share == 1.0
    assert await count(found, "engine_ready", "attempt = 0") == int(not whole)
    assert await count(found, "engine_lease") == int(whole)
    assert await _run(found, worker.name, task) == 1
    assert [one.attempt for one in await effects(found)] == [1 + whole]
    await found.close()


async def _run(db: Database, dead: str, task: Task[Drink]) -> int:
    """A worker after the power came back: it takes over what it finds in dead hands."""
    worker = Worker(db, [task], dead_after_s=0)
    await worker.start()
    await worker.watch_once()
    ran = await worker.until_quiet()
    await worker.retire()
    assert dead != worker.name
    return ran
