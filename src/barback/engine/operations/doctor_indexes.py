"""Which indexes our migrations make, and which of them are not there: a claim without its index reads every row."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from barback.storage import MigrationSet, Statement, Transaction, text_for

_STEP = re.compile(
    r"^\s*(?:CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:IF\s+NOT\s+EXISTS\s+)?(?P<made>\w+)\s+ON\s+(?P<on>\w+)[^;]*"
    r"|DROP\s+INDEX\s+(?:IF\s+EXISTS\s+)?(?P<dropped>\w+)"
    r"|DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?P<table>\w+))",
    re.IGNORECASE | re.MULTILINE,
)


def expected(sets: Sequence[MigrationSet], dialect: str) -> dict[str, str]:
    """Name → the statement that makes it, of every index that all migrations together leave behind."""
    made: dict[str, tuple[str, str]] = {}
    for one in sets:
        for path in sorted(one.folder.glob("*.sql")):
            for step in _STEP.finditer(text_for(dialect, path.read_text(encoding="utf-8"))):
                if step["made"]:
                    made[step["made"]] = (step["on"], " ".join(step[0].split()))
                made = {name: its for name, its in made.items() if name != step["dropped"] and its[0] != step["table"]}
    return {name: statement for name, (_, statement) in made.items()}


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
