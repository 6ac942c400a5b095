"""Hands on the standard library's `sqlite3.Connection` and on `aiosqlite.Connection`."""

from __future__ import annotations

import contextlib
import socket
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from barback.storage.adopting.hands import Hands, settled
from barback.storage.adopting.places import Place
from barback.storage.adopting.ringer import ringer
from barback.storage.database import Params, Row, StorageError
from barback.storage.sqlite_begin import ERRORS, translate
from barback.storage.sqlite_bells import bells_folder, send_to_all
from barback.storage.statements import Statement

_NONE_OPEN = (
    "no transaction is open on this sqlite3 connection, and it opens none by itself (isolation_level is None, or "
    "autocommit is on): begin with connection.execute('BEGIN IMMEDIATE') and end with connection.commit()"
)


class SqliteHands:
    """See `Hands` and `Held`."""

    dialect = "sqlite"

    def __init__(self, connection: Any) -> None:
        """`connection`: sqlite3's, or aiosqlite's, whose methods are the same and awaitable."""
        self._connection = connection
        self._place: Place | None = None
        self._looked = False

    @property
    def place(self) -> Place | None:
        """The folder of bells beside the file; none for a database in memory."""
        return self._place

    async def hands(self) -> Hands:
        """Ourselves, in a transaction.

        Python's driver begins one by itself before a write it recognizes; ours come with other words
        before them, so we begin in its stead, at once as a writer: one that reads first and writes
        then can be refused by SQLite however long it would wait.
        """
        if not self._connection.in_transaction and self._begins():
            await self.control("BEGIN IMMEDIATE")
        self.check()
        if not self._looked:
            self._looked = True
            self._place = await self._find_place()
        return self

    def _begins(self) -> bool:
        """Whether the driver begins by itself. From Python 3.12 on `autocommit=True` says that it does not."""
        return (
            self._connection.isolation_level is not None and getattr(self._connection, "autocommit", None) is not True
        )

    async def _find_place(self) -> Place | None:
        rows = await self._rows("PRAGMA database_list", {})
        path = next((str(row["file"]) for row in rows if row["name"] == "main"), "")
        return Place(path, lambda: SqliteSender(Path(path))) if path else None

    def check(self) -> None:
        """Raise StorageError unless a transaction is open."""
        if not self._connection.in_transaction:
            raise StorageError(_NONE_OPEN)

    def ended(self) -> bool:
        """Whether no transaction is open; a flag of SQLite's that any thread may read.

        SQLite clears it when it begins to commit, so what was written may not be seen by others yet.
        """
        return not self._connection.in_transaction

    def after_commit(self, call: Callable[[], None]) -> None:
        """When the transaction has been seen to end."""
        ringer().watch(self._connection, self.ended, call, early=True)

    async def all(self, statement: Statement, params: Params) -> Sequence[Row]:
        """Every row."""
        return await self._rows(statement.sqlite, _filled(statement, params))

    async def _rows(self, sql: str, params: Params) -> list[Row]:
        with _translated():
            cursor = await settled(self._connection.execute(sql, params))
            cursor.row_factory = sqlite3.Row
            rows = list(await settled(cursor.fetchall()))
            await settled(cursor.close())
            return rows

    async def run(self, statement: Statement, params: Params) -> int:
        """Rows touched."""
        with _translated():
            cursor = await settled(self._connection.execute(statement.sqlite, _filled(statement, params)))
            touched = cursor.rowcount if cursor.description is None else len(list(await settled(cursor.fetchall())))
            await settled(cursor.close())
            return int(touched)

    async def many(self, statement: Statement, rows: Sequence[Params]) -> int:
        """Once for each row."""
        return await self._each(statement.sqlite, rows)

    async def many_values(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> int:
        """Once for each row of values."""
        return await self._each(statement.sqlite_values, rows)

    async def _each(self, sql: str, rows: Sequence[Any]) -> int:
        with _translated():
            cursor = await settled(self._connection.executemany(sql, rows))
            return int(cursor.rowcount)

    async def control(self, command: str) -> None:
        """A command without parameters."""
        with _translated():
            await settled(self._connection.execute(command))


@contextlib.contextmanager
def _translated() -> Any:
    try:
        yield
    except ERRORS as error:
        raise translate(error) from error


def _filled(statement: Statement, params: Params) -> dict[str, Any]:
    return {
        name: msgspec.json.encode(value).decode() if name in statement.lists else value
        for name, value in params.items()
    }


class SqliteSender:
    """Rings by datagrams, as every process with this file open does."""

    def __init__(self, path: Path) -> None:
        """`path` of the database file."""
        self._folder = bells_folder(path)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)  # noqa: FBT003 - the standard library takes it so

    def send(self, names: frozenset[str]) -> None:
        """To every process that listens."""
        send_to_all(self._socket, self._folder, names)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
