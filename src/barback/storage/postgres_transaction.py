"""A transaction on PostgreSQL: statements through asyncpg, its errors as ours.

It begins with its first statement, not before: whoever handles a message without a look at the database waits for
no round trip, and keeps no transaction open.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, cast

import asyncpg  # pyright: ignore[reportMissingTypeStubs]

from barback.storage.database import Database, Params, Row, StorageError, UniqueViolationError
from barback.storage.postgres_single import OneStatement
from barback.storage.statements import Statement

_COPY_ROWS_MIN = 50
"""From here on COPY is cheaper than arrays: a third of the client's time, two thirds of the server's."""
TRANSIENT = (
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


class translated:  # noqa: N801 - reads as a verb; a class, as a generator costs every statement four times as much
    """Turns driver errors into ours."""

    __slots__ = ()

    def __enter__(self) -> None:
        """Nothing to begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        """Raise ours from what was raised."""
        if error is None:
            return
        if isinstance(error, asyncpg.UniqueViolationError):
            raise UniqueViolationError(str(error)) from error
        if isinstance(error, TRANSIENT):
            # Two statements at once in one transaction are a mistake in the program: they will be made again.
            again = "another operation is in progress" not in str(error)
            raise StorageError(f"{type(error).__name__}: {error}", transient=again) from error
        if isinstance(error, asyncpg.PostgresError):
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

    def __init__(self, database: Database, connection: Any, now_ms: int, begin: str | None = None) -> None:
        """`begin` is sent before the first statement; None: there is nothing to begin. Ended by the database."""
        self.database: Database = database
        self.now_ms = now_ms
        self.callbacks: list[Callable[[], None]] = []
        self.committed = False
        self._connection: Any = connection
        self._begin = begin
        self._begun = self._failed = False
        self._depth = 0

    async def all(self, statement: Statement, **params: Any) -> Sequence[Row]:
        """Every row."""
        statement.require("postgres")
        with translated():
            if self._begin is not None:
                await self._open()
            return await self._connection.fetch(statement.postgres, *values_of(statement, params))

    async def one(self, statement: Statement, **params: Any) -> Row | None:
        """The first row, or None."""
        statement.require("postgres")
        with translated():
            if self._begin is not None:
                await self._open()
            return await self._connection.fetchrow(statement.postgres, *values_of(statement, params))

    async def run(self, statement: Statement, **params: Any) -> int:
        """Execute; rows touched."""
        statement.require("postgres")
        with translated():
            if self._begin is not None:
                await self._open()
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
            if self._begin is not None:
                await self._open()
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
                if self._begin is not None:
                    await self._open()
                await self._connection.execute(statement.postgres_row, *rows[0])
            return 1
        if statement.copies_to is not None and len(rows) >= _COPY_ROWS_MIN:
            with translated():
                if self._begin is not None:
                    await self._open()
                await self._connection.copy_records_to_table(statement.copies_to, columns=statement.names, records=rows)
            return len(rows)
        return await self.run(statement, **dict(zip(statement.names, zip(*rows, strict=True), strict=True)))

    async def script(self, sql: str) -> None:
        """Several statements of DDL."""
        with translated():
            if self._begin is not None:
                await self._open()
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
            if self._begin is not None:
                await self._open()
            await self._connection.execute(command)

    async def finish(self, statement: Statement, **params: Any) -> Sequence[Row]:
        """The last statement; where it is the only one it is its own transaction, so that there is one round trip."""
        if self._begin is None:
            return await self.all(statement, **params)
        self._begin, self._connection = None, (alone := OneStatement(self._connection))
        try:
            return await self.all(statement, **params)
        finally:
            self.committed = alone.done
            self._failed = not alone.done

    async def _open(self) -> None:
        assert self._begin is not None
        self._failed = True
        await self._connection.execute(self._begin)
        self._begin, self._begun, self._failed = None, True, False

    async def undo(self) -> None:
        """Called by the database when something was raised."""
        if self._begun:
            with contextlib.suppress(*TRANSIENT, asyncpg.PostgresError):
                await self._connection.execute("ROLLBACK")

    async def commit(self) -> None:
        """Called by the database at the end. Raises StorageError when a statement had failed and was caught."""
        # A transaction that failed inside answers COMMIT with ROLLBACK: never take that for a commit.
        if self._failed or (self._begun and await self._connection.execute("COMMIT") != "COMMIT"):
            raise StorageError(
                "the transaction had failed before its commit and was rolled back; put what may fail into a savepoint"
            )
        self.committed = True

    @property
    def waits_for_commit(self) -> bool:
        """Whether `commit` has something to ask of the server."""
        return self._begun

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call once the commit is on disk."""
        self.callbacks.append(call)
