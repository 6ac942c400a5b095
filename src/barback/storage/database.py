"""The two things everybody above knows: a `Database`, and the `Transaction` it gives."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from barback.foundation.clock import Clock, SystemClock

if TYPE_CHECKING:
    from barback.storage.bells import Bell
    from barback.storage.statements import Statement

Params = Mapping[str, Any]


class StorageError(RuntimeError):
    """The database could not do what was asked; `transient` says whether trying again may help."""

    def __init__(self, message: str, *, transient: bool = False) -> None:
        """`transient`: connection lost, deadlock, serialization, lock time-out."""
        super().__init__(message)
        self.transient = transient


class UniqueViolationError(StorageError):
    """A row with the same unique key is there already."""


@runtime_checkable
class Row(Protocol):
    """One row of an answer, read by column name or position."""

    def __getitem__(self, key: Any, /) -> Any:
        """The value of a column."""
        ...


@runtime_checkable
class Transaction(Protocol):
    """Work that happens whole or not at all. Rooms receive one; none of them commits."""

    now_ms: int
    dialect: str
    database: Database

    async def all(self, statement: Statement, **params: Any) -> Sequence[Row]:
        """Every row the statement answers."""
        ...

    async def one(self, statement: Statement, **params: Any) -> Row | None:
        """The first row, or None."""
        ...

    async def run(self, statement: Statement, **params: Any) -> int:
        """Execute; the number of rows it touched."""
        ...

    async def many(self, statement: Statement, rows: Sequence[Params]) -> None:
        """Execute once for each of `rows`, in one go."""
        ...

    async def bulk(self, statement: Statement, rows: Sequence[Params]) -> int:
        """Write many rows by one statement; the number of rows it touched.

        The statement has a variant for each database: on SQLite it takes one row and is executed for
        each, on PostgreSQL it takes one array a column (`unnest(:id::text[], …)`), so a thousand
        rows are one round trip.
        """
        ...

    async def bulk_values(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> int:
        """Like `bulk`, with the values of a row in the order in which the statement first names them."""
        ...

    async def finish(self, statement: Statement, **params: Any) -> Sequence[Row]:
        """Like `all`, for a statement after which `tx` executes nothing more.

        On PostgreSQL, when nothing was executed before, it is its own transaction, and three round trips are one:
        it is on disk when this returns, what is raised after it undoes nothing, and another raises StorageError.
        """
        ...

    async def script(self, sql: str) -> None:
        """Execute several statements of DDL written for this dialect; for migrations."""
        ...

    def savepoint(self) -> contextlib.AbstractAsyncContextManager[None]:
        """A part that can be undone alone: an exception inside undoes it and goes on outwards."""
        ...

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call `call` once the commit is on disk; never when it is rolled back."""
        ...


@runtime_checkable
class Database(Protocol):
    """A database that is open."""

    dialect: str
    url: str
    clock: Clock
    bell: Bell

    def transaction(self, *, durable: bool = True) -> contextlib.AbstractAsyncContextManager[Transaction]:
        """A write transaction, committed at the end of the block, rolled back by an exception.

        Not `durable`: its commit need not wait for the disk (on SQLite it does not). A crash of the machine, not of a
        process, may undo it, unless a commit that came later was durable: one that is brings all before it to the disk.
        """
        ...

    def single(self, *, unattended: bool = False) -> contextlib.AbstractAsyncContextManager[Transaction]:
        """A write transaction of exactly one statement, which is on disk when it has returned.

        Where a transaction costs round trips of its own it costs none; a second statement raises
        StorageError. What is raised after the statement undoes nothing. `unattended`: the task that asks is
        one that nobody cancels, so the statement is seen to its end without a task of its own.
        """
        ...

    def reading(self) -> contextlib.AbstractAsyncContextManager[Transaction]:
        """A transaction that only reads, on one snapshot. Does not wait for writers."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...


async def open_database(url: str, *, clock: Clock | None = None, pool_max: int = 10, bells: bool = True) -> Database:
    """Open `sqlite:////absolute/path.db` or `postgresql://user@host/name`.

    `pool_max` bounds PostgreSQL connections of this process; without `bells` it neither hears nor
    rings other processes. Raises ValueError for another
    scheme and StorageError when the server cannot be reached.
    """
    clock = clock or SystemClock()
    if url.startswith("sqlite:///"):
        from barback.storage.sqlite import SqliteDatabase  # noqa: PLC0415 - only the driver that is used is loaded

        return await SqliteDatabase.open(url, clock, bells=bells)
    if url.startswith(("postgresql://", "postgres://")):
        from barback.storage.postgres import PostgresDatabase  # noqa: PLC0415 - as above

        return await PostgresDatabase.open(url, clock, pool_max, bells=bells)
    raise ValueError(f"expected a URL that starts with sqlite:/// or postgresql://, got {url!r}")
