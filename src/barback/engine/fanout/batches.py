"""Batches (E17): fan out into many messages, watch how far they are, go on when the last one has ended.

    batch = await Batch.open(tx, "prices 2026-08", then=(tell_the_owner, Told(event_id)))
    await batch.add(tx, recalculate, [Work(TabRef(id)) for id in page])     # as often as needed
    await batch.seal(tx)                                                   # no more: now it can end

A batch ends when it is sealed and each member is done, dead, cancelled or expired; then the message given
as `then` is enqueued, exactly once. Members may be added in many transactions, side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from barback.engine import changes
from barback.engine.bulk.batch_counts import BELL, SQL, Counts, append
from barback.engine.dead import dead_letters
from barback.engine.fanout.batch_figures import BatchFigures, BatchNotFound, one
from barback.engine.fanout.batch_folding import fold
from barback.engine.tasks import Task, Work
from barback.foundation.errors import Conflict
from barback.foundation.ids import new_id
from barback.storage import Transaction

P = TypeVar("P")
N = TypeVar("N")

RETRY_MAX = 1_000
"""Dead members that one call sends round at most: one short transaction."""


class BatchSealed(Conflict):
    """It was said that no more would be added."""

    code = "batch_sealed"
    title = "This batch is sealed"


class BatchCancelled(Conflict):
    """Nothing more of it may begin."""

    code = "batch_cancelled"
    title = "This batch is cancelled"


@dataclass(frozen=True)
class Batch:
    """A batch by its id: what to add to, seal and cancel. `Batch(id)` goes on with one that was opened elsewhere."""

    id: str

    @classmethod
    async def open(
        cls, tx: Transaction, name: str, *, tenant: str | None = None, then: tuple[Task[N], N] | None = None
    ) -> Batch:
        """A new batch; `name` is for people. `then`: the task and payload of the message at its end."""
        next_ = None
        if then is not None:
            task, payload = then
            next_ = msgspec.json.encode(task.stored(Work(payload, tenant=tenant), tx.now_ms)).decode()
        batch = cls(new_id())
        await tx.run(SQL.batch_add, id=batch.id, name=name, tenant=tenant, now_ms=tx.now_ms, next=next_)
        return batch

    async def add(self, tx: Transaction, task: Task[P], works: Sequence[Work[P]]) -> list[str]:
        """Enqueue `works` as members; returns their ids.

        Raises what `enqueue_many` raises, BatchNotFound, BatchSealed, BatchCancelled, and ValueError for a
        work with `dedupe`: a repeat is no message of its own, so the batch could not count it.
        """
        if any(work.dedupe is not None for work in works):
            raise ValueError(f"expected works without `dedupe` for the batch {self.id}; a batch counts each of them")
        await self._join(tx)
        ids = await task.enqueue_many(tx, [msgspec.structs.replace(work, batch=self.id) for work in works])
        await self._added(tx, len(ids))
        return ids

    async def add_bulk(
        self, tx: Transaction, task: Task[P], payloads: Iterable[P], *, tenant: str | None = None
    ) -> int:
        """Like `add`, packed as `Task.enqueue_bulk` does; returns how many there were."""
        await self._join(tx)
        count = await task.enqueue_bulk(tx, payloads, tenant=tenant, batch=self.id)
        await self._added(tx, count)
        return count

    async def _join(self, tx: Transaction) -> None:
        found = await tx.one(SQL.batch_join, id=self.id)
        if found is None:
            raise BatchNotFound(f"No batch has the id {self.id[:80]}; open it in this transaction or an earlier one.")
        if found["cancelled_ms"] is not None:
            raise BatchCancelled(f"The batch {self.id} is cancelled; open another for more work.")
        if found["sealed"]:
            raise BatchSealed(f"The batch {self.id} is sealed; add everything before `seal`, or open another.")

    async def _added(self, tx: Transaction, count: int) -> None:
        if count:
            await append(tx, {self.id: Counts(total=count)})

    async def seal(self, tx: Transaction) -> None:
        """No more will be added: from now on it can end. Sealing twice is nothing. Raises BatchNotFound."""
        if await tx.one(SQL.batch_lock, id=self.id) is None:
            raise BatchNotFound(f"No batch has the id {self.id[:80]}.")
        await tx.run(SQL.batch_seal, id=self.id)
        await fold(tx, self.id)
        bell = tx.database.bell
        tx.after_commit(lambda: bell.ring(BELL))

    async def figures(self, tx: Transaction) -> BatchFigures:
        """How far it is. Raises BatchNotFound."""
        return await one(tx, self.id)


async def cancel(tx: Transaction, batch_id: str, *, who: str) -> BatchFigures:
    """Begin nothing more of a batch: members that wait end as cancelled when their turn comes. Raises BatchNotFound.

    What has begun is finished. A batch that is still open is sealed by it. Cancelling twice is nothing.
    """
    before = await one(tx, batch_id)
    locked = await tx.one(SQL.batch_lock, id=batch_id)
    if locked is None or locked["cancelled_ms"] is not None or before.state == "finished":
        return before
    await tx.run(SQL.batch_cancel, id=batch_id, now_ms=tx.now_ms)
    await Batch(batch_id).seal(tx)
    after = await one(tx, batch_id)
    await changes.record(
        tx,
        who,
        "batch.cancelled",
        f"batch:{batch_id}",
        before={"state": before.state, "waiting": before.waiting},
        after={"state": after.state, "waiting": after.waiting},
    )
    return after


async def retry_failed(tx: Transaction, batch_id: str, *, who: str, limit: int = RETRY_MAX) -> dead_letters.Retried:
    """Send dead members of a batch round again, at most `limit`; the batch waits for them. Raises BatchNotFound.

    `then` was enqueued at the first end and is not enqueued again.
    """
    await one(tx, batch_id)
    ids = [str(row["id"]) for row in await tx.all(SQL.batch_dead_of, batch=batch_id, n=limit + 1)]
    retried = await dead_letters.retry_these(tx, ids[:limit]) if ids else 0
    if retried:
        await changes.record(
            tx, who, "batch.retried", f"batch:{batch_id}", before={"dead": ids[:limit]}, after={"retried": retried}
        )
    return dead_letters.Retried(retried, len(ids) > limit)
