"""What settling and adding say about batches: counts, appended in the transaction that makes them true.

Nobody updates a row that others wait for; `batch_folding` adds up what was appended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from barback.engine.leases import Lease
from barback.engine.messages import About, Cancel, Dead, Done, Expired, Outcome, RetryAfter, Stored
from barback.storage import Transaction, statements

SQL = statements(__file__, "batches.sql")
BELL = "batches"
"""Rung when there is something to add up."""
CANCELLED = Cancel("its batch was cancelled")


class Counts(msgspec.Struct):
    """What became of members of one batch. `failed` counts attempts; the others, members."""

    total: int = 0
    done: int = 0
    failed: int = 0
    dead: int = 0
    cancelled: int = 0
    expired: int = 0


def batch_of(about: str | None) -> str | None:
    """The batch that a message belongs to, from its column `about`."""
    if about is None or '"batch"' not in about:
        return None  # decoding is for those that have one
    return msgspec.json.decode(about, type=About).batch


class BatchCounts:
    """Collects what one transaction does to members of batches, then writes it, a row for each batch."""

    def __init__(self) -> None:
        """Starts empty."""
        self._counts: defaultdict[str, Counts] = defaultdict(Counts)
        self._dead: list[dict[str, str]] = []

    def settled(self, row: Stored, outcome: Outcome) -> None:
        """A member got its outcome; one that waits again is still to come."""
        batch = batch_of(row.about)
        if batch is None:
            return
        counts = self._counts[batch]
        match outcome:
            case Done():
                counts.done += 1
            case Cancel():
                counts.cancelled += 1
            case Expired():
                counts.expired += 1
            case Dead():
                counts.failed += 1
                self._died(batch, row)
            case RetryAfter():
                counts.failed += 1
                if row.attempt >= row.attempts_max:
                    self._died(batch, row)
            case _:
                pass

    def _died(self, batch: str, row: Stored) -> None:
        self._counts[batch].dead += 1
        self._dead.append({"batch": batch, "id": row.id})

    def done_packed(self, lease: Lease, outcomes: Mapping[str, Outcome]) -> None:
        """The messages of bundles that `outcomes` does not name are done."""
        for pack in lease.packs:
            batch = batch_of(pack.about)
            if batch is not None:
                others = sum(id_ in outcomes for id_ in pack.ids()) if outcomes else 0
                self._counts[batch].done += pack.size - others

    async def write(self, tx: Transaction) -> None:
        """Append what was collected."""
        if self._counts:
            await tx.many(SQL.batch_dead_add, self._dead)
            await append(tx, self._counts)


async def append(tx: Transaction, counts: Mapping[str, Counts]) -> None:
    """Append `counts` by batch, and have somebody add them up."""
    await tx.many(SQL.progress_add, [{"batch": id_, **msgspec.structs.asdict(one)} for id_, one in counts.items()])
    bell = tx.database.bell
    tx.after_commit(lambda: bell.ring(BELL))


async def leave_dead(tx: Transaction, rows: Iterable[Stored], *, alive: bool) -> None:
    """Dead letters are removed: to go round again (`alive`), so their batches wait for them, or for good."""
    members = [(batch, row.id) for row in rows if (batch := batch_of(row.about)) is not None]
    if not members:
        return
    await tx.many(SQL.batch_dead_remove, [{"batch": batch, "id": id_} for batch, id_ in members])
    if alive:
        counts: defaultdict[str, Counts] = defaultdict(Counts)
        for batch, _ in members:
            counts[batch].dead -= 1
        await append(tx, counts)


async def cancelled(tx: Transaction, abouts: Iterable[str | None]) -> set[str]:
    """Which values of `abouts` belong to batches that were cancelled: nothing more of them may begin."""
    members = {about: batch for about in set(abouts) if about and (batch := batch_of(about)) is not None}
    if not members:
        return set()
    ended = {str(row["id"]) for row in await tx.all(SQL.batches_cancelled, ids=sorted(set(members.values())))}
    return {about for about, batch in members.items() if batch in ended}


async def without_cancelled(tx: Transaction, rows: Sequence[Stored], outcomes: dict[str, Outcome]) -> Sequence[Stored]:
    """Those of `rows` that may begin; the others get their outcome."""
    ended = await cancelled(tx, (row.about for row in rows))
    if not ended:
        return rows
    outcomes.update({row.id: CANCELLED for row in rows if row.about in ended})
    return [row for row in rows if row.about not in ended]
