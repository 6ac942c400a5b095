"""E8. Limits are tokens taken in the claim: at most so many of a line, of a queue, run at once; and all come back."""

from __future__ import annotations

import asyncio

import pytest
from tests.conformance.bar import Drink, Ring, effects, held, lease, numbers, order, pouring
from tests.conformance.queue_lines import order_for, running, start, work_off
from tests.conformance.tools import eventually

from barback.engine import Cancel, Dead, Limits, Lines, Outcome, RetryAfter, Snooze, Work, Worker
from barback.engine.fairness import limits
from barback.engine.leasing import claims
from barback.storage import Database
from barback.testing import HandClock


async def end(db: Database, found: claims.Lease, outcome: Outcome | None = None) -> None:
    """Settle as a worker does that does not go on."""
    async with db.transaction() as tx:
        outcomes = {} if outcome is None else {row.id: outcome for row in found.rows}
        await claims.settle(tx, [found], outcomes, {})


async def test_E8_a_line_never_runs_more_than_its_limit(tables: Database) -> None:
    task = pouring(lines=Lines(concurrency=3))
    await start(tables, task)
    await order_for(tables, task, "a", range(10))
    await order_for(tables, task, "b", range(2))
    first = await lease(tables, "w1")
    assert first is not None
    assert await running(tables) == {"a": 3, "b": 2}
    assert await lease(tables, "w2") is None
    await end(tables, first)
    assert await running(tables) == {}
    second = await lease(tables, "w2")
    assert second is not None
    assert await running(tables) == {"a": 3}


async def test_E8_a_queue_never_runs_more_than_its_limit(tables: Database) -> None:
    """Whoever claims, whatever the lines: four of the whole queue."""
    task = pouring(limits=Limits(concurrency=4))
    await start(tables, task)
    for tenant in "abc":
        await order_for(tables, task, tenant, range(3))
    first, second = await lease(tables, "w1", 3), await lease(tables, "w2", 3)
    assert first is not None
    assert second is not None
    assert [len(first.rows), len(second.rows)] == [3, 1]
    assert await lease(tables, "w1") is None
    await end(tables, second)
    third = await lease(tables, "w1")
    assert third is not None
    assert len(third.rows) == 1
    await running(tables)


@pytest.mark.parametrize("outcome", [None, RetryAfter(5), Snooze(5), Cancel("no"), Dead("bad")], ids=repr)
async def test_E8_every_outcome_gives_the_token_back(tables: Database, outcome: Outcome | None) -> None:
    task = pouring(lines=Lines(concurrency=2))
    await start(tables, task)
    await order_for(tables, task, "a", range(4))
    for _ in range(2):
        found = await lease(tables, "w1")
        assert found is not None
        assert len(found.rows) == 2
        await end(tables, found, outcome)
        assert await running(tables) == {}


async def test_E8_giving_back_and_splitting_keep_count(tables: Database) -> None:
    task = pouring(lines=Lines(concurrency=2))
    await start(tables, task)
    await order_for(tables, task, "a", range(4))
    found = await lease(tables, "w1")
    assert found is not None
    async with tables.transaction() as tx:
        singles = await claims.split(tx, found)
    assert await running(tables) == {"a": 2}
    async with tables.transaction() as tx:
        await claims.give_back(tx, singles)
    assert await running(tables) == {}
    assert await work_off(tables, task) == 4
    assert sorted(await numbers(tables)) == [0, 1, 2, 3]


async def test_E8_what_a_dead_worker_held_keeps_its_tokens_until_it_was_tried(tables: Database) -> None:
    """Set aside it still counts: it may be half done somewhere. Tried alone, it gives its token back."""
    task = pouring(lines=Lines(concurrency=2), attempts_max=3)
    await start(tables, task)
    await order_for(tables, task, "a", range(4))
    assert await lease(tables, "w1") is not None
    async with tables.transaction() as tx:
        assert await claims.take_over(tx, "w1", {task.name: task}) == 2
    assert await running(tables) == {"a": 2}
    assert await lease(tables, "w2") is None
    assert await work_off(tables, task) == 4
    assert await running(tables) == {}
    assert sorted((one.n, one.attempt) for one in await effects(tables)) == [(0, 2), (1, 2), (2, 1), (3, 1)]


async def test_E8_one_that_dies_of_killing_workers_gives_its_token_back(tables: Database) -> None:
    task = pouring(lines=Lines(concurrency=1), attempts_max=1)
    await start(tables, task)
    await order_for(tables, task, "a", [1, 2])
    assert await lease(tables, "w1") is not None
    async with tables.transaction() as tx:
        assert await claims.take_over(tx, "w1", {task.name: task}) == 1
    assert await running(tables) == {}
    assert await work_off(tables, task) == 1
    assert await held(tables) == {"dead": 1}


async def test_E8_a_transaction_that_is_undone_takes_no_token(tables: Database) -> None:
    task = pouring(lines=Lines(concurrency=1), limits=Limits(concurrency=1))
    await start(tables, task)
    await order_for(tables, task, "a", [1, 2])

    async def claim_and_cut() -> None:
        async with tables.transaction() as tx:
            assert await claims.claim(tx, "bar", "w1", 10)
            raise RuntimeError("cut")

    async def settle_and_cut(its: claims.Lease) -> None:
        async with tables.transaction() as tx:
            await claims.settle(tx, [its], {}, {})
            raise RuntimeError("cut")

    with pytest.raises(RuntimeError, match="cut"):
        await claim_and_cut()
    assert await running(tables) == {}
    found = await lease(tables, "w1")
    assert found is not None
    with pytest.raises(RuntimeError, match="cut"):
        await settle_and_cut(found)
    assert await running(tables) == {"a": 1}
    assert await lease(tables, "w2") is None


async def test_E8_a_worker_goes_on_by_itself_when_a_token_comes_back(tables: Database) -> None:
    """No polling: the acting worker that ends a message claims the next one of the line."""
    task = Ring()
    task.lines = Lines(concurrency=1)
    worker = Worker(tables, [task])
    running_worker = asyncio.create_task(worker.run())
    await order_for(tables, task, "a", range(5))
    await order_for(tables, task, "b", range(10, 15))

    async def done() -> bool:
        return len(await numbers(tables)) == 10

    await eventually(done)
    worker.stop()
    await running_worker
    found = await numbers(tables)
    assert [n for n in found if n < 10] == list(range(5))
    assert await running(tables) == {}
    assert await held(tables) == {}


async def test_E8_a_worker_that_is_full_rests_until_somebody_rings(tables: Database) -> None:
    """A full line is no reason to look again and again (E13); its last token coming back is heard at once."""
    task = pouring(lines=Lines(concurrency=1), limits=Limits(concurrency=5))
    await start(tables, task)
    await order_for(tables, task, "a", [1, 2])
    found = await lease(tables, "w1")
    assert found is not None
    worker = Worker(tables, [task])
    await worker.start()
    runner = worker._runners[0]
    assert await runner.claim() is None
    assert await runner._rest_s() > 3_600
    runner.listener.clear()
    await end(tables, found)
    assert await runner.listener.wait(5)
    assert await runner._rest_s() < 1
    await worker.retire()


async def test_E8_an_unlined_worker_hears_of_lines_in_the_claim_itself(tables: Database, clock: HandClock) -> None:
    """One that has not heard that an operator set a limit cannot exceed it: the lease is refused, then counted."""
    del clock
    task = pouring()
    await start(tables, task)
    await order(tables, task, range(5))
    sight = claims.Sight(lined=False)
    async with tables.transaction() as tx:
        await limits.use_lines(tx, "bar")
        await limits.put(tx, "bar", "queue", "", Limits(concurrency=2))
    async with tables.transaction() as tx:
        found = await claims.claim(tx, "bar", "w1", 10, sight=sight)
    assert [len(one.rows) for one in found] == [2]
    assert sight.lined
    assert [row.attempt for row in found[0].rows] == [1, 1]
    assert await running(tables) == {"": 2}


@pytest.mark.parametrize("values", [{"concurrency": 0}, {"weight": 0}], ids=repr)
def test_E8_what_is_no_limit_is_refused(values: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="expected a"):
        Limits(**values)  # type: ignore[arg-type]


async def test_E8_drinks_with_a_payload_are_counted_once(tables: Database) -> None:
    """A thousand messages of many lines through small limits: every one once, all tokens back."""
    task = pouring(lines=Lines(concurrency=2), limits=Limits(concurrency=7), batch_max=5)
    async with tables.transaction() as tx:
        await task.enqueue_many(tx, [Work(Drink(n), tenant=f"t{n % 37}") for n in range(1_000)])
    assert await work_off(tables, task) == 1_000
    assert sorted(await numbers(tables)) == list(range(1_000))
    assert await running(tables) == {}
    assert await held(tables) == {}
