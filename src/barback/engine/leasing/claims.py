"""Claiming and settling: how messages come into a worker's hands and leave them, fenced by leases.

A claim (`claiming.py`) moves rows out of the ready table into one *lease*: a row with a token that only
grows, holding the whole batch. Settling deletes the lease; when it is not there any more, somebody else
took the batch over and the transaction must not commit (E2). Attempts are counted in the lease, at
claim, so a message that kills its worker has used one up (E6).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec

from barback.engine import store
from barback.engine.blobs import blob_refs
from barback.engine.bulk import bundles
from barback.engine.bulk.batch_counts import BatchCounts
from barback.engine.fairness import lines
from barback.engine.guards import deadlines
from barback.engine.leases import Lease
from barback.engine.leasing import lanes
from barback.engine.leasing.claiming import claim, claim_aside, take_due
from barback.engine.leasing.sight import Sight
from barback.engine.messages import (
    DONE,
    Cancel,
    Dead,
    Done,
    Expired,
    LeaseLostError,
    Outcome,
    RetryAfter,
    Snooze,
    Stored,
)
from barback.engine.store import SQL
from barback.engine.tasks import Task, bell_name
from barback.storage import Transaction

__all__ = ["Lease", "Settled", "Sight", "claim", "claim_aside", "give_back", "settle", "split", "take_due", "take_over"]


@dataclass
class Settled:
    """What settling did: new heads to hand out, and what became of each message. `moved`: keys whose heads are gone."""

    heads: list[Stored] = field(default_factory=list[Stored])
    next_due_ms: int | None = None
    freed: dict[str, int] = field(default_factory=dict[str, int])
    moved: Sequence[str] = ()


async def settle(
    tx: Transaction,
    leases: Sequence[Lease],
    outcomes: Mapping[str, Outcome],
    tasks: Mapping[str, Task[object]],
    *,
    claiming: bool = False,
) -> Settled:
    """End `leases` in `tx`: every message gets its outcome, keys move on. All leases of one queue.

    With `claiming` the tokens that are freed are left to the claim that follows in `tx`, which must get them.
    Raises LeaseLostError when any lease is not ours any more; then nothing of `tx` may be kept.
    """
    queue = leases[0].queue
    ended = await tx.all(SQL.lease_end, tokens=[lease.token for lease in leases], worker=leases[0].worker)
    if len(ended) != len(leases):
        raise LeaseLostError(f"{len(leases) - len(ended)} of {len(leases)} leases of queue {queue} were taken over")
    await bundles.end(tx, leases)
    settling = _Settling(tx, queue, leases[0].worker, tasks)
    followed = {row["token"] for row in ended if row["followed"]}
    for lease in leases:
        settling.add_loose(lease.loose, followed=lease.token in followed)
        settling.add_lease(lease, outcomes)
    settled = await settling.write()
    # The tables say who holds tokens: those of a lease may have been counted since it was claimed.
    counted = {row["token"] for row in ended if row["lined"] == store.COUNTED}
    settled.freed = lines.freed_by([row for lease in leases if lease.token in counted for row in lease.rows])
    if settled.freed and not claiming:
        await lines.free(tx, queue, settled.freed)
    return settled


class _Settling:
    """Collects what becomes of many messages, then writes it in few statements."""

    def __init__(self, tx: Transaction, queue: str, worker: str, tasks: Mapping[str, Task[object]]) -> None:
        self._tx = tx
        self._queue = queue
        self._worker = worker
        self._tasks = tasks
        self._open_keys: list[str] = []
        self._parked_keys: list[str] = []
        self._later: dict[bool, list[tuple[int, Stored]]] = {True: [], False: []}
        self._dead: list[dict[str, object]] = []
        self._failures: list[dict[str, object]] = []
        self._batches = BatchCounts()
        self._ended: list[Stored] = []
        self._loose: set[str] = set()
        self._laneless: set[str] = set()
        self._owning: list[str] = []

    def add_loose(self, keys: Collection[str], *, followed: bool) -> None:
        """These had no lane when they were claimed; `followed`: some of them may have one now."""
        self._loose.update(keys)
        if not followed:
            self._laneless.update(keys)

    def add_lease(self, lease: Lease, outcomes: Mapping[str, Outcome]) -> None:
        """What became of all it holds. Of a bundle only those are looked at that are not simply done."""
        if lease.packs:
            self._batches.done_packed(lease, outcomes)
            for id_, outcome in outcomes.items():
                self.add(lease.packed(id_), outcome, lease)
            return
        for row in lease.rows:
            self.add(row, outcomes.get(row.id, DONE), lease)

    def add(self, row: Stored, outcome: Outcome, lease: Lease) -> None:
        if row.about is not None:
            self._batches.settled(row, outcome)
            if blob_refs.has_ended(outcome):
                self._ended.append(row)
        match outcome:
            case Done() | Cancel() | Expired():
                self._move_on(row)
            case Snooze(delay_ms):
                # A copy: if this transaction is undone the lease's own row must still be as it was.
                self._wait(msgspec.structs.replace(row, attempt=row.attempt - 1), delay_ms)
            case RetryAfter(delay_ms, error):
                self._fail(row, error, lease.took_ms(row.id))
                if row.attempt >= row.attempts_max:
                    self._die(row, "attempts", error)
                else:
                    self._wait(row, delay_ms)
            case Dead(error):
                self._fail(row, error, lease.took_ms(row.id))
                self._die(row, "handler", error)

    def bury(self, row: Stored, error: str) -> None:
        self._batches.settled(row, Dead(error))
        self._fail(row, error, None)
        self._die(row, "worker died", error)

    def _move_on(self, row: Stored) -> None:
        if row.key is not None and row.key not in self._laneless:
            self._open_keys.append(row.key)

    def _policy(self, row: Stored) -> str:
        task = self._tasks.get(row.task)
        return task.on_head_failure if task is not None else "block"

    def _wait(self, row: Stored, delay_ms: int) -> None:
        holds_lane = row.key is not None and self._policy(row) != "skip"
        self._later[holds_lane].append((deadlines.due_ms(row, self._tx.now_ms, delay_ms), row))
        if not holds_lane:
            self._move_on(row)
        elif row.key in self._loose:
            self._owning.append(row.key)

    def _fail(self, row: Stored, error: str, took_ms: int | None) -> None:
        self._failures.append(
            {
                "message_id": row.id,
                "queue": row.queue,
                "task": row.task,
                "attempt": row.attempt,
                # When it ended: the transaction may have begun with the attempt.
                "at_ms": self._tx.database.clock.now_ms(),
                "worker": self._worker,
                "error": error,
                "took_ms": took_ms,
            }
        )

    def _die(self, row: Stored, reason: str, error: str) -> None:
        self._dead.append(store.dead_row(row, reason, error, self._tx.now_ms))
        if row.key is not None and self._policy(row) == "park":
            self._parked_keys.append(row.key)
            if row.key in self._loose:
                self._owning.append(row.key)
        else:
            self._move_on(row)

    async def write(self) -> Settled:
        tx = self._tx
        await tx.many(SQL.failure_add, self._failures)
        await tx.many(SQL.dead_add, self._dead)
        await self._batches.write(tx)
        await blob_refs.let_go(tx, self._ended)
        for is_head, due in self._later.items():
            await store.add_later(tx, due, is_head=is_head)
        await lanes.own(tx, self._queue, self._owning)
        for key in self._parked_keys:
            await lanes.close(tx, self._queue, key)
        heads = await lanes.promote(tx, self._queue, self._open_keys)
        times = [at for due in self._later.values() for at, _ in due]
        return Settled(heads, min(times, default=None), moved=self._open_keys)


async def split(tx: Transaction, lease: Lease) -> list[Lease]:
    """A lease of its own for each message, with their attempts as they are. Raises LeaseLostError."""
    ended = await tx.all(SQL.lease_end, tokens=[lease.token], worker=lease.worker)
    if not ended:
        raise LeaseLostError(f"the lease {lease.token} of queue {lease.queue} was taken over")
    await bundles.end(tx, [lease])
    await lanes.own(tx, lease.queue, lease.loose)
    singles: list[Lease] = []
    for row in lease.rows:
        token = await store.add_lease(tx, lease.queue, lease.worker, [row], lined=ended[0]["lined"])
        singles.append(Lease(token, lease.queue, lease.worker, [row], lined=lease.lined))
        singles[-1].due = lease.due
    return singles


async def give_back(tx: Transaction, leases: Sequence[Lease]) -> None:
    """Return messages that were not started: the attempt does not count. Lost leases are left alone."""
    for lease in leases:
        if ended := await tx.all(SQL.lease_end, tokens=[lease.token], worker=lease.worker):
            if lease.packs:
                await bundles.free(tx, lease)
            else:
                await lanes.own(tx, lease.queue, lease.loose)
                back = [msgspec.structs.replace(row, attempt=row.attempt - 1) for row in lease.rows]
                await store.add_ready(tx, await lanes.withhold(tx, lease.queue, back))
            if ended[0]["lined"] == store.COUNTED:
                await lines.free(tx, lease.queue, lines.freed_by(lease.rows))
            tx.after_commit(partial(tx.database.bell.ring, bell_name(lease.queue)))


async def take_over(tx: Transaction, worker: str, tasks: Mapping[str, Task[object]]) -> int:
    """The worker is dead: its messages are set aside to be tried alone, or are dead letters.

    Which message of a batch killed it is not known, so only one that was alone in its lease, with its
    attempts used up, dies of it. Returns how many there were. `worker` never gets them back: its
    leases are gone.
    """
    count = 0
    for found in await tx.all(SQL.lease_take_all, worker=worker):
        rows = await bundles.leased_rows(tx, found["token"], found["body"])
        count += len(rows)
        queue = str(found["queue"])
        await lanes.own(tx, queue, store.loose_keys(found["keys"]))
        settling = _Settling(tx, queue, worker, tasks)
        aside: list[Stored] = []
        for row in rows:
            # What a task that we do not know wants done with its key is for a worker that knows it.
            if len(rows) == 1 and row.attempt >= row.attempts_max and row.task in tasks:
                settling.bury(row, f"the worker {worker} died while it held this message")
            else:
                aside.append(row)
        settled = await settling.write()
        lined = int(found["lined"])
        await store.set_aside(tx, aside, lined=lined)
        await store.add_ready(tx, settled.heads)
        if lined == store.COUNTED:
            kept = {row.id for row in aside}
            await lines.free(tx, queue, lines.freed_by([row for row in rows if row.id not in kept]))
        tx.after_commit(partial(tx.database.bell.ring, bell_name(queue)))
    return count
