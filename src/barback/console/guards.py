"""What the console and its commands ask about breakers and usage: one transaction in, one answer out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import Literal, TypeVar

from barback.console import guard_shapes as shapes
from barback.engine import changes
from barback.engine.guards import breakers, broken_lines
from barback.engine.history import costs, usage
from barback.engine.operations.shared_looks import SharedLook, looks_of
from barback.storage import Database, Transaction

T = TypeVar("T")
By = Literal["task", "tenant", "both"]
FRESH_AT_LEAST_MS = 1_000
STALE_AFTER_MS = 600_000
"""An answer older than this is not given any more: whoever asks waits for a new one."""


async def breaker_list(tx: Transaction) -> shapes.BreakerList:
    """Every breaker as it stands, with those of its lines that stand open or were forced."""
    items: list[breakers.BreakerState] = []
    for one in await breakers.every(tx):
        items += [one, *(await broken_lines.held(tx, one) if one.by_line else ())]
    return shapes.BreakerList(tx.now_ms, items)


async def breaker_detail(tx: Transaction, name: str) -> shapes.BreakerDetail:
    """One breaker, and how it came to stand so. Raises BreakerNotFound."""
    one = await breakers.one(tx, name)
    lines = await broken_lines.held(tx, one) if one.by_line else []
    return shapes.BreakerDetail(tx.now_ms, one, lines, await changes.page(tx, subject=f"breaker:{one.name}"))


async def usage_list(tx: Transaction, month: str | None, by: By, tenant: str | None) -> shapes.UsageList:
    """What was used in a month, the present one if None. Raises BadMonth."""
    month, from_ms, until_ms = shapes.month_of(month, tx.now_ms)
    found = await usage.used(tx, from_ms, until_ms, by_task=by != "tenant", by_tenant=by != "task", tenant=tenant)
    return shapes.UsageList(tx.now_ms, month, from_ms, until_ms, found)


async def cost_list(tx: Transaction, month: str | None, memory_mib: int, tenant: str | None) -> shapes.CostList:
    """What a month would have cost on price lists. Raises BadMonth."""
    month, from_ms, until_ms = shapes.month_of(month, tx.now_ms)
    used = await costs.attempts_alike(tx, from_ms, until_ms, tenant=tenant)
    listed = [shapes.listed(cost) for cost in costs.costs(used, memory_mib=memory_mib)]
    return shapes.CostList(tx.now_ms, month, memory_mib, sum(alike.attempts for alike in used), listed)


async def usage_lately(db: Database, month: str | None, by: By, tenant: str | None) -> shapes.UsageList:
    """`usage_list` as it was found lately: a month of many tasks and tenants takes long to sum up. Raises BadMonth."""
    month, _, _ = shapes.month_of(month, db.clock.now_ms())
    return await _lately(db, ("usage", month, by, tenant), lambda tx: usage_list(tx, month, by, tenant))


async def costs_lately(db: Database, month: str | None, memory_mib: int, tenant: str | None) -> shapes.CostList:
    """`cost_list` as it was found lately. Raises BadMonth."""
    month, _, _ = shapes.month_of(month, db.clock.now_ms())
    return await _lately(db, ("costs", month, memory_mib, tenant), lambda tx: cost_list(tx, month, memory_mib, tenant))


async def _lately(db: Database, question: Hashable, read: Callable[[Transaction], Awaitable[T]]) -> T:
    look = looks_of(db).shared(question, lambda: SharedLook(read, fresh_ms=FRESH_AT_LEAST_MS, stale_ms=STALE_AFTER_MS))
    return await look.look(db)
