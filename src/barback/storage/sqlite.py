"""SQLite, embedded: WAL, one writer at a time, every commit on disk before it is answered, if it is to be durable.

Relies on: WAL with synchronous=FULL (a commit that returned survives power loss), and `flock`
between processes, which the kernel lets go of when a process dies. What may block (waiting for the
writer's turn, the fsync of a commit) runs in a thread; statements of a write transaction run on the
caller's loop, because they touch memory and a thread hop costs more than they do.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from barback.foundation.clock import Clock
from barback.storage.bells import Bell
from barback.storage.database import Database, Params, Row, StorageError
from barback.storage.endings import call_all, one_each, to_the_end
from barback.storage.sqlite_begin import BUSY_MS, ERRORS, begin, not_synced, translate, use_wal
from barback.storage.sqlite_bells import SqliteBells
from barback.storage.sqlite_checkpoints import Checkpoints
from barback.storage.sqlite_turns import WriterTurns
from barback.storage.statements import Statement

T = TypeVar("T")
_READERS_MAX = 4
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    f"PRAGMA busy_timeout={BUSY_MS}",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-65536",
    "PRAGMA wal_autocheckpoint=0",  # see sqlite_checkpoints.py
    "PRAGMA mmap_size=0",
    "PRAGMA journal_size_limit=67108864",
)


def connect(path: Path) -> sqlite3.Connection:
    """A connection with our settings, transactions in our own hands."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.row_factory = sqlite3.Row
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


class SqliteTransaction:
    """See `Transaction`; `off_loop` runs each statement in a thread (for reads, which may be long)."""

    dialect = "sqlite"

    def __init__(
        self, database: SqliteDatabase, connection: sqlite3.Connection, now_ms: int, *, off_loop: bool
    ) -> None:
        """Begun and ended by the database."""
        self.database: Database = database
        self.now_ms = now_ms
        self.callbacks: list[Callable[[], None]] = []
        self.committed = False
        self._db = database
        self._connection = connection
        self._off_loop = off_loop
        self._depth = 0
        self._failed: StorageError | None = None

    async def all(self, statement: Statement, **params: Any) -> Sequence[Row]:
        """Every row."""
        return (await self._do(statement, params)).fetchall()

    async def one(self, statement: Statement, **params: Any) -> Row | None:
        """The first row, or None. The statement is finished, so that no cursor stays open."""
        rows = (await self._do(statement, params)).fetchall()
        return rows[0] if rows else None

    async def run(self, statement: Statement, **params: Any) -> int:
        """Execute; rows touched."""
        cursor = await self._do(statement, params)
        return cursor.rowcount if cursor.description is None else len(cursor.fetchall())

    async def many(self, statement: Statement, rows: Sequence[Params]) -> None:
        """Execute for each row."""
        if not rows:
            return
        statement.require("sqlite")
        self.check()
        try:
            self._connection.executemany(statement.sqlite, rows)
        except ERRORS as error:
            raise self._fail(error) from error

    async def bulk(self, statement: Statement, rows: Sequence[Params]) -> int:
        """Execute for each row; rows touched in all."""
        if not rows:
            return 0
        statement.require("sqlite")
        self.check()
        try:
            return self._connection.executemany(statement.sqlite, rows).rowcount
        except ERRORS as error:
            raise self._fail(error) from error

    async def bulk_values(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> int:
        """Execute for each row of values; rows touched in all."""
        if not rows:
            return 0
        statement.require_values("sqlite")
        self.check()
        try:
            return self._connection.executemany(statement.sqlite_values, rows).rowcount
        except ERRORS as error:
            raise self._fail(error) from error

    async def finish(self, statement: Statement, **params: Any) -> Sequence[Row]:
        """Every row; a statement is no cheaper alone."""
        return await self.all(statement, **params)

    async def script(self, sql: str) -> None:
        """Statements separated by `;` at the end of a line (executescript would commit first)."""
        for part in sql.replace(";\n", ";\n\0").split("\0"):
            if part.strip():
                self.check()
                try:
                    self._connection.execute(part)
                except ERRORS as error:
                    raise self._fail(error) from error

    @contextlib.asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that can be undone alone."""
        self.check()
        self._depth += 1
        name = f"part_{self._depth}"
        callbacks = len(self.callbacks)
        self._connection.execute(f"SAVEPOINT {name}")
        try:
            yield
            self.check()
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute(f"ROLLBACK TO {name}")
                self._connection.execute(f"RELEASE {name}")
                self._failed = None
            del self.callbacks[callbacks:]
            raise
        else:
            self._connection.execute(f"RELEASE {name}")
        finally:
            self._depth -= 1

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call once the commit is on disk."""
        self.callbacks.append(call)

    def check(self) -> None:
        """Refuse to go on after an error, as PostgreSQL does: what follows believes that all went well."""
        if self._failed is not None:
            raise StorageError(
                f"the transaction failed before and can only be rolled back: {self._failed}; "
                "put what may fail into a savepoint"
            ) from self._failed

    def _fail(self, error: Exception) -> StorageError:
        self._failed = translate(error)
        return self._failed

    def commit(self) -> None:
        """Called by the database, in a thread."""
        self._connection.execute("COMMIT")
        self.committed = True

    async def _do(self, statement: Statement, params: dict[str, Any]) -> sqlite3.Cursor:
        statement.require("sqlite")
        self.check()
        for name in statement.lists:
            params[name] = msgspec.json.encode(params[name]).decode()
        try:
            if self._off_loop:
                return await self._db.in_thread(self._connection.execute, statement.sqlite, params)
            return self._connection.execute(statement.sqlite, params)
        except ERRORS as error:
            raise self._fail(error) from error


class SqliteDatabase:
    """See `Database`."""

    dialect = "sqlite"

    def __init__(self, url: str, path: Path, clock: Clock) -> None:
        """Use `open`."""
        self.url = url
        self.clock = clock
        self.bell = Bell()
        self._path = path
        self._threads = ThreadPoolExecutor(max_workers=_READERS_MAX + 2, thread_name_prefix="sqlite")
        self._turns = WriterTurns(path, self._threads)
        self._working: set[asyncio.Task[Any] | None] = set()
        self._writer = connect(path)
        self._writer.execute("PRAGMA busy_timeout=0")
        self._readers: list[sqlite3.Connection] = []
        self._readers_free = asyncio.Semaphore(_READERS_MAX)
        self._bells = SqliteBells(path, self.bell)
        self._checkpoints = Checkpoints(path, connect, self._turns.turn, self.in_thread)

    @classmethod
    async def open(cls, url: str, clock: Clock, *, bells: bool = True) -> SqliteDatabase:
        """Open or make the file named by `url` (`sqlite:////absolute/path.db`)."""
        path = Path(url.removeprefix("sqlite:///")).absolute()  # noqa: ASYNC240 - once, at the start
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            await asyncio.to_thread(use_wal, path)
            database = cls(url, path, clock)
        except sqlite3.Error as error:
            raise StorageError(f"cannot open {path}: {error}") from error
        if bells:
            database._bells.start()
        return database

    @contextlib.asynccontextmanager
    async def transaction(self, *, durable: bool = True) -> AsyncIterator[SqliteTransaction]:
        """A write transaction; callers take turns, also between processes. Not `durable`: see `not_synced`."""
        tx: SqliteTransaction | None = None
        try:
            with one_each(self._working):
                async with self._turns.turn(), not_synced(self._writer, unless=durable):
                    try:
                        await begin(self._writer, self.in_thread)
                        tx = SqliteTransaction(self, self._writer, self.clock.now_ms(), off_loop=False)
                        yield tx
                        tx.check()
                        await self._commit(tx, durable=durable)
                    except BaseException:
                        if self._writer.in_transaction:
                            self._writer.execute("ROLLBACK")
                        raise
        finally:
            # Also when the task was cancelled while the commit was on its way to the disk.
            if tx is not None and tx.committed:
                call_all(tx.callbacks)

    def single(self, *, unattended: bool = False) -> contextlib.AbstractAsyncContextManager[SqliteTransaction]:
        """A statement is no cheaper alone."""
        del unattended
        return self.transaction()

    async def _commit(self, tx: SqliteTransaction, *, durable: bool) -> None:
        try:
            if durable:
                await self.in_thread(tx.commit)
            else:
                tx.commit()  # it waits for nothing, and a thread hop costs more
        except sqlite3.Error as error:
            raise translate(error) from error
        self._checkpoints.committed()

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[SqliteTransaction]:
        """A snapshot; statements run in threads, so a long one holds nobody up."""
        async with self._readers_free:
            connection = self._readers.pop() if self._readers else await self.in_thread(self._open_reader)
            try:
                connection.execute("BEGIN")
                yield SqliteTransaction(self, connection, self.clock.now_ms(), off_loop=True)
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self._readers.append(connection)

    def _open_reader(self) -> sqlite3.Connection:
        connection = connect(self._path)
        connection.execute("PRAGMA query_only=ON")
        return connection

    async def in_thread(self, call: Callable[..., T], *args: Any) -> T:
        """Run in a thread and wait for its end, also when cancelled."""
        return await to_the_end(asyncio.get_running_loop().run_in_executor(self._threads, call, *args))

    async def close(self) -> None:
        """Let go of connections, threads and our bell."""
        self.bell.send_now()
        self._bells.close()
        await self._checkpoints.close()
        self._turns.close()
        for connection in (self._writer, *self._readers):
            connection.close()
        self._threads.shutdown(wait=False)
