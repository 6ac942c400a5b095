"""What the database is asked: every statement counted, and at how many rows PostgreSQL looked."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from barback.storage import Statement, Transaction, sql
from barback.storage.postgres_transaction import PostgresTransaction
from barback.storage.sqlite import SqliteTransaction


def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Every statement of every connection of this process from now on, by its text."""
    seen: Counter[str] = Counter()
    lock = threading.Lock()

    def counting(original: Callable[..., Any]) -> Callable[..., Any]:
        async def call(self: Any, statement: Statement, *args: Any, **params: Any) -> Any:
            with lock:
                seen[statement.postgres or statement.sqlite] += 1
            return await original(self, statement, *args, **params)

        return call

    for kind in (SqliteTransaction, PostgresTransaction):
        for name in ("all", "one", "run", "many"):
            monkeypatch.setattr(kind, name, counting(getattr(kind, name)))
    return seen


async def plan_of(tx: Transaction, statement: Statement, **values: str) -> list[dict[str, Any]]:
    """The nodes of what PostgreSQL did to carry out a statement; `values` are literals."""
    await tx.script(f"PREPARE explained AS {statement.postgres}")
    given = f"({', '.join(values[name] for name in statement.names)})" if statement.names else ""
    [row] = await tx.all(sql("", f"EXPLAIN (ANALYZE, VERBOSE, BUFFERS, FORMAT JSON) EXECUTE explained{given}"))
    await tx.script("DEALLOCATE explained")
    return list(_nodes(json.loads(row[0])[0]["Plan"]))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for one in plan.get("Plans", ()):
        yield from _nodes(one)


def rows_looked_at(plan: list[dict[str, Any]]) -> int:
    """Rows that scans of tables and indexes came by, those that were left out as well."""
    scans = [node for node in plan if "Relation Name" in node]
    return sum((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in scans)
