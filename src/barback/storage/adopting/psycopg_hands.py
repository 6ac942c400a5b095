"""Hands on psycopg's connections (version 3), synchronous and asynchronous."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg import pq
from psycopg.adapt import Dumper
from psycopg.conninfo import make_conninfo

from barback.storage.adopting.hands import Hands, row_type, settled
from barback.storage.adopting.places import Place
from barback.storage.adopting.ringer import ringer
from barback.storage.database import Params, Row, StorageError, UniqueViolationError
from barback.storage.postgres_bells import payload_of
from barback.storage.statements import Statement

_NONE_OPEN = (
    "this psycopg connection is in autocommit and no transaction is open: "
    "use `with connection.transaction():` around your rows and the message"
)


class _Untyped(Dumper):
    """A whole number whose type the server finds out, as it does for every other driver of ours."""

    def dump(self, obj: Any) -> bytes:
        """Its digits."""
        return str(int(obj)).encode()


def _rows(cursor: Any) -> Callable[[Sequence[Any]], Any]:
    return row_type(tuple(column.name for column in cursor.description or ()))


# Known as long as the connection is: many messages are sent on one, and reading its parameters takes a while.
_places: WeakKeyDictionary[Any, Place] = WeakKeyDictionary()


def _place_of(info: Any) -> Place:
    known: dict[str, Any] = {**info.get_parameters(), "application_name": "barback ringer"}
    if info.password:
        known["password"] = info.password
    conninfo = make_conninfo("", **known)
    return Place(f"{info.user}@{info.host}:{info.port}/{info.dbname}", lambda: PsycopgSender(conninfo))


class PsycopgHands:
    """See `Hands` and `Held`."""

    dialect = "postgres"

    def __init__(self, connection: Any) -> None:
        """`connection`: psycopg.Connection or psycopg.AsyncConnection."""
        self._connection = connection
        self._cursor: Any = (
            psycopg.AsyncRawCursor if isinstance(connection, psycopg.AsyncConnection) else psycopg.RawCursor
        )

    @property
    def place(self) -> Place | None:
        """The server and database, with who we are there."""
        found = _places.get(self._connection)
        if found is None:
            found = _places[self._connection] = _place_of(self._connection.info)
        return found

    async def hands(self) -> Hands:
        """Ourselves. Outside of autocommit psycopg begins with the first statement, ours or theirs."""
        self.check()
        return self

    def check(self) -> None:
        """Raise StorageError in autocommit outside of a transaction."""
        if self._connection.autocommit and self.ended():
            raise StorageError(_NONE_OPEN)

    def ended(self) -> bool:
        """Whether no transaction is open; a flag of the client's that any thread may read."""
        status = self._connection.info.transaction_status
        return status in (pq.TransactionStatus.IDLE, pq.TransactionStatus.UNKNOWN)

    def after_commit(self, call: Callable[[], None]) -> None:
        """When the transaction has been seen to end."""
        ringer().watch(self._connection, self.ended, call)

    @contextlib.contextmanager
    def _made(self) -> Iterator[Any]:
        cursor = self._cursor(self._connection, row_factory=_rows)
        cursor.adapters.register_dumper(int, _Untyped)
        with _translated():
            yield cursor

    async def all(self, statement: Statement, params: Params) -> Sequence[Row]:
        """Every row."""
        with self._made() as cursor:
            await settled(cursor.execute(statement.postgres, _values(statement, params)))
            return await settled(cursor.fetchall())

    async def run(self, statement: Statement, params: Params) -> int:
        """Rows touched."""
        with self._made() as cursor:
            await settled(cursor.execute(statement.postgres, _values(statement, params)))
            return max(0, int(cursor.rowcount))

    async def many(self, statement: Statement, rows: Sequence[Params]) -> int:
        """Once for each row."""
        with self._made() as cursor:
            await settled(cursor.executemany(statement.postgres, [_values(statement, row) for row in rows]))
            return max(0, int(cursor.rowcount))

    async def many_values(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> int:
        """Once for each row of values."""
        return await self.many(statement, [dict(zip(statement.names, row, strict=True)) for row in rows])

    async def control(self, command: str) -> None:
        """A command without parameters."""
        with self._made() as cursor:
            await settled(cursor.execute(command))


def _values(statement: Statement, params: Params) -> list[Any]:
    return [params[name] for name in statement.names]


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        raise UniqueViolationError(str(error)) from error
    except psycopg.Error as error:
        again = isinstance(error, psycopg.OperationalError)  # deadlocks, serialization and lost connections are such
        raise StorageError(f"{type(error).__name__}: {error}", transient=again) from error


class PsycopgSender:
    """Rings by NOTIFY on a connection of its own."""

    def __init__(self, conninfo: str) -> None:
        """Connects; raises psycopg.Error."""
        self._me = uuid.uuid4().hex[:12]
        self._connection = psycopg.connect(conninfo, autocommit=True, connect_timeout=5)

    def send(self, names: frozenset[str]) -> None:
        """One NOTIFY."""
        self._connection.execute("SELECT pg_notify('barback', %s)", [payload_of(self._me, names)])

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
