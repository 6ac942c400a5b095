"""Checkpoints of the WAL, beside the work and not inside somebody's commit.

SQLite's own checkpoint is done by whichever commit crosses a number of pages: 30 ms and more that one
caller in a hundred waits for. Here a thread with a connection of its own copies the pages while
others go on committing. It cannot start the WAL from the beginning while they do, so when the file
has grown large it takes the writer's turn for the little that is left.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

COMMITS_BETWEEN = 50
"""Commits of this process after which it looks at the WAL."""
PAGES_MIN = 1_000
PAGES_MAX = 16_000
"""Above it (64 MB) the WAL is begun anew, in a turn of its own."""

InThread = Callable[[Callable[[str], tuple[int, int, int]], str], Awaitable[tuple[int, int, int]]]


class Checkpoints:
    """Looks after the WAL of one open database."""

    def __init__(
        self,
        path: Path,
        open_connection: Callable[[Path], sqlite3.Connection],
        turn: Callable[[], AbstractAsyncContextManager[None]],
        in_thread: InThread,
    ) -> None:
        """Nothing is opened before it is needed."""
        self._wal = path.with_name(path.name + "-wal")
        self._path = path
        self._open = open_connection
        self._turn = turn
        self._in_thread = in_thread
        self._connection: sqlite3.Connection | None = None
        self._commits = 0
        self._running: asyncio.Task[None] | None = None

    def committed(self) -> None:
        """Count a commit; now and then a checkpoint begins."""
        self._commits += 1
        if self._commits >= COMMITS_BETWEEN and self._running is None:
            self._commits = 0
            self._running = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            with contextlib.suppress(sqlite3.Error, OSError):
                if self._wal.stat().st_size >= PAGES_MIN * 4_096:
                    await self._checkpoint()
        finally:
            self._running = None

    async def _checkpoint(self) -> None:
        busy, pages, _ = await self._in_thread(self._pragma, "PASSIVE")
        if not busy and pages >= PAGES_MAX:
            async with self._turn():
                await self._in_thread(self._pragma, "RESTART")

    def _pragma(self, mode: str) -> tuple[int, int, int]:
        """Whether somebody else was at it, pages in the WAL, and pages that are in the database as well."""
        if self._connection is None:
            self._connection = self._open(self._path)
            # A reader with an old snapshot is not waited for: there is a next time.
            self._connection.execute("PRAGMA busy_timeout=0")
        busy, pages, done = self._connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
        return busy, pages, done

    async def close(self) -> None:
        """Wait for the one that runs."""
        if self._running is not None:
            await asyncio.wait([self._running])
        if self._connection is not None:
            self._connection.close()
