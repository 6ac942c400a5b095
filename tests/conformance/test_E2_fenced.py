# ruff: noqa: PT012  # a transaction is more than one statement
"""E2. At least once, fenced: a lease that was lost completes, fails and gives back nothing."""

from __future__ import annotations

import asyncio

import pytest
from tests.conformance.bar import Drink, Ring, effects, held, lease, numbers, order, pouring, register

from barback.engine import LeaseLostError, Message, RetryAfter, Worker
from barback.engine.leases import Lease
from barback.engine.leasing import claims
from barback.engine.leasing.liveness import bury
from barback.storage import Database, StorageError, open_database
from barback.testing import run_until_quiet


async def test_E2_the_token_only_grows(tables: Database, database_url: str) -> None:
    """Also when every lease is gone, and for a process that starts anew."""
    task = pouring()
    await register(tables, "w1", "w2")
    tokens: list[int] = []
    again = await open_database(database_url)
    for turn in range(6):
        await order(tables, task, [turn])
        found = await lease(again if turn % 2 else tables, f"w{1 + turn % 2}")
        assert found is not None
        tokens.append(found.token)
        async with tables.transaction() as tx:
            await claims.settle(tx, [found], {}, {})
    await again.close()
    assert tokens == sorted(set(tokens))


@pytest.mark.parametrize("outcome", [None, RetryAfter(0)], ids=["done", "retry"])
async def test_E2_a_stale_lease_settles_nothing_and_its_effects_are_undone(tables: Database, outcome: object) -> None:
    task = pouring()
    await register(tables, "slow", "quick")
    await order(tables, task, [1], key="tab:1")
    stale = await lease(tables, "slow")
    assert stale is not None
    await bury(tables, "slow", None, {task.name: task})
    outcomes = {} if outcome is None else {stale.rows[0].id: outcome}
    with pytest.raises(LeaseLostError):
        async with tables.transaction() as tx:
            await task.handle(tx, task.message(stale.rows[0]))
            await claims.settle(tx, [stale], outcomes, {task.name: task})
    assert await numbers(tables) == []
    await run_until_quiet(tables, [task])
    assert [(one.n, one.attempt) for one in await effects(tables)] == [(1, 2)]
    assert await held(tables) == {}


async def test_E2_a_stale_lease_settles_nothing_while_another_worker_holds_the_message(tables: Database) -> None:
    task = pouring()
    await register(tables, "slow", "quick")
    await order(tables, task, [1])
    stale = await lease(tables, "slow")
    assert stale is not None
    await bury(tables, "slow", None, {task.name: task})
    async with tables.transaction() as tx:
        fresh = await claims.claim_aside(tx, "bar", "quick")
    assert fresh is not None
    assert fresh.token > stale.token
    with pytest.raises(LeaseLostError):
        async with tables.transaction() as tx:
            await claims.settle(tx, [stale], {}, {})
    async with tables.transaction() as tx:
        await claims.settle(tx, [fresh], {}, {})
    assert await held(tables) == {}


async def test_E2_nobody_settles_with_the_token_of_another(tables: Database) -> None:
    task = pouring()
    await register(tables, "w1", "w2")
    await order(tables, task, [1])
    mine = await lease(tables, "w1")
    assert mine is not None
    stolen = Lease(mine.token, mine.queue, "w2", mine.rows)
    with pytest.raises(LeaseLostError):
        async with tables.transaction() as tx:
            await claims.settle(tx, [stolen], {}, {})
    assert await held(tables) == {"lease": 1}


async def test_E2_what_is_given_back_too_late_stays_where_it_is(tables: Database) -> None:
    task = pouring()
    await register(tables, "slow")
    await order(tables, task, [1])
    stale = await lease(tables, "slow")
    assert stale is not None
    await bury(tables, "slow", None, {task.name: task})
    async with tables.transaction() as tx:
        await claims.give_back(tx, [stale])
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [1]


async def test_E2_a_worker_that_was_given_up_for_dead_gets_no_lease(tables: Database) -> None:
    """It would be taken away at once, and burn an attempt each time."""
    task = pouring()
    await order(tables, task, [1])
    with pytest.raises(LeaseLostError, match="given up for dead"):
        await lease(tables, "forgotten")
    await register(tables, "known")
    found = await lease(tables, "known")
    assert found is not None
    assert found.rows[0].attempt == 1


async def test_E2_claimers_at_once_never_get_the_same_message(tables: Database, database_url: str) -> None:
    task = pouring()
    await register(tables, "w0", "w1", "w2", "w3")
    async with tables.transaction() as tx:
        for n in range(400):
            await task.enqueue(tx, Drink(n), key=f"tab:{n % 150}" if n % 2 else None)
    nodes = [tables, *[await open_database(database_url) for _ in range(3)]]
    got: list[str] = []

    async def work(number: int) -> None:
        while (found := await lease(nodes[number], f"w{number}", 7)) is not None:
            got.extend(row.id for row in found.rows)

    await asyncio.gather(*(work(number) for number in range(4)))
    for node in nodes[1:]:
        await node.close()
    assert len(got) == len(set(got)) == 200 + 75  # those without a key, and the head of each of 75 keys


async def test_E2_a_message_whose_commit_failed_runs_again(tables: Database) -> None:
    """At least once: nothing is settled by a transaction that did not commit."""
    tries: list[int] = []

    def does(message: Message[Drink]) -> None:
        tries.append(message.attempt)
        if len(tries) == 1:
            raise StorageError("the connection was lost", transient=True)

    task = pouring(does)
    worker = Worker(tables, [task])
    await order(tables, task, [1])
    with pytest.raises(StorageError):
        await worker.until_quiet()
    await bury(tables, worker.name, None, {task.name: task})
    await run_until_quiet(tables, [task])
    assert tries == [1, 2]
    assert await numbers(tables) == [1]


async def test_E2_an_act_that_was_taken_over_meanwhile_records_nothing(tables: Database) -> None:
    task = Ring(hold=True)
    worker = Worker(tables, [task])
    await order(tables, task, [1])
    working = asyncio.create_task(worker.until_quiet())
    await task.acting.wait()
    await bury(tables, worker.name, None, {task.name: task})
    task.go_on.set()
    await working
    assert task.acted == 2, "taken over by the same process under a new name, and acted again"
    assert [(one.n, one.attempt) for one in await effects(tables)] == [(1, 2)]
    assert await held(tables) == {}
