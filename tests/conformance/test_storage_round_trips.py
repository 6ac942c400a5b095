# ruff: noqa: PT012  # a transaction is more than one statement
"""Transactions begin with their first statement, and may end with their last: as few round trips as there can be."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from tests.conformance.test_storage_transactions import ADD, BROKEN, OnPurposeError, add
from tests.conformance.tools import count, sql

from barback.storage import Database, StorageError


async def test_a_last_statement_alone_is_on_disk_when_it_returns_on_postgres(tables: Database) -> None:
    """On SQLite it is a statement like any other: nothing would be saved."""
    heard: list[int] = []
    with pytest.raises(OnPurposeError):
        async with tables.transaction() as tx:
            tx.after_commit(lambda: heard.append(1))
            await tx.finish(ADD, id="a", n=1)
            raise OnPurposeError
    alone = tables.dialect == "postgres"
    assert (await count(tables, "note"), heard) == ((1, [1]) if alone else (0, []))


async def test_a_last_statement_is_undone_with_what_came_before_it(tables: Database) -> None:
    with pytest.raises(OnPurposeError):
        async with tables.transaction() as tx:
            await add(tx, "a")
            await tx.finish(ADD, id="b", n=1)
            raise OnPurposeError
    assert await count(tables, "note") == 0


async def test_a_last_statement_that_failed_is_no_commit(tables: Database) -> None:
    heard: list[int] = []
    with pytest.raises(StorageError, match="failed before"):
        async with tables.transaction() as tx:
            tx.after_commit(lambda: heard.append(1))
            with contextlib.suppress(StorageError):
                await tx.finish(BROKEN, id="a")
    assert heard == []


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_nothing_comes_after_a_last_statement_that_was_alone(tables: Database) -> None:
    with pytest.raises(StorageError, match="exactly one"):
        async with tables.transaction() as tx:
            await tx.finish(ADD, id="a", n=1)
            await add(tx, "b")
    assert await count(tables, "note") == 1


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_transaction_without_a_statement_asks_nothing_of_the_server(tables: Database) -> None:
    asked = sql(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE state LIKE 'idle in%' AND datname = current_database()"
    )
    async with tables.transaction(), tables.reading() as tx:
        row = await tx.one(asked)
    assert row is not None
    assert row["n"] == 0


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_whoever_cannot_begin_does_not_commit(tables: Database) -> None:
    """Its error was swallowed: what follows believes that all went well."""
    heard: list[int] = []
    with pytest.raises(StorageError, match="failed before"):
        async with tables.transaction() as tx:
            tx.after_commit(lambda: heard.append(1))
            tx._connection.terminate()  # type: ignore[attr-defined]  # the server cuts us off
            with contextlib.suppress(StorageError):
                await add(tx, "a")
    assert heard == []


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_whoever_is_cancelled_while_a_lone_statement_is_committed_still_rings(tables: Database) -> None:
    """What is on disk must be heard of: nobody would ring for it later."""
    slow = sql("", "INSERT INTO note (id, n) SELECT :id, 1 FROM pg_sleep(0.3)")
    heard: list[int] = []

    async def add_slowly() -> None:
        async with tables.single() as tx:
            tx.after_commit(lambda: heard.append(1))
            await tx.run(slow, id="a")

    adding = asyncio.create_task(add_slowly())
    await asyncio.sleep(0.1)  # time for the statement to be under way
    adding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await adding
    assert (await count(tables, "note"), heard) == (1, [1])
