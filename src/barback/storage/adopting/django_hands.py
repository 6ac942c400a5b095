"""Hands on Django's database connections: we work on the driver's connection below them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from barback.storage.adopting.drivers import driver_hands
from barback.storage.adopting.hands import Hands
from barback.storage.database import StorageError

_DIALECTS = {"sqlite": "sqlite", "postgresql": "postgres"}
_NONE_OPEN = (
    "no transaction is open on this Django connection: put your rows and the message into "
    "`with transaction.atomic():`, or set ATOMIC_REQUESTS"
)


class DjangoHeld:
    """See `Held`."""

    def __init__(self, connection: Any) -> None:
        """`connection`: `django.db.connection`, or one of `django.db.connections`."""
        self._connection = connection
        self._known: tuple[Any, Any] = (None, None)
        if connection.vendor not in _DIALECTS:
            raise TypeError(f"expected a Django database of {' or '.join(sorted(_DIALECTS))}, got {connection.vendor}")
        self.dialect = _DIALECTS[connection.vendor]

    async def hands(self) -> Hands:
        """Hands on the driver's connection, inside of `atomic`."""
        if not self._connection.in_atomic_block:
            raise StorageError(_NONE_OPEN)
        driver: Any = self._connection.connection
        if self._known[0] is not driver:
            self._known = (driver, driver_hands(driver))
        return await self._known[1].hands()

    def after_commit(self, call: Callable[[], None]) -> None:
        """As Django says: after the commit of the outermost `atomic`, never when it is rolled back."""
        self._connection.on_commit(call, robust=True)
