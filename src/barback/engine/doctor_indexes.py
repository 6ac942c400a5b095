"""Which indexes our migrations make, and which of them are not there: a claim without its index reads every row."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from barback.storage import MigrationSet, Statement, Transaction, text_for

_MADE = re.compile(
    r"^\s*CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)\s+ON\b[^;]*", re.IGNORECASE | re.MULTILINE
)
_DROPPED = re.compile(r"^\s*DROP\s+INDEX\s+(?:IF\s+EXISTS\s+)?(\w+)", re.IGNORECASE | re.MULTILINE)


def expected(sets: Sequence[MigrationSet], dialect: str) -> dict[str, str]:
    """Name → the statement that makes it, of every index that all migrations together leave behind."""
    made: dict[str, str] = {}
    for one in sets:
        for path in sorted(one.folder.glob("*.sql")):
            text = text_for(dialect, path.read_text(encoding="utf-8"))
            for name in _DROPPED.findall(text):
                made.pop(name, None)
            made |= {match[1]: " ".join(match[0].split()) for match in _MADE.finditer(text)}
    return made


async def missing(
    tx: Transaction, sets: Sequence[MigrationSet], indexes: Statement, finding: Callable[..., Any]
) -> list[Any]:
    """A finding for each index that is missing or, half made by a statement that failed, not used."""
    there = {str(row["name"]): bool(row["valid"]) for row in await tx.all(indexes)}
    found: list[Any] = []
    for name, made in expected(sets, tx.dialect).items():
        if name not in there:
            found.append(
                finding("missing_index", "bad", f"index:{name}", f"the index {name} is not there", f"run: {made}")
            )
        elif not there[name]:
            cure = f"run: REINDEX INDEX CONCURRENTLY {name}"
            found.append(finding("missing_index", "bad", f"index:{name}", f"the index {name} is not valid", cure))
    return found
