"""PostgreSQL through asyncpg: READ COMMITTED, prepared statements, no session state kept.

Relies on: synchronous_commit=on (a commit that returned is on disk) and row locks for
read-modify-write, which statements ask for themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, cast

import asyncpg  # pyright: ignore[reportMissingTypeStubs]

from barback.foundation.clock import Clock
from barback.storage.bells import Bell
from barback.storage.database import Database, Params, Row, StorageError, UniqueViolationError
from barback.storage.endings import call_all, one_each, to_the_end
from barback.storage.postgres_bells import PostgresBells
from barback.storage.postgres_pool import PostgresPool
from barback.storage.postgres_single import OneStatement
from barback.storage.statements import Statement

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
_COPY_ROWS_MIN = 50
"""From here on COPY is cheaper than arrays: a third of the client's time, two thirds of the server's."""
_DRIVER: Any = asyncpg
_TRANSIENT = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidCachedStatementError,  # a table changed since the statement was prepared; the next try prepares anew
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn driver errors into ours."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise UniqueViolationError(str(error)) from error
    except _TRANSIENT as error:
        # Two statements at once in one transaction are a mistake in the program: they will be made again.
        again = "another operation is in progress" not in str(error)
        raise StorageError(f"{type(error).__name__}: {error}", transient=again) from error
    except asyncpg.PostgresError as error:
        raise StorageError(f"{type(error).__name__}: {error}") from error


def values_of(statement: Statement, params: Mapping[str, Any]) -> list[Any]:
    """The values in the order of the statement's placeholders. Raises StorageError when one is missing."""
    try:
        return [params[name] for name in statement.names]
    except KeyError as error:
        raise StorageError(f"{statement!r}: no value for :{error.args[0]}") from None


class PostgresTransaction:
    """See `Transaction`."""

    dialect = "postgres"

    def __init__(self, database: PostgresDatabase, connection: Any, now_ms: int) -> None:
        """Begun and ended by the database."""
        self.database: Database = database
        self.now_ms = now_ms
        self.callbacks: list[Callable[[], None]] = []
        self.committed = False
        self._connection = connection
        self._depth = 0

    async def all(self, statement: Statement, **params: Any) -> Sequence[Row]:
        """Every row."""
        statement.require("postgres")
        with translated():
            return await self._connection.fetch(statement.postgres, *values_of(statement, params))

    async def one(self, statement: Statement, **params: Any) -> Row | None:
        """The first row, or None."""
        statement.require("postgres")
        with translated():
            return await self._connection.fetchrow(statement.postgres, *values_of(statement, params))

    async def run(self, statement: Statement, **params: Any) -> int:
        """Execute; rows touched."""
        statement.require("postgres")
        with translated():
            status = await self._connection.execute(statement.postgres, *values_of(statement, params))
        count = cast("str", status).rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def many(self, statement: Statement, rows: Sequence[Params]) -> None:
        """Execute for each row, pipelined."""
        if not rows:
            return
        statement.require("postgres")
        values = [values_of(statement, row) for row in rows]
        with translated():
            await self._connection.executemany(statement.postgres, values)

    async def bulk(self, statement: Statement, rows: Sequence[Params]) -> int:
        """One execution with an array for each column; rows touched."""
        if not rows:
            return 0
        return await self.run(statement, **{name: [row[name] for row in rows] for name in statement.names})

    async def bulk_values(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> int:
        """One execution with an array for each column, or what is cheaper for so many; rows touched."""
        if not rows:
            return 0
        statement.require_values("postgres")
        if len(rows) == 1 and statement.postgres_row is not None:
            # Arrays of one element cost the client 20 µs more than values do, and the server 30.
            with translated():
                await self._connection.execute(statement.postgres_row, *rows[0])
            return 1
        if statement.copies_to is not None and len(rows) >= _COPY_ROWS_MIN:
            with translated():
                await self._connection.copy_records_to_table(statement.copies_to, columns=statement.names, records=rows)
            return len(rows)
        return await self.run(statement, **dict(zip(statement.names, zip(*rows, strict=True), strict=True)))

    async def script(self, sql: str) -> None:
        """Several statements of DDL."""
        with translated():
            await self._connection.execute(sql.replace(" BLOB", " BYTEA"))

    @contextlib.asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that can be undone alone."""
        self._depth += 1
        name = f"part_{self._depth}"
        callbacks = len(self.callbacks)
        try:
            await self._control(f"SAVEPOINT {name}")
            try:
                yield
                # Fails when a statement inside failed and its error was caught there: that undoes the part, too.
                await self._control(f"RELEASE SAVEPOINT {name}")
            except BaseException:
                with contextlib.suppress(StorageError):
                    await self._control(f"ROLLBACK TO SAVEPOINT {name}; RELEASE SAVEPOINT {name}")
                del self.callbacks[callbacks:]
                raise
        finally:
            self._depth -= 1

    async def _control(self, command: str) -> None:
        with translated():
            await self._connection.execute(command)

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call once the commit is on disk."""
        self.callbacks.append(call)


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
    async def transaction(self) -> AsyncIterator[PostgresTransaction]:
        """A write transaction, READ COMMITTED."""
        tx: PostgresTransaction | None = None
        try:
            with one_each(self._working):
                async with self._connected() as connection:
                    tx = PostgresTransaction(self, connection, self.clock.now_ms())
                    async with _transaction(connection, "BEGIN", tx):
                        yield tx
        finally:
            # Also when the task was cancelled while the commit was on its way to the disk.
            if tx is not None and tx.committed:
                call_all(tx.callbacks)

    @contextlib.asynccontextmanager
    async def single(self) -> AsyncIterator[PostgresTransaction]:
        """One statement, committed by the server itself."""
        async with self._connected() as connection:
            statement = OneStatement(connection)
            tx = PostgresTransaction(self, statement, self.clock.now_ms())
            try:
                yield tx
            finally:
                if statement.done:
                    call_all(tx.callbacks)

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[PostgresTransaction]:
        """One snapshot, read only."""
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        async with self._connected() as connection:
            tx = PostgresTransaction(self, connection, self.clock.now_ms())
            async with _transaction(connection, begin, tx):
                yield tx

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[Any]:
        with translated():
            connection = await self._pool.acquire()
        broken = True
        try:
            yield connection
            broken = False
        except Exception:
            broken = False
            raise
        finally:
            # Cancelled while a statement ran: what became of it is not known.
            self._pool.release(connection, broken=broken)

    async def close(self) -> None:
        """Let go of every connection."""
        self.bell.send_now()
        await self._bells.close()
        await self._pool.close()


@contextlib.asynccontextmanager
async def _transaction(connection: Any, begin: str, tx: PostgresTransaction) -> AsyncIterator[None]:
    with translated():
        await connection.execute(begin)
    try:
        yield
    except BaseException:
        with contextlib.suppress(*_TRANSIENT, asyncpg.PostgresError):
            await connection.execute("ROLLBACK")
        raise
    with translated():
        await to_the_end(asyncio.ensure_future(_commit(connection, tx)))


async def _commit(connection: Any, tx: PostgresTransaction) -> None:
    # A transaction that failed inside answers COMMIT with ROLLBACK: never take that for a commit.
    if await connection.execute("COMMIT") != "COMMIT":
        raise StorageError(
            "the transaction had failed before its commit and was rolled back; put what may fail into a savepoint"
        )
    tx.committed = True
