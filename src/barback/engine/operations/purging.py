"""Purging a queue, or draining a tenant of it: what waits is taken out for good, some thousands in each transaction.

What a worker holds is finished, and what is dead stays. Members of batches count as cancelled, blobs are let
go, and keys whose head went are free again. Each page is recorded (`changes`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import msgspec

from barback.engine import changes, store
from barback.engine.blobs import blob_refs
from barback.engine.bulk import batch_counts, bundles
from barback.engine.bulk.batch_counts import BatchCounts, Counts
from barback.engine.fairness import lines
from barback.engine.leases import Pack
from barback.engine.leasing import lanes
from barback.engine.messages import Cancel, Stored
from barback.engine.operations import control
from barback.engine.tasks import bell_name
from barback.foundation.errors import FieldProblem, Invalid
from barback.storage import Database, Row, Statement, Transaction, statements

SQL = statements(__file__, "purging.sql")

PAGE = 2_000
"""Messages that one transaction takes out: some tens of milliseconds of a single writer's time."""
PAGES_MAX = 5
"""Pages that one call of `purge_some` works through."""
PURGED, DRAINED = "its queue was purged", "its tenant was drained"
PACKS_LOOKED = 200
"""Bundles that one transaction looks into for a tenant's."""
_COLUMNS = len(Stored.__struct_fields__)
_PACK = msgspec.msgpack.Decoder(Pack)


class Purged(msgspec.Struct, frozen=True, kw_only=True):
    """How many were taken out; call again with the same `upto_ms` while there is `more`."""

    removed: int
    more: bool
    upto_ms: int


class Place(msgspec.Struct, frozen=True):
    """How far a tenant is drained of a queue: the kind of what waits, and of bundles the last that was looked at."""

    kind: int = 0
    pos: int = 0


START = Place()


class Page(msgspec.Struct, frozen=True):
    """What was drained in a transaction. `after`: where the next goes on; None: nothing is left."""

    removed: int
    after: Place | None


class PurgeNotConfirmed(Invalid):
    """The name of the queue, or of the tenant, has to be said twice: what is taken out cannot be had back."""

    code = "purge_not_confirmed"
    title = "The purge was not confirmed"


def check_confirmed(name: str, said: str, of: str = "queue") -> None:
    """Raises PurgeNotConfirmed unless `said` is the name of what is to be emptied."""
    if said != name:
        problem = FieldProblem("confirm", said, f"is not the name of the {of}", f"send {name}")
        raise PurgeNotConfirmed(f"confirm: {problem.reason}; {problem.cure}.", fields=[problem])


async def purge_some(db: Database, queue: str, *, who: str, upto_ms: int | None = None) -> Purged:
    """Take out up to 10,000 of what was enqueued up to `upto_ms` (None: now). Raises QueueNotFound."""
    removed, more = 0, True
    for _ in range(PAGES_MAX):
        async with db.transaction() as tx:
            if upto_ms is None:
                # Only at first: a queue that no worker ever worked is not known any more once it is empty.
                await control.require_queue(tx, queue)
                upto_ms = tx.now_ms
            count = await purge_page(tx, queue, upto_ms, who=who)
        removed, more = removed + count, count > 0
        if not more:
            break
    assert upto_ms is not None
    return Purged(removed=removed, more=more, upto_ms=upto_ms)


async def purge_page(tx: Transaction, queue: str, upto_ms: int, *, who: str) -> int:
    """Take out one page of one kind, the followers of keys before their heads; 0: nothing is left.

    One kind in a transaction: who settles locks a key before what stands behind it, and must never wait for
    one who holds the one and wants the other.
    """
    for kind, take in _KINDS:
        count = await take(tx, queue, upto_ms, "")
        if count:
            before = {"waiting": kind, "messages": count}
            await changes.record(tx, who, "queue.purged", f"queue:{queue}", before=before, after={"upto_ms": upto_ms})
            return count
    return 0


async def drain_page(tx: Transaction, queue: str, tenant: str, upto_ms: int, at: Place, *, who: str) -> Page:
    """Take out one page of what waits of a tenant in a queue, as `purge_page`."""
    for n in range(at.kind, len(_KINDS)):
        kind, take = _KINDS[n]
        if take is _bundled:
            count, last = await _packs_of(tx, queue, tenant, upto_ms, at.pos)
            after, more = (Place(n + 1), count > 0) if last is None else (Place(n, last), True)
        else:
            count = await take(tx, queue, upto_ms, tenant)
            after, more = Place(n if count else n + 1), count > 0
        if count:
            before = {"queue": queue, "waiting": kind, "messages": count}
            await changes.record(
                tx, who, "tenant.drained", f"tenant:{tenant}", before=before, after={"upto_ms": upto_ms}
            )
        if more:
            return Page(count, after)
    return Page(0, None)


async def _rows(tx: Transaction, queue: str, upto_ms: int, tenant: str, *, statement: Statement) -> int:
    removed: Sequence[Row] = await tx.all(statement, queue=queue, upto_ms=upto_ms, tenant=tenant, n=PAGE)
    rows = [Stored(*tuple(row)[:_COLUMNS]) for row in removed]  # type: ignore[arg-type]
    heads = [row for row, of in zip(rows, removed, strict=True) if of["is_head"]]
    await end_these(tx, queue, rows, heads, reason=DRAINED if tenant else PURGED)
    return len(rows)


async def _aside(tx: Transaction, queue: str, upto_ms: int, tenant: str) -> int:
    """What workers that died had in their hands; it holds tokens of its lines still."""
    found = [
        one
        for one in await store.look_aside(tx, queue, PAGE)
        if one.row.enqueued_ms <= upto_ms and tenant in ("", one.row.tenant)
    ]
    for one in found:
        await store.take_aside(tx, one)
    rows = [one.row for one in found]
    await end_these(tx, queue, rows, rows, reason=DRAINED if tenant else PURGED)
    await lines.free(tx, queue, lines.freed_by([one.row for one in found if one.lined == store.COUNTED]))
    return len(rows)


async def _bundled(tx: Transaction, queue: str, upto_ms: int, tenant: str) -> int:
    assert not tenant, "see _packs_of"
    found = await tx.all(SQL.purge_bundle, queue=queue, upto_ms=upto_ms, n=max(1, PAGE // bundles.SIZE))
    return await _end_packs(tx, found)


async def _packs_of(tx: Transaction, queue: str, tenant: str, upto_ms: int, last: int) -> tuple[int, int | None]:
    """Take a tenant's bundles out of the next ones; how many messages, and the last looked at, if there are more."""
    found = await tx.all(SQL.bundles_upto, queue=queue, upto_ms=upto_ms, last=last, n=PACKS_LOOKED)
    places = [row["pos"] for row in found if _PACK.decode(row["body"]).tenant == tenant]
    count = await _end_packs(tx, await tx.all(SQL.bundles_out, places=places)) if places else 0
    return count, int(found[-1]["pos"]) if len(found) == PACKS_LOOKED else None


async def _end_packs(tx: Transaction, found: Sequence[Row]) -> int:
    packs = [_PACK.decode(row["body"]) for row in found]
    counts: dict[str, Counts] = {}
    for pack in packs:
        batch = batch_counts.batch_of(pack.about)
        if batch is not None:
            counts.setdefault(batch, Counts()).cancelled += pack.size
    if counts:
        await batch_counts.append(tx, counts)
    return sum(pack.size for pack in packs)


async def end_these(
    tx: Transaction, queue: str, rows: Sequence[Stored], heads: Sequence[Stored] = (), *, reason: str = PURGED
) -> None:
    """`rows` were taken out: their batches and blobs hear of it, and the keys that `heads` headed go on."""
    counts = BatchCounts()
    for row in rows:
        counts.settled(row, Cancel(reason))
    await counts.write(tx)
    await blob_refs.let_go(tx, rows)
    keys = [row.key for row in heads if row.key is not None]
    if keys:
        # What came after the purge began goes on.
        await store.add_ready(tx, await lanes.promote(tx, queue, keys))
        tx.after_commit(partial(tx.database.bell.ring, bell_name(queue)))


_KINDS: tuple[tuple[str, Callable[[Transaction, str, int, str], Awaitable[int]]], ...] = (
    ("arrived", partial(_rows, statement=SQL.purge_arrival)),
    ("behind its key", partial(_rows, statement=SQL.purge_parked)),
    ("delayed", partial(_rows, statement=SQL.purge_later)),
    ("ready", partial(_rows, statement=SQL.purge_ready)),
    ("in a line", partial(_rows, statement=SQL.purge_line)),
    ("in bundles", _bundled),
    ("set aside", _aside),
)
