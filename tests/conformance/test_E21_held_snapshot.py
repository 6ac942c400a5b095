"""E21. A snapshot held for minutes: claims do not walk over what is gone; what comes late is not passed over."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from tests.conformance.bar import Drink, numbers, order, pouring
from tests.conformance.tools import count, sql

from barback.engine.leasing.floors import LOOK_EVERY_S, Floors
from barback.engine.messages import Stored
from barback.engine.operations import tuning
from barback.engine.store import SQL
from barback.storage import Database, Transaction
from barback.testing import run_until_quiet

ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
LOCK = sql("SELECT id FROM engine_ready WHERE priority = -1 FOR UPDATE")
WAITING = sql("SELECT id FROM engine_ready ORDER BY pos LIMIT 1")


class Claimer:
    """Claims batch after batch, a twentieth of a second apart, and remembers what it got."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.floors = Floors()
        self.seen: list[str] = []
        self.now = 1_000.0

    async def claim(self, n: int = 20, times: int = 1) -> list[Stored]:
        rows: list[Stored] = []
        for _ in range(times):
            self.now += LOOK_EVERY_S / 2
            async with self._db.transaction() as tx:
                rows = await self.floors.take(tx, "bar", n, crowded=True, now=self.now)
            self.seen += [row.id for row in rows]
        return rows


async def _first(db: Database) -> str:
    async with db.reading() as tx:
        row = await tx.one(WAITING)
    assert row is not None
    return str(row["id"])


@contextlib.asynccontextmanager
async def meanwhile(
    db: Database, work: Callable[[Transaction], Awaitable[object]], *, commit: bool
) -> AsyncIterator[None]:
    """Somebody else's transaction: it has done `work` and ends when the block does."""
    done, end = asyncio.Event(), asyncio.Event()

    async def somebody() -> None:
        with contextlib.suppress(KeyboardInterrupt if commit else ZeroDivisionError):
            async with db.transaction() as tx:
                await work(tx)
                done.set()
                await end.wait()
                if not commit:
                    raise ZeroDivisionError

    other = asyncio.create_task(somebody())
    await done.wait()
    try:
        yield
    finally:
        end.set()
        await other


@ON_POSTGRES
async def test_E21_a_late_commit_is_found_behind_claims_that_are_always_full(database: Database) -> None:
    task, claimer = pouring(), Claimer(database)
    await order(database, task, range(2_000))
    async with meanwhile(database, lambda tx: task.enqueue(tx, Drink(9_999)), commit=True):
        await order(database, task, range(2_000, 6_000))
        await claimer.claim(times=150)
        assert len(claimer.seen) == 3_000
    # Its place was given out before a thousand others that were claimed meanwhile, and 3,000 wait behind them.
    late = await _first(database)
    await claimer.claim(times=30)
    assert late in claimer.seen
    assert len(claimer.seen) == 3_600


@ON_POSTGRES
async def test_E21_what_a_claim_did_not_commit_is_found_by_others(database: Database) -> None:
    claimer, taken = Claimer(database), list[str]()
    await order(database, pouring(), range(3_000))

    async def take(tx: Transaction) -> None:
        taken.extend(row.id for row in await Floors().take(tx, "bar", 50, crowded=False, now=1.0))

    async with meanwhile(database, take, commit=False):
        await claimer.claim(times=100)
    assert len(taken) == 50
    assert not set(taken) & set(claimer.seen)
    await claimer.claim(times=40)
    assert len(claimer.seen) == 2_800
    assert set(taken) <= set(claimer.seen)


@ON_POSTGRES
async def test_E21_what_is_made_less_urgent_is_found_behind_places_that_were_passed(database: Database) -> None:
    claimer = Claimer(database)
    urgent = pouring(priority=-1)
    await order(database, urgent, [7_777])
    odd = await _first(database)
    async with meanwhile(database, lambda tx: tx.one(LOCK), commit=True):
        await order(database, pouring(), range(1_000))
        await claimer.claim(times=20)
        assert odd not in claimer.seen
    async with database.transaction() as tx:
        assert await tuning.set_priority(tx, "bar", 0, message_id=odd, who="test") == 1
    await claimer.claim(times=31)
    assert odd in claimer.seen
    assert len(claimer.seen) == 1_001


@ON_POSTGRES
async def test_E21_claims_cost_the_same_under_a_held_snapshot(database: Database) -> None:
    claimer = Claimer(database)
    await order(database, pouring(), range(12_000))
    async with database.reading() as held:
        await held.one(WAITING)
        await claimer.claim(n=200, times=50)
        knowing, anew = await _pages(database, claimer.floors), await _pages(database, Floors())
    assert knowing < anew / 2, "who begins anew walks over what is gone"
    assert len(claimer.seen) == 10_000


@pytest.mark.parametrize("urgent_first", [True, False])
async def test_E21_urgent_ones_go_first_whatever_was_claimed_before(database: Database, urgent_first: bool) -> None:
    claimer = Claimer(database)
    for n in range(40):
        await order(database, pouring(priority=n % 4 * 10 if urgent_first else 30 - n % 4 * 10), [n])
    got = [row.priority for _ in range(5) for row in await claimer.claim(n=8)]
    assert got == sorted(got)
    await order(database, pouring(priority=5), [1])
    await order(database, pouring(priority=0), [1])
    await order(database, pouring(priority=10), [1])
    assert [row.priority for row in await claimer.claim(n=8)] == [0, 5, 10]
    assert await count(database, "engine_ready") == 0


async def test_E21_a_worker_works_through_under_a_held_snapshot(tables: Database) -> None:
    task = pouring()
    async with tables.reading() as held:
        await held.one(WAITING)
        for start in range(0, 3_000, 500):
            await order(tables, task, range(start, start + 500))
            await run_until_quiet(tables, [task])
    assert sorted(await numbers(tables)) == list(range(3_000))


async def _pages(db: Database, floors: Floors) -> int:
    """How many pages a claim looks at; it takes one message."""
    parts = floors.parts()
    arrays = [f"'{{{','.join(map(str, parts[name]))}}}'" for name in SQL.ready_claim.names if name in parts]
    values = {"queue": "'bar'", "n": "1"}
    ordered = [values.get(name) or arrays.pop(0) for name in SQL.ready_claim.names]
    async with db.transaction() as tx:
        await tx.script(f"PREPARE c AS {SQL.ready_claim.postgres}")
        explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE c({', '.join(ordered)})"
        [row] = await tx.all(sql("", explain))
        await tx.script("DEALLOCATE c")
    top = json.loads(row[0])[0]["Plan"]
    return int(top["Shared Hit Blocks"]) + int(top["Shared Read Blocks"])
