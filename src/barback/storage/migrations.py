"""Migrations: numbered files, one per change, both dialects in one file, applied once, in order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from barback.storage.database import StorageError
from barback.storage.statements import Statement

if TYPE_CHECKING:
    from barback.storage.database import Database, Transaction

_FILE = re.compile(r"^(\d{4})_\w+\.sql$")
_DIALECT = re.compile(r"^-- dialect: (sqlite|postgres)\s*$")


def _both(name: str, sql: str) -> Statement:
    return Statement(f"storage/migrations.py: {name}", {"sqlite": sql, "postgres": sql})


_LOCK = Statement("storage/migrations.py: lock", {"postgres": "SELECT pg_advisory_xact_lock(726167)"})
_CREATE = (
    "CREATE TABLE IF NOT EXISTS barback_migration "
    "(owner TEXT, number BIGINT, file TEXT, applied_ms BIGINT, PRIMARY KEY (owner, number))"
)
_DONE = _both("done", "SELECT owner, number FROM barback_migration")
_RECORD = _both(
    "record", "INSERT INTO barback_migration (owner, number, file, applied_ms) VALUES (:owner, :number, :file, :now_ms)"
)


@dataclass(frozen=True)
class MigrationSet:
    """The migrations of one owner (the engine, or a room): `folder` holds `0001_what.sql` and on."""

    owner: str
    folder: Path


def text_for(dialect: str, text: str) -> str:
    """The part of a migration file that is for `dialect`: lines before any heading are for both."""
    lines: list[str] = []
    current: str | None = None
    for line in text.splitlines():
        heading = _DIALECT.match(line)
        if heading:
            current = heading.group(1)
        elif line.strip() == "-- dialect: both":
            current = None
        elif current in (None, dialect):
            lines.append(line)
    return "\n".join(lines)


async def migrate(db: Database, sets: Sequence[MigrationSet]) -> list[str]:
    """Bring the database up to date; returns what was applied. Safe to run from many nodes at once."""
    async with db.transaction() as tx:
        return await migrate_in(tx, sets)


async def migrate_in(tx: Transaction, sets: Sequence[MigrationSet]) -> list[str]:
    """Bring the database up to date in a transaction that is open, as another tool's migration has one."""
    if tx.dialect == "postgres":
        await tx.one(_LOCK)
    await tx.script(_CREATE)
    done = {(row["owner"], row["number"]) for row in await tx.all(_DONE)}
    applied: list[str] = []
    for one in sets:
        for number, path in _files(one):
            if (one.owner, number) not in done:
                await _apply(tx, one, number, path)
                applied.append(f"{one.owner}/{path.name}")
    return applied


async def pending(db: Database, sets: Sequence[MigrationSet]) -> list[str]:
    """What `migrate` would apply; changes nothing."""
    done: set[tuple[str, int]] = set()
    try:
        async with db.reading() as tx:
            done = {(row["owner"], row["number"]) for row in await tx.all(_DONE)}
    except StorageError as error:
        if error.transient:
            raise  # else: not even the table of what was applied is there
    return [
        f"{one.owner}/{path.name}" for one in sets for number, path in _files(one) if (one.owner, number) not in done
    ]


def _files(one: MigrationSet) -> list[tuple[int, Path]]:
    """Number and path of each migration, in order; a gap or a stray file is an error."""
    found: list[tuple[int, Path]] = []
    for path in sorted(one.folder.glob("*.sql")):
        match = _FILE.match(path.name)
        if not match:
            raise ValueError(f"{path}: expected a name like 0001_what_it_does.sql")
        found.append((int(match.group(1)), path))
    numbers = [number for number, _ in found]
    if numbers != list(range(1, len(numbers) + 1)):
        raise ValueError(f"{one.folder}: expected migrations numbered 1..{len(numbers)} without gaps, got {numbers}")
    return found


async def _apply(tx: Transaction, one: MigrationSet, number: int, path: Path) -> None:
    await tx.script(text_for(tx.dialect, path.read_text(encoding="utf-8")))  # noqa: ASYNC240 - once, at the start
    await tx.run(_RECORD, owner=one.owner, number=number, file=path.name, now_ms=tx.now_ms)
