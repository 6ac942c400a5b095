"""A message that comes alone: claimed in one round trip, settled in one, every promise kept (E2, E6, E8, E13)."""

from __future__ import annotations

import asyncio
import contextlib

import psycopg
import pytest
from tests.conformance.bar import Drink, effects, lease, numbers, order, pouring, register, write_effect
from tests.conformance.round_trips import of_one_message, working
from tests.conformance.tools import count, eventually, sql

from barback.engine import LeaseLostError, Message, Queue
from barback.engine.leasing import at_once
from barback.engine.leasing.liveness import bury
from barback.engine.leasing.sight import Sight
from barback.engine.store import SQL
from barback.storage import Database, Statement, Transaction, open_database


class OnPurposeError(Exception):
    """Raised by a test inside a transaction."""


ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
LOCK = sql("SELECT id FROM engine_ready FOR UPDATE")
STATEMENTS = [at_once.SQL.claim_at_once, at_once.SQL.claim_lined_at_once, SQL.at_hand, SQL.lease_look_aside]
LINED = sql("INSERT INTO engine_queue (name, paused, changed_ms, lined) VALUES ('bar', 0, 0, 1)")


@ON_POSTGRES
async def test_a_message_costs_a_resting_worker_two_round_trips(
    tables: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claim; settle, look on and rest. One more for its own process: the message itself, and the ring."""
    assert len(asked := await of_one_message(tables, monkeypatch)) == 3, asked


@ON_POSTGRES
async def test_E13_no_ring_is_lost_between_the_end_of_a_message_and_the_rest(tables: Database) -> None:
    """The look at the end of a message is over when its commit begins: what came since has rung, and is heard."""
    alone = await open_database(tables.url, bells=False)  # hears its own ring, and no later one

    def meanwhile() -> None:
        with psycopg.connect(tables.url) as program:
            task.send(program, Drink(2))
        alone.bell.ring("queue:bar")

    async def pour(tx: Transaction, message: Message[Drink]) -> None:
        await write_effect(tx, message)
        if message.payload.n == 1:
            tx.after_commit(meanwhile)

    task = Queue("bar").task("bar.pour", payload=Drink)(pour)
    async with working(alone, task):
        await order(alone, task, [0])
        await eventually(lambda: _done(tables, 1))
        await order(alone, task, [1])
        await eventually(lambda: _done(tables, 3), 2)  # nobody looks by himself before
    await alone.close()


@pytest.mark.parametrize("delay_ms", [300, 1_500])
async def test_E13_a_worker_that_rests_after_a_message_wakes_for_a_delayed_one(tables: Database, delay_ms: int) -> None:
    task, real = pouring(), await open_database(tables.url)  # by a clock that goes on
    async with working(real, task):
        await order(real, task, [1], delay_ms=delay_ms)
        await order(real, task, [2])

        async def both() -> bool:
            return await numbers(real) == [2, 1]

        took_s = await eventually(both, delay_ms / 1000 + 1.5)
    await real.close()
    assert took_s >= delay_ms / 1000 - 0.2


@ON_POSTGRES
async def test_E13_what_somebody_else_was_about_to_claim_is_claimed_when_he_dies(tables: Database) -> None:
    """Nobody rings for it a second time."""
    task = pouring()
    await order(tables, task, [1])
    other = await open_database(tables.url, bells=False)
    locked, go_on = asyncio.Event(), asyncio.Event()

    async def somebody() -> None:
        with contextlib.suppress(OnPurposeError):
            async with tables.transaction() as tx:
                await tx.all(LOCK)
                locked.set()
                await go_on.wait()
                raise OnPurposeError

    claiming = asyncio.create_task(somebody())
    await locked.wait()
    async with working(other, task):
        assert await numbers(other) == []
        go_on.set()
        await eventually(lambda: _done(tables, 1), 2)  # nobody looks by himself before
    await claiming
    await other.close()


@ON_POSTGRES
async def test_E2_a_lease_that_was_lost_ends_nothing_and_claims_nothing(tables: Database) -> None:
    task = pouring()
    await register(tables, "slow")
    await order(tables, task, [1])
    stale = await lease(tables, "slow")
    assert stale is not None
    await bury(tables, "slow", None, {task.name: task})
    await register(tables, "slow")
    async with tables.transaction() as tx:  # what was set aside is out of the way
        await tx.run(sql("DELETE FROM engine_lease WHERE worker = 'nobody'"))
    await order(tables, task, [2])
    with pytest.raises(LeaseLostError):
        async with tables.transaction() as tx:
            await at_once.claim(tx, "bar", "slow", 10, Sight(), ending=stale)
    assert await count(tables, "engine_ready") == 1
    assert await count(tables, "engine_lease") == 0


@ON_POSTGRES
async def test_E2_what_a_worker_did_that_was_given_up_meanwhile_is_undone(tables: Database) -> None:
    """Its handler runs in the transaction that was to end the lease."""
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def wait(message: Message[Drink]) -> None:
        if message.payload.n == 2 and message.attempt == 1:
            inside.set()
            await go_on.wait()

    task = pouring(wait)
    async with working(tables, task) as worker:
        await order(tables, task, [1])
        await eventually(lambda: _done(tables, 1))
        await order(tables, task, [2])
        await asyncio.wait_for(inside.wait(), 10)
        await bury(tables, worker.name, None, {task.name: task})
        await order(tables, task, [3])
        go_on.set()
        await eventually(lambda: _done(tables, 3))
    assert sorted((one.n, one.attempt) for one in await effects(tables)) == [(1, 1), (2, 2), (3, 1)]


async def _done(db: Database, n: int) -> bool:
    return await count(db, "effect") == n


@ON_POSTGRES
async def test_E8_a_queue_that_has_lines_is_claimed_by_its_lines(tables: Database) -> None:
    task = pouring()
    await register(tables, "w")
    await order(tables, task, [1])
    async with tables.transaction() as tx:
        await tx.run(LINED)
    async with tables.single() as tx:
        glance = await at_once.claim(tx, "bar", "w", 10, Sight())
    assert not glance.plain
    assert await count(tables, "engine_ready") == 1


@ON_POSTGRES
@pytest.mark.parametrize("singly", [False, True])
async def test_E6_a_claim_in_one_statement_is_what_a_claim_is(tables: Database, singly: bool) -> None:
    """The same rows, in the same order, the attempt counted; texts of every kind come back as they were."""
    task = pouring()
    await register(tables, "w")
    async with tables.transaction() as tx:
        for n, tenant in enumerate(['"\\', "é\u2028😀", "a\tb\n", None]):
            await task.enqueue(tx, Drink(n), tenant=tenant, expires_in_ms=60_000 if n else None)
    async with tables.reading() as tx:
        stored = [tuple(row) for row in await tx.all(sql("SELECT * FROM engine_ready ORDER BY pos"))]
    async with tables.single() as tx:
        glance = await at_once.claim(tx, "bar", "w", 10, Sight(), singly=singly)
    rows = [row for one in glance.leases for row in one.rows]
    assert len(glance.leases) == (4 if singly else 1)
    assert [(row.pos, row.tenant, row.payload, row.about, row.attempt) for row in rows] == [
        (pos, tenant, payload, about, attempt + 1)
        for pos, _, _, _, _, _, tenant, attempt, _, _, payload, _, about in stored
    ]
    async with tables.transaction() as tx:
        bodies = [bytes(row["body"]) for row in await tx.all(sql("SELECT body FROM engine_lease ORDER BY token"))]
        assert sum(len(at_once.store.leased_rows(body)) for body in bodies) == 4


@ON_POSTGRES
@pytest.mark.parametrize("statement", STATEMENTS)
async def test_E21_a_look_at_a_queue_reads_no_whole_table(tables: Database, statement: Statement) -> None:
    """Of tables that are small by what is alive: while a snapshot is held their dead rows are many."""
    values = {"queue": "bar", "worker": "w", "n": 10, "now_ms": 0, "tokens": [], "singly": False, "relaxed": True,
              "careful_ms": 0, "priorities": [0], "places": [0], "untils": [1]}  # fmt: skip
    given = {name: value for name, value in values.items() if name in statement.names}
    explained = sql("", f"EXPLAIN {statement._text['postgres']}")
    async with tables.reading() as tx:
        plan = [str(row[0]) for row in await tx.all(explained, **given)]
    assert [line for line in plan if "Seq Scan" in line] == []
