"""A claim in one round trip (PostgreSQL): look, take and lease are one statement, which is a transaction of its own.

For queues in which messages that can run are all there is: none is to be tried alone, due, just come with a key or in
a bundle; with lines, those that are not limited, and that bring no more than one claim takes. Where there is anything
else nothing is claimed and the caller goes the long way, which has all the rules. With nothing to claim it says as well
how long there is to rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from barback.engine import store
from barback.engine.leases import Lease
from barback.engine.leasing.relaxed import CAREFUL_MS
from barback.engine.leasing.sight import Sight
from barback.engine.messages import LeaseLostError
from barback.storage import Row, Transaction, statements

SQL = statements(__file__, "at_once.sql")


class HoldsTokensError(Exception):
    """A lease of lines was not ended: it holds tokens since somebody set a limit, or it is not ours any more."""


@dataclass(frozen=True)
class Glance:
    """What one look found. `plain`: messages that can run are all there is, and `leases` are those that were claimed.

    Otherwise nothing was, and `aside`, `due`, `arrived` and `elsewhere` say why. `due_ms`: when the next delayed
    message is due. `waiting`: something can run that somebody else is just claiming. `relaxed`: a claim was, or would
    have been, committed without a wait for the disk.
    """

    plain: bool
    leases: list[Lease] = field(default_factory=list[Lease])
    aside: bool = False
    due: bool = False
    arrived: bool = False
    due_ms: int | None = None
    waiting: bool = False
    relaxed: bool = False


async def claim(
    tx: Transaction,
    queue: str,
    worker: str,
    limit: int,
    sight: Sight,
    *,
    singly: bool = False,
    ending: Lease | None = None,
    relaxed: bool = False,
) -> Glance:
    """Lease up to `limit` messages of `queue`, together or with `singly` each for itself; end `ending` before.

    The last statement of `tx`. `relaxed`: a crash of the server may undo it, if nothing was ended (see `relaxed.py`).
    Raises LeaseLostError when `ending` is not ours any more, HoldsTokensError when only the long way can end it; then
    nothing was done.
    """
    rows = await tx.finish(
        SQL.claim_lined_at_once if sight.lined else SQL.claim_at_once,
        queue=queue,
        worker=worker,
        n=limit,
        now_ms=tx.now_ms,
        tokens=[] if ending is None else [ending.token],
        singly=singly,
        relaxed=relaxed,
        careful_ms=CAREFUL_MS,
        **sight.floors.parts(),
    )
    if rows[0]["lost"]:
        sight.plain = False
        raise _lost(queue, ending)
    leases = _leases(rows, queue, worker, lined=bool(sight.lined))
    sight.crowded = sum(lease.size for lease in leases) >= limit
    return _seen(rows[0], leases, sight, tx.now_ms)


def _seen(first: Row, leases: list[Lease], sight: Sight, now_ms: int) -> Glance:
    for lease in leases:
        if lease.lined:
            sight.newcomers.served(lease.rows, now_ms)
        else:
            sight.floors.mark(lease.rows)
    plain, due_ms = bool(first["may"]), first["due_ms"]
    if not sight.lined:  # claims of lines wait for the disk
        if sight.calm_ms not in (None, first["calm_ms"]):
            # The server has crashed: claims that we saw may be undone, and what they took lies before our floors again.
            sight.forget_places()
            plain = plain and bool(leases)
        sight.calm_ms = first["calm_ms"]
    sight.plain = plain
    return Glance(
        plain=plain,
        leases=leases,
        aside=first["aside"],
        due=due_ms is not None and due_ms <= now_ms,
        arrived=first["arrived"],
        due_ms=due_ms,
        waiting=first["waiting"],
        relaxed=first["relaxed"],
    )


def _lost(queue: str, ending: Lease | None) -> Exception:
    if ending is not None and ending.lined:
        return HoldsTokensError(f"a lease of queue {queue} holds tokens, or was taken over")
    return LeaseLostError(f"the lease of queue {queue} was taken over")


def _leases(rows: Sequence[Row], queue: str, worker: str, *, lined: bool) -> list[Lease]:
    held = [(row["token"], store.leased_rows(row["body"])) for row in rows if row["token"] is not None]
    leases = [Lease(token, queue, worker, its, lined=lined) for token, its in held]
    leases.sort(key=lambda lease: (lease.rows[0].priority, lease.rows[0].pos))
    return leases
