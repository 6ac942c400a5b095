"""One worker: which messages it has in hands right now, what it did lately; and asking it to end, or back (E12)."""

from __future__ import annotations

from collections import defaultdict
from functools import partial

import msgspec

from barback.engine import changes, store
from barback.engine.changes import CONTROL_BELL
from barback.engine.history.tally import MINUTE_MS
from barback.engine.operations.worker_figures import WorkerFigures, workers
from barback.foundation.errors import Conflict, NotFound
from barback.storage import Transaction, statements

SQL = statements(__file__, "workers.sql")

LEASES_SHOWN = 100
MESSAGES_SHOWN = 100
"""Messages in hands that are told, the longest held first; of a batch the first ten."""
OF_A_BATCH = 10
LATELY_MS = 10 * MINUTE_MS


class WorkerNotFound(NotFound):
    """It ended, was given up for dead, or never was; one that was given up takes a new name."""

    code = "worker_not_found"
    title = "No such worker"


class WorkerIsLeaving(Conflict):
    """It has finished, or its grace is over: it ends, and cannot be asked back."""

    code = "worker_is_leaving"
    title = "This worker is leaving"


class InHands(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a worker holds; `together` are held by the same lease, in one transaction. `attempt`: from 1."""

    id: str
    queue: str
    task: str
    key: str | None
    tenant: str | None
    attempt: int
    since_ms: int
    together: int


class Bundled(msgspec.Struct, frozen=True):
    """Messages of one task that are held as bundles, not one by one."""

    queue: str
    task: str
    messages: int
    since_ms: int


class DidLately(msgspec.Struct, frozen=True):
    """What it did of one task in the last ten minutes. `mean_us`: handler time for one message, in microseconds."""

    queue: str
    task: str
    done: int
    failed: int
    dead: int
    mean_us: int


class WorkerDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One worker with what it has in hands, oldest first, and what it did in the last ten minutes."""

    as_of_ms: int
    worker: WorkerFigures
    in_hands: list[InHands]
    bundled: list[Bundled]
    lately: list[DidLately]


async def one(tx: Transaction, worker_id: str) -> WorkerDetail:
    """All that is known of a worker. Raises WorkerNotFound."""
    figures = next((one for one in await workers(tx) if one.id == worker_id), None)
    if figures is None:
        raise _unknown(worker_id)
    in_hands, bundled = await _doing(tx, worker_id)
    since_ms = tx.now_ms - tx.now_ms % MINUTE_MS - LATELY_MS
    lately = [
        DidLately(
            row["queue"], row["task"], row["done"], row["failed"], row["dead"],
            row["wall_us"] // max(1, row["done"] + row["failed"]),
        )
        for row in await tx.all(SQL.worker_tally, worker=worker_id, since_ms=since_ms)
    ]  # fmt: skip
    return WorkerDetail(as_of_ms=tx.now_ms, worker=figures, in_hands=in_hands, bundled=bundled, lately=lately)


async def _doing(tx: Transaction, worker_id: str) -> tuple[list[InHands], list[Bundled]]:
    found: list[InHands] = []
    packed: dict[int, tuple[str, int]] = {}
    for lease in await tx.all(SQL.worker_leases, worker=worker_id, n=LEASES_SHOWN):
        if not lease["body"]:
            packed[int(lease["token"])] = lease["queue"], lease["claimed_ms"]
            continue
        found += [
            InHands(
                id=row.id, queue=row.queue, task=row.task, key=row.key, tenant=row.tenant, attempt=row.attempt,
                since_ms=lease["claimed_ms"], together=lease["size"],
            )
            for row in store.leased_rows(lease["body"])[:OF_A_BATCH]
        ]  # fmt: skip
    counts: dict[tuple[str, str, int], int] = defaultdict(int)
    if packed:
        for row in await tx.all(SQL.worker_bundles, tokens=sorted(packed)):
            queue, since_ms = packed[int(row["token"])]
            counts[queue, row["task"], since_ms] += row["n"]
    bundled = [Bundled(queue, task, n, since_ms) for (queue, task, since_ms), n in counts.items()]
    return found[:MESSAGES_SHOWN], bundled


async def drain(tx: Transaction, worker_id: str, *, who: str) -> bool:
    """Ask a worker to finish what it holds, claim nothing more and end. False if it was asked. Raises WorkerNotFound.

    What takes longer than its grace is given back. A supervisor starts another in its place at once.
    """
    if await tx.one(SQL.worker_one, id=worker_id) is None:
        raise _unknown(worker_id)
    if not await tx.all(store.SQL.worker_drains, id=worker_id, now_ms=tx.now_ms):
        return False
    await _changed(tx, who, "worker.draining", worker_id, draining=True)
    return True


async def keep(tx: Transaction, worker_id: str, *, who: str) -> bool:
    """Ask a worker that drains to stay. False if it was not asked to end. Raises WorkerNotFound, WorkerIsLeaving."""
    row = await tx.one(store.SQL.worker_asked, id=worker_id)
    if row is None:
        raise _unknown(worker_id)
    if row["drain_ms"] is None:
        return False
    if not await tx.all(SQL.worker_stays, id=worker_id):
        raise WorkerIsLeaving(f"{worker_id} has let go of everything and ends; start another.")
    await _changed(tx, who, "worker.kept", worker_id, draining=False)
    return True


async def _changed(tx: Transaction, who: str, action: str, worker_id: str, *, draining: bool) -> None:
    before, after = {"draining": not draining}, {"draining": draining}
    await changes.record(tx, who, action, f"worker:{worker_id}", before=before, after=after)
    tx.after_commit(partial(tx.database.bell.ring, CONTROL_BELL))


def _unknown(worker_id: str) -> WorkerNotFound:
    return WorkerNotFound(f"No worker is called {worker_id[:120]}. Look at the list of workers for who there is.")
