"""Figures of the queues, as an operator sees them, in few statements that cost little however much is waiting.

A count stops at `depths.CAP` for each queue (`at_least` says so). `Watcher` shares one look among everybody
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

from barback.engine import store
from barback.engine.history.tally import MINUTE_MS
from barback.engine.operations.depths import Counted, Depths, whole
from barback.engine.operations.hours import Minute, hour_of, waiting_of
from barback.engine.operations.worker_figures import WorkerFigures, workers
from barback.storage import Database, Row, Transaction, statements

SQL = statements(__file__, "console.sql")

_STATE_OF = {
    "ready": "ready", "bundle": "ready", "line": "ready", "arrival": "waiting", "parked": "waiting",
    "later": "scheduled", "dead": "dead",
}  # fmt: skip
NOBODY = "nobody"
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


def quiet(queue: str) -> QueueFigures:
    """A queue that nothing was ever seen of."""
    return QueueFigures(queue=queue, **_QUIET)


class ScheduleFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One schedule. `late` when its next tick is more than a minute ago: nobody fires it.

    `asked_ms`: since when somebody wants it to run now, until a worker has fired it.
    """

    name: str
    cron: str
    zone: str
    missed: str
    next_ms: int
    last_ms: int | None
    late: bool
    task: str
    queue: str
    paused: bool
    asked_ms: int | None

    def due(self, now_ms: int) -> bool:
        """Whether a worker has something to fire."""
        return self.asked_ms is not None or (not self.paused and self.next_ms <= now_ms)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything at one instant: queues, workers and schedules by name, and the last sixty minutes."""

    as_of_ms: int
    queues: list[QueueFigures]
    workers: list[WorkerFigures]
    schedules: list[ScheduleFigures]
    minutes: list[Minute]


async def queues(tx: Transaction, workers: Sequence[WorkerFigures], depths: Depths | None = None) -> list[QueueFigures]:
    """Every queue that is known or holds anything, by name. Without `depths` all of them are counted at once."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in await tx.all(store.SQL.queues):
        found[str(row["name"])]["paused"] = bool(row["paused"])
    _add_waiting(await (whole(tx) if depths is None else depths.count(tx)), found)
    await _count_rates(tx, found)
    for worker in workers:
        for name in worker.queues:
            found[name]["workers"] = found[name].get("workers", 0) + worker.works
    return [QueueFigures(queue=name, **(_QUIET | found[name])) for name in sorted(found)]


def _add_waiting(counted: dict[str, list[Counted]], found: dict[str, dict[str, Any]]) -> None:
    for table, name in _STATE_OF.items():
        for row in counted[table]:
            figures = found[str(row["queue"])]
            figures[name] = figures.get(name, 0) + row["n"]
            figures["at_least"] = figures.get("at_least", False) or row["at_least"]
    for row in counted["ready"]:
        # The first in turn, and the first of those that come last in turn: the ones that starve.
        found[str(row["queue"])]["oldest_ms"] = min(row["first_ms"], row["last_in_turn_ms"])
    for row in (*counted["arrival"], *counted["bundle"], *counted["line"]):
        figures = found[str(row["queue"])]
        figures["oldest_ms"] = min(figures.get("oldest_ms", row["first_ms"]), row["first_ms"])
    for row in counted["later"]:
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
    for row in await tx.all(SQL.figures_failed, since_ms=hour_of(tx.now_ms)):
        figures = found[str(row["queue"])]
        figures["failed_last_hour"], figures["died_last_hour"] = row["failed"], row["dead"]


async def schedules(tx: Transaction) -> list[ScheduleFigures]:
    """Every schedule, by name."""
    return [schedule(row, tx.now_ms) for row in await tx.all(store.SQL.schedules)]


def schedule(row: Row, now_ms: int) -> ScheduleFigures:
    """A row of the table of schedules as an operator sees it."""
    return ScheduleFigures(
        name=row["name"], cron=row["cron"], zone=row["zone"], missed=row["missed"], next_ms=row["next_ms"],
        last_ms=row["last_ms"], late=not row["paused"] and row["next_ms"] < now_ms - MINUTE_MS, task=row["task"],
        queue=row["queue"], paused=bool(row["paused"]), asked_ms=row["asked_ms"],
    )  # fmt: skip


class Watcher:
    """One look for all who watch one database: shared while it is fresh, and never two at a time."""

    def __init__(self, depths: Depths | None = None) -> None:
        """Use `watcher_of`, so that all share one. Without `depths` each look counts all queues at once."""
        self._depths = depths
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
            queues=await queues(tx, who, self._depths),
            workers=who,
            schedules=await schedules(tx),
            minutes=await self._minutes(tx),
        )

    async def _minutes(self, tx: Transaction) -> list[Minute]:
        """The last sixty minutes; those that are over for a while do not change and are read once."""
        first = hour_of(tx.now_ms)
        self._closed = {at: minute for at, minute in self._closed.items() if at >= first}
        since_ms = max(self._closed, default=first - MINUTE_MS) + MINUTE_MS
        read = {
            row["minute_ms"]: Minute(row["minute_ms"], row["done"], row["failed"], row["dead"])
            for row in await tx.all(SQL.minutes_of_all, since_ms=since_ms)
        }
        waited = await waiting_of(tx, "", since_ms)
        found: Mapping[int, Minute] = {**self._closed, **read}
        hour = [found.get(at, Minute(at, 0, 0, 0)) for at in range(first, tx.now_ms + 1, MINUTE_MS)]
        hour = [msgspec.structs.replace(one, waiting=waited.get(one.minute_ms, one.waiting)) for one in hour]
        self._closed = {minute.minute_ms: minute for minute in hour if minute.minute_ms <= tx.now_ms - _CLOSED_AFTER_MS}
        return hour


_watchers: WeakKeyDictionary[Database, Watcher] = WeakKeyDictionary()


def watcher_of(db: Database) -> Watcher:
    """The watcher that all who look at `db` in this process share."""
    return _watchers.get(db) or _watchers.setdefault(db, Watcher(Depths()))
