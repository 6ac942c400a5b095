"""Breakers and usage over HTTP: what stands open and why, force it; what was used, and what it would cost elsewhere."""

from __future__ import annotations

from typing import Annotated

from litestar import get, post
from msgspec import Meta

from barback.console import guard_shapes as shapes
from barback.console import guards
from barback.console.access import Operator
from barback.engine import breakers
from barback.engine.breakers import BreakerState, State
from barback.engine.costs import MEMORY_MIB
from barback.storage import Database

Memory = Annotated[int, Meta(ge=1, le=1 << 20)]


@get("/console/breakers", tags=["console"], operation_id="console_breakers")
async def breakers_list(db: Database, reader: Operator) -> shapes.BreakerList:
    """Every breaker: whether it is open, since when, why, and which queues it holds up."""
    del reader
    async with db.reading() as tx:
        return await guards.breaker_list(tx)


@post("/console/breakers/{breaker:str}/open", tags=["console"], status_code=200)
async def open_breaker(db: Database, operator: Operator, breaker: str) -> BreakerState:
    """Hold it open: nothing of its queues is claimed, and nothing probes, until it is closed or reset."""
    return await _force(db, operator, breaker, "open")


@post("/console/breakers/{breaker:str}/close", tags=["console"], status_code=200)
async def close_breaker(db: Database, operator: Operator, breaker: str) -> BreakerState:
    """Hold it closed: its queues are claimed whatever fails, until it is opened or reset."""
    return await _force(db, operator, breaker, "closed")


@post("/console/breakers/{breaker:str}/reset", tags=["console"], status_code=200)
async def reset_breaker(db: Database, operator: Operator, breaker: str) -> BreakerState:
    """Let it go by what it sees again; it begins closed."""
    return await _force(db, operator, breaker, None)


async def _force(db: Database, operator: Operator, breaker: str, to: State | None) -> BreakerState:
    async with db.transaction() as tx:
        return await breakers.force(tx, breaker, to, who=operator.who)


@get("/console/usage", tags=["console"], operation_id="console_usage")
async def usage_list(
    db: Database, reader: Operator, month: str | None = None, by: guards.By = "task", tenant: str | None = None
) -> shapes.UsageList:
    """What attempts used in a month (like 2026-11; the present one), by task, by tenant or by both."""
    del reader
    async with db.reading() as tx:
        return await guards.usage_list(tx, month, by, tenant)


@get("/console/usage/costs", tags=["console"], operation_id="console_usage_costs")
async def usage_costs(
    db: Database,
    reader: Operator,
    month: str | None = None,
    memory_mib: Memory = MEMORY_MIB,
    tenant: str | None = None,
) -> shapes.CostList:
    """What the work of a month would have cost on serverless price lists, with so much memory for a message."""
    del reader
    async with db.reading() as tx:
        return await guards.cost_list(tx, month, memory_mib, tenant)


ROUTES = [breakers_list, open_breaker, close_breaker, reset_breaker, usage_list, usage_costs]
