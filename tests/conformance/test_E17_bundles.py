"""E17. Bulk work is packed a hundred to a row, and each message still has its attempts, retry and dead letter."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.conformance.bar import Drink, Ring, effects, held, numbers, order, pouring, register
from tests.conformance.tools import count, sql

from barback.engine import (
    Breaker,
    Cancel,
    Dead,
    LeaseLostError,
    Message,
    Outcome,
    PayloadTooLargeError,
    Queue,
    RetryAfter,
    Snooze,
    Task,
)
from barback.engine.bulk import bundles
from barback.engine.leases import Lease
from barback.engine.leasing import claims
from barback.engine.leasing.liveness import bury
from barback.engine.operations import control, figures
from barback.storage import Database, Transaction
from barback.testing import HandClock, assert_enqueued, enqueued, run_until_quiet

DEAD = sql("SELECT id, attempt, reason, error, payload FROM engine_dead ORDER BY payload")
LATER = sql("SELECT id, attempt, payload FROM engine_later ORDER BY payload")


async def blast(db: Database, task: Task[Drink], ns: Sequence[int]) -> None:
    """Enqueue in bundles, in one transaction."""
    async with db.transaction() as tx:
        assert await task.enqueue_bulk(tx, (Drink(n) for n in ns), tenant="bar:1") == len(ns)


async def bundles_held(db: Database) -> dict[str, int]:
    """How many bundles wait and are leased, and the rows of messages beside them."""
    waiting = await count(db, "engine_bundle", "token IS NULL")
    leased = await count(db, "engine_bundle", "token IS NOT NULL")
    return {**({"waiting": waiting} if waiting else {}), **({"leased": leased} if leased else {}), **(await held(db))}


async def claim(db: Database, worker: str, limit: int = 1) -> Lease | None:
    """Lease bundles as a runner does."""
    async with db.transaction() as tx:
        return await bundles.claim(tx, "bar", worker, limit)


async def test_E17_bulk_work_is_a_row_for_a_hundred_messages_and_each_is_handled_once(tables: Database) -> None:
    task = pouring()
    await blast(tables, task, range(250))
    assert await bundles_held(tables) == {"waiting": 3}
    assert await run_until_quiet(tables, [task]) == 250
    done = await effects(tables)
    assert [one.n for one in done] == list(range(250))
    assert len({one.message for one in done}) == 250, "each has an id of its own"
    assert {(one.attempt, one.key) for one in done} == {(1, None)}
    assert await bundles_held(tables) == {}


async def test_E17_bulk_work_exists_if_and_only_if_its_transaction_commits(tables: Database) -> None:
    task = pouring()

    async def in_vain() -> None:
        async with tables.transaction() as tx:
            await task.enqueue_bulk(tx, [Drink(1)])
            await assert_enqueued(tx, task, Drink(1))
            raise RuntimeError("no ice")

    with pytest.raises(RuntimeError, match="no ice"):
        await in_vain()
    assert await bundles_held(tables) == {}


async def test_E17_only_what_fails_or_waits_is_taken_out_of_its_bundle(tables: Database, clock: HandClock) -> None:
    def does(message: Message[Drink]) -> Outcome | None:
        n, first = message.payload.n, message.attempt == 1
        return {1: RetryAfter(1_000, "no ice"), 2: Snooze(1_000), 3: Cancel("gone"), 4: Dead("no lime")}.get(
            n if first else 0
        )

    task = pouring(does)
    await blast(tables, task, range(1, 11))
    await run_until_quiet(tables, [task])
    async with tables.reading() as tx:
        later, [dead] = await tx.all(LATER), await tx.all(DEAD)
    assert [(row["payload"], row["attempt"]) for row in later] == [('{"n":1}', 1), ('{"n":2}', 0)]
    assert (dead["payload"], dead["attempt"], dead["reason"]) == ('{"n":4}', 1, "handler")
    assert await bundles_held(tables) == {"later": 2, "dead": 1}
    ids = {one.n: one.message for one in await effects(tables)}
    clock.advance(1_000)
    await run_until_quiet(tables, [task])
    again = (await effects(tables))[10:]
    assert sorted((one.n, one.attempt, one.message) for one in again) == [(1, 2, ids[1]), (2, 1, ids[2])]


async def test_E17_one_that_raises_in_a_bundle_fails_alone_and_dies_after_its_attempts(
    tables: Database, clock: HandClock
) -> None:
    def does(message: Message[Drink]) -> None:
        if message.payload.n == 42:
            raise ValueError("no ice")

    task = pouring(does, attempts_max=3)
    await blast(tables, task, range(150))
    for _ in range(4):
        await run_until_quiet(tables, [task])
        clock.advance(600_000)
    assert sorted(await numbers(tables)) == [n for n in range(150) if n != 42]
    async with tables.reading() as tx:
        [dead] = await tx.all(DEAD)
    assert (dead["payload"], dead["attempt"], dead["reason"]) == ('{"n":42}', 3, "attempts")
    assert await count(tables, "engine_failure") == 3


async def test_E17_a_payload_that_does_not_fit_is_one_dead_letter(tables: Database) -> None:
    class Old(Drink):
        n: object = ""  # type: ignore[assignment]

    older = pouring()
    older.payload = Old
    async with tables.transaction() as tx:
        await older.enqueue_bulk(tx, [Old(1), Old("two"), Old(3)])
    await run_until_quiet(tables, [pouring()])
    assert await numbers(tables) == [1, 3]
    async with tables.reading() as tx:
        [dead] = await tx.all(DEAD)
    assert dead["payload"] == '{"n":"two"}'
    assert "does not fit Drink" in dead["error"]


async def test_E17_the_bundle_of_a_dead_worker_is_tried_message_by_message(tables: Database) -> None:
    sizes: list[int] = []
    attempts: set[int] = set()

    async def note(_tx: Transaction, messages: Sequence[Message[Drink]]) -> None:
        sizes.append(len(messages))
        attempts.update(message.attempt for message in messages)

    task = Queue("bar").batch_task("bar.pour", payload=Drink, attempts_max=5)(note)  # type: ignore[arg-type]
    await register(tables, "w1")
    await blast(tables, task, range(5))
    lease = await claim(tables, "w1")
    assert lease is not None
    assert lease.size == 5
    assert await bundles_held(tables) == {"leased": 1, "lease": 1}
    await bury(tables, "w1", None, {task.name: task})
    assert await bundles_held(tables) == {"lease": 5}
    await run_until_quiet(tables, [task])
    assert sizes == [1] * 5
    assert attempts == {2}, "the one that the dead worker made counts"
    with pytest.raises(LeaseLostError):
        async with tables.transaction() as tx:
            await claims.settle(tx, [lease], {}, {task.name: task})


async def test_E17_a_bundle_that_was_given_back_counts_no_attempt(tables: Database) -> None:
    task = pouring()
    await register(tables, "w1")
    await blast(tables, task, range(3))
    lease = await claim(tables, "w1")
    assert lease is not None
    async with tables.transaction() as tx:
        await claims.give_back(tx, [lease])
    assert await bundles_held(tables) == {"waiting": 1}
    await run_until_quiet(tables, [task])
    assert [(one.n, one.attempt) for one in await effects(tables)] == [(0, 1), (1, 1), (2, 1)]


async def test_E17_two_claim_different_bundles(tables: Database) -> None:
    await register(tables, "w1", "w2")
    await blast(tables, pouring(), range(300))
    found = [await claim(tables, worker, 2) for worker in ("w1", "w2", "w1")]
    assert [one.size if one else 0 for one in found] == [200, 100, 0]
    held_ids = [row.id for one in found if one for row in one.rows]
    assert len(set(held_ids)) == 300


async def test_E17_bundles_and_single_messages_take_turns(tables: Database) -> None:
    """Neither keeps the other waiting for long, whichever was there first."""
    task = pouring(batch_max=10)
    await order(tables, task, range(1_000, 1_300))
    await blast(tables, task, range(1_000))
    await order(tables, task, range(1_300, 1_400))
    await run_until_quiet(tables, [task])
    done = await numbers(tables)
    assert sorted(done) == list(range(1_400))
    assert min(done.index(n) for n in range(1_000)) < 200, "bundles wait for all the others"
    assert done.index(1_299) < 1_390, "the others wait for all the bundles"


async def test_E17_the_more_urgent_go_first(tables: Database) -> None:
    calm, urgent = pouring(priority=5, batch_max=10), pouring(name="bar.hurry", priority=1, batch_max=10)
    await order(tables, calm, range(50))
    await blast(tables, calm, range(50, 100))
    await order(tables, urgent, range(1_000, 1_050))
    await blast(tables, urgent, range(1_050, 1_100))
    await run_until_quiet(tables, [calm, urgent])
    done = await numbers(tables)
    assert sorted(done[:100]) == list(range(1_000, 1_100))


async def test_E17_acting_tasks_take_bundles_apart(tables: Database) -> None:
    task = Ring()
    await blast(tables, task, range(120))
    assert await run_until_quiet(tables, [task]) == 120
    assert sorted(await numbers(tables)) == list(range(120))
    assert await bundles_held(tables) == {}


async def test_E17_a_breaker_is_probed_with_one_message_of_a_bundle(tables: Database, clock: HandClock) -> None:
    down = True
    tried: list[int] = []

    def does(message: Message[Drink]) -> None:
        tried.append(message.payload.n)
        if down:
            raise ConnectionError("no ice")

    task = pouring(does, breaker=Breaker("ice", failures=5, open_s=30))
    await blast(tables, task, range(100))
    await run_until_quiet(tables, [task])
    tried.clear()
    clock.advance(30_000)
    await blast(tables, task, range(100, 200))
    await run_until_quiet(tables, [task])
    assert len(set(tried)) == 1, "the probe"
    down = False
    clock.advance(600_000)
    await run_until_quiet(tables, [task])
    assert sorted(await numbers(tables)) == list(range(200))


async def test_E17_a_batch_handler_gets_no_more_of_a_bundle_than_it_asked_for(tables: Database) -> None:
    sizes: list[int] = []

    async def note(_tx: Transaction, messages: Sequence[Message[Drink]]) -> None:
        sizes.append(len(messages))

    task = Queue("bar").batch_task("bar.pour", payload=Drink, batch_max=30)(note)  # type: ignore[arg-type]
    await blast(tables, task, range(100))
    await run_until_quiet(tables, [task])
    assert sizes == [30, 30, 30, 10]


async def test_E17_large_payloads_make_smaller_bundles_and_too_large_ones_are_refused(tables: Database) -> None:
    class Blurb(Drink):
        text: str = ""

    handled: list[int] = []

    async def read(_tx: Transaction, message: Message[Blurb]) -> None:
        handled.append(message.payload.n)

    task = Queue("bar").task("bar.read", payload=Blurb)(read)
    async with tables.transaction() as tx:
        await task.enqueue_bulk(tx, [Blurb(n, "x" * 100_000) for n in range(10)])
    assert await count(tables, "engine_bundle", "size <= 2") >= 5
    with pytest.raises(PayloadTooLargeError, match=r"at most 262144 bytes for bar\.read, got 300017"):
        async with tables.transaction() as tx:
            await task.enqueue_bulk(tx, [Blurb(1, "small"), Blurb(2, "x" * 300_000)])
    await run_until_quiet(tables, [task])
    assert sorted(handled) == list(range(10))


async def test_E17_a_paused_queue_keeps_its_bundles_and_shows_them(tables: Database) -> None:
    task = pouring()
    await run_until_quiet(tables, [task])
    await blast(tables, task, range(150))
    async with tables.transaction() as tx:
        await control.pause(tx, "bar", who="test")
        assert [one.payload.n for one in await enqueued(tx, task)] == list(range(150))
        assert {one.tenant for one in await enqueued(tx, task)} == {"bar:1"}
    assert await run_until_quiet(tables, [task]) == 0
    async with tables.reading() as tx:
        [queue] = await figures.queues(tx, [])
    assert (queue.ready, queue.leased, queue.oldest_ms) == (150, 0, tables.clock.now_ms())
    async with tables.transaction() as tx:
        await control.resume(tx, "bar", who="test")
    assert await run_until_quiet(tables, [task]) == 150


async def test_E17_bulk_work_expires_too(tables: Database, clock: HandClock) -> None:
    task = pouring(expires_in_ms=1_000)
    await blast(tables, task, range(3))
    clock.advance(1_000)
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == []
    assert await bundles_held(tables) == {}
