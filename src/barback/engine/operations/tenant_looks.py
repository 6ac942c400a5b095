"""Tenants as an operator sees them: what of each waits, runs and died, in which queues, and where it is held.

So many messages of each table are looked at (`LOOKED_MAX`), so it costs the same however much is waiting;
`whole` says whether that was everything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from barback.engine import store
from barback.engine.fairness import limits
from barback.engine.fairness.limits import BY_EXPRESSION, BY_TENANT, Limited
from barback.engine.leases import Pack
from barback.engine.operations import looking, tuning
from barback.engine.operations.figures import NOBODY
from barback.engine.operations.looking import LOOKED_MAX
from barback.engine.operations.packed_looks import LEASES_MAX
from barback.foundation.errors import NotFound
from barback.storage import Row, Transaction, statements

SQL = statements(__file__, "tenants.sql")

TENANTS_MAX = 500
PACKS_MAX = 50
"""Packs of a hundred messages that are looked into, those that wait longest."""
_PACK = msgspec.msgpack.Decoder(Pack)
_STATE_OF = {
    "ready": "ready", "line": "ready", "arrival": "waiting", "parked": "waiting", "later": "scheduled", "dead": "dead",
}  # fmt: skip


class TenantNotFound(NotFound):
    """Nothing of it waits, runs or is dead, and no line of it is held."""

    code = "tenant_not_found"
    title = "No work of such a tenant"


class TenantDepth(msgspec.Struct, kw_only=True):
    """How many messages there are by state. `waiting` have a key and stand behind another of it."""

    ready: int = 0
    waiting: int = 0
    scheduled: int = 0
    leased: int = 0
    dead: int = 0
    oldest_ms: int | None = None

    @property
    def total(self) -> int:
        """All of them."""
        return self.ready + self.waiting + self.scheduled + self.leased + self.dead


class TenantFigures(TenantDepth, kw_only=True):
    """One tenant over all queues. `held`: the queues where an operator stopped it."""

    tenant: str
    queues: list[str]
    held: list[str]


class TenantInQueue(TenantDepth, kw_only=True):
    """One tenant in one queue. Without `line` the tasks name the queue's lines, so it cannot be held there."""

    queue: str
    line: bool
    held: bool
    limits: Limited | None


class TenantsSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Every tenant that has work, those with most of it first, 500 at most. Not `whole`: there is more."""

    as_of_ms: int
    whole: bool
    items: list[TenantFigures]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """In which queues a tenant was held or let go on; in `by_line` tasks name the lines, so it could not be."""

    changed: list[str]
    by_line: list[str]


Depths = dict[tuple[str, str], TenantDepth]
"""By tenant and queue."""


async def tenants(tx: Transaction) -> TenantsSeen:
    """Every tenant that has work or is held somewhere."""
    depths, whole = await _depths(tx)
    by_tenant: defaultdict[str, list[str]] = defaultdict(list)
    held: defaultdict[str, list[str]] = defaultdict(list)
    for tenant, queue in sorted(depths):
        by_tenant[tenant].append(queue)
    for row in await tx.all(SQL.tenants_held, looked=LOOKED_MAX):
        held[str(row["line"])].append(str(row["queue"]))
    found = [
        TenantFigures(
            tenant=tenant, queues=by_tenant[tenant], held=held[tenant],
            **msgspec.structs.asdict(_sum(depths[tenant, queue] for queue in by_tenant[tenant])),
        )
        for tenant in {*by_tenant, *held}
    ]  # fmt: skip
    found.sort(key=lambda one: (-one.total, one.tenant))
    return TenantsSeen(as_of_ms=tx.now_ms, whole=whole and len(found) <= TENANTS_MAX, items=found[:TENANTS_MAX])


async def one(tx: Transaction, tenant: str) -> list[TenantInQueue]:
    """The queues that `tenant` has work in or is held in, by name. Raises TenantNotFound."""
    depths, _ = await _depths(tx)
    turns = {str(row["queue"]): row for row in await tx.all(SQL.tenant_turns, tenant=tenant)}
    places = {queue for of, queue in depths if of == tenant}
    places |= {queue for queue, row in turns.items() if row["lined"] == BY_TENANT and row["paused"]}
    if not places:
        raise not_found(tenant)
    return [await _in_queue(tx, tenant, queue, depths, turns.get(queue)) for queue in sorted(places)]


async def waiting(tx: Transaction, tenant: str) -> tuple[int, bool]:
    """How many messages of `tenant` wait in all queues, and whether there may be more. Raises TenantNotFound."""
    seen = await tenants(tx)
    its = next((one for one in seen.items if one.tenant == tenant), None)
    if its is None and seen.whole:
        raise not_found(tenant)
    return (0 if its is None else its.ready + its.waiting + its.scheduled), not seen.whole


def not_found(tenant: str) -> TenantNotFound:
    """The refusal for a tenant without any work."""
    return TenantNotFound(f"Nothing of the tenant {tenant[:80]} waits, runs or is dead, and it is held nowhere.")


async def hold(tx: Transaction, tenant: str, queue: str | None = None, *, paused: bool, who: str) -> Held:
    """Claim nothing of `tenant` any more, or again, in `queue` or wherever it has work now. What began is finished.

    Where it gets its first message later it is not held. Raises TenantNotFound, QueueNotFound, LinesAreNotTenants.
    """
    if queue is not None:
        changed = await tuning.hold_tenant(tx, queue, tenant, paused=paused, who=who)
        return Held(changed=[queue] if changed else [], by_line=[])
    places = await one(tx, tenant)
    changed_in = [
        place.queue
        for place in places
        if place.line and await tuning.hold_tenant(tx, place.queue, tenant, paused=paused, who=who)
    ]
    return Held(changed=changed_in, by_line=[place.queue for place in places if not place.line])


async def _in_queue(tx: Transaction, tenant: str, queue: str, depths: Depths, turn: Row | None) -> TenantInQueue:
    lined = 0 if turn is None else turn["lined"]
    its = await limits.in_force(tx, queue, "line", tenant) if lined == BY_TENANT else None
    return TenantInQueue(
        queue=queue, line=lined != BY_EXPRESSION, held=lined == BY_TENANT and bool(turn and turn["paused"]),
        limits=None if its is None else Limited(queue, "line", tenant, its, by_operator=False),
        **msgspec.structs.asdict(depths.get((tenant, queue), TenantDepth())),
    )  # fmt: skip


async def _depths(tx: Transaction) -> tuple[Depths, bool]:
    """What there is by tenant and queue, and whether that was everything."""
    found: Depths = defaultdict(TenantDepth)
    looked: defaultdict[str, int] = defaultdict(int)
    for row in await tx.all(SQL.tenants_waiting, looked=LOOKED_MAX):
        looked[row["state"]] += row["n"]
        if row["tenant"] is not None:
            _add(found[row["tenant"], row["queue"]], _STATE_OF[row["state"]], row["n"], row["first_ms"])
    leases = await tx.all(looking.SQL.looks_leased, n=LEASES_MAX)
    for lease in leases:
        # What a worker that died had in its hands can run: it is held by nobody.
        state = "ready" if lease["worker"] == NOBODY else "leased"
        for stored in store.leased_rows(lease["body"]) if lease["body"] else ():
            if stored.tenant is not None:
                _add(found[stored.tenant, stored.queue], state, 1, stored.enqueued_ms)
        if not lease["body"]:
            _add_packs(found, state, await tx.all(looking.SQL.looks_held, token=lease["token"]))
    packs = await tx.all(looking.SQL.looks_bundled, n=PACKS_MAX)
    _add_packs(found, "ready", packs)
    whole = max(looked.values(), default=0) < LOOKED_MAX and len(leases) < LEASES_MAX and len(packs) < PACKS_MAX
    return dict(found), whole


def _add_packs(found: Depths, state: str, bundles: Sequence[Row]) -> None:
    for bundle in bundles:
        pack = _PACK.decode(bundle["body"])
        if pack.tenant is not None:
            _add(found[pack.tenant, pack.queue], state, pack.size, pack.enqueued_ms)


def _add(to: TenantDepth, state: str, n: int, first_ms: int) -> None:
    setattr(to, state, getattr(to, state) + n)
    if state in ("ready", "waiting"):
        to.oldest_ms = first_ms if to.oldest_ms is None else min(to.oldest_ms, first_ms)


def _sum(several: Iterable[TenantDepth]) -> TenantDepth:
    total = TenantDepth()
    for one_of in several:
        for state in ("ready", "waiting", "scheduled", "leased", "dead"):
            setattr(total, state, getattr(total, state) + getattr(one_of, state))
        oldest = [at for at in (total.oldest_ms, one_of.oldest_ms) if at is not None]
        total.oldest_ms = min(oldest, default=None)
    return total
