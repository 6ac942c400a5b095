"""How deep queues are: few messages are counted at every look, many now and then, and never more than a look may read.

Three hundred queues with thousands of messages in each state are millions of places in the indexes: a second of the
database's time for every look. So a look counts each queue to `SHALLOW`; those that are deeper take turns, as many
as `ROWS_A_SECOND` allows, and in between are told as they were when they were counted last.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from barback.engine.bulk import bundles
from barback.storage import Row, Transaction, statements

SQL = statements(__file__, "console.sql")

CAP = 10_000
"""Where counting stops for each queue and state: what is told then is "at least"."""
SHALLOW = 100
ROWS_A_SECOND = 20_000
ROWS_MIN, ROWS_MAX = 10_000, 100_000
"""What one look may count beyond `SHALLOW`, however long ago the last one was."""

_STATES = {
    "ready": (SQL.figures_ready, SQL.depth_ready),
    "arrival": (SQL.figures_arrival, SQL.depth_arrival),
    "parked": (SQL.figures_parked, SQL.depth_parked),
    "later": (SQL.figures_later, SQL.depth_later),
    "dead": (SQL.figures_dead, SQL.depth_dead),
    "line": (SQL.figures_line, SQL.depth_line),
}

_TOLD = {
    "ready": ("first_ms", "last_in_turn_ms"), "arrival": ("first_ms",), "bundle": ("first_ms",), "line": ("first_ms",),
    "later": ("next_ms",),
}  # fmt: skip

Counted = dict[str, Any]
"""A queue in one table: `queue`, `n`, `at_least`, and what else its statement tells."""


class Depths:
    """Counts for one watcher, who looks again and again; `rows` is what the last look read beyond `SHALLOW`."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        # The one that was counted longest ago comes first.
        self._known: dict[tuple[str, str], int] = {}
        self._looked_at = 0.0
        self.rows = 0

    async def count(self, tx: Transaction) -> dict[str, list[Counted]]:
        """What waits, by table, then by queue."""
        found = await shallow(tx, SHALLOW)
        deep = {
            (table, str(row["queue"])): row
            for table, rows in found.items()
            if table in _STATES
            for row in rows
            if row["n"] >= SHALLOW
        }
        self._known = {place: n for place, n in self._known.items() if place in deep}
        await self._count_in_turn(tx, [*(place for place in deep if place not in self._known), *self._known])
        for place, row in deep.items():
            row["n"] = max(row["n"], self._known.get(place, 0))
            row["at_least"] = self._known.get(place, CAP) >= CAP
        return found

    async def _count_in_turn(self, tx: Transaction, places: Sequence[tuple[str, str]]) -> None:
        now = time.monotonic()
        budget = min(ROWS_MAX, max(ROWS_MIN, round((now - self._looked_at) * ROWS_A_SECOND)))
        self._looked_at, self.rows = now, 0
        for place in places:
            if self.rows >= budget:
                return
            table, queue = place
            self._known.pop(place, None)
            self._known[place] = await one(tx, table, queue)
            self.rows += self._known[place]


async def whole(tx: Transaction) -> dict[str, list[Counted]]:
    """Every queue counted to `CAP` at once, for those who look once."""
    return await shallow(tx, CAP)


async def queues(tx: Transaction) -> set[str]:
    """The names of all queues in which something waits or is dead."""
    return {str(row["queue"]) for rows in (await shallow(tx, 1)).values() for row in rows}


async def one(tx: Transaction, table: str, queue: str) -> int:
    """How many of a queue are in one table, to `CAP`."""
    row = await tx.one(_STATES[table][1], queue=queue, cap=CAP)
    return 0 if row is None else int(row["n"])


async def shallow(tx: Transaction, cap: int, tables: Sequence[str] = tuple(_STATES)) -> dict[str, list[Counted]]:
    """Every queue in these tables, each to `cap`, and what waits in bundles."""
    if tx.dialect == "postgres":
        await tx.one(SQL.figures_walk)
    found: dict[str, list[Counted]] = {}
    for table in tables:
        found[table] = [_counted(table, row) for row in await tx.all(_STATES[table][0], cap=cap)]
    # A bundle is a hundred messages: there are few of them.
    rows = await tx.all(SQL.figures_bundle, cap=CAP // bundles.SIZE)
    return found | {"bundle": [_counted("bundle", row) for row in rows]}


def _counted(table: str, row: Row) -> Counted:
    counted = {name: row[name] for name in ("queue", "n", *_TOLD.get(table, ()))}
    return counted | {"at_least": counted["n"] >= CAP}
