"""E12. Pause, concurrency, rate and priority change while everything runs, are recorded, and are heard at once."""

from __future__ import annotations

import asyncio

import pytest
from tests.conformance.bar import Drink, Ring, held, lease, numbers, order, pouring
from tests.conformance.queue_lines import order_for, running, start, work_off
from tests.conformance.tools import eventually

from barback.engine import Limits, Lines, Rate, Work, Worker, changes, store
from barback.engine.leasing import arrivals, claims
from barback.engine.operations import looking, tuning
from barback.engine.operations.control import QueueNotFound
from barback.engine.operations.looking import Look
from barback.engine.operations.tuning import LinesAreNotTenants, Pace
from barback.storage import Database
from barback.testing import HandClock

WHO = "operator:ada"


async def actions(db: Database, subject: str) -> list[str]:
    async with db.reading() as tx:
        return [change.action for change in await changes.page(tx, subject=subject)]


async def test_E12_a_limit_is_set_and_reset_while_work_waits(tables: Database) -> None:
    """A queue without lines gets them; what is set wins over what is declared, until it is reset."""
    task = pouring()
    await start(tables, task)
    await order(tables, task, range(9))
    async with tables.transaction() as tx:
        await tuning.set_limits(tx, "bar", Limits(concurrency=2), who=WHO)
    first = await lease(tables, "w1")
    assert first is not None
    assert len(first.rows) == 2
    assert await lease(tables, "w2") is None
    async with tables.transaction() as tx:
        await tuning.set_limits(tx, "bar", Limits(concurrency=5), who=WHO)
    second = await lease(tables, "w2")
    assert second is not None
    assert len(second.rows) == 3
    async with tables.transaction() as tx:
        assert await tuning.reset_limits(tx, "bar", who=WHO)
        assert not await tuning.reset_limits(tx, "bar", who=WHO)
    third = await lease(tables, "w2")
    assert third is not None
    assert len(third.rows) == 4
    assert await running(tables) == {"": 5}, "what is claimed without limits takes no tokens"
    async with tables.transaction() as tx:
        await tuning.set_limits(tx, "bar", Limits(concurrency=9), who=WHO)
    assert await running(tables) == {"": 9}, "as soon as there are limits it holds some"
    assert await actions(tables, "queue:bar") == ["limits.set", "limits.reset", "limits.set", "limits.set"]


async def test_E12_what_an_operator_set_outlives_a_worker_that_declares_otherwise(tables: Database) -> None:
    task = pouring(lines=Lines(concurrency=4))
    await start(tables, task)
    async with tables.transaction() as tx:
        await tuning.set_limits(tx, "bar", Limits(concurrency=1), scope="each", who=WHO)
        await tuning.set_limits(tx, "bar", Limits(concurrency=3), scope="line", line="gold", who=WHO)
    await order_for(tables, task, "tin", range(9))
    await order_for(tables, task, "gold", range(9))
    worker = Worker(tables, [task])
    await worker.start()
    await worker.retire()
    assert await lease(tables, "w1", 20) is not None
    assert await running(tables) == {"gold": 3, "tin": 1}
    async with tables.transaction() as tx:
        await tuning.reset_limits(tx, "bar", scope="each", who=WHO)
    assert await lease(tables, "w1", 20) is not None
    assert await running(tables) == {"gold": 3, "tin": 4}


async def test_E12_a_rate_changes_at_once(tables: Database, clock: HandClock) -> None:
    """A line that a slow rate held back for an hour goes on as soon as the rate is raised."""
    task = pouring(lines=Lines(rate=Rate(1, per_s=3_600)))
    await start(tables, task)
    await order_for(tables, task, "a", range(5))
    assert await work_off(tables, task) == 1
    async with tables.transaction() as tx:
        await tuning.set_limits(tx, "bar", Limits(rate=Rate(1, per_s=1)), scope="each", who=WHO)
    clock.advance(3_600_000)
    assert await work_off(tables, task) == 1
    clock.advance(1_000)
    assert await work_off(tables, task) == 1


async def test_E12_a_paused_tenant_waits_and_others_do_not(tables: Database) -> None:
    task = pouring()
    await start(tables, task)
    async with tables.transaction() as tx:
        assert await tuning.hold_tenant(tx, "bar", "late", paused=True, who=WHO)
        assert not await tuning.hold_tenant(tx, "bar", "late", paused=True, who=WHO)
    await order_for(tables, task, "late", range(3))
    await order_for(tables, task, "good", range(10, 13))
    assert await work_off(tables, task) == 3
    async with tables.transaction() as tx:
        assert await tuning.hold_tenant(tx, "bar", "late", paused=False, who=WHO)
    assert await work_off(tables, task) == 3
    assert await numbers(tables) == [10, 11, 12, 0, 1, 2]
    assert await actions(tables, "line:bar:late") == ["line.resumed", "line.paused"]


async def test_E12_a_queue_that_names_its_lines_has_none_of_a_tenant(tables: Database) -> None:
    task = pouring(lines=Lines(by=lambda _: "x"))
    await start(tables, task)
    with pytest.raises(LinesAreNotTenants, match="name the line"):
        async with tables.transaction() as tx:
            await tuning.hold_tenant(tx, "bar", "late", paused=True, who=WHO)


@pytest.mark.parametrize("lined", [False, True])
async def test_E12_a_paused_key_waits_in_order(tables: Database, clock: HandClock, *, lined: bool) -> None:
    """Also what is in hands, and what waits for its retry: it comes back behind nobody of its key."""
    task = pouring(lines=Lines()) if lined else pouring()
    await start(tables, task)
    await order(tables, task, [1, 2, 3], key="t")
    found = await lease(tables, "w1")
    assert found is not None
    async with tables.transaction() as tx:
        assert await tuning.hold_key(tx, "bar", "t", paused=True, who=WHO)
        assert not await tuning.hold_key(tx, "bar", "t", paused=True, who=WHO)
    async with tables.transaction() as tx:
        await claims.give_back(tx, [found])
    await order(tables, task, [4], key="t")
    await order(tables, task, [9], key="other")
    assert await work_off(tables, task) == 1
    clock.advance(60_000)
    assert await work_off(tables, task) == 0
    async with tables.transaction() as tx:
        assert await tuning.hold_key(tx, "bar", "t", paused=False, who=WHO)
    assert await work_off(tables, task) == 4
    assert await numbers(tables) == [9, 1, 2, 3, 4]
    assert await held(tables) == {}


async def test_E12_waiting_messages_get_another_priority(tables: Database) -> None:
    task, other = pouring(), pouring(name="bar.other")
    await order(tables, task, range(3))
    await order(tables, other, range(10, 13))
    async with tables.transaction() as tx:
        assert await tuning.set_priority(tx, "bar", -1, task="bar.other", who=WHO) == 3
        assert await tuning.set_priority(tx, "bar", -1, task="bar.other", who=WHO) == 0
    assert await work_off(tables, task, other) == 6
    assert await numbers(tables) == [10, 11, 12, 0, 1, 2]
    assert await actions(tables, "queue:bar") == ["queue.priority"]


@pytest.mark.parametrize("lined", [False, True])
async def test_E12_another_priority_reaches_messages_wherever_they_wait(tables: Database, *, lined: bool) -> None:
    """Also those that just came, stand behind their key, wait for a time, or are packed; one of a pack alone."""
    task = pouring(lines=Lines()) if lined else pouring()
    await start(tables, task)
    await order(tables, task, [1, 2], key="t")
    async with tables.transaction() as tx:
        heads, _ = await arrivals.route_arrivals(tx, "bar", 10)
        await store.add_ready(tx, heads)
    await order(tables, task, [3], key="t")
    async with tables.transaction() as tx:
        await task.enqueue_many(tx, [Work(Drink(4), delay_ms=60_000)])
        if not lined:
            await task.enqueue_bulk(tx, [Drink(5), Drink(6)])
    count = 4 if lined else 6
    async with tables.transaction() as tx:
        assert await tuning.set_priority(tx, "bar", 7, task="bar.other", who=WHO) == 0
        assert await tuning.set_priority(tx, "bar", 7, who=WHO) == count
        assert await tuning.set_priority(tx, "bar", 7, who=WHO) == 0
        seen = (await looking.search(tx, Look(queue="bar"))).items
        assert [one.priority for one in seen] == [7] * count
        alone = max(one.id for one in seen)
        assert await tuning.set_priority(tx, "bar", 1, message_id=alone, who=WHO) == 1
        after = {one.id: one.priority for one in (await looking.search(tx, Look(queue="bar"))).items}
    assert after == {one.id: 1 if one.id == alone else 7 for one in seen}


async def test_E12_a_running_worker_takes_more_at_once_when_told(tables: Database) -> None:
    """An acting worker with one slot gets three, while its message is still under way."""
    task = Ring(hold=True)
    task.concurrency = 1
    worker = Worker(tables, [task])
    run = asyncio.create_task(worker.run())
    await order(tables, task, range(3))
    await eventually(lambda: task.acted == 1)
    async with tables.transaction() as tx:
        await tuning.set_pace(tx, "bar", Pace(slots=3), who=WHO)
    task.go_on.set()

    async def done() -> bool:
        return len(await numbers(tables)) == 3

    await eventually(done)
    assert worker._runners[0]._slots == 3  # type: ignore[attr-defined]
    worker.stop()
    await run


async def test_E12_a_mistyped_queue_is_refused(tables: Database) -> None:
    with pytest.raises(QueueNotFound, match="No queue is called baar"):
        async with tables.transaction() as tx:
            await tuning.set_limits(tx, "baar", Limits(concurrency=1), who=WHO)
