"""E8 in one statement (PostgreSQL): lines that nothing limits cost no more round trips, and limits stay exact."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.conformance.bar import Drink, held, lease, numbers, order, pouring
from tests.conformance.queue_lines import order_for, running, start, work_off
from tests.conformance.round_trips import of_one_message, working
from tests.conformance.test_E8_newcomers import TOUCH, somebody_waits, under_way
from tests.conformance.tools import count, eventually, sql

from barback.engine import Limits, Lines, Message
from barback.engine.fairness import limits, lines
from barback.engine.leases import Lease
from barback.engine.leasing import at_once, claims
from barback.engine.leasing.at_once import Glance, HoldsTokensError
from barback.engine.leasing.sight import Sight
from barback.engine.operations import tuning
from barback.storage import Database, Transaction, open_database

ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
pytestmark = ON_POSTGRES

OPEN = sql("INSERT INTO engine_turn (queue, line, turn, state, room, interval_us, burst, weight) "
           "VALUES ('bar', 'other', 0, 1, 2147483647, 0, 1, 1)")  # fmt: skip
HOLD_LEASES = sql("SELECT token FROM engine_lease WHERE queue = 'elsewhere' FOR UPDATE")


async def glance(db: Database, n: int = 10, *, ending: Lease | None = None, sight: Sight | None = None) -> Glance:
    """A claim in one statement for worker w1."""
    async with db.single() as tx:
        return await at_once.claim(tx, "bar", "w1", n, sight or Sight(lined=True), ending=ending)


def lines_in(seen: Glance) -> list[str]:
    """The lines of what was claimed."""
    return [lines.line_of(row) for one in seen.leases for row in one.rows]


async def test_E8_a_message_of_a_quiet_line_costs_as_few_round_trips_as_one_without_lines(
    tables: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message itself; the claim; the end, a look on and the rest."""
    assert len(asked := await of_one_message(tables, monkeypatch, lines=Lines())) == 3, asked
    assert await count(tables, "engine_turn") == 0


async def test_E8_all_that_waits_is_claimed_at_once_where_nobody_has_to_wait_for_a_turn(tables: Database) -> None:
    task = pouring(lines=Lines())
    await start(tables, task)
    await order_for(tables, task, "a", range(4))
    await order_for(tables, task, "b", [4])
    seen = await glance(tables)
    assert seen.plain
    assert sorted(lines_in(seen)) == ["a", "a", "a", "a", "b"]
    assert await running(tables) == {}
    assert await count(tables, "engine_news") == 0
    seen = await glance(tables, ending=seen.leases[0])
    assert seen.plain
    assert not seen.leases
    assert not seen.waiting
    assert await held(tables) == {}


async def _ready(tx: Transaction) -> None:
    await pouring().enqueue(tx, Drink(9))


TOO_MUCH = "more waits than one claim takes"
LONG_WAY: dict[str, Callable[[Transaction], Awaitable[object]]] = {
    "a line is limited": lambda tx: limits.put(tx, "bar", "line", "other", Limits(concurrency=1)),
    "each line is limited": lambda tx: limits.put(tx, "bar", "each", "", Limits(concurrency=1)),
    "the queue has a rate": lambda tx: limits.put(tx, "bar", "queue", "", Limits(rate=limits.Rate(5))),
    "the queue is held back": lambda tx: lines.hold_back(tx, "bar", None, tx.now_ms + 60_000),
    "its line is stopped": lambda tx: lines.pause(tx, "bar", "a", paused=True),
    "its line is held back": lambda tx: lines.hold_back(tx, "bar", "a", tx.now_ms + 60_000),
    "one waits for its turn": lambda tx: tx.run(OPEN),
    "one is not in its line yet": _ready,
}


@pytest.mark.parametrize("why", [*LONG_WAY, TOO_MUCH])
async def test_E8_where_lines_must_take_turns_one_statement_claims_nothing(tables: Database, why: str) -> None:
    task = pouring(lines=Lines())
    await start(tables, task)
    await order_for(tables, task, "a", [1])
    if why == TOO_MUCH:
        await order_for(tables, task, "b", range(10))
    else:
        async with tables.transaction() as tx:
            await LONG_WAY[why](tx)
    seen = await glance(tables)
    assert not seen.plain
    assert not seen.leases


async def test_E8_a_claim_that_looked_before_a_limit_was_set_claims_nothing(tables: Database) -> None:
    """It looks, then waits for a row; meanwhile the limit is set, and in force when it goes on."""
    task, other = pouring(lines=Lines()), pouring(name="else.pour", queue="elsewhere")
    await start(tables, task, other)
    await order(tables, other, [0])
    elsewhere = await lease(tables, "w1", queue="elsewhere")
    await order_for(tables, task, "a", range(5))
    async with under_way(tables, lambda tx: tx.all(HOLD_LEASES)) as end:
        claiming = asyncio.create_task(glance(tables, ending=elsewhere))
        await somebody_waits(tables)
        async with tables.transaction() as tx:
            await limits.put(tx, "bar", "each", "", Limits(concurrency=2))
        end.set()
        seen = await claiming
    assert not seen.plain
    assert not seen.leases
    assert await work_off(tables, task) == 5
    assert await running(tables) == {}


async def test_E8_who_sets_a_limit_waits_for_a_claim_in_one_statement_and_counts_it(tables: Database) -> None:
    task = pouring(lines=Lines())
    await start(tables, task)
    await order_for(tables, task, "a", range(3))
    found: list[Glance] = []

    async def claim(tx: Transaction) -> None:
        found.append(await at_once.claim(tx, "bar", "w1", 10, Sight(lined=True)))

    async def limit() -> None:
        async with tables.transaction() as tx:
            await tuning.set_limits(tx, "bar", Limits(concurrency=2), scope="each", who="test")

    async def begun(tx: Transaction) -> None:
        await tx.one(sql("SELECT 1"))
        await claim(tx)

    async with under_way(tables, begun) as end:
        setting = asyncio.create_task(limit())
        await somebody_waits(tables)
        end.set()
        await setting
    assert await running(tables) == {"a": 3}
    sight = Sight(lined=True)
    with pytest.raises(HoldsTokensError):
        await glance(tables, ending=found[0].leases[0], sight=sight)
    assert not sight.plain
    assert await running(tables) == {"a": 3}


async def test_E8_a_message_that_was_counted_while_it_was_handled_gives_its_token_back(tables: Database) -> None:
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def wait(message: Message[Drink]) -> None:
        if message.payload.n == 2 and not go_on.is_set():
            inside.set()
            await go_on.wait()

    task = pouring(wait, lines=Lines())
    async with working(tables, task):
        await order_for(tables, task, "a", [1])
        await eventually(lambda: _done(tables, 1))
        await order_for(tables, task, "a", [2])
        await asyncio.wait_for(inside.wait(), 10)
        async with tables.transaction() as tx:
            await limits.put(tx, "bar", "each", "", Limits(concurrency=1))
        assert await running(tables) == {"a": 1}
        go_on.set()
        await order_for(tables, task, "a", [3])
        await eventually(lambda: _done(tables, 3))
        await eventually(lambda: _nothing_held(tables))
        assert await running(tables) == {}
    assert await numbers(tables) == [1, 2, 3]


async def _done(db: Database, n: int) -> bool:
    return await count(db, "effect") == n


async def _nothing_held(db: Database) -> bool:
    return await held(db) == {}


@pytest.mark.parametrize("commit", [True, False])
async def test_E8_news_is_kept_of_a_message_that_somebody_holds_for_a_moment(tables: Database, commit: bool) -> None:
    task = pouring(lines=Lines())
    await start(tables, task)
    await order_for(tables, task, "quiet", [1])
    await order_for(tables, task, "other", [2])
    async with under_way(tables, lambda tx: tx.run(TOUCH), commit=commit):
        seen = await glance(tables)
        assert lines_in(seen) == ["other"]
        assert (await glance(tables)).waiting, "or its runner would rest for good"
    await running(tables)
    assert lines_in(await glance(tables)) == ["quiet"]
    assert await count(tables, "engine_news") == 0


@pytest.mark.parametrize("commit", [True, False])
async def test_E8_what_another_worker_is_just_claiming_is_claimed_by_one_of_both(
    tables: Database, commit: bool
) -> None:
    task = pouring(lines=Lines())
    await start(tables, task)
    await order_for(tables, task, "a", range(3))
    async with under_way(tables, lambda tx: claims.claim(tx, "bar", "w2", 2), commit=commit):
        await order_for(tables, task, "a", [3])
        first = await glance(tables)
    await running(tables)
    rest = await glance(tables)
    got = lines_in(first) + lines_in(rest)
    waiting = await count(tables, "engine_line")
    assert len(got) + waiting == (2 if commit else 4)
    assert await work_off(tables, task) == waiting


async def test_E2_a_lease_of_lines_that_was_lost_ends_nothing_and_claims_nothing(tables: Database) -> None:
    task = pouring(lines=Lines())
    await start(tables, task)
    await order_for(tables, task, "a", [1])
    stale = (await glance(tables)).leases[0]
    async with tables.transaction() as tx:
        await claims.take_over(tx, "w1", {task.name: task})
        await tx.run(sql("DELETE FROM engine_lease"))
    await order_for(tables, task, "a", [2])
    with pytest.raises(HoldsTokensError):
        await glance(tables, ending=stale)
    assert await held(tables) == {"line": 1}


async def test_E13_a_worker_that_rests_wakes_for_a_line_that_was_held_back(tables: Database) -> None:
    task, real = pouring(lines=Lines()), await open_database(tables.url)  # by a clock that goes on
    async with working(real, task):
        async with real.transaction() as tx:
            await lines.hold_back(tx, "bar", "b", tx.now_ms + 700)
        await order_for(real, task, "b", [2])
        await order_for(real, task, "a", [1])
        await eventually(lambda: _done(real, 1))
        assert await numbers(real) == [1]
        await eventually(lambda: _done(real, 2), 2)  # nobody looks by himself before
    await real.close()
