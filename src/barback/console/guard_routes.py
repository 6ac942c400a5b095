"""Breakers and usage over HTTP: what stands open and why, force it; what was used, and what it would cost elsewhere."""

from __future__ import annotations

from typing import Annotated

from litestar import get, post
from litestar.params import Parameter

from barback.console import guard_shapes as shapes
from barback.console import guards
from barback.console.access import Operator
from barback.engine.fairness.limits import LINE_CHARS_MAX
from barback.engine.guards import broken_lines
from barback.engine.guards.breakers import BreakerState, State
from barback.engine.history.costs import MEMORY_MIB
from barback.storage import Database

Memory = Annotated[int, Parameter(ge=1, le=1 << 20, description="MiB")]
Line = Annotated[str | None, Parameter(max_length=LINE_CHARS_MAX, description="only this line of it")]


@get("/console/breakers", tags=["console"], operation_id="console_breakers")
async def breakers_list(db: Database, reader: Operator) -> shapes.BreakerList:
    """Every breaker: whether it is open, since when, why, and which queues it holds up."""
    del reader
    async with db.reading() as tx:
        return await guards.breaker_list(tx)


@get("/console/breakers/{breaker:str}", tags=["console"], operation_id="console_breaker")
async def breaker_one(db: Database, reader: Operator, breaker: str) -> shapes.BreakerDetail:
    """One breaker: how it stands, which of its lines do not, and what it did lately and why."""
    del reader
    async with db.reading() as tx:
        return await guards.breaker_detail(tx, breaker)


@post("/console/breakers/{breaker:str}/open", tags=["console"], status_code=200)
async def open_breaker(db: Database, operator: Operator, breaker: str, line: Line = None) -> BreakerState:
    """Hold it, or one `line` of it, open: nothing is claimed, and nothing probes, until it is closed or reset."""
    return await _force(db, operator, breaker, line, "open")


@post("/console/breakers/{breaker:str}/close", tags=["console"], status_code=200)
async def close_breaker(db: Database, operator: Operator, breaker: str, line: Line = None) -> BreakerState:
    """Hold it, or one `line` of it, closed: it is claimed whatever fails, until it is opened or reset."""
    return await _force(db, operator, breaker, line, "closed")


@post("/console/breakers/{breaker:str}/reset", tags=["console"], status_code=200)
async def reset_breaker(db: Database, operator: Operator, breaker: str, line: Line = None) -> BreakerState:
    """Let it go by what it sees again; it begins closed."""
    return await _force(db, operator, breaker, line, None)


async def _force(db: Database, operator: Operator, breaker: str, line: str | None, to: State | None) -> BreakerState:
    async with db.transaction() as tx:
        return await broken_lines.force(tx, breaker, to, who=operator.who, line=line)


@get("/console/usage", tags=["console"], operation_id="console_usage")
async def usage_list(
    db: Database, reader: Operator, month: str | None = None, by: guards.By = "task", tenant: str | None = None
) -> shapes.UsageList:
    """What attempts used in a month (like 2026-11; the present one), by task, tenant or both, as of `as_of_ms`."""
    del reader
    return await guards.usage_lately(db, month, by, tenant)


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
    return await guards.costs_lately(db, month, memory_mib, tenant)


ROUTES = [breakers_list, breaker_one, open_breaker, close_breaker, reset_breaker, usage_list, usage_costs]
