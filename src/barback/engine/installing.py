"""The engine's tables in somebody's database: made by us, or inside of their own tool's migration."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from barback.storage import Database, MigrationSet, adopt, migrate_in, run_sync

MIGRATIONS = MigrationSet("engine", Path(__file__).with_name("migrations"))


async def migrate(db: Database, sets: Sequence[MigrationSet] = (MIGRATIONS,)) -> list[str]:
    """Make or update the tables of `sets`, by default the engine's; returns the names of what was applied.

    Safe to run at each start, from many processes at once: whatever was applied is not applied again.
    """
    async with db.transaction() as tx:
        return await migrate_in(tx, sets)


def install(connection: object) -> list[str]:
    """`migrate` in the transaction that is open on a synchronous `connection`, as `adopt` takes it.

    For a migration of another tool: `barback.install(op.get_bind())` with Alembic,
    `barback.install(schema_editor.connection)` with Django. Returns the names of what was applied.
    """
    return run_sync(migrate_in(adopt(connection), (MIGRATIONS,)))
