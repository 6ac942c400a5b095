"""Whose turn it is to write: a fair queue for one SQLite file, within and between processes.

SQLite's own waiting is a sleep that grows to 100 ms and favours whoever asks often. Two `flock`s
make a turnstile instead: one holds `next` while waiting for `turn`, so a busy process cannot pass
a waiting one. The kernel frees both when a process dies, at any line.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from barback.storage.endings import to_the_end


class WriterTurns:
    """The turns of one process."""

    def __init__(self, database_path: Path, threads: ThreadPoolExecutor) -> None:
        """Lock files stand beside the database as `<name>.turn` and `<name>.next`."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._turn = os.open(database_path.with_name(database_path.name + ".turn"), flags, 0o600)
        self._next = os.open(database_path.with_name(database_path.name + ".next"), flags, 0o600)
        self._threads = threads
        self._mine = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for our turn; it ends with the block."""
        async with self._mine:
            try:
                await self._lock(self._next)
                await self._lock(self._turn)
            finally:
                fcntl.flock(self._next, fcntl.LOCK_UN)
            try:
                yield
            finally:
                fcntl.flock(self._turn, fcntl.LOCK_UN)

    async def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            return
        waiting = asyncio.get_running_loop().run_in_executor(self._threads, fcntl.flock, descriptor, fcntl.LOCK_EX)
        try:
            await to_the_end(waiting)
        except asyncio.CancelledError:
            # The thread went on waiting and got the lock: nobody may keep it in our name.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            raise

    def close(self) -> None:
        """Close the lock files."""
        os.close(self._turn)
        os.close(self._next)
