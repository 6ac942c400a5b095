"""E18. Metering: every attempt's count, duration, processor time and memory-time, per task and tenant."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterable
from decimal import Decimal

import pytest
from tests.conformance.bar import Drink, Ring, order, pouring
from tests.conformance.tools import count, eventually

from barback.engine import Cancel, Dead, Expired, Message, Outcome, Queue, RetryAfter, Snooze, Work, Worker
from barback.engine.history.costs import Alike, attempts_alike, costs, price_lists
from barback.engine.history.spending import Spent
from barback.engine.history.tidy import tidy_page
from barback.engine.history.usage import HOUR_MS, SQL, Used, fold, used
from barback.storage import Database
from barback.testing import HandClock, run_until_quiet

FOREVER_MS = 2**53


async def ledger(db: Database, tenant: str | None = None) -> dict[tuple[str, str], Used]:
    """All that was used, by task and tenant."""
    async with db.reading() as tx:
        found = await used(tx, 0, FOREVER_MS, by_tenant=True, tenant=tenant)
    return {(one.task, one.tenant): one for one in found}


async def order_for(db: Database, tenants: Iterable[str | None]) -> None:
    async with db.transaction() as tx:
        works = [Work(Drink(n), tenant=tenant) for n, tenant in enumerate(tenants)]
        await pouring().enqueue_many(tx, works)


async def test_E18_every_attempt_counts_for_its_task_and_tenant(tables: Database) -> None:
    await order_for(tables, ["north"] * 30 + ["south"] * 10 + [None] * 5)
    await run_until_quiet(tables, [pouring()])
    found = await ledger(tables)
    assert {key: one.done for key, one in found.items()} == {
        ("bar.pour", "north"): 30,
        ("bar.pour", "south"): 10,
        ("bar.pour", ""): 5,
    }
    assert all(one.wall_us > 0 and one.attempts == one.done for one in found.values())


async def test_E18_each_outcome_is_counted_as_what_it_is(tables: Database, clock: HandClock) -> None:
    answers: list[Outcome | None] = [
        None, RetryAfter(1_000), Snooze(1_000), Cancel("no"), Dead("no"), Expired(), None,
    ]  # fmt: skip
    task = pouring(lambda message: answers[message.payload.n] if message.attempt == 1 else None, attempts_max=3)
    await order(tables, task, range(len(answers)))
    await run_until_quiet(tables, [task])
    [one] = (await ledger(tables)).values()
    counts = {name: getattr(one, name) for name in ("done", "failed", "snoozed", "cancelled", "dead", "expired")}
    assert counts == {"done": 2, "failed": 1, "snoozed": 1, "cancelled": 1, "dead": 1, "expired": 1}
    clock.advance(1_000)
    await run_until_quiet(tables, [task])
    [one] = (await ledger(tables)).values()
    assert (one.attempts, one.done, one.failed, one.snoozed) == (9, 3, 1, 2)


async def test_E18_what_was_late_or_used_up_its_attempts(tables: Database, clock: HandClock) -> None:
    task = pouring(lambda _message: RetryAfter(1), attempts_max=1)
    await order(tables, task, [1])
    async with tables.transaction() as tx:
        await task.enqueue(tx, Drink(2), expires_in_ms=10)
    clock.advance(10)
    await run_until_quiet(tables, [task])
    [one] = (await ledger(tables)).values()
    assert (one.dead, one.failed, one.expired) == (1, 0, 1)


async def test_E18_bundles_are_metered_message_by_message(tables: Database) -> None:
    async with tables.transaction() as tx:
        await pouring().enqueue_bulk(tx, (Drink(n) for n in range(250)), tenant="north")
    task = pouring(lambda message: Cancel("no") if message.payload.n == 7 else None)
    await run_until_quiet(tables, [task])
    [one] = (await ledger(tables)).values()
    assert (one.tenant, one.done, one.cancelled) == ("north", 249, 1)


async def test_E18_a_batch_is_shared_equally(tables: Database) -> None:
    await order_for(tables, ["north"] * 30 + ["south"] * 10)
    await run_until_quiet(tables, [pouring()])
    found = await ledger(tables)
    north, south = found["bar.pour", "north"], found["bar.pour", "south"]
    assert north.wall_us == pytest.approx(3 * south.wall_us, abs=4)
    assert north.cpu_us == pytest.approx(3 * south.cpu_us, abs=4)


def burn(ms: int) -> None:
    """Keep a processor busy."""
    until_ns = time.thread_time_ns() + ms * 1_000_000
    while time.thread_time_ns() < until_ns:
        pass


async def test_E18_a_processors_time_is_that_of_its_own_steps(tables: Database) -> None:
    """One waits while the other computes, on the same loop: only one of them has used it."""

    async def wait(_message: Message[Drink]) -> None:
        await asyncio.sleep(0.1)  # time for the other to compute

    def compute(_message: Message[Drink]) -> None:
        burn(50)

    waits = pouring(wait, name="bar.wait", queue="waits")
    computes = pouring(compute, name="bar.compute", queue="computes")
    await order(tables, waits, [1])
    await order(tables, computes, [1])
    worker = Worker(tables, [waits, computes])
    running = asyncio.create_task(worker.run())

    async def done() -> bool:
        return await count(tables, "effect") == 2

    await eventually(done, 30)
    worker.stop()
    await running
    found = await ledger(tables)
    assert found["bar.compute", ""].cpu_us >= 50_000
    assert found["bar.wait", ""].wall_us >= 100_000
    assert found["bar.wait", ""].cpu_us < 50_000


async def test_E18_work_in_a_thread_is_its_own(tables: Database) -> None:
    queue = Queue("desk")

    @queue.thread_task("desk.sum", payload=Drink)
    def add_up(_message: Message[Drink]) -> None:
        burn(30)

    await order(tables, add_up, [1])
    await run_until_quiet(tables, [add_up])
    [one] = (await ledger(tables)).values()
    assert one.cpu_us >= 30_000


async def test_E18_acting_attempts_are_metered_too(tables: Database) -> None:
    await order(tables, Ring(), range(5))
    await run_until_quiet(tables, [Ring()])
    [one] = (await ledger(tables)).values()
    assert (one.task, one.done) == ("bar.ring", 5)
    assert one.wall_us > 0 < one.cpu_us


async def test_E18_memory_is_counted_for_as_long_as_it_was_held(tables: Database) -> None:
    async def hold(_message: Message[Drink]) -> None:
        await asyncio.sleep(0.2)  # time for memory to be held

    task = pouring(hold)
    await order(tables, task, [1])
    await run_until_quiet(tables, [task])
    [one] = (await ledger(tables)).values()
    # A Python process with all of this in it has 20 MiB at least, and these tests not 4 GiB.
    assert 0.2 * 20 * 1024 < one.memory_kib_s < one.wall_us / 1_000_000 * 4 * 1024 * 1024


async def test_E18_folding_changes_no_sum(tables: Database, clock: HandClock) -> None:
    for tenant in ("north", "south", "north"):
        await order_for(tables, [tenant] * 3)
        await run_until_quiet(tables, [pouring()])
        clock.advance(1_800_000)
    before = await ledger(tables)
    async with tables.transaction() as tx:
        assert await fold(tx, 2) == 2
    assert await ledger(tables) == before
    async with tables.transaction() as tx:
        await tidy_page(tx)
    assert await ledger(tables) == before
    assert await count(tables, "engine_usage_part") == 0
    assert await count(tables, "engine_usage") == 3, "an hour, a task and a tenant each"
    assert (await ledger(tables, "north")).keys() == {("bar.pour", "north")}


async def test_E18_a_worker_that_runs_writes_by_itself(tables: Database) -> None:
    """When it falls idle, without being stopped."""
    await order_for(tables, ["north"] * 3)
    worker = Worker(tables, [pouring()])
    running = asyncio.create_task(worker.run())

    async def written() -> bool:
        return await count(tables, "engine_usage_part", "done = 3") == 1

    await eventually(written, 30)
    worker.stop()
    await running


async def test_E18_what_cannot_be_written_is_kept(tables: Database) -> None:
    await order_for(tables, ["north"] * 3)
    worker = Worker(tables, [pouring()])
    lease = None
    await worker.start()
    lease = await worker._runners[0].claim()
    assert lease is not None
    await worker._runners[0].work(lease)

    class Away:
        def transaction(self) -> None:
            raise ConnectionError("the database is away")

    meter = worker._shift.meter
    with pytest.raises(ConnectionError):
        await meter.flush(Away(), at_once=True)  # type: ignore[arg-type]
    await meter.flush(tables, at_once=True)
    [one] = (await ledger(tables)).values()
    assert one.done == 3


async def test_E18_a_handler_that_is_cancelled_ends_as_without_a_meter() -> None:
    async def forever() -> None:
        await asyncio.Event().wait()

    async def metered() -> None:
        await Spent().on(forever())

    running = asyncio.create_task(metered())
    await asyncio.sleep(0)  # time for it to begin
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_E18_attempts_are_priced_by_the_mean_of_their_hour_task_and_tenant(tables: Database) -> None:
    """Two hours of one task, one of them in two parts: 3 attempts of 10.001 ms, 2 of 4; another task's one of 4."""
    some = dict.fromkeys(Used.__struct_fields__, 0) | {"tenant": "north", "task": "bar.pour"}
    parts = [
        {**some, "hour_ms": 0, "done": 1, "wall_us": 20_003, "cpu_us": 5},
        {**some, "hour_ms": 0, "done": 1, "failed": 1, "wall_us": 10_000},
        {**some, "hour_ms": HOUR_MS, "dead": 2, "wall_us": 8_000},
        {**some, "hour_ms": 0, "task": "bar.wash", "tenant": "south", "expired": 1, "wall_us": 4_000},
    ]
    async with tables.transaction() as tx:
        await tx.bulk(SQL.usage_append, parts)
    for folded in (0, 4):
        async with tables.transaction() as tx:
            assert await fold(tx) == 4 if folded else True
            found = await attempts_alike(tx, 0, FOREVER_MS)
            assert sorted(found, key=lambda one: one.mean_ms) == [Alike(4, 3, 3, 0), Alike(11, 3, 2, 5)]
            assert await attempts_alike(tx, 0, FOREVER_MS, tenant="south") == [Alike(4, 1, 1, 0)]
            assert await attempts_alike(tx, HOUR_MS, FOREVER_MS) == [Alike(4, 2, 2, 0)]


def test_E18_the_same_work_on_price_lists() -> None:
    """A million messages of 200 ms at 512 MiB, by hand: 0.20 + 1,000,000 * 0.2 s * 0.5 GiB * 0.0000166667 + queue."""
    million = [Alike(mean_ms=200, attempts=1_000_000, ended=1_000_000, cpu_us=5_000_000_000)]
    by_name = {cost.name: cost for cost in costs(million)}
    aws = by_name["AWS Lambda and SQS"]
    assert (aws.attempts, aws.compute, aws.queue, aws.total) == tuple(map(Decimal, ("0.20", "1.67", "1.20", "3.07")))
    google = by_name["Google Cloud Run and Cloud Tasks"]
    assert google.compute == Decimal("5.05"), "0.2 s * (0.000024 + 0.5 * 0.0000025) a message"
    assert by_name["Cloudflare Workers and Queues"].compute == Decimal("0.10"), "5 ms of a processor a message"
    short = {cost.name: cost for cost in costs([Alike(1, 1_000_000, 1_000_000, 0)], memory_mib=100)}
    assert short["Azure Functions"].compute == Decimal("0.20"), "at least 100 ms at 128 MiB"
    totals = [cost.total for cost in costs(million)]
    assert all(a <= b for a, b in itertools.pairwise(totals))
    assert all(prices.sources and prices.as_of for prices in price_lists())
