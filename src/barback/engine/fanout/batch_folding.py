"""Adding up the progress of batches, and what happens at their end, once.

Every worker does it, woken by a bell; a batch is added up by whoever has its row. The transaction that
finds the last member settled also enqueues the message that the batch was opened with, so it is
enqueued exactly once, whoever dies when.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial

import msgspec

from barback.engine import live, store
from barback.engine.bulk.batch_counts import BELL, SQL, Counts
from barback.engine.fanout.batch_figures import figures_of
from barback.engine.messages import Stored
from barback.engine.tasks import bell_name
from barback.storage import Database, StorageError, Transaction

log = logging.getLogger("barback.engine")

PAGE = 1_000
"""Counts that one transaction adds up at most."""
BATCHES_MAX = 100
FOLD_EVERY_S = 0.2
FOREVER_S = 86_400.0
PAUSE_S = 1.0


def channel_of(batch: str) -> str:
    """The live channel that tells how far a batch is."""
    return f"batch:{batch}"


async def fold(tx: Transaction, batch: str) -> bool:
    """Add up what was appended for `batch`; True when its last member is settled by that. Others may be at it."""
    held = await tx.one(SQL.fold_lock, id=batch)
    if held is None:
        if await tx.one(SQL.batch_join, id=batch) is None:
            await tx.all(SQL.progress_take, batch=batch, n=PAGE)
        return False
    # Taken after the lock: whoever added members before the batch was sealed is seen.
    taken = await tx.all(SQL.progress_take, batch=batch, n=PAGE)
    if not taken and not held["sealed"]:
        return False
    sums = {name: sum(row[name] for row in taken) for name in Counts.__struct_fields__}
    now = await tx.one(SQL.batch_fold, id=batch, **sums)
    assert now is not None
    finished = bool(held["sealed"]) and len(taken) < PAGE and now["waiting"] == 0
    if finished and now["finished_ms"] is None:
        await tx.run(SQL.batch_end, id=batch, finished_ms=tx.now_ms)
        await _enqueue(tx, held["next"])
    elif not finished and now["finished_ms"] is not None:
        await tx.run(SQL.batch_reopen, id=batch)
    elif not taken:
        return False
    await live.publish(tx, [channel_of(batch)], "batch.progress", (await figures_of(tx, [batch]))[0])
    return finished


async def _enqueue(tx: Transaction, row: str | None) -> None:
    """The message at the end of a batch, written down when it was opened."""
    if row is None:
        return
    stored = msgspec.json.decode(row, type=Stored)
    stored.enqueued_ms = tx.now_ms
    await (store.add_ready if stored.key is None else store.add_arrivals)(tx, [stored])
    tx.after_commit(partial(tx.database.bell.ring, bell_name(stored.queue)))


class Folder:
    """Adds up for one worker."""

    def __init__(self, db: Database) -> None:
        """Call `run` in a task, or `fold_all`."""
        self._db = db
        self.listener = db.bell.listen(BELL)

    async def run(self) -> None:
        """Add up when the bell rings, a few times a second at most; for ever."""
        while True:
            await self.listener.wait(FOREVER_S)
            self.listener.clear()
            try:
                if await self.fold_all():
                    # Somebody else may have had a row, or counts came meanwhile: until there is nothing.
                    self.listener.wake()
            except (StorageError, OSError, TimeoutError) as error:
                log.warning("batches: %s", error)
                self.listener.wake()
                await asyncio.sleep(PAUSE_S)
            await asyncio.sleep(FOLD_EVERY_S)

    async def fold_all(self) -> int:
        """Add up what there is, each batch in a transaction; how many had something."""
        async with self._db.reading() as tx:
            batches = [str(row["batch"]) for row in await tx.all(SQL.progress_batches, n=BATCHES_MAX)]
        for batch in batches:
            async with self._db.transaction() as tx:
                await fold(tx, batch)
        return len(batches)
