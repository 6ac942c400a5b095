"""Hands on asyncpg's connections, bare or from a pool."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]

from barback.storage.adopting.hands import Hands
from barback.storage.adopting.places import Place
from barback.storage.adopting.ringer import ringer
from barback.storage.database import Params, Row, StorageError
from barback.storage.postgres_bells import payload_of
from barback.storage.postgres_transaction import translated, values_of
from barback.storage.statements import Statement

_DRIVER: Any = asyncpg
_NONE_OPEN = (
    "no transaction is open on this asyncpg connection: "
    "use `async with connection.transaction():` around your rows and the message"
)


def _host_and_port(address: Any) -> tuple[str, int]:
    """Of a pair, or of a path like `/run/postgresql/.s.PGSQL.5432`."""
    if isinstance(address, str):
        folder, _, port = address.rpartition("/.s.PGSQL.")
        return folder, int(port)
    return str(address[0]), int(address[1])


def _ssl(params: Any) -> Any:
    """What to ask for: where encryption is a preference, its context alone would make it a demand."""
    mode = str(getattr(getattr(params, "sslmode", None), "name", ""))
    return mode if mode in ("disable", "allow", "prefer") else params.ssl


class AsyncpgHands:
    """See `Hands` and `Held`."""

    dialect = "postgres"

    def __init__(self, connection: Any) -> None:
        """`connection`: asyncpg.Connection, or what a pool gives."""
        # The pool's stand-in forgets its connection when it is given back; the connection itself can still be asked.
        self._connection = getattr(connection, "_con", None) or connection
        self._place: Place | None = None

    @property
    def place(self) -> Place | None:
        """The server and database, with who we are there, as the driver remembers it."""
        if self._place is None:
            address, params = getattr(self._connection, "_addr", None), getattr(self._connection, "_params", None)
            if address is None or params is None:
                return None  # another version of the driver keeps them elsewhere; workers look once a minute
            host, port = _host_and_port(address)
            options: dict[str, Any] = {
                "host": host, "port": port, "user": params.user, "password": params.password,
                "database": params.database, "ssl": _ssl(params),
            }  # fmt: skip
            self._place = Place(f"{params.user}@{host}:{port}/{params.database}", lambda: AsyncpgSender(options))
        return self._place

    async def hands(self) -> Hands:
        """Ourselves, when a transaction is open."""
        self.check()
        return self

    def check(self) -> None:
        """Raise StorageError unless a transaction is open."""
        with translated():
            if not self._connection.is_in_transaction():
                raise StorageError(_NONE_OPEN)

    def ended(self) -> bool:
        """Whether no transaction is open; a flag of the client's that any thread may read."""
        return self._connection.is_closed() or not self._connection.is_in_transaction()

    def after_commit(self, call: Callable[[], None]) -> None:
        """When the transaction has been seen to end."""
        ringer().watch(self._connection, self.ended, call)

    async def all(self, statement: Statement, params: Params) -> Sequence[Row]:
        """Every row."""
        with translated():
            return await self._connection.fetch(statement.postgres, *values_of(statement, params))

    async def run(self, statement: Statement, params: Params) -> int:
        """Rows touched."""
        with translated():
            status = str(await self._connection.execute(statement.postgres, *values_of(statement, params)))
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def many(self, statement: Statement, rows: Sequence[Params]) -> int:
        """Once for each row, pipelined; the driver does not say how many were touched."""
        with translated():
            await self._connection.executemany(statement.postgres, [values_of(statement, row) for row in rows])
        return 0

    async def many_values(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> int:
        """Once for each row of values."""
        return await self.many(statement, [dict(zip(statement.names, row, strict=True)) for row in rows])

    async def control(self, command: str) -> None:
        """A command without parameters."""
        with translated():
            await self._connection.execute(command)


class AsyncpgSender:
    """Rings by NOTIFY on a connection and a loop of its own: the program's loop may be busy, or over."""

    def __init__(self, options: dict[str, Any]) -> None:
        """Connects; raises what asyncpg raises."""
        self._me = uuid.uuid4().hex[:12]
        self._loop = asyncio.new_event_loop()
        settings = {"application_name": "barback ringer"}
        self._connection: Any = self._loop.run_until_complete(
            _DRIVER.connect(**options, timeout=5, server_settings=settings)
        )

    def send(self, names: frozenset[str]) -> None:
        """One NOTIFY."""
        notify = self._connection.execute("SELECT pg_notify('barback', $1)", payload_of(self._me, names))
        self._loop.run_until_complete(notify)

    def close(self) -> None:
        """Close the connection and the loop."""
        self._connection.terminate()
        self._loop.close()
