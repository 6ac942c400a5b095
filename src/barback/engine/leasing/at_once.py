"""A claim in one round trip (PostgreSQL): look, take and lease are one statement, which is a transaction of its own.

For queues in which messages that can run are all there is: none is to be tried alone, due, just come with a key, in
a bundle or in a line. Where there is anything else nothing is claimed and the caller goes the long way, which has
all the rules. With nothing to claim it says as well how long there is to rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from barback.engine import store
from barback.engine.leases import Lease
from barback.engine.leasing.sight import Sight
from barback.engine.messages import LeaseLostError
from barback.storage import Transaction, statements

SQL = statements(__file__, "at_once.sql")


@dataclass(frozen=True)
class Glance:
    """What one look found. `plain`: messages that can run are all there is, and `leases` are those that were claimed.

    Otherwise nothing was, and `aside`, `due`, `arrived` and `elsewhere` say why. `due_ms`: when the next delayed
    message is due. `waiting`: something can run that somebody else is just claiming.
    """

    plain: bool
    leases: list[Lease] = field(default_factory=list[Lease])
    aside: bool = False
    due: bool = False
    arrived: bool = False
    due_ms: int | None = None
    waiting: bool = False


async def claim(
    tx: Transaction,
    queue: str,
    worker: str,
    limit: int,
    sight: Sight,
    *,
    singly: bool = False,
    ending: Lease | None = None,
) -> Glance:
    """Lease up to `limit` messages of `queue`, together or with `singly` each for itself; end `ending` before.

    The last statement of `tx`. Raises LeaseLostError when `ending` is not ours any more; then nothing was done.
    """
    rows = await tx.finish(
        SQL.claim_at_once,
        queue=queue,
        worker=worker,
        n=limit,
        now_ms=tx.now_ms,
        tokens=[] if ending is None else [ending.token],
        singly=singly,
        **sight.floors.parts(),
    )
    first = rows[0]
    if first["lost"]:
        raise LeaseLostError(f"the lease of queue {queue} was taken over")
    leases = [_lease(queue, worker, row["token"], row["body"]) for row in rows if row["token"] is not None]
    leases.sort(key=lambda lease: (lease.rows[0].priority, lease.rows[0].pos))
    for lease in leases:
        sight.floors.mark(lease.rows)
    sight.plain, due_ms = first["may"], first["due_ms"]
    sight.crowded = sum(lease.size for lease in leases) >= limit
    return Glance(
        plain=first["may"],
        leases=leases,
        aside=first["aside"],
        due=due_ms is not None and due_ms <= tx.now_ms,
        arrived=first["arrived"],
        due_ms=due_ms,
        waiting=first["waiting"],
    )


def _lease(queue: str, worker: str, token: int, body: bytes) -> Lease:
    return Lease(token, queue, worker, store.leased_rows(body))
