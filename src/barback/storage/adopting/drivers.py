"""Which module of ours goes with which driver; loaded when an object of that driver is met."""

from __future__ import annotations

import importlib
from typing import Any

_DRIVERS = {
    "sqlite3": ("sqlite_hands", "SqliteHands"),
    "aiosqlite": ("sqlite_hands", "SqliteHands"),
    "psycopg": ("psycopg_hands", "PsycopgHands"),
    "asyncpg": ("asyncpg_hands", "AsyncpgHands"),
}


def roots_of(what: object) -> list[str]:
    """The top-level packages that the class of `what` and its bases come from."""
    return [kind.__module__.partition(".")[0] for kind in type(what).__mro__]


def loaded(module: str, kind: str) -> Any:
    """The class `kind` of the module beside this one."""
    return getattr(importlib.import_module(f"barback.storage.adopting.{module}"), kind)


def driver_hands(connection: object) -> Any:
    """Hands on a driver's own connection. Raises TypeError, with the cure, for a driver that we do not know."""
    roots = roots_of(connection)
    for root in roots:
        if root in _DRIVERS:
            return loaded(*_DRIVERS[root])(connection)
    raise TypeError(
        f"expected a connection of one of the drivers {', '.join(sorted(_DRIVERS))}, got {type(connection).__name__} "
        f"of {roots[0]}; for PostgreSQL choose psycopg (version 3) or asyncpg"
    )
