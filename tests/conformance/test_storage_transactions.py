# ruff: noqa: PT012  # a transaction is more than one statement
"""Transactions: whole or not at all, the same on both databases."""

from __future__ import annotations

import asyncio

import pytest
from tests.conformance.tools import count, sql

from barback.foundation.clock import HandClock
from barback.storage import Database, StorageError, Transaction, UniqueViolationError, open_database

ADD = sql("INSERT INTO note (id, n) VALUES (:id, :n)")
N_LOCKED = sql("SELECT n FROM note WHERE id = :id", "SELECT n FROM note WHERE id = :id FOR UPDATE")
SET_N = sql("UPDATE note SET n = :n WHERE id = :id")
COUNT = sql("SELECT count(*) AS n FROM note")
BROKEN = sql("INSERT INTO note (id, n) VALUES (:id, NULL)")


class OnPurposeError(Exception):
    """Raised by a test inside a transaction."""


async def add(tx: Transaction, id_: str, n: int = 0) -> None:
    await tx.run(ADD, id=id_, n=n)


async def seen(tx: Transaction) -> int:
    row = await tx.one(COUNT)
    assert row is not None
    return int(row["n"])


async def test_what_was_done_before_an_exception_is_undone_with_it(tables: Database) -> None:
    with pytest.raises(OnPurposeError):
        async with tables.transaction() as tx:
            await add(tx, "a")
            raise OnPurposeError
    assert await count(tables, "note") == 0


async def test_what_was_committed_is_seen_by_the_next_reader(tables: Database) -> None:
    async with tables.transaction() as tx:
        await add(tx, "a")
        assert await count(tables, "note") == 0, "nobody sees it before the commit"
        assert await seen(tx) == 1, "the transaction sees its own work"
    assert await count(tables, "note") == 1


async def test_two_writers_lose_no_update(tables: Database) -> None:
    async with tables.transaction() as tx:
        await add(tx, "a")

    async def add_one() -> None:
        async with tables.transaction() as tx:
            row = await tx.one(N_LOCKED, id="a")
            assert row is not None
            await asyncio.sleep(0)
            await tx.run(SET_N, id="a", n=row["n"] + 1)

    await asyncio.gather(*(add_one() for _ in range(40)))
    async with tables.reading() as tx:
        row = await tx.one(N_LOCKED if tables.dialect == "sqlite" else sql("SELECT n FROM note WHERE id = :id"), id="a")
    assert row is not None
    assert row["n"] == 40


async def test_a_reader_keeps_its_snapshot_while_others_commit(tables: Database) -> None:
    async with tables.reading() as tx:
        assert await seen(tx) == 0
        async with tables.transaction() as other:
            await add(other, "a")
        assert await seen(tx) == 0
    assert await count(tables, "note") == 1


async def test_a_reader_does_not_wait_for_a_writer(tables: Database) -> None:
    async with tables.transaction() as tx:
        await add(tx, "a")
        async with asyncio.timeout(5):
            assert await count(tables, "note") == 0


async def test_a_reader_cannot_write(tables: Database) -> None:
    with pytest.raises(StorageError):
        async with tables.reading() as tx:
            await add(tx, "a")
    assert await count(tables, "note") == 0


async def test_a_savepoint_is_undone_alone(tables: Database) -> None:
    async with tables.transaction() as tx:
        await add(tx, "kept")
        with pytest.raises(OnPurposeError):
            async with tx.savepoint():
                await add(tx, "undone")
                raise OnPurposeError
        async with tx.savepoint():
            await add(tx, "kept too")
    async with tables.reading() as tx:
        assert {row["id"] for row in await tx.all(sql("SELECT id FROM note"))} == {"kept", "kept too"}


async def test_savepoints_stand_inside_each_other(tables: Database) -> None:
    async with tables.transaction() as tx:
        with pytest.raises(OnPurposeError):
            async with tx.savepoint():
                await add(tx, "outer")
                with pytest.raises(OnPurposeError):
                    async with tx.savepoint():
                        await add(tx, "inner")
                        raise OnPurposeError
                assert await seen(tx) == 1
                raise OnPurposeError
        assert await seen(tx) == 0
        await add(tx, "after")
    assert await count(tables, "note") == 1


async def test_a_unique_violation_has_a_name(tables: Database) -> None:
    with pytest.raises(UniqueViolationError) as caught:
        async with tables.transaction() as tx:
            await add(tx, "a")
            await add(tx, "a")
    assert not caught.value.transient
    assert await count(tables, "note") == 0


async def test_a_statement_that_failed_in_a_savepoint_harms_nothing_else(tables: Database) -> None:
    async with tables.transaction() as tx:
        await add(tx, "a")
        with pytest.raises(UniqueViolationError):
            async with tx.savepoint():
                await add(tx, "a")
        await add(tx, "b")
    assert await count(tables, "note") == 2


async def test_a_failed_transaction_is_never_taken_for_a_commit(tables: Database) -> None:
    """A program that swallows an error and goes on must not believe that its work is on disk."""
    with pytest.raises(StorageError, match="failed"):
        async with tables.transaction() as tx:
            await add(tx, "a")
            with pytest.raises(StorageError):
                await tx.run(BROKEN, id="b")
    assert await count(tables, "note") == 0


async def test_nothing_more_can_be_done_in_a_failed_transaction(tables: Database) -> None:
    with pytest.raises(StorageError) as caught:
        async with tables.transaction() as tx:
            with pytest.raises(StorageError):
                await tx.run(BROKEN, id="b")
            await add(tx, "a")
    assert not caught.value.transient
    assert await count(tables, "note") == 0


async def test_a_failure_swallowed_in_a_savepoint_undoes_the_savepoint(tables: Database) -> None:
    async with tables.transaction() as tx:
        await add(tx, "kept")
        with pytest.raises(StorageError):
            async with tx.savepoint():
                await add(tx, "undone")
                with pytest.raises(StorageError):
                    await tx.run(BROKEN, id="b")
        await add(tx, "kept too")
    assert await count(tables, "note") == 2


async def test_after_commit_is_called_once_when_it_is_on_disk(tables: Database) -> None:
    calls: list[str] = []
    async with tables.transaction() as tx:
        tx.after_commit(lambda: calls.append("called"))
        await add(tx, "a")
        assert calls == []
    assert calls == ["called"]


async def test_after_commit_is_not_called_when_it_is_rolled_back(tables: Database) -> None:
    calls: list[str] = []
    with pytest.raises(OnPurposeError):
        async with tables.transaction() as tx:
            tx.after_commit(lambda: calls.append("transaction"))
            raise OnPurposeError
    async with tables.transaction() as tx:
        with pytest.raises(OnPurposeError):
            async with tx.savepoint():
                tx.after_commit(lambda: calls.append("savepoint"))
                raise OnPurposeError
        tx.after_commit(lambda: calls.append("kept"))
    assert calls == ["kept"]


async def test_what_fails_after_the_commit_does_not_look_like_a_failed_commit(tables: Database) -> None:
    calls: list[str] = []

    def fail() -> None:
        raise OnPurposeError

    async with tables.transaction() as tx:
        tx.after_commit(fail)
        tx.after_commit(lambda: calls.append("the next one"))
        await add(tx, "a")
    assert calls == ["the next one"]
    assert await count(tables, "note") == 1


async def test_a_second_transaction_in_one_task_is_refused(tables: Database) -> None:
    """On SQLite it would wait for the first for ever; on PostgreSQL two such tasks could starve the pool."""
    async with tables.transaction() as tx:
        await add(tx, "a")
        with pytest.raises(StorageError, match="pass its `tx` on"):
            async with tables.transaction():
                pass
    assert await count(tables, "note") == 1


async def test_two_processes_worth_of_writers_wait_for_each_other(tables: Database, database_url: str) -> None:
    other = await open_database(database_url)
    order: list[str] = []
    entered = asyncio.Event()

    async def first() -> None:
        async with tables.transaction() as tx:
            await add(tx, "a")
            entered.set()
            await asyncio.sleep(0.05)  # time for the second to pass the first
            order.append("first")

    async def second() -> None:
        await entered.wait()
        with pytest.raises(UniqueViolationError):
            async with other.transaction() as tx:
                await add(tx, "a")
        order.append("second")

    await asyncio.gather(first(), second())
    assert order == ["first", "second"]
    await other.close()


async def test_now_is_the_instant_the_transaction_began_by_the_one_clock(tables: Database, clock: HandClock) -> None:
    began = clock.now_ms()
    async with tables.transaction() as tx:
        clock.advance(5)
        assert tx.now_ms == began
    async with tables.reading() as tx:
        assert tx.now_ms == began + 5
