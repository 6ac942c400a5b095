"""Hands on SQLAlchemy's sessions and connections: we work on the driver's connection below them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_scoped_session
from sqlalchemy.orm import Session, scoped_session

from barback.storage.adopting.drivers import driver_hands
from barback.storage.adopting.hands import Hands
from barback.storage.database import StorageError

_DIALECTS = {"sqlite": "sqlite", "postgresql": "postgres"}
_CALLS = "barback.after_commit"


class SqlalchemyHeld:
    """See `Held`."""

    def __init__(self, what: Any) -> None:
        """`what`: a session or connection of SQLAlchemy, synchronous or asynchronous, scoped or not."""
        scoped: Any = what
        self._what: Any = scoped() if isinstance(what, scoped_session | async_scoped_session) else scoped
        self._inner: Any = self._what
        if isinstance(self._what, AsyncSession | AsyncConnection):
            self._inner = getattr(self._what, "sync_session", None) or getattr(self._what, "sync_connection", None)
        self._known: tuple[Any, Any] = (None, None)
        bind: Any = self._inner.get_bind() if isinstance(self._inner, Session) else self._inner
        name = str(bind.dialect.name)
        if name not in _DIALECTS:
            raise TypeError(f"expected a database of {' or '.join(sorted(_DIALECTS))}, got {name}")
        self.dialect = _DIALECTS[name]

    async def hands(self) -> Hands:
        """Hands on the driver's connection, with a transaction that SQLAlchemy knows of."""
        connection = await self._connection()
        driver: Any = await self._driver(connection)
        if self._known[0] is not driver:
            self._known = (driver, driver_hands(driver))
        hands: Any = self._known[1]
        if hands.ended():
            # The first statement goes through SQLAlchemy: some of its drivers begin a transaction only then.
            begun = connection.exec_driver_sql("SELECT 1")
            if isinstance(connection, AsyncConnection):
                await begun
        return await hands.hands()

    async def _connection(self) -> Any:
        if isinstance(self._what, AsyncSession):
            return await self._what.connection()
        return self._what.connection() if isinstance(self._what, Session) else self._what

    async def _driver(self, connection: Any) -> Any:
        if isinstance(connection, AsyncConnection):
            return (await connection.get_raw_connection()).driver_connection
        assert isinstance(connection, Connection)
        if connection.dialect.is_async:
            raise StorageError("this session is the inside of an asynchronous one: adopt the AsyncSession itself")
        return connection.connection.driver_connection

    def after_commit(self, call: Callable[[], None]) -> None:
        """After the session's commit; of a bare connection, when its transaction has been seen to end."""
        if not isinstance(self._inner, Session):
            hands: Any = self._known[1]
            hands.after_commit(call)
            return
        session: Any = self._inner
        if _CALLS not in session.info:
            session.info[_CALLS] = []
            event.listen(session, "after_commit", _committed)
            event.listen(session, "after_transaction_end", _ended)
        session.info[_CALLS].append(call)


def _committed(session: Session) -> None:
    # Also heard when a savepoint is released, which commits nothing.
    if not session.in_nested_transaction():
        for call in session.info.get(_CALLS, ()):
            call()


def _ended(session: Session, transaction: Any) -> None:
    if transaction.parent is None:
        session.info.get(_CALLS, []).clear()
