"""Other people's connections to the same SQLite file: they take no turns, and hold up nobody but those who write."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from tests.conformance.tools import count, eventually, sql

from barback.storage import Database, open_database

ADD = sql("INSERT INTO note (id) VALUES (:id)")


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """A database file with a table, made by a stranger."""
    with sqlite3.connect(tmp_path / "their.db") as connection:
        connection.execute("CREATE TABLE note (id TEXT PRIMARY KEY)")
    return tmp_path / "their.db"


async def write(db: Database) -> None:
    async with db.transaction() as tx:
        await tx.run(ADD, id="ours")


async def test_a_stranger_who_writes_stops_our_writers_and_nothing_else_of_ours(file: Path) -> None:
    db = await open_database(f"sqlite:///{file}")
    theirs = sqlite3.connect(file)
    theirs.execute("INSERT INTO note (id) VALUES ('theirs')")
    writing = asyncio.create_task(write(db))
    for _ in range(3):
        await asyncio.sleep(0.02)  # time for our loop to stand still, if waiting happened on it
        assert await count(db, "note") == 0
    assert not writing.done()
    theirs.commit()
    await eventually(writing.done, 20)
    assert await count(db, "note") == 2
    theirs.close()
    await db.close()


async def test_whoever_is_cancelled_while_a_stranger_writes_leaves_no_transaction_open(file: Path) -> None:
    db = await open_database(f"sqlite:///{file}")
    theirs = sqlite3.connect(file)
    theirs.execute("INSERT INTO note (id) VALUES ('theirs')")
    writing = asyncio.create_task(write(db))
    await asyncio.sleep(0.05)  # time for it to begin to wait
    writing.cancel()
    theirs.commit()
    with pytest.raises(asyncio.CancelledError):
        await writing
    theirs.execute("INSERT INTO note (id) VALUES ('again')")
    theirs.commit()
    await write(db)
    assert await count(db, "note") == 3
    theirs.close()
    await db.close()
