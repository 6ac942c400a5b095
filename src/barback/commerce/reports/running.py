"""Running sums: what was sold until a while ago is kept in memory, so that an overview reads only what is new.

An order is accepted at a time that the server sets, and once it is processed its sums do not change.
So everything accepted before a settled instant can be summed once. The instant moves on when all
before it is processed, and stays SETTLE_MS behind the clock, longer than any commit takes. The sums
are made anew from the rows every RENEW_MS, whatever happens, and after a restart.
"""

import weakref
from dataclasses import dataclass, field

from barback.commerce.reports import store
from barback.commerce.reports.rules import Sales, recent
from barback.storage import Database, Transaction

SETTLE_MS = 120_000
RENEW_MS = 3_600_000
EVENTS_KEPT = 200
_FOREVER = 2**62


@dataclass(frozen=True, slots=True)
class _Settled:
    """Everything accepted before `until_ms`, summed from the rows no earlier than `made_ms`."""

    sales: Sales = field(default_factory=Sales)
    until_ms: int = 0
    made_ms: int = 0


_kept: weakref.WeakKeyDictionary[Database, dict[tuple[str, str], _Settled]] = weakref.WeakKeyDictionary()


async def sales(tx: Transaction, tenant_id: str, event_id: str) -> Sales:
    """What all orders of the event add up to, as of this transaction."""
    events = _kept.setdefault(tx.database, {})
    settled = events.get((tenant_id, event_id))
    now_ms = tx.now_ms
    if settled is None or not settled.made_ms <= now_ms < settled.made_ms + RENEW_MS:
        settled = _Settled(made_ms=now_ms)
    until_ms = now_ms - SETTLE_MS
    if until_ms > settled.until_ms:
        more, waiting_ms = await store.sales(tx, tenant_id, event_id, settled.until_ms, until_ms)
        if waiting_ms is not None:
            # Something is not processed yet: settle what came before it.
            until_ms = waiting_ms
            more, _ = await store.sales(tx, tenant_id, event_id, settled.until_ms, until_ms)
        settled = _Settled(settled.sales + more, until_ms, settled.made_ms)
        settled.sales.minutes = recent(settled.sales.minutes, now_ms)
        if len(events) >= EVENTS_KEPT:
            events.clear()
        events[tenant_id, event_id] = settled
    fresh, _ = await store.sales(tx, tenant_id, event_id, settled.until_ms, _FOREVER)
    return settled.sales + fresh
