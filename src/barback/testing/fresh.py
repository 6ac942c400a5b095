"""A database of the test's own."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from barback.engine import MIGRATIONS
from barback.foundation.clock import Clock, HandClock
from barback.storage import Database, MigrationSet, migrate, open_database


@asynccontextmanager
async def fresh_database(
    url: str | None = None, *, clock: Clock | None = None, sets: Sequence[MigrationSet] = (MIGRATIONS,)
) -> AsyncIterator[Database]:
    """An open database with the tables of `sets`, for the length of the block, on a clock that is set by hand.

    Without a `url` it is a temporary SQLite file, which goes away afterwards. A database that `url` names
    is kept as it is left.
    """
    with tempfile.TemporaryDirectory(prefix="barback-test-") as folder:
        db = await open_database(url or f"sqlite:///{Path(folder) / 'test.db'}", clock=clock or HandClock())
        try:
            await migrate(db, sets)
            yield db
        finally:
            await db.close()
