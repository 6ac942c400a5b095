"""What an operator changes while everything runs (E12): pause and resume a queue, release a closed key.

Each change is one transaction with its record (`changes`), and workers hear of it at once by bell.
"""

from __future__ import annotations

from functools import partial

from barback.engine import changes, store
from barback.engine.changes import CONTROL_BELL
from barback.engine.leasing import lanes
from barback.engine.tasks import bell_name
from barback.foundation.errors import Conflict, NotFound
from barback.storage import Transaction, statements

SQL = statements(__file__, "console.sql")


class QueueNotFound(NotFound):
    """No worker ever worked this queue, and nothing waits in it."""

    code = "queue_not_found"
    title = "No such queue"


class KeyNotClosed(Conflict):
    """Only a key whose head died under the policy "park" is closed."""

    code = "key_not_closed"
    title = "This key is not closed"


async def require_queue(tx: Transaction, queue: str) -> bool:
    """Whether `queue` is paused. Raises QueueNotFound: a mistyped name must not pause nothing in silence."""
    row = await tx.one(SQL.queue_seen, queue=queue)
    if row is not None:
        return bool(row["paused"])
    if await tx.one(SQL.queue_used, queue=queue) is None:
        raise QueueNotFound(f"No queue is called {queue}. Look at the list of queues for what there is.")
    return False


async def pause(tx: Transaction, queue: str, *, who: str) -> bool:
    """From now on nothing of `queue` is claimed, by any worker; what has begun is finished. False if it was paused."""
    return await _set_paused(tx, queue, who, paused=True)


async def resume(tx: Transaction, queue: str, *, who: str) -> bool:
    """Claim from `queue` again. False if it was not paused."""
    return await _set_paused(tx, queue, who, paused=False)


async def _set_paused(tx: Transaction, queue: str, who: str, *, paused: bool) -> bool:
    before = await require_queue(tx, queue)
    if before == paused:
        return False
    await tx.run(store.SQL.queue_pause, name=queue, paused=int(paused), now_ms=tx.now_ms)
    action = "queue.paused" if paused else "queue.resumed"
    await changes.record(tx, who, action, f"queue:{queue}", before={"paused": before}, after={"paused": paused})
    tx.after_commit(partial(tx.database.bell.ring, CONTROL_BELL))
    return True


async def release_key(tx: Transaction, queue: str, key: str, *, who: str) -> None:
    """Let what waits behind a closed key go on, without the message that closed it. Raises KeyNotClosed."""
    if not await lanes.release(tx, queue, key):
        raise KeyNotClosed(f"Nothing holds the key {key} of queue {queue} closed.")
    subject = f"key:{queue}:{key}"
    await changes.record(tx, who, "key.released", subject, before={"closed": True}, after={"closed": False})
    tx.after_commit(partial(tx.database.bell.ring, bell_name(queue)))
