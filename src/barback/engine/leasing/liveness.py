"""Who is alive (E7): workers beat from a thread of their own; whoever stops beating is taken over.

A beat is a counter, not a time, and the observer measures its silence on its own monotonic clock: a
clock that is wrong, or that jumps, kills nobody. Beats are sent only while messages are held.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from barback.engine.leasing import claims
from barback.engine.leasing.relaxed import CAREFUL_MS
from barback.engine.store import SQL
from barback.engine.tasks import Task
from barback.foundation.ids import new_id
from barback.storage import Database, StorageError, open_database

log = logging.getLogger("barback.engine")

BEAT_EVERY_S = 1.0
IDLE_BEAT_EVERY_S = 60.0
DEAD_AFTER_S = 5.0


class Vitals(NamedTuple):
    """What a process has in memory, in bytes, and the processor time it used since it began, in microseconds."""

    memory_bytes: int = 0
    cpu_us: int = 0


class Heart:
    """Beats for one worker. Once `lost`, the worker must take a new name: it was given up for dead."""

    def __init__(self, url: str, queues: list[str], weigh: Callable[[], Vitals] = Vitals) -> None:
        """Call `register`, then `start`. `weigh` says what the process has and used; each beat tells."""
        self._url = url
        self._weigh = weigh
        self.asked_to_end = False
        self._queues = ",".join(sorted(queues))
        self.worker = ""
        self.careful_until_ms: int | None = None
        """From when on claims may be relaxed on SQLite (see `relaxed.py`); None: we are not registered."""
        self._held: dict[str, int] = {}
        self._held_since_beat = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._silenced = ""
        self._registering = asyncio.Lock()

    @property
    def lost(self) -> bool:
        """Whether the present name was given up for dead: take another with `revive`."""
        return self._silenced == self.worker != ""

    @property
    def holding(self) -> int:
        """How many leases this worker holds; while there is one, silence means death."""
        return sum(self._held.values())

    def hold(self, queue: str, leases: int) -> None:
        """The runner of `queue` holds so many leases now. Runners share the heart: none speaks for another."""
        self._held = {**self._held, queue: leases}
        if leases:
            self._held_since_beat = True

    async def register(self, db: Database) -> None:
        """Enter a fresh name in the table of workers."""
        host = socket.gethostname()
        self.worker = f"{host}:{os.getpid()}:{new_id()[-12:]}"
        async with db.transaction() as tx:
            if self.careful_until_ms is None:
                # A name that is there is of somebody who works beside us, or who ended badly before us.
                self.careful_until_ms = tx.now_ms + (CAREFUL_MS if await tx.all(SQL.workers) else 0)
            await tx.run(
                SQL.worker_add, id=self.worker, host=host, pid=os.getpid(), queues=self._queues, now_ms=tx.now_ms
            )
            if self.asked_to_end:
                await tx.all(SQL.worker_drains, id=self.worker, now_ms=tx.now_ms)

    async def revive(self, db: Database, name: str) -> None:
        """`name` was given up for dead: take a fresh one, unless that was done meanwhile."""
        async with self._registering:
            if self.worker == name:
                log.warning("%s was given up for dead and takes a new name", name)
                await self.register(db)

    def start(self) -> None:
        """Begin to beat, in a thread: a handler that blocks the event loop does not stop the heart."""
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop beating and wait for the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _run(self) -> None:
        asyncio.run(self._beat())

    async def _beat(self) -> None:
        db: Database | None = None
        last, was = 0.0, self._weigh()
        while not self._stop.wait(BEAT_EVERY_S):
            # Also for what was held only between two beats: others may have seen it, and wait for a sign.
            if not self.holding and not self._held_since_beat and time.monotonic() - last < IDLE_BEAT_EVERY_S:
                continue
            self._held_since_beat = False
            try:
                db = db or await open_database(self._url, pool_max=1, bells=False)
                name = self.worker
                async with db.transaction() as tx:
                    vitals = self._weigh()
                    share = (vitals.cpu_us - was.cpu_us) / (time.monotonic() - last) / 1_000 if last else 0
                    rows = await tx.finish(
                        SQL.worker_beat, id=name, now_ms=tx.now_ms, memory_bytes=vitals.memory_bytes,
                        cpu_us=vitals.cpu_us, cpu_permille=int(share),
                    )  # fmt: skip
                if not rows:
                    self._silenced = name
                else:
                    self.asked_to_end = rows[0]["drain_ms"] is not None
                last, was = time.monotonic(), vitals
            except Exception as error:  # noqa: BLE001 - whatever it is, a heart does not stop for it
                log.warning("beat of %s failed: %s", self.worker, error)
        if db is not None:
            await db.close()


class Watch:
    """Looks after other workers' messages: takes over from those whose beat stands still."""

    def __init__(
        self, db: Database, heart: Heart, tasks: Mapping[str, Task[Any]], dead_after_s: float = DEAD_AFTER_S
    ) -> None:
        """`dead_after_s` must be several times BEAT_EVERY_S."""
        self._db = db
        self._heart = heart
        self._tasks = tasks
        self._dead_after_s = dead_after_s
        self._seen: dict[str, tuple[int | None, float]] = {}

    async def look(self) -> bool:
        """Look once; take over from the dead. True while other workers hold messages, so look again soon."""
        async with self._db.reading() as tx:
            holders = {str(row["worker"]): row["beat"] for row in await tx.all(SQL.lease_holders)}
        holders.pop(self._heart.worker, None)
        now = time.monotonic()
        self._seen = {worker: seen for worker, seen in self._seen.items() if worker in holders}
        for worker, beat in holders.items():
            seen_beat, since = self._seen.setdefault(worker, (beat, now))
            if beat is not None and beat != seen_beat:
                self._seen[worker] = (beat, now)
            elif beat is None or now - since >= self._dead_after_s:
                await bury(self._db, worker, beat, self._tasks)
        return bool(holders)


async def bury(db: Database, worker: str, beat: int | None, tasks: Mapping[str, Task[Any]]) -> int:
    """Give `worker` up and take over what it holds, unless it has beaten since `beat` was read.

    `beat` None means that it is known to be dead: its row is gone, or its process was seen to end.
    """
    async with db.transaction() as tx:
        if beat is not None and await tx.run(SQL.worker_bury, id=worker, beat=beat) == 0:
            return 0
        await tx.run(SQL.worker_remove, id=worker)
        count = await claims.take_over(tx, worker, tasks)
    log.warning("took %d messages over from %s", count, worker)
    return count


async def bury_process(db: Database, pid: int, tasks: Mapping[str, Task[Any]]) -> int:
    """The process `pid` of this host was seen to end: take over at once what its workers held."""
    async with db.reading() as tx:
        names = [
            str(row["id"])
            for row in await tx.all(SQL.workers)
            if row["pid"] == pid and row["host"] == socket.gethostname()
        ]
    taken = 0
    for name in names:
        with contextlib.suppress(StorageError):
            taken += await bury(db, name, None, tasks)
    return taken
