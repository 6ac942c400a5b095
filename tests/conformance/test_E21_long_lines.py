"""E21. A snapshot held for minutes: claims do not walk over what is gone of a long line; what is late is found."""

from __future__ import annotations

import json

import pytest
from tests.conformance.bar import Drink, pouring
from tests.conformance.queue_lines import order_for, start, work_off
from tests.conformance.test_E8_newcomers import under_way
from tests.conformance.tools import count, sql

from barback.engine import Lines, Work
from barback.engine.fairness.line_floors import LOOK_EVERY_S, SQL, LineFloors
from barback.engine.messages import Stored
from barback.engine.operations import tuning
from barback.storage import Database, Transaction

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
FIRST = sql("SELECT id FROM engine_line ORDER BY pos LIMIT 1")


class Taker:
    """Takes of the line `busy` again and again, a twentieth of a second apart, and remembers what it got."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.floors = LineFloors()
        self.seen: list[str] = []
        self.now = 1_000.0

    async def take(self, n: int = 20, times: int = 1) -> list[Stored]:
        rows: list[Stored] = []
        for _ in range(times):
            self.now += LOOK_EVERY_S / 2
            async with self._db.transaction() as tx:
                rows = await self.floors.take(tx, "bar", [("busy", n)], self.now)
            self.seen += [row.id for row in rows]
        return rows

    async def finds_any(self) -> bool:
        """Whether the line looks as if something waits."""
        async with self._db.transaction() as tx:
            return bool(await self.floors.not_empty(tx, "bar", ["busy"]))


async def _first(db: Database) -> str:
    async with db.reading() as tx:
        row = await tx.one(FIRST)
    assert row is not None
    return str(row["id"])


async def test_E21_claims_of_a_long_line_cost_the_same_under_a_held_snapshot(database: Database) -> None:
    task, taker = pouring(lines=Lines()), Taker(database)
    await order_for(database, task, "busy", range(12_000))
    async with database.reading() as held:
        await held.one(FIRST)
        await taker.take(n=200, times=50)
        knowing, anew = await _pages(database, taker.floors), await _pages(database, LineFloors())
    assert knowing < anew / 2, "who begins anew walks over what is gone"
    assert len(taker.seen) == 10_000


async def test_E21_a_late_commit_in_a_long_line_is_found_behind_claims_that_are_always_full(database: Database) -> None:
    task, taker = pouring(lines=Lines()), Taker(database)
    await order_for(database, task, "busy", range(2_000))
    async with under_way(database, lambda tx: task.enqueue(tx, Drink(9_999), tenant="busy")) as end:
        await order_for(database, task, "busy", range(2_000, 6_000))
        await taker.take(times=150)
        assert len(taker.seen) == 3_000
        end.set()
    # Its place was given out before a thousand others that were taken meanwhile, and 3,000 wait behind them.
    late = await _first(database)
    await taker.take(times=30)
    assert late in taker.seen
    assert len(taker.seen) == 3_600


@pytest.mark.parametrize("commit", [True, False])
async def test_E21_a_line_that_seems_empty_is_asked_for_what_came_late(database: Database, commit: bool) -> None:
    """All that others see is taken; then somebody commits a message that has an earlier place."""
    task, taker = pouring(lines=Lines()), Taker(database)
    await order_for(database, task, "busy", range(1_000))
    async with under_way(database, lambda tx: task.enqueue(tx, Drink(9_999), tenant="busy"), commit=commit):
        await order_for(database, task, "busy", range(1_000, 2_000))
        await taker.take(n=100, times=30)
        assert len(taker.seen) == 2_000
    assert await taker.finds_any() == commit
    taker.now -= LOOK_EVERY_S / 2  # just after a claim from the floor
    assert len(await taker.take()) == commit
    assert await count(database, "engine_line") == 0


async def test_E21_what_was_taken_and_not_committed_is_found_again(database: Database) -> None:
    task, taker = pouring(lines=Lines()), Taker(database)
    await order_for(database, task, "busy", range(3_000))
    await taker.take(times=50)

    async def take(tx: Transaction) -> None:
        assert len(await taker.floors.take(tx, "bar", [("busy", 500)], taker.now)) == 500

    async with under_way(database, take, commit=False) as end:
        end.set()
    await taker.take(times=100)
    assert len(set(taker.seen)) == len(taker.seen) == 3_000
    assert not await taker.finds_any()


async def test_E21_what_is_made_less_urgent_in_a_long_line_is_found(database: Database) -> None:
    taker = Taker(database)
    await order_for(database, pouring(lines=Lines(), priority=-1), "busy", [7_777])
    odd = await _first(database)
    await order_for(database, pouring(lines=Lines()), "busy", range(1_000))
    async with database.transaction() as tx:  # nobody takes it meanwhile
        await tx.run(sql("UPDATE engine_line SET line = 'elsewhere' WHERE priority = -1"))
    await taker.take(times=20)
    async with database.transaction() as tx:
        assert await tuning.set_priority(tx, "bar", 0, message_id=odd, who="test") == 1
        await tx.run(sql("UPDATE engine_line SET line = 'busy' WHERE line = 'elsewhere'"))
    await taker.take(times=31)
    assert odd in taker.seen
    assert len(taker.seen) == 1_001


async def test_E21_urgent_ones_of_a_long_line_go_first_whatever_was_taken_before(database: Database) -> None:
    taker = Taker(database)
    for priority in (20, 0, 10):
        await order_for(database, pouring(lines=Lines(), priority=priority), "busy", range(200))
    got = [row.priority for _ in range(10) for row in await taker.take(n=50)]
    assert got == sorted(got)
    for priority in (15, 0, 30, -5, 10):
        await order_for(database, pouring(lines=Lines(), priority=priority), "busy", [1])
    assert [row.priority for row in await taker.take(n=5)] == [-5, 0, 10, 15, 20]


async def test_E21_lines_are_worked_through_under_a_held_snapshot(tables: Database) -> None:
    task = pouring(lines=Lines(), batch_max=100)
    await start(tables, task)
    async with tables.reading() as held:
        await held.one(FIRST)
        for _ in range(3):
            async with tables.transaction() as tx:
                await task.enqueue_many(tx, [Work(Drink(n), tenant="busy" if n % 4 else f"t{n}") for n in range(800)])
            assert await work_off(tables, task) == 800


async def _pages(db: Database, floors: LineFloors) -> int:
    """How many pages a claim looks at; it takes one message."""
    parts = {**floors.parts(["busy"]), "shares": []}
    parts["shares"] = [1] * len(parts["lines"])
    given = {name: f"'{{{','.join(map(str, parts[name]))}}}'" for name in parts} | {"queue": "'bar'"}
    ordered = ", ".join(given[name] for name in SQL.take_parts.names)
    async with db.transaction() as tx:
        await tx.script(f"PREPARE c AS {SQL.take_parts.postgres}")
        [row] = await tx.all(sql("", f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE c({ordered})"))
        await tx.script("DEALLOCATE c")
    top = json.loads(row[0])[0]["Plan"]
    return int(top["Shared Hit Blocks"]) + int(top["Shared Read Blocks"])
