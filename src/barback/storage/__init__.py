"""Storage: transactions, statements and migrations over SQLite and PostgreSQL.

The only floor that imports a database driver. Everything above gets a `Transaction` as an
argument and never knows which of the two is underneath; `tests/conformance` holds both to one
behaviour. Differences that must stay are listed in `docs/reference/differences.md`.
"""

from barback.storage.adopting import adopt, run_sync
from barback.storage.bells import Bell
from barback.storage.database import (
    Database,
    Params,
    Row,
    StorageError,
    Transaction,
    UniqueViolationError,
    open_database,
)
from barback.storage.migrations import MigrationSet, migrate, migrate_in, pending, text_for
from barback.storage.statements import Statement, Statements, sql, statements

__all__ = [
    "Bell",
    "Database",
    "MigrationSet",
    "Params",
    "Row",
    "Statement",
    "Statements",
    "StorageError",
    "Transaction",
    "UniqueViolationError",
    "adopt",
    "migrate",
    "migrate_in",
    "open_database",
    "pending",
    "run_sync",
    "sql",
    "statements",
    "text_for",
]
