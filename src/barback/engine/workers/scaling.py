"""How many worker processes there should be: pure rules over what waits, and the record of what was decided.

More at once, as the work that can run and the age of its oldest message grow; fewer only when fewer
would have been enough for a while; the least when there has been nothing to do for some seconds.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from barback.engine.operations.figures import QueueFigures, Snapshot
from barback.engine.tasks import ActingTask, Task
from barback.foundation.ids import new_id
from barback.storage import Transaction, statements

SQL = statements(__file__, "scaling.sql")

BATCHES_PER_WORKER = 10
"""What one worker is thought to get through without another's help, for queues that only touch the database."""


@dataclass(frozen=True)
class Limits:
    """`least` and `most` worker processes. `per_worker`: messages each; None goes by the tasks of a queue.

    `late_s`: a message that has been able to run for longer calls for one worker more. `idle_s`: nothing
    to do for so long, and only the least stay. `fewer_after_s`: how long fewer must have been enough.
    """

    least: int = 0
    most: int = 1
    per_worker: int | None = None
    late_s: float = 2.0
    idle_s: float = 10.0
    fewer_after_s: float = 30.0

    def __post_init__(self) -> None:
        """Raises ValueError for limits that cannot be."""
        if not 0 <= self.least <= self.most or self.most < 1:
            raise ValueError(f"expected 0 <= --min <= --max and --max of at least 1, got {self.least} and {self.most}")
        if self.per_worker is not None and self.per_worker < 1:
            raise ValueError(f"expected --per-worker of at least 1, got {self.per_worker}")


@dataclass(frozen=True)
class Load:
    """What there is to do. `share`: how many workers' worth; `oldest_s`: how long the oldest could have run.

    `errand`: something without a message calls for a worker, such as a tick that is due.
    """

    ready: int = 0
    in_flight: int = 0
    share: float = 0.0
    oldest_s: float = 0.0
    errand: str = ""

    @property
    def nothing(self) -> bool:
        """Whether nobody is needed."""
        return not (self.ready or self.in_flight or self.errand)


def capacities(tasks: tuple[Task[object], ...], limits: Limits, concurrency: Mapping[str, int]) -> dict[str, int]:
    """How many messages of each queue one worker is for."""
    found: dict[str, int] = {}
    for task in tasks:
        acting = isinstance(task, ActingTask)
        one = concurrency.get(task.queue, task.concurrency) if acting else task.batch_max * BATCHES_PER_WORKER
        found[task.queue] = limits.per_worker or min(one, found.get(task.queue, one))
    return found


def load_of(seen: Snapshot, capacity: Mapping[str, int], ours: set[tuple[str, int]], schedules: set[str]) -> Load:
    """What of `seen` is for workers with these queues. `ours`: host and process id of those we started."""
    queues = [one for one in seen.queues if one.queue in capacity and not one.paused]
    leased = sum(one.leased for one in seen.queues)
    own = sum(one.leased for one in seen.workers if (one.host, one.pid) in ours)
    held = sum(one.leased for one in seen.workers if one.state != "silent")
    part = own / leased if leased else 0.0
    ready = {one.queue: runnable(one, seen.as_of_ms) for one in queues}
    share = sum((ready[one.queue] + one.leased * part) / capacity[one.queue] for one in queues)
    oldest_ms = min((one.oldest_ms for one in queues if one.oldest_ms is not None), default=seen.as_of_ms)
    late = [one.name for one in seen.schedules if one.name in schedules and one.due(seen.as_of_ms)]
    errand = f"the schedule {late[0]} is due" if late else "a worker died with messages" if leased > held else ""
    return Load(sum(ready.values()), own, share, max(0, seen.as_of_ms - oldest_ms) / 1000, errand)


def runnable(queue: QueueFigures, now_ms: int) -> int:
    """Messages that a worker could take: ready, just come with a key, or delayed and due (one for all of those)."""
    due = queue.next_due_ms is not None and queue.next_due_ms <= now_ms
    return max(queue.ready, 1 if due or queue.oldest_ms is not None else 0)


@dataclass(frozen=True)
class Decision:
    """How many workers there should be, and why."""

    wanted: int
    reason: str


class Scaler:
    """Decides again and again; remembers how many were needed lately. Times are seconds of a clock that only grows."""

    def __init__(self, limits: Limits) -> None:
        """Starts with nothing seen."""
        self._limits = limits
        self._needed: deque[tuple[float, int]] = deque()
        self._stepped_at = -math.inf
        self._busy_at = -math.inf

    def decide(self, load: Load, running: int, now_s: float) -> Decision:
        """How many there should be, with `running` now."""
        limits = self._limits
        need, reason = self._need(load, running, now_s)
        if not load.nothing:
            self._busy_at = now_s
        need = min(max(need, limits.least), limits.most)
        self._needed.append((now_s, need))
        while self._needed[0][0] < now_s - limits.fewer_after_s:
            self._needed.popleft()
        if need > running:
            return Decision(need, reason)
        if load.nothing and now_s - self._busy_at >= limits.idle_s:
            return Decision(min(running, limits.least), f"nothing to do for {limits.idle_s:g} s")
        enough = max(count for _, count in self._needed)
        if not load.nothing and enough < running and now_s - self._needed[0][0] >= limits.fewer_after_s * 0.9:
            return Decision(enough, f"{enough} were enough for {limits.fewer_after_s:g} s")
        return Decision(max(running, limits.least), "")

    def _need(self, load: Load, running: int, now_s: float) -> tuple[int, str]:
        if load.nothing:
            return 0, f"at least {self._limits.least} are to stay"
        by_count = max(1, math.ceil(load.share))
        if load.oldest_s > self._limits.late_s and by_count <= running:
            # One at a time, and each gets its time to show.
            if now_s - self._stepped_at >= self._limits.late_s and running < self._limits.most:
                self._stepped_at = now_s
                return running + 1, f"the oldest of {load.ready} messages has waited {load.oldest_s:.1f} s"
            return running, ""
        what = load.errand or f"{load.ready} messages can run, {load.in_flight} are in hands"
        return by_count, what


class Scaled(msgspec.Struct, frozen=True, kw_only=True):
    """One decision of one supervisor: from `before` to `after` worker processes, and what it saw."""

    at_ms: int
    host: str
    pid: int
    before: int
    after: int
    least: int
    most: int
    ready: int
    in_flight: int
    oldest_ms: int
    reason: str


async def record(tx: Transaction, one: Scaled) -> None:
    """Write a decision down."""
    await tx.run(SQL.scaling_add, id=new_id(), **msgspec.structs.asdict(one))


async def decisions(tx: Transaction, limit: int = 50) -> list[Scaled]:
    """What supervisors decided, newest first."""
    return [
        Scaled(**{name: row[name] for name in Scaled.__struct_fields__})
        for row in await tx.all(SQL.scaling_newest, n=limit)
    ]
