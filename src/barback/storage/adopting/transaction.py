"""The `Transaction` that `adopt` gives: the program's own, with our statements in it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from barback.foundation.clock import Clock
from barback.storage.adopting.hands import Hands, Held
from barback.storage.adopting.places import Place
from barback.storage.adopting.ringer import ringer
from barback.storage.bells import Bell
from barback.storage.database import Database, Params, Row, StorageError, Transaction
from barback.storage.statements import Statement

_NOT_OURS = (
    "an adopted connection is one transaction of somebody else's program: "
    "open a database of your own with `await barback.open_database(url)`"
)


class AdoptedBell(Bell):
    """Rings through the ringer's thread; hears nothing."""

    def __init__(self) -> None:
        """The place is known once a statement has run."""
        super().__init__()
        self.place: Place | None = None

    def ring(self, *names: str) -> None:
        """Ring whoever listens at the program's database. Returns at once, from any thread."""
        if self.place is not None:
            ringer().ring(self.place, *names)


class AdoptedDatabase:
    """What is known of the database behind an adopted transaction. It can begin no transaction of its own."""

    url = ""

    def __init__(self, dialect: str, clock: Clock) -> None:
        """Made by AdoptedTransaction."""
        self.dialect = dialect
        self.clock = clock
        self.adopted_bell = AdoptedBell()
        self.bell: Bell = self.adopted_bell

    def transaction(self, *, durable: bool = True) -> contextlib.AbstractAsyncContextManager[Transaction]:
        """Raises StorageError."""
        del durable
        raise StorageError(_NOT_OURS)

    def single(self, *, unattended: bool = False) -> contextlib.AbstractAsyncContextManager[Transaction]:
        """Raises StorageError."""
        del unattended
        raise StorageError(_NOT_OURS)

    def reading(self) -> contextlib.AbstractAsyncContextManager[Transaction]:
        """Raises StorageError."""
        raise StorageError(_NOT_OURS)

    async def close(self) -> None:
        """Nothing of this is ours to close."""


class AdoptedTransaction:
    """See `Transaction`. Made by `adopt`."""

    def __init__(self, held: Held, clock: Clock) -> None:
        """`held` is what the program gave us."""
        self.dialect = held.dialect
        self.now_ms = clock.now_ms()
        self._database = AdoptedDatabase(held.dialect, clock)
        self.database: Database = self._database
        self._held = held
        self._parts: list[list[Callable[[], None]]] = []

    async def _hands(self) -> Hands:
        hands = await self._held.hands()
        self._database.adopted_bell.place = hands.place
        return hands

    async def all(self, statement: Statement, **params: Any) -> Sequence[Row]:
        """Every row."""
        statement.require(self.dialect)
        return await (await self._hands()).all(statement, params)

    async def one(self, statement: Statement, **params: Any) -> Row | None:
        """The first row, or None."""
        rows = await self.all(statement, **params)
        return rows[0] if rows else None

    async def run(self, statement: Statement, **params: Any) -> int:
        """Execute; rows touched."""
        statement.require(self.dialect)
        return await (await self._hands()).run(statement, params)

    async def many(self, statement: Statement, rows: Sequence[Params]) -> None:
        """Execute for each row."""
        if rows:
            statement.require(self.dialect)
            await (await self._hands()).many(statement, rows)

    async def bulk(self, statement: Statement, rows: Sequence[Params]) -> int:
        """Many rows by one statement; rows touched."""
        if not rows:
            return 0
        statement.require(self.dialect)
        hands = await self._hands()
        if self.dialect == "sqlite":
            return await hands.many(statement, rows)
        return await hands.run(statement, {name: [row[name] for row in rows] for name in statement.names})

    async def bulk_values(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> int:
        """Many rows of values by one statement; rows touched."""
        if not rows:
            return 0
        statement.require_values(self.dialect)
        hands = await self._hands()
        if self.dialect == "sqlite":
            return await hands.many_values(statement, rows)
        columns = [list(column) for column in zip(*rows, strict=True)]
        return await hands.run(statement, dict(zip(statement.names, columns, strict=True)))

    async def finish(self, statement: Statement, **params: Any) -> Sequence[Row]:
        """Every row: the transaction is the program's."""
        return await self.all(statement, **params)

    async def script(self, sql: str) -> None:
        """Statements of DDL, separated by `;` at the end of a line, in the program's transaction."""
        hands = await self._hands()
        text = sql if self.dialect == "sqlite" else sql.replace(" BLOB", " BYTEA")
        for part in text.replace(";\n", ";\n\0").split("\0"):
            if part.strip() and not all(
                line.lstrip().startswith("--") or not line.strip() for line in part.split("\n")
            ):
                await hands.control(part)

    @contextlib.asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that can be undone alone."""
        name = f"barback_part_{len(self._parts) + 1}"
        hands = await self._hands()
        self._parts.append([])
        try:
            await hands.control(f"SAVEPOINT {name}")
            try:
                yield
                await hands.control(f"RELEASE SAVEPOINT {name}")
            except BaseException:
                with contextlib.suppress(StorageError):
                    await hands.control(f"ROLLBACK TO SAVEPOINT {name}")
                    await hands.control(f"RELEASE SAVEPOINT {name}")
                self._parts[-1].clear()
                raise
        finally:
            for call in self._parts.pop():
                self.after_commit(call)

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call `call` after the program's commit, as told by SQLAlchemy's session or by Django.

        Of a driver's bare connection nobody tells us whether it committed: there `call` comes when its
        transaction is seen to have ended either way, and now and then while it is very long. So only
        a hint may be given here, such as a ring.
        """
        if self._parts:
            self._parts[-1].append(call)
        else:
            self._held.after_commit(call)
