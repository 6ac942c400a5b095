"""The WAL of SQLite is copied beside the work, and begun anew when it has grown large."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conformance.tools import eventually, sql

from barback.storage import open_database, sqlite_checkpoints
from barback.storage.sqlite import SqliteDatabase

MAKE = sql("CREATE TABLE page (n INTEGER PRIMARY KEY, body TEXT)")
FILL = sql("INSERT INTO page (body) VALUES (:body)")
PAGE = "x" * 3_000


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look after every fifth commit, and call two hundred pages large."""
    monkeypatch.setattr(sqlite_checkpoints, "COMMITS_BETWEEN", 5)
    monkeypatch.setattr(sqlite_checkpoints, "PAGES_MIN", 50)
    monkeypatch.setattr(sqlite_checkpoints, "PAGES_MAX", 200)


async def test_the_wal_stays_small_however_long_one_writes(tmp_path: Path) -> None:
    db = await open_database(f"sqlite:///{tmp_path}/a.db", bells=False)
    assert isinstance(db, SqliteDatabase)
    async with db.transaction() as tx:
        await tx.run(MAKE)
    written = 0
    for _ in range(400):
        async with db.transaction() as tx:
            await tx.many(FILL, [{"body": PAGE}] * 10)
        written += 10
    await eventually(lambda: db._checkpoints._running is None)
    wal, main = tmp_path / "a.db-wal", tmp_path / "a.db"
    assert main.stat().st_size > written * len(PAGE) / 2  # most of it is where it belongs
    assert wal.stat().st_size < written * len(PAGE) / 4
    await db.close()


async def test_a_reader_with_an_old_view_keeps_it_and_hinders_no_commit(tmp_path: Path) -> None:
    db = await open_database(f"sqlite:///{tmp_path}/a.db", bells=False)
    count = sql("SELECT count(*) AS n FROM page")
    async with db.transaction() as tx:
        await tx.run(MAKE)
    async with db.reading() as before:
        row = await before.one(count)
        assert row is not None
        assert row["n"] == 0
        for _ in range(60):
            async with db.transaction() as tx:
                await tx.many(FILL, [{"body": PAGE}] * 10)
        again = await before.one(count)
        assert again is not None
        assert again["n"] == 0
    async with db.reading() as after:
        row = await after.one(count)
        assert row is not None
        assert row["n"] == 600
    await db.close()
