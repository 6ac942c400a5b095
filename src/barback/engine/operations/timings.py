"""How long messages waited and handlers ran: percentiles of every queue lately, and one queue's last hour as bars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from barback.engine.history import latencies
from barback.engine.history.latencies import Bar, Latency, Spread, bars_of, latency_of
from barback.engine.history.tally import MINUTE_MS
from barback.engine.operations.shared_looks import SharedLook, looks_of
from barback.storage import Database, Transaction, statements

SQL = statements(__file__, "timings.sql")

MINUTES = 5
"""So many minutes, the present one among them, are what "lately" means."""
_CLOSED_AFTER_MS = 3 * MINUTE_MS
HOUR_MINUTES = 60


class Timing(msgspec.Struct, frozen=True):
    """`waited`: from when a message could run until it began. `ran`: in its handler, each its share of a batch."""

    waited: Latency | None = None
    ran: Latency | None = None


class TaskTiming(Timing, frozen=True, kw_only=True):
    """Of one task."""

    task: str


class QueueTiming(Timing, frozen=True, kw_only=True):
    """One queue's last hour, also as bars, an octave each, and by task."""

    waited_bars: list[Bar]
    ran_bars: list[Bar]
    tasks: list[TaskTiming]


@dataclass(frozen=True)
class Timings:
    """Every queue that did anything lately, by name, and all of them together."""

    queues: dict[str, Timing]
    all: Timing


@dataclass
class _Pair:
    waited: Spread = field(default_factory=Spread)
    ran: Spread = field(default_factory=Spread)

    def add(self, other: _Pair) -> None:
        latencies.merge(self.waited, other.waited)
        latencies.merge(self.ran, other.ran)

    @property
    def timing(self) -> Timing:
        return Timing(latency_of(self.waited), latency_of(self.ran))


async def of_queue(tx: Transaction, queue: str) -> QueueTiming:
    """The last hour of one queue."""
    last = tx.now_ms - tx.now_ms % MINUTE_MS
    minutes = [last - n * MINUTE_MS for n in range(HOUR_MINUTES)]
    by_task: defaultdict[str, _Pair] = defaultdict(_Pair)
    for row in await tx.all(SQL.spreads_of_queue, queue=queue, minutes=minutes):
        by_task[str(row["task"])].add(_pair(row["waited"], row["ran"]))
    whole = _together(by_task.values())
    timing = whole.timing
    return QueueTiming(
        waited=timing.waited,
        ran=timing.ran,
        waited_bars=bars_of(whole.waited),
        ran_bars=bars_of(whole.ran),
        tasks=[_of_task(task, pair.timing) for task, pair in sorted(by_task.items())],
    )


def _of_task(task: str, timing: Timing) -> TaskTiming:
    return TaskTiming(task=task, waited=timing.waited, ran=timing.ran)


def _pair(waited: str, ran: str) -> _Pair:
    return _Pair(latencies.decode(waited), latencies.decode(ran))


def _together(several: Iterable[_Pair]) -> _Pair:
    whole = _Pair()
    for pair in several:
        whole.add(pair)
    return whole


class _Minutes:
    """Minutes that are over for a while are read once."""

    def __init__(self) -> None:
        self._minutes: dict[int, dict[str, _Pair]] = {}

    async def read(self, tx: Transaction) -> Timings:
        last = tx.now_ms - tx.now_ms % MINUTE_MS
        minutes = range(last - (MINUTES - 1) * MINUTE_MS, last + 1, MINUTE_MS)
        known = {at: self._minutes[at] for at in minutes if at in self._minutes}
        since_ms = next((at for at in minutes if at not in known), last)
        read: dict[int, dict[str, _Pair]] = {at: {} for at in minutes if at >= since_ms}
        for row in await tx.all(SQL.spreads_since, since_ms=since_ms):
            of_minute = read.setdefault(row["minute_ms"], {})
            of_minute.setdefault(str(row["queue"]), _Pair()).add(_pair(row["waited"], row["ran"]))
        found = known | read
        self._minutes = {at: found[at] for at in minutes if at <= tx.now_ms - _CLOSED_AFTER_MS}
        queues: defaultdict[str, _Pair] = defaultdict(_Pair)
        for of_minute in found.values():
            for queue, pair in of_minute.items():
                queues[queue].add(pair)
        timings = {queue: pair.timing for queue, pair in sorted(queues.items())}
        return Timings(timings, _together(queues.values()).timing)


def timings_of(db: Database) -> SharedLook[Timings]:
    """The last five minutes of every queue, as all who look at `db` in this process share them."""
    return looks_of(db).shared("timings", lambda: SharedLook(_Minutes().read))
