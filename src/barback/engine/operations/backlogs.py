"""What waits in each queue, counted once a minute for the chart of a day; many deep queues do not cost more.

All queues are counted to `SHALLOW`, and `DEEP_A_MINUTE` of those that are deeper to `CAP`: they take turns by the
minute, so that it does not matter which worker counts. The others are told as they were a minute ago.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from barback.engine.history.tally import MINUTE_MS
from barback.engine.operations import depths
from barback.engine.operations.depths import SHALLOW
from barback.engine.operations.figures import NOBODY
from barback.storage import Transaction, statements

SQL = statements(__file__, "minutes.sql")

TABLES = ("ready", "line", "arrival", "parked")
DEEP_A_MINUTE = 60
"""Queues that are counted to the end in one minute: three hundred deep ones get round in five, a step of the chart."""
_KNOWN_MS = 10 * MINUTE_MS
"""What was counted longer ago than this is not told any more: no worker was awake."""


async def backlog(tx: Transaction, minute_ms: int) -> dict[str, int]:
    """How many wait or can run by queue, in each table `depths.CAP` at most; queues where nothing does are left out."""
    found = await depths.shallow(tx, SHALLOW, TABLES)
    waiting: Counter[str] = Counter()
    for rows in found.values():
        for row in rows:
            waiting[str(row["queue"])] += int(row["n"])
    for row in await tx.all(SQL.minute_nobody, worker=NOBODY):
        waiting[str(row["queue"])] += int(row["n"])
    deep = {table: {str(row["queue"]) for row in found[table] if row["n"] >= SHALLOW} for table in TABLES}
    every = sorted({queue for queues in deep.values() for queue in queues})
    before = {
        str(row["queue"]): int(row["waiting"])
        for row in await tx.all(SQL.minute_before, since_ms=minute_ms - _KNOWN_MS, minute_ms=minute_ms)
    }
    counted = _turn(every, before, minute_ms)
    for table, queues in deep.items():
        for queue in sorted(queues & counted):
            waiting[queue] += await depths.one(tx, table, queue) - SHALLOW
    for queue in set(every) - counted:
        waiting[queue] = max(waiting[queue], before[queue])
    return {queue: n for queue, n in waiting.items() if n}


def _turn(deep: Sequence[str], before: Mapping[str, int], minute_ms: int) -> set[str]:
    """Of the deep queues those whose turn it is, and those of which nothing is known."""
    first = minute_ms // MINUTE_MS * DEEP_A_MINUTE % max(1, len(deep))
    return {*[*deep[first:], *deep[:first]][:DEEP_A_MINUTE], *(queue for queue in deep if queue not in before)}
