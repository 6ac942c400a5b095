"""Barback: an order-taking platform for events and venues, on a work engine of its own.

`import barback` offers the engine, which can be used alone; `docs/alone/` shows how. It loads neither
the platform nor a web framework, and of database drivers only what is used.
"""

from barback import engine
from barback.engine import *  # noqa: F403 - the engine is what `import barback` offers
from barback.foundation.clock import Clock, HandClock, SystemClock
from barback.storage import (
    Database,
    MigrationSet,
    StorageError,
    Transaction,
    UniqueViolationError,
    adopt,
    open_database,
    run_sync,
    sql,
    statements,
)

__all__ = [
    "Clock",
    "Database",
    "HandClock",
    "MigrationSet",
    "StorageError",
    "SystemClock",
    "Transaction",
    "UniqueViolationError",
    "adopt",
    "open_database",
    "run_sync",
    "sql",
    "statements",
]
__all__ += engine.__all__
