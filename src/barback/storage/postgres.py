"""PostgreSQL through asyncpg: READ COMMITTED, prepared statements, no session state kept.

Relies on: synchronous_commit=on (a commit that returned is on disk) and row locks for
read-modify-write, which statements ask for themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]

from barback.foundation.clock import Clock
from barback.storage.bells import Bell
from barback.storage.endings import call_all, one_each, to_the_end
from barback.storage.postgres_bells import PostgresBells
from barback.storage.postgres_pool import PostgresPool
from barback.storage.postgres_single import OneStatement
from barback.storage.postgres_transaction import PostgresTransaction, translated

_SETTINGS = {
    "application_name": "barback",
    "jit": "off",
    # Every statement has an index to go by. Left alone, a plan made while a table was small reads the whole table
    # until statistics are taken: measured 40 times slower at 20,000 rows.
    "enable_seqscan": "off",
    "random_page_cost": "1.1",
    "lock_timeout": "30s",
    "idle_in_transaction_session_timeout": "300s",
}
CONNECT_S = 30.0
_STATEMENTS_MAX = 300
"""Statements that a connection keeps prepared: more than any program of ours uses often."""
_DRIVER: Any = asyncpg


class PostgresDatabase:
    """See `Database`."""

    dialect = "postgres"

    def __init__(self, url: str, pool: PostgresPool, clock: Clock) -> None:
        """Use `open`."""
        self.url = url
        self.clock = clock
        self.bell = Bell()
        self._working: set[asyncio.Task[Any] | None] = set()
        self._pool = pool
        self._bells = PostgresBells(url, self.bell, self._notify)

    @classmethod
    async def open(cls, url: str, clock: Clock, pool_max: int, *, bells: bool = True) -> PostgresDatabase:
        """Connect; raises StorageError when the server cannot be reached."""

        async def connect() -> Any:
            return await _DRIVER.connect(
                url,
                server_settings=_SETTINGS,
                timeout=CONNECT_S,
                command_timeout=120,
                statement_cache_size=_STATEMENTS_MAX,
                max_cached_statement_lifetime=0,
            )

        pool = PostgresPool(connect, pool_max)
        with translated():
            pool.release(await pool.acquire())
        database = cls(url, pool, clock)
        if bells:
            database._bells.start()
        return database

    async def _notify(self, payload: str) -> None:
        async with self._connected() as connection:
            await connection.execute("SELECT pg_notify('barback', $1)", payload)

    @contextlib.asynccontextmanager
    async def transaction(self, *, durable: bool = True) -> AsyncIterator[PostgresTransaction]:
        """A write transaction, READ COMMITTED. Always `durable`: where it need not be, a statement says so itself."""
        del durable
        tx: PostgresTransaction | None = None
        try:
            with one_each(self._working):
                async with self._connected() as connection:
                    tx = PostgresTransaction(self, connection, self.clock.now_ms(), "BEGIN")
                    async with _ended(tx):
                        yield tx
        finally:
            # Also when the task was cancelled while the commit was on its way to the disk.
            if tx is not None and tx.committed:
                call_all(tx.callbacks)

    def single(self, *, unattended: bool = False) -> contextlib.AbstractAsyncContextManager[PostgresTransaction]:
        """One statement, committed by the server itself."""
        return _Single(self, self._connected(), unattended=unattended)

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[PostgresTransaction]:
        """One snapshot, read only."""
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        async with (
            self._connected() as connection,
            _ended(PostgresTransaction(self, connection, self.clock.now_ms(), begin)) as tx,
        ):
            yield tx

    def _connected(self) -> _Lent:
        return _Lent(self._pool)

    async def close(self) -> None:
        """Let go of every connection."""
        self.bell.send_now()
        await self._bells.close()
        await self._pool.close()


class _Lent:
    """A connection for the length of a block. Not a generator: every transaction has one."""

    __slots__ = ("_connection", "_pool")

    def __init__(self, pool: PostgresPool) -> None:
        self._pool = pool

    async def __aenter__(self) -> Any:
        with translated():
            self._connection = await self._pool.acquire()
        return self._connection

    async def __aexit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        # Cancelled while a statement ran: what became of it is not known.
        self._pool.release(self._connection, broken=error is not None and not isinstance(error, Exception))


class _Single:
    """A transaction of one statement. Not a generator: whoever submits one message has one."""

    __slots__ = ("_database", "_lent", "_statement", "_tx", "_unattended")

    def __init__(self, database: PostgresDatabase, lent: _Lent, *, unattended: bool) -> None:
        self._database = database
        self._lent = lent
        self._unattended = unattended

    async def __aenter__(self) -> PostgresTransaction:
        self._statement = OneStatement(await self._lent.__aenter__(), unattended=self._unattended)
        self._tx = PostgresTransaction(self._database, self._statement, self._database.clock.now_ms())
        return self._tx

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        await self._lent.__aexit__(kind, error, traceback)
        if self._statement.done:
            call_all(self._tx.callbacks)


@contextlib.asynccontextmanager
async def _ended(tx: PostgresTransaction) -> AsyncIterator[PostgresTransaction]:
    try:
        yield tx
    except BaseException:
        await tx.undo()
        raise
    with translated():
        if tx.waits_for_commit:
            await to_the_end(asyncio.ensure_future(tx.commit()))
        else:
            await tx.commit()
