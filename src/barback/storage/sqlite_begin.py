"""How a write transaction begins on SQLite, also while a stranger writes who takes no turns; and errors as ours."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from barback.storage.database import StorageError, UniqueViolationError

BUSY_MS = 10_000
ERRORS = (sqlite3.Error, OverflowError, UnicodeError)
"""What the driver raises besides its own errors: a whole number that is too large, text that is no text."""
_TRANSIENT = ("locked", "busy", "disk is full", "disk I/O error")


def translate(error: Exception) -> StorageError:
    """Our error for one of SQLite's."""
    text = str(error)
    if isinstance(error, sqlite3.IntegrityError) and ("UNIQUE" in text or "PRIMARY" in text):
        return UniqueViolationError(text)
    return StorageError(text, transient=isinstance(error, sqlite3.Error) and any(part in text for part in _TRANSIENT))


def use_wal(path: Path) -> None:
    """Make the file one with a write-ahead log, which it stays. Waits for strangers, at most BUSY_MS.

    SQLite itself does not wait here: a file that a Django site made is not changed while anybody writes to it.
    Raises sqlite3.Error.
    """
    end = time.monotonic() + BUSY_MS / 1000
    with contextlib.closing(sqlite3.connect(path, BUSY_MS / 1000, isolation_level=None)) as connection:
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                if not translate(error).transient or time.monotonic() > end:
                    raise
                # Here it does wait: until whoever writes has done.
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("COMMIT")
            else:
                return


@contextlib.asynccontextmanager
async def not_synced(connection: sqlite3.Connection, *, unless: bool) -> AsyncIterator[None]:
    """The transaction inside is committed without a wait for the disk, `unless` it is to be durable.

    It stands in the WAL as any other: the next durable commit, of whatever process, and each checkpoint bring it to the
    disk before what comes after it. The setting cannot be changed within a transaction, and is that of no other one.
    """
    if unless:
        yield
        return
    connection.execute("PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        connection.execute("PRAGMA synchronous=FULL")


async def begin(connection: sqlite3.Connection, in_thread: Callable[..., Awaitable[Any]]) -> None:
    """Begin as a writer. Only a stranger can be writing now: a program that has the file open by itself.

    For him we wait in a thread, at most BUSY_MS; on the loop everybody would wait. Raises StorageError.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        raised = translate(error)
        if not raised.transient:
            raise raised from error
        try:
            await in_thread(_wait_and_begin, connection)
        except sqlite3.Error as again:
            raise translate(again) from again


def _wait_and_begin(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    try:
        connection.execute("BEGIN IMMEDIATE")
    finally:
        connection.execute("PRAGMA busy_timeout=0")
