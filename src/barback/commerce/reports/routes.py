"""Reports over HTTP: parse, one question, shape."""

from __future__ import annotations

from litestar import get
from litestar.response import Stream

from barback.commerce import accounts, events
from barback.commerce.accounts import Principal
from barback.commerce.events import Event
from barback.commerce.reports import actions, shapes
from barback.storage import Database

CSV = "text/csv"


@get("/events/{event_id:str}/overview", tags=["reports"])
async def overview(db: Database, principal: Principal, event_id: str) -> shapes.Overview:
    """An event at this moment: sales, orders, tabs, the last hour, best sellers, stations."""
    async with db.reading() as tx:
        event = await events.event_of(tx, principal.tenant_id, event_id)
        accounts.require(principal, "reports:read", event_id=event_id)
        return await actions.overview(tx, event)


@get("/events/{event_id:str}/ledger", tags=["reports"])
async def books(db: Database, principal: Principal, event_id: str) -> shapes.Books:
    """The event's books: debits and credits by account."""
    async with db.reading() as tx:
        event = await events.event_of(tx, principal.tenant_id, event_id)
        accounts.require(principal, "ledger:read", event_id=event_id)
        return await actions.books(tx, event)


@get("/events/{event_id:str}/tabs.csv", tags=["reports"], media_type=CSV)
async def tabs_csv(db: Database, principal: Principal, event_id: str) -> Stream:
    """All tabs of an event, for a spreadsheet."""
    event = await _reported(db, principal, event_id)
    return Stream(actions.tabs_csv(db, event), media_type=CSV, headers=_download("tabs", event_id))


@get("/events/{event_id:str}/orders.csv", tags=["reports"], media_type=CSV)
async def orders_csv(db: Database, principal: Principal, event_id: str) -> Stream:
    """All orders of an event, for a spreadsheet."""
    event = await _reported(db, principal, event_id)
    return Stream(actions.orders_csv(db, event), media_type=CSV, headers=_download("orders", event_id))


async def _reported(db: Database, principal: Principal, event_id: str) -> Event:
    async with db.reading() as tx:
        event = await events.event_of(tx, principal.tenant_id, event_id)
    accounts.require(principal, "reports:read", event_id=event_id)
    return event


def _download(what: str, event_id: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{what}-{event_id}.csv"'}


ROUTES = [overview, books, tabs_csv, orders_csv]
