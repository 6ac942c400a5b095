"""How busy each queue was, minute by minute: what the small charts of a list of queues are drawn from."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import msgspec

from barback.engine.history.tally import MINUTE_MS
from barback.storage import Database, Transaction, statements

SQL = statements(__file__, "looking.sql")

MINUTES = 30
_CLOSED_AFTER_MS = 3 * MINUTE_MS
_FRESH_MS = 5_000


class QueueActivity(msgspec.Struct, frozen=True):
    """Messages of a queue done in each of the last thirty minutes, oldest first, and attempts that failed."""

    queue: str
    done: list[int]
    failed: list[int]


class ActivityWatcher:
    """Shares what was read among all who look; minutes that are over for a while are read once."""

    def __init__(self) -> None:
        """Use `activity_of`, so that all share one."""
        self._minutes: dict[int, dict[str, tuple[int, int]]] = {}
        self._seen: list[QueueActivity] = []
        self._fresh_until_ms = 0
        self._looking = asyncio.Lock()

    async def look(self, db: Database) -> list[QueueActivity]:
        """Every queue that did anything in the last thirty minutes, by name; as it was at most five seconds ago."""
        async with self._looking:
            now_ms = db.clock.now_ms()
            if not self._fresh_until_ms - _FRESH_MS <= now_ms < self._fresh_until_ms:
                async with db.reading() as tx:
                    self._seen = await self._read(tx)
                self._fresh_until_ms = now_ms + _FRESH_MS
            return self._seen

    async def _read(self, tx: Transaction) -> list[QueueActivity]:
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


_watchers: WeakKeyDictionary[Database, ActivityWatcher] = WeakKeyDictionary()


def activity_of(db: Database) -> ActivityWatcher:
    """The watcher that all who look at `db` in this process share."""
    return _watchers.setdefault(db, ActivityWatcher())
