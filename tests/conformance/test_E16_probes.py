"""E16. Breakers are shared: by queues and workers, of which one probes; by operators, who may force them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.conformance.bar import Drink, Ring, lease, numbers, order, pouring, register
from tests.conformance.taps import OPEN_MS, TAPS, Tap, state
from tests.conformance.tools import count, eventually, sql

from barback.engine import Breaker, Cancel, Message, Worker, changes
from barback.engine.guards import breakers
from barback.engine.leasing.liveness import bury
from barback.engine.store import SQL
from barback.storage import Database, Transaction, open_database
from barback.testing import HandClock, run_until_quiet

TOLD = sql("SELECT channels, kind FROM engine_live ORDER BY pos")


async def test_E16_queues_that_depend_on_the_same_share_it(tables: Database, clock: HandClock) -> None:
    """What one worker learns in one queue holds another worker back in the other."""
    tap = Tap()
    other = pouring(name="kitchen.rinse", queue="kitchen", breaker=TAPS)
    await order(tables, tap, range(3))
    await run_until_quiet(tables, [tap])
    await order(tables, other, [77])
    await run_until_quiet(tables, [other])
    assert await numbers(tables) == []
    clock.advance(OPEN_MS)
    await run_until_quiet(tables, [other])
    assert await numbers(tables) == [77]
    assert (await state(tables)).state == "closed"


async def test_E16_of_many_workers_one_probes(tables: Database, clock: HandClock) -> None:
    tap = Tap(down=3)
    await order(tables, tap, range(20))
    await run_until_quiet(tables, [tap])
    clock.advance(OPEN_MS)
    workers = [Worker(tables, [pouring(queue="bar", breaker=TAPS)]) for _ in range(4)]
    for worker in workers:
        await worker.start()
    claimed = await asyncio.gather(*(worker._runners[0].claim() for worker in workers))
    assert [len(one.rows) for one in claimed if one is not None] == [1]


async def test_E16_the_probe_of_a_worker_that_died_is_made_by_another(tables: Database, clock: HandClock) -> None:
    tap = Tap(down=3)
    await order(tables, tap, range(5))
    await run_until_quiet(tables, [tap])
    clock.advance(OPEN_MS)
    dying = Worker(tables, [Tap()])
    await dying.start()
    assert await dying._runners[0].claim() is not None
    await run_until_quiet(tables, [tap])
    assert tap.tried == 3, "one probe is under way"
    await bury(tables, dying.name, None, {tap.name: tap})
    for _ in range(2):
        await run_until_quiet(tables, [tap])
        clock.advance(OPEN_MS)
    assert sorted(await numbers(tables)) == list(range(5))


async def test_E16_a_probe_that_tells_nothing_makes_room_for_another(tables: Database, clock: HandClock) -> None:
    class Changed(Tap):
        async def decide(self, tx: Transaction, message: Message[Drink]) -> Any:
            return Cancel("not thirsty") if message.payload.n == 0 else await super().decide(tx, message)

    task = Changed(down=3)
    await order(tables, task, [1, 2, 3])
    await run_until_quiet(tables, [task])
    await order(tables, task, [0], key="first")
    clock.advance(OPEN_MS)
    await run_until_quiet(tables, [task])
    assert (await state(tables)).state == "closed"


async def test_E16_an_empty_queue_uses_up_no_probe(tables: Database, clock: HandClock) -> None:
    tap = Tap(down=3)
    await order(tables, tap, range(3))
    await run_until_quiet(tables, [tap])
    await register(tables, "w1")
    clock.advance(OPEN_MS - 1)
    other = pouring(name="kitchen.rinse", queue="kitchen", breaker=TAPS)
    clock.advance(1)
    await run_until_quiet(tables, [other])
    assert (await state(tables)).prober is None
    await run_until_quiet(tables, [tap])
    assert (await state(tables)).state == "closed"


async def _force(db: Database, to: breakers.State | None) -> None:
    async with db.transaction() as tx:
        await breakers.force(tx, "taps", to, who="operator:1")


async def test_E16_an_operator_forces_it_open_and_closed(tables: Database, clock: HandClock) -> None:
    tap = Tap(down=0)
    await run_until_quiet(tables, [tap])
    await _force(tables, "open")
    await order(tables, tap, range(3))
    clock.advance(10 * OPEN_MS)
    await run_until_quiet(tables, [tap])
    assert tap.tried == 0, "no probe either"
    await _force(tables, "closed")
    tap.down = 4
    await run_until_quiet(tables, [tap])
    assert tap.tried == 3, "and failures do not open it"
    await _force(tables, None)
    clock.advance(OPEN_MS)
    await run_until_quiet(tables, [tap])
    clock.advance(OPEN_MS)
    await run_until_quiet(tables, [tap])
    assert sorted(await numbers(tables)) == [0, 1, 2]
    async with tables.reading() as tx:
        done = [one.action for one in await changes.page(tx, subject="breaker:taps")]
        with pytest.raises(breakers.BreakerNotFound, match="No breaker is called tabs"):
            await breakers.one(tx, "tabs")
    assert done == ["breaker.reset", "breaker.forced_closed", "breaker.forced_open"]


async def test_E16_its_history_is_kept_and_told(tables: Database, clock: HandClock) -> None:
    tap = Tap(down=4)
    await order(tables, tap, range(3))
    for _ in range(3):
        await run_until_quiet(tables, [tap])
        clock.advance(OPEN_MS)
    async with tables.reading() as tx:
        kept = await changes.page(tx, subject="breaker:taps")
        told = [tuple(row) for row in await tx.all(TOLD)]  # type: ignore[call-overload]
    assert [one.action for one in kept] == ["breaker.closed", "breaker.opened"]
    assert b"no beer comes out" in bytes(kept[1].after)
    assert told == [("breaker:taps", "breaker.opened"), ("breaker:taps", "breaker.closed")]


async def test_E16_workers_that_run_find_out_by_themselves(tables: Database) -> None:
    """On the real clock: down for a while, few tries meanwhile, then everything is done with no attempt lost."""
    db = await open_database(tables.url)
    quick = Breaker("taps", failures=3, within_s=60, open_s=0.2)

    class Beer(Tap):
        breaker = quick
        concurrency = 5

    task = Beer()
    await order(db, task, range(30))
    workers = [Worker(db, [task]), Worker(db, [task])]
    running = [asyncio.create_task(worker.run()) for worker in workers]

    async def probed() -> bool:
        return await count(db, "engine_breaker", "state = 'open'") == 1 and task.tried >= 14

    await eventually(probed, 60)
    failed = await count(db, "engine_failure")
    task.down = 0

    async def done() -> bool:
        return await count(db, "effect") == 30

    await eventually(done, 60)
    for worker in workers:
        worker.stop()
    await asyncio.gather(*running)
    assert sorted(await numbers(db)) == list(range(30))
    assert failed == await count(db, "engine_failure") == 3
    assert (await state(db)).state == "closed"
    await db.close()


def test_E16_a_queue_depends_on_one_thing(tables: Database) -> None:
    """Otherwise one that is down would hold up messages that do not need it."""
    with pytest.raises(ValueError, match="do not share one breaker"):
        Worker(tables, [Tap(), Ring()])
    with pytest.raises(ValueError, match="different numbers"):
        Worker(tables, [Tap(), pouring(name="a.b", queue="a", breaker=Breaker("taps"))])
    with pytest.raises(ValueError, match="at least one failure"):
        Breaker("taps", failures=0)


async def test_E16_without_breakers_nothing_is_asked(tables: Database) -> None:
    await order(tables, pouring(), range(3))
    worker = Worker(tables, [pouring()])
    assert [runner._gate for runner in worker._runners] == [None]
    assert await worker.until_quiet() == 3
    assert await count(tables, "engine_breaker") == 0
    await register(tables, "w1")
    assert await lease(tables, "w1") is None
    async with tables.reading() as tx:
        assert await tx.all(SQL.lease_holders) == []
