"""What the console and its commands ask about breakers and usage: one transaction in, one answer out."""

from __future__ import annotations

from typing import Literal

from barback.console import guard_shapes as shapes
from barback.engine import breakers, costs, usage
from barback.storage import Transaction

By = Literal["task", "tenant", "both"]


async def breaker_list(tx: Transaction) -> shapes.BreakerList:
    """Every breaker as it stands."""
    return shapes.BreakerList(tx.now_ms, await breakers.every(tx))


async def usage_list(tx: Transaction, month: str | None, by: By, tenant: str | None) -> shapes.UsageList:
    """What was used in a month, the present one if None. Raises BadMonth."""
    month, from_ms, until_ms = shapes.month_of(month, tx.now_ms)
    found = await usage.used(tx, from_ms, until_ms, by_task=by != "tenant", by_tenant=by != "task", tenant=tenant)
    return shapes.UsageList(month, from_ms, until_ms, found)


async def cost_list(tx: Transaction, month: str | None, memory_mib: int, tenant: str | None) -> shapes.CostList:
    """What a month would have cost on price lists. Raises BadMonth."""
    month, from_ms, until_ms = shapes.month_of(month, tx.now_ms)
    hours = await costs.hours(tx, from_ms, until_ms, tenant=tenant)
    listed = [shapes.listed(cost) for cost in costs.costs(hours, memory_mib=memory_mib)]
    return shapes.CostList(month, memory_mib, sum(hour.attempts for hour in hours), listed)
