"""E8. While more waits in quiet lines than a claim takes, a part of each is for what came last."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.conformance.bar import Drink, pouring
from tests.conformance.queue_lines import order_for, start
from tests.conformance.test_E8_newcomers import Runner

from barback.engine import Lines, Work
from barback.engine.fairness.newcomers import quantum
from barback.storage import Database
from barback.testing import HandClock


async def test_E8_what_comes_now_does_not_wait_behind_what_quiet_lines_brought_before(
    tables: Database, clock: HandClock
) -> None:
    """An eighth of each claim is for what came last; all others have theirs in the order in which they came."""
    task = pouring(lines=Lines())
    await start(tables, task)
    async with tables.transaction() as tx:
        await task.enqueue_many(tx, [Work(Drink(n), tenant=f"old{n:04}") for n in range(1_000)])
    runner, old = Runner(tables, 80), list[str]()
    for n in range(10):
        await order_for(tables, task, f"new{n}", [n])
        got = await runner.next()
        assert f"new{n}" in got
        old += [line for line in got if line.startswith("old")]
        assert len(old) >= 70 * (n + 1)
        clock.advance(20)
    assert {f"old{n:04}" for n in range(690)} <= set(old), "first come, first served"


@pytest.mark.parametrize("limit", [1, 80, 400])
async def test_E8_a_line_is_served_before_others_for_one_turn_while_these_wait(
    tables: Database, clock: HandClock, limit: int
) -> None:
    """One that brings something all the time, behind thousands: a turn is what all have in a round."""
    task = pouring(lines=Lines())
    await start(tables, task)
    async with tables.transaction() as tx:
        await task.enqueue_many(tx, [Work(Drink(n), tenant=f"old{n:04}") for n in range(limit * 20)])
    runner, got = Runner(tables, limit), Counter[str]()
    for n in range(16):
        await order_for(tables, task, "often", [n])
        got += await runner.next()
        clock.advance(20)
    assert got["often"] == quantum(limit)
    assert got.total() > 16 * (limit - 1), "claims are full"


async def test_E8_who_was_served_a_moment_ago_does_not_wait_for_all_that_others_brought(
    tables: Database, clock: HandClock
) -> None:
    """Two messages are no turn where claims take hundreds, also while a long backlog waits for its own."""
    task = pouring(lines=Lines())
    await start(tables, task)
    await order_for(tables, task, "noisy", list(range(2_000)))
    async with tables.transaction() as tx:
        await task.enqueue_many(tx, [Work(Drink(n), tenant=f"old{n:04}") for n in range(4_000)])
    runner = Runner(tables, 400)
    await runner.next()
    clock.advance(20)
    got = await runner.next()
    served = next(line for line in got if line.startswith("old"))
    clock.advance(20)
    await order_for(tables, task, served, [1])
    assert served in await runner.next()
