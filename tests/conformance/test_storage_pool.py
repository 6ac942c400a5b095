"""Connections are lent and come back: in turn, never lost, and never in a state that the next one did not ask for."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from tests.conformance.tools import count, eventually, sql

from barback.storage import Database, Statement, StorageError, open_database, postgres_pool

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)

ADD = sql("INSERT INTO note (id, n) VALUES (:id, 0)")
CONNECTIONS = sql(
    "SELECT 1",
    "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'barback'",
)
ABANDONED = sql(
    "SELECT 1",
    "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'",
)


@pytest.fixture
async def narrow(tables: Database) -> AsyncIterator[Database]:
    """The same database through two connections at most."""
    opened = await open_database(tables.url, pool_max=2, bells=False)
    yield opened
    await opened.close()


async def asked(db: Database, what: Statement) -> int:
    async with db.reading() as tx:
        row = await tx.one(what)
    assert row is not None
    return int(row["n"])


@pytest.mark.parametrize("seed", range(3))
async def test_who_is_cancelled_leaves_the_next_one_nothing_of_his(narrow: Database, seed: int) -> None:
    """Cancelled at any await, of a reader above all: his connection may not be writable, and is in nobody's way."""
    chance = random.Random(seed)

    async def look() -> None:
        async with narrow.reading() as tx:
            await tx.one(CONNECTIONS)

    async def cancelled() -> None:
        task = asyncio.create_task(look())
        for _ in range(chance.randrange(30)):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    for n in range(20):
        await asyncio.gather(*(cancelled() for _ in range(4)))
        async with asyncio.timeout(20), narrow.transaction() as tx:
            await tx.run(ADD, id=f"{seed} {n}")
    assert await count(narrow, "note") == 20


async def test_those_who_wait_are_served_in_turn_and_who_gives_up_takes_nothing_with_him(narrow: Database) -> None:
    order: list[int] = []
    leave = asyncio.Event()

    async def hold() -> None:
        async with narrow.transaction():
            await leave.wait()

    async def use(n: int) -> None:
        async with narrow.transaction() as tx:
            await tx.run(ADD, id=f"{n}")
            order.append(n)

    holding = [asyncio.create_task(hold()) for _ in range(2)]
    await asyncio.sleep(0)
    users = [asyncio.create_task(use(n)) for n in range(20)]
    await asyncio.sleep(0)
    for n in (3, 4, 11):
        users[n].cancel()
    leave.set()
    users[5].cancel()
    await asyncio.gather(*holding, *users, return_exceptions=True)
    assert sorted(order) == [n for n in range(20) if n not in (3, 4, 5, 11)]
    assert await count(narrow, "note") == len(order)
    assert await asked(narrow, ABANDONED) == 0


async def test_a_pool_that_is_closed_lends_nothing_and_waits_for_what_it_lent(
    tables: Database, database_url: str
) -> None:
    db = await open_database(database_url, pool_max=1, bells=False)
    inside, leave = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with db.transaction() as tx:
            inside.set()
            await leave.wait()
            await tx.run(ADD, id="slow")

    writing = asyncio.create_task(slow())
    await inside.wait()
    waiting = asyncio.create_task(asked(db, CONNECTIONS))
    await asyncio.sleep(0)
    closing = asyncio.create_task(db.close())
    with pytest.raises(StorageError, match="closed"):
        await waiting
    with pytest.raises(StorageError, match="closed"):
        await asked(db, CONNECTIONS)
    leave.set()
    await asyncio.gather(writing, closing)
    assert await count(tables, "note") == 1


async def test_connections_that_nobody_wants_are_closed(
    narrow: Database, tables: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asyncio.gather(*(asked(narrow, CONNECTIONS) for _ in range(2)))
    before = await asked(tables, CONNECTIONS)
    monkeypatch.setattr(postgres_pool, "IDLE_S", -1.0)
    await asked(narrow, CONNECTIONS)

    async def fewer() -> bool:
        return await asked(tables, CONNECTIONS) < before

    await eventually(fewer, 20, "idle connections are closed")
    assert await asked(narrow, CONNECTIONS) >= 1
