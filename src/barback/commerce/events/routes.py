"""Events over HTTP: parse, one action, shape."""

from __future__ import annotations

import dataclasses

import msgspec
from litestar import get, patch, post

from barback.commerce import accounts
from barback.commerce.accounts import Principal
from barback.commerce.events import actions, shapes, store
from barback.commerce.events.rules import Event, Station, StationNotFound, Venue
from barback.foundation.paging import LIMIT_DEFAULT, Page, check_limit, decode_cursor, encode_cursor
from barback.storage import Database


@get("/venues", tags=["events"])
async def venues(
    db: Database, principal: Principal, limit: int = LIMIT_DEFAULT, cursor: str | None = None
) -> Page[shapes.VenueShape]:
    """The places of the business."""
    accounts.require(principal, "events:read", event_id=principal.event_id)
    check_limit(limit)
    after = str(decode_cursor(cursor, str)[0]) if cursor else ""
    async with db.reading() as tx:
        found = await store.venues_after(tx, principal.tenant_id, after, limit + 1)
    return Page(
        [_venue(one) for one in found[:limit]], encode_cursor(found[limit - 1].id) if len(found) > limit else None
    )


@post("/venues", tags=["events"])
async def add_venue(db: Database, principal: Principal, data: shapes.NewVenue) -> shapes.VenueShape:
    """Add a place."""
    async with db.transaction() as tx:
        venue = await actions.add_venue(tx, principal, name=data.name, time_zone=data.time_zone, address=data.address)
    return _venue(venue)


@get("/events", tags=["events"])
async def events(
    db: Database, principal: Principal, limit: int = LIMIT_DEFAULT, cursor: str | None = None
) -> Page[shapes.EventShape]:
    """Events, latest start first. A till or a guest sees their own event only."""
    accounts.require(principal, "events:read", event_id=principal.event_id)
    check_limit(limit)
    starts_ms, id_ = decode_cursor(cursor, int, str) if cursor else (2**53, "")
    async with db.reading() as tx:
        found = await store.events_before(
            tx, principal.tenant_id, starts_ms=int(starts_ms), id_=str(id_), only=principal.event_id, limit=limit + 1
        )
    last = found[limit - 1] if len(found) > limit else None
    return Page([_event(one) for one in found[:limit]], encode_cursor(last.starts_ms, last.id) if last else None)


@post("/events", tags=["events"])
async def add_event(db: Database, principal: Principal, data: shapes.NewEvent) -> shapes.EventShape:
    """Plan an event; it begins as a draft."""
    async with db.transaction() as tx:
        return _event(await actions.add_event(tx, principal, msgspec.structs.asdict(data)))


@get("/events/{event_id:str}", tags=["events"])
async def event(db: Database, principal: Principal, event_id: str) -> shapes.EventShape:
    """One event."""
    async with db.reading() as tx:
        found = await store.event_of(tx, principal.tenant_id, event_id)
    accounts.require(principal, "events:read", event_id=event_id)
    return _event(found)


@patch("/events/{event_id:str}", tags=["events"])
async def change_event(
    db: Database, principal: Principal, event_id: str, data: shapes.EventChange
) -> shapes.EventShape:
    """Change an event, or move it on: draft → open → closed."""
    async with db.transaction() as tx:
        return _event(await actions.change_event(tx, principal, event_id, msgspec.structs.asdict(data)))


@get("/events/{event_id:str}/stations", tags=["events"])
async def stations(db: Database, principal: Principal, event_id: str) -> Page[shapes.StationShape]:
    """The stations of an event, all on one page."""
    async with db.reading() as tx:
        await store.event_of(tx, principal.tenant_id, event_id)
        found = await store.stations_of(tx, principal.tenant_id, event_id)
    accounts.require(principal, "events:read", event_id=event_id)
    return Page([_station(one) for one in found])


@post("/events/{event_id:str}/stations", tags=["events"])
async def add_station(
    db: Database, principal: Principal, event_id: str, data: shapes.NewStation
) -> shapes.StationShape:
    """Add a station."""
    async with db.transaction() as tx:
        return _station(await actions.add_station(tx, principal, event_id, name=data.name, kind=data.kind))


@patch("/stations/{station_id:str}", tags=["events"])
async def change_station(
    db: Database, principal: Principal, station_id: str, data: shapes.StationChange
) -> shapes.StationShape:
    """Rename a station, or change what it does."""
    async with db.transaction() as tx:
        return _station(await actions.change_station(tx, principal, station_id, name=data.name, kind=data.kind))


@post("/events/{event_id:str}/pairing-codes", tags=["events"])
async def add_pairing_code(
    db: Database, principal: Principal, event_id: str, data: shapes.NewPairingCode
) -> shapes.PairingCode:
    """A code with which one till can be paired to a station, once, within ten minutes."""
    accounts.require(principal, "devices:write", event_id=event_id)
    async with db.reading() as tx:
        await store.event_of(tx, principal.tenant_id, event_id)
        station = await store.station_of(tx, principal.tenant_id, data.station_id)
    if station.event_id != event_id:
        raise StationNotFound("The station belongs to another event.")
    code, expires_ms = await accounts.new_pairing_code(
        db, principal, event_id=event_id, station_id=station.id, name=data.name.strip()
    )
    return shapes.PairingCode(code, expires_ms)


def _venue(venue: Venue) -> shapes.VenueShape:
    return shapes.VenueShape(venue.id, venue.name, venue.time_zone, venue.address)


def _event(event: Event) -> shapes.EventShape:
    known = dataclasses.asdict(event)
    return shapes.EventShape(**{name: known[name] for name in shapes.EventShape.__struct_fields__})


def _station(station: Station) -> shapes.StationShape:
    return shapes.StationShape(station.id, station.event_id, station.name, station.kind)


ROUTES = [
    venues, add_venue, events, add_event, event, change_event, stations, add_station, change_station, add_pairing_code,
]  # fmt: skip
