"""Figures of the queues, as an operator sees them, in few statements that cost little however much is waiting.

A count stops at `CAP` for each queue (`at_least` says so). `Watcher` shares one look among everybody
who watches, and looks only as often as that stays a twentieth of the time.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from barback.engine import bundles, store
from barback.engine.tally import MINUTE_MS
from barback.storage import Database, Row, Transaction, statements

SQL = statements(__file__, "console.sql")

CAP = 10_000
NOBODY = "nobody"
HOUR_MS = 60 * MINUTE_MS
IDLE_SILENT_MS = 150_000
HOLDING_SILENT_MS = 10_000
LOOK_EVERY_S = 0.25
LOOK_SHARE = 20
_CLOSED_AFTER_MS = 3 * MINUTE_MS


class QueueFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One queue. `waiting` have a key and stand behind another of it, or are not in line yet."""

    queue: str
    paused: bool
    ready: int
    waiting: int
    scheduled: int
    leased: int
    dead: int
    at_least: bool
    oldest_ms: int | None
    next_due_ms: int | None
    rate_per_second: float
    failed_last_hour: int
    died_last_hour: int
    workers: int


_QUIET: dict[str, Any] = {
    **dict.fromkeys(("ready", "waiting", "scheduled", "leased", "dead"), 0),
    **dict.fromkeys(("failed_last_hour", "died_last_hour", "workers"), 0),
    **dict.fromkeys(("paused", "at_least"), False),
    **dict.fromkeys(("oldest_ms", "next_due_ms")),
    "rate_per_second": 0.0,
}


class WorkerFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One worker. `state`: working (holds messages), idle, or silent (no beat for longer than it should be)."""

    id: str
    host: str
    pid: int
    queues: list[str]
    state: str
    leased: int
    oldest_claim_ms: int | None
    started_ms: int
    seen_ms: int


class Minute(msgspec.Struct, frozen=True):
    """What was settled in the minute that began at `minute_ms`."""

    minute_ms: int
    done: int
    failed: int
    dead: int


class TaskFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One task in the last hour. `mean_us` is handler time for one message, in microseconds."""

    task: str
    done: int
    failed: int
    dead: int
    mean_us: int


class ScheduleFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One schedule. `late` when its next tick is more than a minute ago: nobody fires it."""

    name: str
    cron: str
    zone: str
    missed: str
    next_ms: int
    last_ms: int | None
    late: bool


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything at one instant: queues, workers and schedules by name, and the last sixty minutes."""

    as_of_ms: int
    queues: list[QueueFigures]
    workers: list[WorkerFigures]
    schedules: list[ScheduleFigures]
    minutes: list[Minute]


async def queues(tx: Transaction, workers: Sequence[WorkerFigures]) -> list[QueueFigures]:
    """Every queue that is known or holds anything, by name."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in await tx.all(store.SQL.queues):
        found[str(row["name"])]["paused"] = bool(row["paused"])
    await _count_waiting(tx, found)
    await _count_rates(tx, found)
    for worker in workers:
        for name in worker.queues:
            found[name]["workers"] = found[name].get("workers", 0) + (worker.state != "silent")
    return [QueueFigures(queue=name, **(_QUIET | found[name])) for name in sorted(found)]


async def _count_waiting(tx: Transaction, found: dict[str, dict[str, Any]]) -> None:
    if tx.dialect == "postgres":
        await tx.one(SQL.figures_walk)
    counted = [
        (await tx.all(SQL.figures_ready, cap=CAP), "ready"),
        (await tx.all(SQL.figures_arrival, cap=CAP), "waiting"),
        (await tx.all(SQL.figures_parked, cap=CAP), "waiting"),
        (await tx.all(SQL.figures_later, cap=CAP), "scheduled"),
        (await tx.all(SQL.figures_dead, cap=CAP), "dead"),
        (await tx.all(SQL.figures_bundle, cap=CAP // bundles.SIZE), "ready"),
        (await tx.all(SQL.figures_line, cap=CAP), "ready"),
    ]
    for rows, name in counted:
        for row in rows:
            figures = found[str(row["queue"])]
            figures[name] = figures.get(name, 0) + row["n"]
            figures["at_least"] = figures.get("at_least", False) or row["n"] >= CAP
    (ready, _), (arrival, _), _, (later, _), _, (bundle, _), (line, _) = counted
    for row in ready:
        # The first in turn, and the first of those that come last in turn: the ones that starve.
        found[str(row["queue"])]["oldest_ms"] = min(row["first_ms"], row["last_in_turn_ms"])
    for row in (*arrival, *bundle, *line):
        figures = found[str(row["queue"])]
        figures["oldest_ms"] = min(figures.get("oldest_ms", row["first_ms"]), row["first_ms"])
    for row in later:
        found[str(row["queue"])]["next_due_ms"] = row["next_ms"]


async def _count_rates(tx: Transaction, found: dict[str, dict[str, Any]]) -> None:
    for row in await tx.all(SQL.figures_leased):
        figures = found[str(row["queue"])]
        # What a worker that died had in its hands is set aside, held by nobody: it can run.
        state = "ready" if row["worker"] == NOBODY else "leased"
        figures[state] = figures.get(state, 0) + row["n"]
    # This minute and the one before: never less than a minute to divide by.
    since_ms = tx.now_ms - tx.now_ms % MINUTE_MS - MINUTE_MS
    for row in await tx.all(SQL.figures_rate, since_ms=since_ms):
        found[str(row["queue"])]["rate_per_second"] = round(row["done"] * 1000 / (tx.now_ms - since_ms), 2)
    for row in await tx.all(SQL.figures_failed, since_ms=_hour_of(tx.now_ms)):
        figures = found[str(row["queue"])]
        figures["failed_last_hour"], figures["died_last_hour"] = row["failed"], row["dead"]


async def workers(tx: Transaction) -> list[WorkerFigures]:
    """Every worker that has entered its name, by name."""
    held: dict[str, list[Row]] = defaultdict(list)
    for row in await tx.all(SQL.figures_leased):
        held[str(row["worker"])].append(row)
    return [_worker(row, held[str(row["id"])], tx.now_ms) for row in await tx.all(store.SQL.workers)]


def _worker(row: Row, held: list[Row], now_ms: int) -> WorkerFigures:
    silent_ms = HOLDING_SILENT_MS if held else IDLE_SILENT_MS
    state = "silent" if now_ms - row["seen_ms"] > silent_ms else "working" if held else "idle"
    return WorkerFigures(
        id=row["id"],
        host=row["host"],
        pid=row["pid"],
        queues=[name for name in str(row["queues"]).split(",") if name],
        state=state,
        leased=sum(one["n"] for one in held),
        oldest_claim_ms=min((one["first_ms"] for one in held), default=None),
        started_ms=row["started_ms"],
        seen_ms=row["seen_ms"],
    )


async def schedules(tx: Transaction) -> list[ScheduleFigures]:
    """Every schedule, by name."""
    return [
        ScheduleFigures(
            name=row["name"],
            cron=row["cron"],
            zone=row["zone"],
            missed=row["missed"],
            next_ms=row["next_ms"],
            last_ms=row["last_ms"],
            late=row["next_ms"] < tx.now_ms - MINUTE_MS,
        )
        for row in await tx.all(store.SQL.schedules)
    ]


async def queue_hour(tx: Transaction, queue: str) -> tuple[list[Minute], list[TaskFigures]]:
    """The last sixty minutes of one queue, and its tasks in them, the busiest first."""
    first = _hour_of(tx.now_ms)
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
    return [Minute(at, *counts) for at, counts in by_minute.items()], tasks


def _hour_of(now_ms: int) -> int:
    """The first of the sixty minutes that end with the present one."""
    return now_ms - now_ms % MINUTE_MS - HOUR_MS + MINUTE_MS


class Watcher:
    """One look for all who watch one database: shared while it is fresh, and never two at a time."""

    def __init__(self) -> None:
        """Use `watcher_of`, so that all share one."""
        self._closed: dict[int, Minute] = {}
        self._seen: Snapshot | None = None
        self._fresh_until = 0.0
        self._changed = False
        self._looking = asyncio.Lock()

    async def look(self, db: Database, *, anew: bool = False) -> Snapshot:
        """Everything now, or as it was a moment ago; `anew` does not take what was seen before."""
        if self._seen is not None and not anew and time.monotonic() < self._fresh_until:
            return self._seen
        async with self._looking:
            if self._seen is not None and not anew and time.monotonic() < self._fresh_until:
                return self._seen
            self._changed = False
            began = time.monotonic()
            async with db.reading() as tx:
                self._seen = await self._snapshot(tx)
            ended = time.monotonic()
            if not self._changed:
                self._fresh_until = ended + max(LOOK_EVERY_S, (ended - began) * LOOK_SHARE)
            return self._seen

    def forget(self) -> None:
        """Something was changed: the next who asks looks anew."""
        self._fresh_until = 0.0
        self._changed = True

    async def _snapshot(self, tx: Transaction) -> Snapshot:
        who = await workers(tx)
        return Snapshot(
            as_of_ms=tx.now_ms,
            queues=await queues(tx, who),
            workers=who,
            schedules=await schedules(tx),
            minutes=await self._minutes(tx),
        )

    async def _minutes(self, tx: Transaction) -> list[Minute]:
        """The last sixty minutes; those that are over for a while do not change and are read once."""
        first = _hour_of(tx.now_ms)
        self._closed = {at: minute for at, minute in self._closed.items() if at >= first}
        since_ms = max(self._closed, default=first - MINUTE_MS) + MINUTE_MS
        read = {
            row["minute_ms"]: Minute(row["minute_ms"], row["done"], row["failed"], row["dead"])
            for row in await tx.all(SQL.minutes_of_all, since_ms=since_ms)
        }
        found: Mapping[int, Minute] = {**self._closed, **read}
        hour = [found.get(at, Minute(at, 0, 0, 0)) for at in range(first, tx.now_ms + 1, MINUTE_MS)]
        self._closed = {minute.minute_ms: minute for minute in hour if minute.minute_ms <= tx.now_ms - _CLOSED_AFTER_MS}
        return hour


_watchers: WeakKeyDictionary[Database, Watcher] = WeakKeyDictionary()


def watcher_of(db: Database) -> Watcher:
    """The watcher that all who look at `db` in this process share."""
    return _watchers.setdefault(db, Watcher())
