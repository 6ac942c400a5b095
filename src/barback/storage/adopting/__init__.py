"""Adopting: work in a transaction that somebody else's program began, and will end.

`adopt(connection)` takes what the program has in its hands and makes a `Transaction` of it: rows of
the program and messages of the engine are then one commit (E1). Nothing here begins, commits or rolls
back for the program, and bells ring when *its* commit is done. Taken are:

- `sqlite3.Connection`, `aiosqlite.Connection`
- `psycopg.Connection`, `psycopg.AsyncConnection`, `asyncpg.Connection`, also from a pool
- SQLAlchemy's `Session`, `AsyncSession`, `Connection`, `AsyncConnection` and scoped sessions over any of these drivers
- Django's `django.db.connection`, or one of `connections`

A module of this folder is loaded when an object of its driver is met, and not before.
"""

from barback.storage.adopting.adopt import adopt
from barback.storage.adopting.by_hand import run_sync

__all__ = ["adopt", "run_sync"]
