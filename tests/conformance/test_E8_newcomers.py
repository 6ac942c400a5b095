"""E8. Lines that nothing limits are served at once when they bring something; nothing is lost by it."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from tests.conformance.bar import Drink, held, lease, numbers, pouring, register
from tests.conformance.queue_lines import order_for, running, start, work_off
from tests.conformance.tools import count, eventually, sql

from barback.engine import Limits, Lines, Work
from barback.engine.fairness import limits, lines
from barback.engine.leases import Lease
from barback.engine.leasing import claims
from barback.storage import Database, Transaction
from barback.testing import HandClock

ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
TOUCH = sql("UPDATE engine_line SET priority = priority WHERE line = 'quiet'")
WAITERS = sql("SELECT locktype FROM pg_locks WHERE NOT granted")


class Runner:
    """Claims batch after batch as a runner does, and remembers what a runner remembers."""

    def __init__(self, db: Database, limit: int) -> None:
        self._db, self._limit = db, limit
        self._sight = claims.Sight()
        self._lease: Lease | None = None

    async def next(self) -> Counter[str]:
        """Settle what it holds and claim; how many of each line it got."""
        async with self._db.transaction() as tx:
            freed: dict[str, int] = {}
            if self._lease is not None:
                freed = (await claims.settle(tx, [self._lease], {}, {}, claiming=True)).freed
            got = await claims.claim(tx, "bar", "w1", self._limit, sight=self._sight, freed=freed)
        self._lease = got[0] if got else None
        return Counter(lines.line_of(row) for row in self._lease.rows) if self._lease else Counter()


@contextlib.asynccontextmanager
async def under_way(
    db: Database, work: Callable[[Transaction], Awaitable[object]], *, commit: bool = True
) -> AsyncIterator[asyncio.Event]:
    """Somebody's transaction has done `work` and commits, or not, when the event is set or the block ends."""
    done, end = asyncio.Event(), asyncio.Event()

    async def somebody() -> None:
        with contextlib.suppress(ZeroDivisionError):
            async with db.transaction() as tx:
                await work(tx)
                done.set()
                await end.wait()
                if not commit:
                    raise ZeroDivisionError

    other = asyncio.create_task(somebody())
    await done.wait()
    try:
        yield end
    finally:
        end.set()
        await other


async def somebody_waits(db: Database) -> None:
    """Until a transaction waits for another one."""

    async def waits() -> bool:
        async with db.reading() as tx:
            return bool(await tx.all(WAITERS))

    await eventually(waits)


async def test_E8_quiet_lines_need_no_turns(tables: Database) -> None:
    """Thousands of lines that bring a message or two leave nothing behind, beside one with a backlog."""
    task = pouring(lines=Lines(), batch_max=1_000)
    await start(tables, task)
    await order_for(tables, task, "busy", range(2_000))
    for _ in range(2):  # the second news of a line is heard when all of it is served
        async with tables.transaction() as tx:
            await task.enqueue_many(tx, [Work(Drink(n), tenant=f"t{n}") for n in range(3_000)])
    runner, got = Runner(tables, 1_000), Counter[str]()
    while found := await runner.next():
        got += found
    assert got.pop("busy") == 2_000
    assert len(got) == 3_000
    assert set(got.values()) == {2}
    assert await count(tables, "engine_turn") == 1
    assert await held(tables) == {}
    assert await running(tables) == {}


async def test_E8_who_brings_something_all_the_time_has_no_more_turns_than_others(
    tables: Database, clock: HandClock
) -> None:
    """Served at once when it comes after a rest; then it takes turns, as long as others wait for theirs."""
    task = pouring(lines=Lines())
    await start(tables, task)
    for n in range(30):
        await order_for(tables, task, f"line{n}", range(20))
    runner, got = Runner(tables, 10), Counter[str]()
    for _ in range(3):
        await runner.next()
        clock.advance(1_000)
    for n in range(30):
        await order_for(tables, task, "often", [1_000 + n])
        got += await runner.next()
        clock.advance(1_000)
    often = got.pop("often")
    assert len(got) == 30
    assert max(got.values()) <= 13
    assert 5 <= often <= 15, "30, were it served whenever it brings something"


async def test_E8_a_turn_is_a_hundredth_of_a_claim(tables: Database) -> None:
    """In claims of hundreds a line that has a few messages has one turn, not as many as messages."""
    task = pouring(lines=Lines())
    await start(tables, task)
    for n in range(40):
        await order_for(tables, task, f"line{n}", range(5))
    found = await lease(tables, "w1", 500)
    assert found is not None
    assert len(found.rows) == 200
    assert await count(tables, "engine_turn") <= 40
    got = await lease(tables, "w1", 500)
    assert got is None


async def test_E8_a_limit_counts_what_was_claimed_before_there_was_one(tables: Database) -> None:
    """Two workers hold messages without tokens, one of them dies: all of them are counted when the limit is set."""
    task = pouring(lines=Lines(), attempts_max=5)
    await start(tables, task)
    await order_for(tables, task, "a", range(10))
    held_by = [await lease(tables, name, 2) for name in ("w1", "w2")]
    assert await running(tables) == {}
    async with tables.transaction() as tx:
        assert await claims.take_over(tx, "w1", {task.name: task}) == 2
    async with tables.transaction() as tx:
        await limits.put(tx, "bar", "each", "", Limits(concurrency=5))
    assert await running(tables) == {"a": 4}
    await register(tables, "w3", "w4")
    one = await lease(tables, "w3", 10)
    assert one is not None
    assert len(one.rows) == 1, "four are out"
    assert await lease(tables, "w4", 10) is None
    assert held_by[1] is not None
    async with tables.transaction() as tx:
        await claims.settle(tx, [held_by[1]], {}, {})
    assert await running(tables) == {"a": 3}
    async with tables.transaction() as tx:
        await claims.settle(tx, [one], {}, {})
    assert await work_off(tables, task) == 7
    assert await running(tables) == {}


@ON_POSTGRES
async def test_E8_who_sets_a_limit_waits_for_claims_that_do_not_know_it(tables: Database) -> None:
    task = pouring(lines=Lines())
    await start(tables, task)
    await order_for(tables, task, "a", range(10))
    claimed: list[Lease] = []

    async def claim(tx: Transaction) -> None:
        claimed.extend(await claims.claim(tx, "bar", "w1", 3))

    async def limit() -> None:
        async with tables.transaction() as tx:
            await limits.put(tx, "bar", "line", "a", Limits(concurrency=4))

    async with under_way(tables, claim) as end:
        setting = asyncio.create_task(limit())
        await somebody_waits(tables)
        await order_for(tables, task, "b", range(10, 20))
        # Who claims while somebody waits to set a limit takes tokens.
        found = await lease(tables, "w2", 2)
        assert found is not None
        assert await running(tables) == {"b": 2}
        end.set()
        await setting
    assert len(claimed[0].rows) == 3
    assert await running(tables) == {"a": 3, "b": 2}
    found = await lease(tables, "w2", 20)
    assert found is not None
    assert Counter(lines.line_of(row) for row in found.rows) == {"a": 1, "b": 8}


@ON_POSTGRES
async def test_E8_what_is_just_taken_over_is_counted_too(tables: Database) -> None:
    """A limit is set while what a dead worker held is being set aside."""
    task = pouring(lines=Lines(), attempts_max=5)
    await start(tables, task)
    await order_for(tables, task, "a", range(3))
    assert await lease(tables, "w1", 3) is not None

    async def limit() -> None:
        async with tables.transaction() as tx:
            await limits.put(tx, "bar", "each", "", Limits(concurrency=5))

    async with under_way(tables, lambda tx: claims.take_over(tx, "w1", {task.name: task})) as end:
        setting = asyncio.create_task(limit())
        await somebody_waits(tables)
        end.set()
        await setting
    assert await running(tables) == {"a": 3}
    assert await work_off(tables, task) == 3
    assert await running(tables) == {}


async def test_E8_a_line_that_was_stopped_is_not_served_at_once(tables: Database) -> None:
    task = pouring(lines=Lines())
    await start(tables, task)
    async with tables.transaction() as tx:
        await lines.pause(tx, "bar", "a", paused=True)
    await order_for(tables, task, "a", [1])
    await order_for(tables, task, "b", [2])
    assert await work_off(tables, task) == 1
    async with tables.transaction() as tx:
        await lines.pause(tx, "bar", "a", paused=False)
    assert await work_off(tables, task) == 1
    assert await numbers(tables) == [2, 1]


@ON_POSTGRES
@pytest.mark.parametrize("commit", [True, False])
@pytest.mark.parametrize("turns", [True, False])
async def test_E8_a_message_that_somebody_holds_for_a_moment_is_not_forgotten(
    tables: Database, commit: bool, turns: bool
) -> None:
    """Somebody changes it while its line is served: the line stays open, so that it is found without further news."""
    task = pouring(lines=Lines(concurrency=9) if turns else Lines())
    await start(tables, task)
    await order_for(tables, task, "quiet", [1])
    await order_for(tables, task, "busy", range(10, 15))

    async def take() -> None:
        assert await lease(tables, "w1", 10) is not None

    async with under_way(tables, lambda tx: tx.run(TOUCH), commit=commit) as end:
        taking = asyncio.create_task(take())
        await somebody_waits(tables)
        end.set()
        await taking
    await running(tables)
    async with tables.transaction() as tx:
        await claims.take_over(tx, "w1", {task.name: task})
    assert await work_off(tables, task) == 6
    assert sorted(await numbers(tables)) == [1, 10, 11, 12, 13, 14]


async def test_E8_the_news_of_a_line_that_nobody_came_to_is_kept(tables: Database, clock: HandClock) -> None:
    task = pouring(lines=Lines())
    await start(tables, task)
    for n in range(57):
        await order_for(tables, task, f"line{n}", [n])
    seen: list[str] = []
    for _ in range(6):
        found = await lease(tables, "w1", 10)
        assert found is not None
        seen += [lines.line_of(row) for row in found.rows]
        await running(tables)
        clock.advance(1)
    assert sorted(seen) == sorted(f"line{n}" for n in range(57))
