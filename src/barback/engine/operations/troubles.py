"""What holds everything up besides queues: open breakers and held snapshots, shared by all who look."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from barback.engine.guards import breakers
from barback.engine.guards.breakers import BreakerState
from barback.engine.operations import doctor
from barback.engine.operations.doctor import Finding
from barback.storage import Database

_FRESH_MS = 5_000


@dataclass(frozen=True)
class Troubles:
    """Breakers that stand open, and what keeps dead rows or the log from being removed."""

    open_breakers: Sequence[BreakerState] = ()
    held: Sequence[Finding] = ()


class TroubleWatcher:
    """One look for all who watch one database, every five seconds at most."""

    def __init__(self) -> None:
        """Use `troubles_of`, so that all share one."""
        self._seen = Troubles()
        self._fresh_until_ms = 0
        self._looking = asyncio.Lock()

    async def look(self, db: Database) -> Troubles:
        """As it was at most five seconds ago."""
        async with self._looking:
            now_ms = db.clock.now_ms()
            if not self._fresh_until_ms - _FRESH_MS <= now_ms < self._fresh_until_ms:
                async with db.reading() as tx:
                    states = await breakers.every(tx)
                    held = await (doctor.snapshots if db.dialect == "postgres" else doctor.file)(tx)
                self._seen = Troubles(
                    [one for one in states if one.holds], [one for one in held if one.kind == "held_snapshot"]
                )
                self._fresh_until_ms = now_ms + _FRESH_MS
            return self._seen


_watchers: WeakKeyDictionary[Database, TroubleWatcher] = WeakKeyDictionary()


def troubles_of(db: Database) -> TroubleWatcher:
    """The watcher that all who look at `db` in this process share."""
    return _watchers.setdefault(db, TroubleWatcher())
