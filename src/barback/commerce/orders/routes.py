"""Orders over HTTP: parse, one action, shape. POST /v1/orders is served by `hot.py`; here it is documented."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from litestar import Request, get, post
from litestar.params import Parameter

from barback.commerce import accounts, events, tabs
from barback.commerce.accounts import Principal
from barback.commerce.orders.actions import read_orders
from barback.commerce.orders.actions.read_orders import LAST
from barback.commerce.orders.rules import FLAG_CODES, OrderFilterInvalid
from barback.commerce.orders.shapes import BatchAnswer, OrderBatch, OrderShape, QuarantinedShape
from barback.foundation.errors import FieldProblem
from barback.foundation.paging import LIMIT_DEFAULT, Page, check_limit, decode_cursor
from barback.storage import Database


@post("/orders", tags=["orders"], status_code=202, operation_id="send_orders")
async def send_orders(request: Request[Any, Any, Any], data: OrderBatch) -> BatchAnswer:
    """Send 1 to 100 orders; each gets an answer of its own. 202 means: on disk.

    Send an order again, just as it was, until it is answered: a repeat gets the stored answer. An
    order that happened is never refused; what is odd about it comes back as flags.
    """
    raise AssertionError(
        f"{request.url.path} is served by the hot path, see server/assembly.py; got {len(data.orders)} orders"
    )


def _before(cursor: str | None) -> tuple[int, str]:
    if not cursor:
        return LAST
    at_ms, id_ = decode_cursor(cursor, int, str)
    return int(at_ms), str(id_)


@get("/orders/{order_id:str}", tags=["orders"])
async def order(db: Database, principal: Principal, order_id: str) -> OrderShape:
    """One order with its lines."""
    async with db.reading() as tx:
        found = await read_orders.order(tx, principal.tenant_id, order_id)
        accounts.require(principal, "orders:read", event_id=found.event_id, tab_id=found.tab_id)
    return found


@get("/events/{event_id:str}/orders", tags=["orders"])
async def orders_of_event(  # noqa: PLR0917 - Litestar passes them by name
    db: Database,
    principal: Principal,
    event_id: str,
    q: Annotated[str | None, Parameter(max_length=80, description="part of a receipt number or id")] = None,
    order_state: Annotated[Literal["accepted", "processed"] | None, Parameter(query="state")] = None,
    flag: Annotated[str | None, Parameter(max_length=40, description="a flag's code, or any")] = None,
    station_id: Annotated[str | None, Parameter(max_length=64)] = None,
    limit: int = LIMIT_DEFAULT,
    cursor: str | None = None,
) -> Page[OrderShape]:
    """Orders of an event, newest first."""
    accounts.require(principal, "orders:read", event_id=event_id)
    check_limit(limit)
    if flag is not None and flag != "any" and flag not in FLAG_CODES:
        problem = FieldProblem("flag", flag, "no such flag", f"use any, or one of {', '.join(FLAG_CODES)}")
        raise OrderFilterInvalid(f"There is no flag {flag!r}.", fields=[problem])
    async with db.reading() as tx:
        await events.event_of(tx, principal.tenant_id, event_id)
        return await read_orders.orders_of_event(
            tx,
            principal.tenant_id,
            event_id,
            before=_before(cursor),
            limit=limit,
            state=order_state,
            station_id=station_id,
            flag=flag,
            contains=q,
        )


@get("/tabs/{tab_id:str}/orders", tags=["orders"])
async def orders_of_tab(
    db: Database, principal: Principal, tab_id: str, limit: int = LIMIT_DEFAULT, cursor: str | None = None
) -> Page[OrderShape]:
    """Orders of a tab, newest first. A guest sees their own tab only."""
    check_limit(limit)
    async with db.reading() as tx:
        tab = await tabs.get(tx, principal.tenant_id, tab_id)
        accounts.require(principal, "orders:read", event_id=tab.event_id, tab_id=tab.id)
        return await read_orders.orders_of_tab(tx, principal.tenant_id, tab_id, before=_before(cursor), limit=limit)


@get("/events/{event_id:str}/quarantine", tags=["orders"])
async def quarantine(
    db: Database, principal: Principal, event_id: str, limit: int = LIMIT_DEFAULT, cursor: str | None = None
) -> Page[QuarantinedShape]:
    """What devices sent that could not become an order: nothing is thrown away."""
    accounts.require(principal, "orders:read", event_id=event_id)
    check_limit(limit)
    async with db.reading() as tx:
        await events.event_of(tx, principal.tenant_id, event_id)
        return await read_orders.quarantined(tx, principal.tenant_id, event_id, before=_before(cursor), limit=limit)


ROUTES = [send_orders, order, orders_of_event, orders_of_tab, quarantine]
