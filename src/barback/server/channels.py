"""Who may follow what: the kinds of live channels, and the permission each asks for."""

from __future__ import annotations

from barback.commerce import accounts, events, tabs
from barback.commerce.accounts import Principal
from barback.engine.fanout import batch_figures
from barback.server.live_socket import MayFollow
from barback.storage import Transaction


async def _may_follow_tab(tx: Transaction, principal: Principal, tab_id: str) -> None:
    tab = await tabs.get(tx, principal.tenant_id, tab_id)
    accounts.require(principal, "tabs:read", event_id=tab.event_id, tab_id=tab.id)


async def _may_follow_event(tx: Transaction, principal: Principal, event_id: str) -> None:
    await events.event_of(tx, principal.tenant_id, event_id)
    accounts.require(principal, "orders:read", event_id=event_id)


async def _may_follow_station(tx: Transaction, principal: Principal, station_id: str) -> None:
    found = (await events.stations_by_ids(tx, [station_id])).get(station_id)
    if found is None or found.tenant_id != principal.tenant_id:
        raise events.StationNotFound
    accounts.require(principal, "orders:read", event_id=found.event_id)


async def _may_follow_batch(tx: Transaction, principal: Principal, batch_id: str) -> None:
    batch = await batch_figures.one(tx, batch_id)
    if principal.kind != "operator" and (batch.tenant is None or batch.tenant != principal.tenant_id):
        raise batch_figures.BatchNotFound


async def _may_follow_console(tx: Transaction, principal: Principal, name: str) -> None:
    del tx, name
    accounts.require(principal, "console:read")


CHANNELS: dict[str, MayFollow] = {
    "tab": _may_follow_tab,
    "event": _may_follow_event,
    "station": _may_follow_station,
    "batch": _may_follow_batch,
    "console": _may_follow_console,
}
