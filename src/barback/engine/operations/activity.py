"""How busy each queue was, minute by minute: what the small charts of a list of queues are drawn from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from barback.engine.history.tally import MINUTE_MS
from barback.engine.operations.shared_looks import SharedLook, looks_of
from barback.storage import Database, Transaction, statements

SQL = statements(__file__, "looking.sql")

MINUTES = 30
_CLOSED_AFTER_MS = 3 * MINUTE_MS


class QueueActivity(msgspec.Struct, frozen=True):
    """Messages of a queue done in each of the last thirty minutes, oldest first, and attempts that failed."""

    queue: str
    done: list[int]
    failed: list[int]


class _Minutes:
    """Minutes that are over for a while are read once."""

    def __init__(self) -> None:
        self._minutes: dict[int, dict[str, tuple[int, int]]] = {}

    async def read(self, tx: Transaction) -> list[QueueActivity]:
        last = tx.now_ms - tx.now_ms % MINUTE_MS
        minutes = range(last - (MINUTES - 1) * MINUTE_MS, last + 1, MINUTE_MS)
        self._minutes = {at: self._minutes[at] for at in minutes if at in self._minutes}
        since_ms = next((at for at in minutes if at not in self._minutes), last)
        read: dict[int, dict[str, tuple[int, int]]] = {at: {} for at in minutes if at >= since_ms}
        for row in await tx.all(SQL.activity_since, since_ms=since_ms):
            read.setdefault(row["minute_ms"], {})[row["queue"]] = (row["done"], row["failed"])
        found = self._minutes | read
        self._minutes = {at: found[at] for at in minutes if at <= tx.now_ms - _CLOSED_AFTER_MS}
        return _by_queue(minutes, found)


def _by_queue(minutes: Sequence[int], found: dict[int, dict[str, tuple[int, int]]]) -> list[QueueActivity]:
    done: dict[str, list[int]] = defaultdict(lambda: [0] * len(minutes))
    failed: dict[str, list[int]] = defaultdict(lambda: [0] * len(minutes))
    for n, at in enumerate(minutes):
        for queue, counts in found[at].items():
            done[queue][n], failed[queue][n] = counts
    return [QueueActivity(queue, done[queue], failed[queue]) for queue in sorted(done)]


def activity_of(db: Database) -> SharedLook[list[QueueActivity]]:
    """Every queue that did anything in the last thirty minutes, by name; all who look in this process share it."""
    return looks_of(db).shared("activity", lambda: SharedLook(_Minutes().read))
