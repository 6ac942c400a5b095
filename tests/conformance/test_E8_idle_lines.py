"""E8. Lines that ran dry are forgotten after a while, and nobody's turn, limit or token is lost by it."""

from __future__ import annotations

import pytest
from tests.conformance.bar import Drink, lease, pouring, register
from tests.conformance.queue_lines import order_for, running, work_off
from tests.conformance.tools import count

from barback.engine import Lines, Rate, Work
from barback.engine.fairness import limits, lines
from barback.engine.history import tidy
from barback.engine.history.retention import HOUR_MS
from barback.engine.leasing import claims
from barback.storage import Database
from barback.testing import HandClock

MANY = 10_000


async def tidied(db: Database) -> int:
    """Tidy up as the hourly task does; how many pages that took."""
    pages = 1
    while True:
        async with db.transaction() as tx:
            if not await tidy.tidy_page(tx):
                return pages
        pages += 1


async def test_E8_ten_thousand_lines_that_ran_dry_leave_nothing(tables: Database, clock: HandClock) -> None:
    task = pouring(lines=Lines(concurrency=9), batch_max=1_000)
    async with tables.transaction() as tx:
        await task.enqueue_many(tx, [Work(Drink(n), tenant=f"t{n}") for n in range(MANY)])
    assert await work_off(tables, task) == MANY
    # A line that looks open until its next turn is closed when somebody comes to it.
    await order_for(tables, task, "another", [1])
    await work_off(tables, task)
    assert await count(tables, "engine_turn") == MANY + 1
    await tidied(tables)
    assert await count(tables, "engine_turn") == MANY + 1, "they may come back within the hour"
    clock.advance(2 * HOUR_MS)
    assert await tidied(tables) >= 10, "a page at a time"
    assert await count(tables, "engine_turn") == 0
    for line in ("t5", "t7"):
        await order_for(tables, task, line, range(3))
    assert await work_off(tables, task) == 6
    assert await running(tables) == {}


@pytest.mark.parametrize("limited", [True, False])
async def test_E8_a_line_that_was_forgotten_takes_turns_like_the_others(
    tables: Database, clock: HandClock, limited: bool
) -> None:
    """It has one turn before those that were served meanwhile, as it waited longest, and no more than that."""
    task = pouring(lines=Lines(concurrency=99) if limited else Lines())
    for line in ("idle", "busy"):
        await order_for(tables, task, line, [0])
    await work_off(tables, task)
    clock.advance(2 * HOUR_MS)
    await order_for(tables, task, "busy", range(1, 20))
    await register(tables, "w1")
    first = await lease(tables, "w1", 1)
    await tidied(tables)
    assert await count(tables, "engine_turn", "line = 'idle'") == 0
    await order_for(tables, task, "idle", range(1, 20))
    served: list[str] = []
    for _ in range(6):
        found = await lease(tables, "w1", 1)
        assert found is not None
        served.append(lines.line_of(found.rows[0]))
        async with tables.transaction() as tx:
            await claims.settle(tx, [found], {}, {})
    assert served == ["idle", "busy"] * 3
    assert first is not None
    assert await running(tables) == ({"busy": 1} if limited else {})


@pytest.mark.parametrize("why", ["waits", "runs", "paused", "rate"])
async def test_E8_a_line_of_which_something_is_to_be_known_stays(tables: Database, clock: HandClock, why: str) -> None:
    rate = Rate(1, per_s=100_000, burst=2) if why == "rate" else None
    task = pouring(lines=Lines(concurrency=9, rate=rate))
    await order_for(tables, task, "a", [1])
    await work_off(tables, task)
    await register(tables, "w1")
    if why in ("waits", "runs"):
        await order_for(tables, task, "a", [2, 3])
        held = await lease(tables, "w1", 1)
        assert held is not None
        if why == "waits":
            async with tables.transaction() as tx:
                await claims.settle(tx, [held], {}, {})
    if why == "paused":
        async with tables.transaction() as tx:
            await lines.pause(tx, "bar", "a", paused=True)
    clock.advance(2 * HOUR_MS)
    await tidied(tables)
    assert await count(tables, "engine_turn") == 1
    assert await running(tables) == ({"a": 1} if why == "runs" else {})


async def test_E8_limits_of_a_line_outlive_its_turn(tables: Database, clock: HandClock) -> None:
    task = pouring(lines=Lines())
    await order_for(tables, task, "a", [1])
    await work_off(tables, task)
    async with tables.transaction() as tx:
        await limits.put(tx, "bar", "line", "a", limits.Limits(2))
    clock.advance(2 * HOUR_MS)
    await tidied(tables)
    assert await count(tables, "engine_turn") == 0
    await order_for(tables, task, "a", range(5))
    await register(tables, "w1")
    held = await lease(tables, "w1", 5)
    assert held is not None
    assert len(held.rows) == 2
