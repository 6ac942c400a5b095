"""Draining (E12): an operator asks a worker to end; it finishes what it holds and claims nothing more.

What is not finished within its grace is given back, with no attempt counted. Until it leaves, it can be asked back.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from barback.engine.handlers.shifts import Shift
from barback.engine.operations import worker_looks
from barback.engine.store import SQL
from barback.storage import Database, StorageError

log = logging.getLogger("barback.engine")

LOOK_EVERY_S = 0.05
WRITE_S = 1.0


class Draining:
    """Whether an operator asked this worker to end, and how far that is."""

    def __init__(self, db: Database, shift: Shift, grace_s: float) -> None:
        """`grace_s`: seconds that what it holds may take."""
        self._db, self._shift, self._grace_s = db, shift, grace_s
        self._asked = asyncio.Event()

    async def look(self, wake: Callable[[], None]) -> None:
        """Ask whether it was asked, or asked back: then `wake` whoever stood still."""
        async with self._db.reading() as tx:
            row = await tx.one(SQL.worker_asked, id=self._shift.heart.worker)
        self.told(asked=row is not None and row["drain_ms"] is not None, wake=wake)

    def told(self, *, asked: bool, wake: Callable[[], None]) -> None:
        """What an operator wants of this worker now."""
        self._shift.heart.asked_to_end = asked
        if asked and not self._shift.draining:
            log.info("%s was asked to end: it claims nothing more", self._shift.heart.worker)
            self._shift.draining = True
            self._asked.set()
        elif self._shift.draining and not asked:
            log.info("%s was asked back", self._shift.heart.worker)
            self._shift.draining = False
            self._asked.clear()
            wake()

    async def run(self, end: Callable[[], None], hand_back: Callable[[], None]) -> None:
        """Wait until asked, then until nothing is held, and `end`; or after the grace `hand_back`."""
        while True:
            await self._asked.wait()
            until_s = time.monotonic() + self._grace_s
            # Only while it drains: nobody tells when the last lease of all runners ends.
            while self._shift.draining and self._shift.heart.holding and time.monotonic() < until_s:  # noqa: ASYNC110
                await asyncio.sleep(LOOK_EVERY_S)
            left = await self._leaves() if self._shift.draining else False
            late = left is None and time.monotonic() >= until_s
            if left or (late and self._shift.draining):
                return hand_back() if self._shift.heart.holding else end()
            await asyncio.sleep(LOOK_EVERY_S)

    async def _leaves(self) -> bool | None:
        """Write down that it can no longer be asked back. False: it just was. None: the database does not let us.

        On SQLite that may be our own handler, which holds the lock: so nobody else can ask us back either.
        """
        try:
            async with asyncio.timeout(WRITE_S), self._db.transaction() as tx:
                return await tx.one(worker_looks.SQL.worker_leaves, id=self._shift.heart.worker) is not None
        except (StorageError, OSError, TimeoutError) as error:
            log.warning("drain: %s", error or "the database is busy")
            return None
