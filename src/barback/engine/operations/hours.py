"""The last hour, minute by minute: of one queue with its tasks, and what waited."""

from __future__ import annotations

from collections import defaultdict

import msgspec

from barback.engine.history.tally import MINUTE_MS
from barback.storage import Transaction, statements

SQL = statements(__file__, "console.sql")

HOUR_MS = 60 * MINUTE_MS


class Minute(msgspec.Struct, frozen=True):
    """What was settled in the minute that began at `minute_ms`, and what waited then.

    `waiting` is null where nobody looked: no worker was awake.
    """

    minute_ms: int
    done: int
    failed: int
    dead: int
    waiting: int | None = None


class TaskFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One task in the last hour. `mean_us` is handler time for one message, in microseconds."""

    task: str
    done: int
    failed: int
    dead: int
    mean_us: int


async def queue_hour(tx: Transaction, queue: str) -> tuple[list[Minute], list[TaskFigures]]:
    """The last sixty minutes of one queue, and its tasks in them, the busiest first."""
    first = hour_of(tx.now_ms)
    minutes = list(range(first, tx.now_ms + 1, MINUTE_MS))
    by_minute = {at: [0, 0, 0] for at in minutes}
    by_task: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in await tx.all(SQL.tally_of_queue, queue=queue, minutes=minutes):
        for n, name in enumerate(("done", "failed", "dead", "wall_us")):
            by_task[row["task"]][n] += row[name]
            if name != "wall_us":
                by_minute[row["minute_ms"]][n] += row[name]
    tasks = [
        TaskFigures(task=task, done=done, failed=failed, dead=dead, mean_us=wall_us // max(1, done + failed))
        for task, (done, failed, dead, wall_us) in by_task.items()
    ]
    tasks.sort(key=lambda one: (-one.done - one.failed, one.task))
    waited = await waiting_of(tx, queue, first)
    return [Minute(at, *counts[:3], waiting=waited.get(at)) for at, counts in by_minute.items()], tasks


async def waiting_of(tx: Transaction, queue: str, since_ms: int) -> dict[int, int]:
    """How many waited in each minute at which somebody looked; the queue "" is all of them."""
    found = {
        int(row["minute_ms"]): row["waiting"] for row in await tx.all(SQL.waiting_of, queue=queue, since_ms=since_ms)
    }
    if queue == "":
        return {at: count for at, count in found.items() if count is not None}
    return {
        int(row["minute_ms"]): found.get(int(row["minute_ms"])) or 0
        for row in await tx.all(SQL.minutes_looked, since_ms=since_ms)
    }


def hour_of(now_ms: int) -> int:
    """The first of the sixty minutes that end with the present one."""
    return now_ms - now_ms % MINUTE_MS - HOUR_MS + MINUTE_MS
