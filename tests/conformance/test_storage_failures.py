# ruff: noqa: PT012  # a transaction is more than one statement
"""Storage when things break: cancelled tasks, dead processes, cut connections, tables that change."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from itertools import count as numbers
from pathlib import Path

import pytest
from tests.conformance.tools import child, count, eventually, sql

from barback.storage import Database, StorageError, open_database

ADD = sql("INSERT INTO note (id, n) VALUES (:id, :n)")
ALL = sql("SELECT id, n FROM note")
PID = sql("SELECT 0 AS pid", "SELECT pg_backend_pid() AS pid")
CUT = sql("SELECT 1", "SELECT pg_terminate_backend(:pid::int)")


async def add(db: Database, id_: str) -> None:
    async with db.transaction() as tx:
        await tx.run(ADD, id=id_, n=0)


async def write_pair(db: Database, name: str, called: set[str]) -> None:
    """Two rows that belong together."""
    async with db.transaction() as tx:
        tx.after_commit(lambda: called.add(name))
        await tx.run(ADD, id=f"{name} left", n=0)
        await asyncio.sleep(0)
        await tx.run(ADD, id=f"{name} right", n=0)


async def pairs(db: Database) -> tuple[set[str], set[str]]:
    async with db.reading() as tx:
        ids = {str(row["id"]) for row in await tx.all(ALL)}
    return {i.split()[0] for i in ids if i.endswith("left")}, {i.split()[0] for i in ids if i.endswith("right")}


@pytest.mark.parametrize("seed", range(3))
async def test_a_cancelled_task_leaves_no_transaction_and_no_lock(tables: Database, seed: int) -> None:
    """Cancelled at any await, once or twice: a pair is there whole and its callback was called, or neither."""
    chance = random.Random(seed)
    called: set[str] = set()

    async def cancelled(name: str) -> None:
        task = asyncio.create_task(write_pair(tables, name, called))
        for _ in range(chance.randrange(40)):
            await asyncio.sleep(0)
        task.cancel()
        if chance.random() < 0.5:
            await asyncio.sleep(0)
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    await asyncio.gather(*(cancelled(f"{n}") for n in range(60)))
    async with asyncio.timeout(10):
        await write_pair(tables, "after", called)
    left, right = await pairs(tables)
    assert left == right == called


async def test_a_waiter_cancelled_twice_does_not_keep_the_turn(tables: Database, database_url: str) -> None:
    """The lock arrives when nobody waits for it any more: nobody may have it."""
    other = await open_database(database_url)
    inside, leave = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with other.transaction() as tx:
            await tx.run(ADD, id="of the other", n=0)
            inside.set()
            await leave.wait()

    holding = asyncio.create_task(hold())
    await inside.wait()
    waiting = asyncio.create_task(add(tables, "of the other"))
    for _ in range(20):
        await asyncio.sleep(0.005)  # time for the lock to be waited for in its thread
    waiting.cancel()
    await asyncio.sleep(0.01)  # time for a second cancellation to do harm
    waiting.cancel()
    await asyncio.sleep(0.01)  # time for a second cancellation to do harm
    leave.set()
    await holding
    await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(10):
        await add(other, "b")
        await add(tables, "a")
    await other.close()
    assert await count(tables, "note") == 3


async def test_a_reader_that_is_cancelled_leaves_its_connection_usable(tables: Database) -> None:
    slow = sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT max(i) AS i FROM n",
        "SELECT pg_sleep(5)",
    )

    async def read() -> None:
        async with tables.reading() as tx:
            await tx.one(slow)

    readers = [asyncio.create_task(read()) for _ in range(12)]
    await asyncio.sleep(0.02)  # time for some readers to be in the middle of it
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    async with asyncio.timeout(10):
        assert [await count(tables, "note") for _ in range(12)] == [0] * 12


async def test_the_write_of_a_killed_process_is_undone_and_its_locks_are_free(
    tables: Database, database_url: str
) -> None:
    async with child("writer_child", "hold", database_url) as writer:
        await writer.says("holding")
        mine = asyncio.create_task(add(tables, "of the child"))
        await asyncio.sleep(0.1)  # time for the write to pass the one that holds the turn
        assert not mine.done(), "the child's row is there, not committed: we wait"
        await writer.kill()
        async with asyncio.timeout(10):
            await mine
    assert await count(tables, "note") == 1


async def test_a_connection_cut_in_a_transaction_is_a_transient_error_and_the_next_one_works(tables: Database) -> None:
    if tables.dialect == "sqlite":
        return  # there is no connection to cut; a killed process is the test above
    with pytest.raises(StorageError) as caught:
        async with tables.transaction() as tx:
            await tx.run(ADD, id="lost", n=0)
            row = await tx.one(PID)
            assert row is not None
            async with tables.reading() as other:
                await other.one(CUT, pid=row["pid"])
            await tx.run(ADD, id="lost too", n=0)
    assert caught.value.transient
    await add(tables, "a")
    assert await count(tables, "note") == 1


@pytest.mark.parametrize("where", ["savepoint", "commit"])
async def test_a_connection_cut_anywhere_is_a_transient_error(tables: Database, where: str) -> None:
    if tables.dialect == "sqlite":
        return
    called: list[str] = []
    with pytest.raises(StorageError) as caught:
        async with tables.transaction() as tx:
            tx.after_commit(lambda: called.append("no"))
            row = await tx.one(PID)
            assert row is not None
            async with tables.reading() as other:
                await other.one(CUT, pid=row["pid"])
            if where == "savepoint":
                async with tx.savepoint():
                    pass
    assert caught.value.transient
    assert called == []


async def test_more_writers_than_connections_wait_for_each_other(tables: Database, database_url: str) -> None:
    narrow = await open_database(database_url, pool_max=2)
    async with asyncio.timeout(20):
        await asyncio.gather(*(add(narrow, f"{n}") for n in range(50)))
    await narrow.close()
    assert await count(tables, "note") == 50


async def test_a_table_that_changes_under_a_running_node_costs_one_try(tables: Database, database_url: str) -> None:
    """A rolling upgrade: another node migrates while this one has its statements prepared."""
    everything = sql("SELECT * FROM note")
    other = await open_database(database_url)
    for turn in numbers():
        async with tables.transaction() as tx:
            await tx.all(everything)
        if turn == 3:
            break
    async with other.transaction() as tx:
        await tx.script("ALTER TABLE note ADD COLUMN extra BIGINT;")
    await other.close()

    async def works() -> bool:
        try:
            async with tables.transaction() as tx:
                await tx.all(everything)
        except StorageError as error:
            if not error.transient:
                raise
            return False
        return True

    await eventually(works)


async def test_two_statements_at_once_in_one_transaction_are_never_worth_another_try(tables: Database) -> None:
    """On SQLite they happen one after the other; on PostgreSQL the mistake is named and not repeated for ever."""

    async def both() -> None:
        async with tables.transaction() as tx:
            await asyncio.gather(tx.run(ADD, id="a", n=0), tx.run(ADD, id="b", n=0))

    if tables.dialect == "sqlite":
        await both()
        return
    with pytest.raises(StorageError) as caught:
        await both()
    assert not caught.value.transient


async def test_an_address_that_is_none_says_what_is_expected() -> None:
    with pytest.raises(ValueError, match="sqlite:///"):
        await open_database("mysql://localhost/bar")


async def test_a_server_that_is_not_there_is_a_transient_error() -> None:
    with pytest.raises(StorageError) as caught:
        await open_database("postgresql://postgres@127.0.0.1:1/nothing")
    assert caught.value.transient


async def test_a_file_that_a_stranger_is_writing_to_is_opened_when_he_has_done(tmp_path: Path) -> None:
    """A Django site whose file has another journal mode, with its worker started beside the first requests."""
    path = tmp_path / "shop.db"
    stranger = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    stranger.execute("CREATE TABLE shop_order (id INTEGER PRIMARY KEY)")
    stranger.execute("BEGIN IMMEDIATE")
    stranger.execute("INSERT INTO shop_order DEFAULT VALUES")
    opening = asyncio.create_task(open_database(f"sqlite:///{path}", bells=False))
    await asyncio.sleep(0.3)  # time for a try that fails
    assert not opening.done()
    stranger.execute("COMMIT")
    db = await asyncio.wait_for(opening, 10)
    async with db.reading() as tx:
        assert await tx.one(sql("SELECT count(*) AS n FROM shop_order")) is not None
    await db.close()
    stranger.close()
