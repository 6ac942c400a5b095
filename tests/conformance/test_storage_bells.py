"""Bells: other processes hear of work at once, seldom, and again after their connection was lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from tests.conformance.tools import child, eventually, sql

from barback.storage import Database, open_database

CUT_BELLS = sql(
    "SELECT 1",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name = 'barback bells'",
)
LISTENING = sql(
    "SELECT 2 AS n",
    "SELECT count(*) AS n FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name = 'barback bells' "
    "AND (query LIKE 'LISTEN%' OR query LIKE '%pg_notify%')",
)


@pytest.fixture
async def other(database: Database, database_url: str) -> AsyncIterator[Database]:
    """The same database as another process has it open; both listen."""
    opened = await open_database(database_url)
    await both_listen(database)
    yield opened
    await opened.close()


async def both_listen(database: Database) -> None:
    async def yes() -> bool:
        async with database.reading() as tx:
            row = await tx.one(LISTENING)
        assert row is not None
        return row["n"] == 2

    await eventually(yes, 15, "both connections listen")


async def test_another_process_hears_a_ring(database: Database, other: Database) -> None:
    listener, stranger = other.bell.listen("queue:bar"), other.bell.listen("queue:kitchen")
    database.bell.ring("queue:bar")
    assert await listener.wait(5)
    assert not await stranger.wait(0)


async def test_a_ring_is_heard_at_once_in_the_own_process(database: Database) -> None:
    listener = database.bell.listen("queue:bar")
    database.bell.ring("queue:bar")
    assert await listener.wait(0)
    listener.clear()
    listener.close()
    database.bell.ring("queue:bar")
    assert not await listener.wait(0)


async def test_a_burst_of_rings_reaches_others_as_few(database: Database, other: Database) -> None:
    """A NOTIFY for each row would serialize every commit of the cluster."""
    heard = 0
    listener = other.bell.listen("queue:bar")

    async def hear() -> None:
        nonlocal heard
        while True:
            await listener.wait(60)
            listener.clear()
            heard += 1

    hearing = asyncio.create_task(hear())
    began = time.monotonic()
    for _ in range(1_000):
        database.bell.ring("queue:bar")
        await asyncio.sleep(0)
    took = time.monotonic() - began
    await eventually(lambda: heard > 0)
    hearing.cancel()
    assert heard <= took / 0.005 + 2


async def test_more_names_than_fit_in_one_ring_are_all_heard(database: Database, other: Database) -> None:
    listener = other.bell.listen("channel:99999")
    database.bell.ring(*(f"channel:{n}" for n in range(5_000)))
    assert await listener.wait(5)


async def test_bells_come_back_after_their_connection_was_cut(database: Database, other: Database) -> None:
    """What was rung meanwhile is made up for: everybody is woken once to look."""
    listener = other.bell.listen("queue:bar")
    async with database.transaction() as tx:
        await tx.all(CUT_BELLS)
    if database.dialect == "postgres":
        assert await listener.wait(15), "woken after the reconnection"
    await both_listen(database)
    listener.clear()
    database.bell.ring("queue:bar")
    assert await listener.wait(5)


async def test_a_process_that_was_killed_is_forgotten(database: Database, database_url: str) -> None:
    async with child("writer_child", "listen", database_url) as dead:
        await dead.says("listening")
        await dead.kill()
    async with child("writer_child", "listen", database_url) as alive:
        await alive.says("listening")
        ringing = asyncio.create_task(ring_often(database))
        await alive.says("heard")
        ringing.cancel()


async def ring_often(database: Database) -> None:
    while True:
        database.bell.ring("queue:bar")
        await asyncio.sleep(0.05)  # time for the other process to hear; it is asked again
