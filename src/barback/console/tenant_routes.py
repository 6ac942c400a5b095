"""Tenants over HTTP: what of each waits, runs and died, and where; hold one, let one go on, drain one."""

from __future__ import annotations

from litestar import get, post

from barback.console import tenant_shapes as shapes
from barback.console.access import Operator
from barback.console.errand_shapes import ErrandFigures
from barback.console.errand_shapes import figures as errand_figures
from barback.engine import changes
from barback.engine.changes import Change
from barback.engine.operations import errands, figures, tenant_looks
from barback.engine.operations.errand_steps import Drain
from barback.engine.operations.purging import check_confirmed
from barback.engine.operations.tenant_looks import Held, TenantInQueue, TenantsSeen
from barback.storage import Database, Transaction

CHANGES_MAX = 50


@get("/console/tenants", tags=["console"], operation_id="console_tenants")
async def tenants(db: Database, reader: Operator) -> TenantsSeen:
    """Every tenant that has work or is held somewhere, those with most of it first."""
    del reader
    async with db.reading() as tx:
        return await tenant_looks.tenants(tx)


@get("/console/tenants/one", tags=["console"], operation_id="console_tenant")
async def tenant_detail(db: Database, reader: Operator, tenant: str) -> shapes.TenantPage:
    """One tenant in each queue that it has work in: its depth, its limits, whether it is held."""
    del reader
    async with db.reading() as tx:
        found = await tenant_looks.one(tx, tenant)
        done = await _changes(tx, tenant, found)
        return shapes.TenantPage(tenant, tx.now_ms, [shapes.tenant_queue(one) for one in found], done)


@post("/console/tenants/hold", tags=["console"], operation_id="console_hold_tenant", status_code=200)
async def hold_tenant(db: Database, operator: Operator, data: shapes.HoldTenant) -> Held:
    """Claim nothing of a tenant any more, or again, in one queue or wherever it has work now."""
    async with db.transaction() as tx:
        held = await tenant_looks.hold(tx, data.tenant, data.queue, paused=data.paused, who=operator.who)
    figures.watcher_of(db).forget()
    return held


@post("/console/tenants/drain", tags=["console"], operation_id="console_drain_tenant", status_code=200)
async def drain_tenant(db: Database, admin: Operator, data: shapes.DrainTenant) -> ErrandFigures:
    """Hold a tenant wherever it has a line, and take out for good what waits of it, in every queue. Workers do it.

    What a worker holds is finished, what is dead stays. What becomes of it: `/console/errands/{id}`.
    """
    check_confirmed(data.tenant, data.confirm, "tenant")
    async with db.reading() as tx:
        found, at_least = await tenant_looks.waiting(tx, data.tenant)
    async with db.transaction() as tx:
        begun = await errands.start(tx, Drain(data.tenant), found=found, at_least=at_least, who=admin.who)
    return errand_figures(begun)


async def _changes(tx: Transaction, tenant: str, queues: list[TenantInQueue]) -> list[Change]:
    found = await changes.page(tx, subject=f"tenant:{tenant}", limit=CHANGES_MAX)
    for one in queues[:CHANGES_MAX]:
        found += await changes.page(tx, subject=f"line:{one.queue}:{tenant}", limit=CHANGES_MAX)
    return sorted(found, key=lambda one: (one.at_ms, one.id), reverse=True)[:CHANGES_MAX]


ROUTES = [tenants, tenant_detail, hold_tenant, drain_tenant]
