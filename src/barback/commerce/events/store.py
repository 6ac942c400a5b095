"""Events at rest: a transaction in, the rules' types out; no decisions."""

from __future__ import annotations

from collections.abc import Sequence

from barback.commerce.events.rules import Event, EventNotFound, Station, StationNotFound, Venue, VenueNotFound, name_key
from barback.foundation.ids import new_id
from barback.storage import Row, Transaction, statements

SQL = statements(__file__)


def _venue(row: Row) -> Venue:
    return Venue(row["id"], row["tenant_id"], row["name"], row["time_zone"], row["address"], row["created_ms"])


def _event(row: Row) -> Event:
    return Event(
        id=row["id"], tenant_id=row["tenant_id"], venue_id=row["venue_id"], venue_name=row["venue_name"],
        name=row["name"], starts_ms=row["starts_ms"], ends_ms=row["ends_ms"], time_zone=row["time_zone"],
        currency=row["currency"], prices_include_tax=bool(row["prices_include_tax"]),
        rounding_scope=row["rounding_scope"], state=row["state"], opened_ms=row["opened_ms"],
        closed_ms=row["closed_ms"],
    )  # fmt: skip


def _station(row: Row) -> Station:
    return Station(row["id"], row["tenant_id"], row["event_id"], row["name"], row["kind"])


async def venue_add(tx: Transaction, tenant_id: str, *, name: str, time_zone: str, address: str) -> Venue:
    """A new venue."""
    venue = Venue(new_id(), tenant_id, name, time_zone, address, tx.now_ms)
    await tx.run(
        SQL.venue_insert, id=venue.id, tenant_id=tenant_id, name=name, time_zone=time_zone, address=address,
        now_ms=tx.now_ms,
    )  # fmt: skip
    return venue


async def venue_of(tx: Transaction, tenant_id: str, venue_id: str) -> Venue:
    """The venue; raises VenueNotFound."""
    row = await tx.one(SQL.venue_by_id, tenant_id=tenant_id, id=venue_id)
    if row is None:
        raise VenueNotFound
    return _venue(row)


async def venues_after(tx: Transaction, tenant_id: str, after: str, limit: int) -> list[Venue]:
    """Venues in order of id, from after `after`."""
    return [_venue(row) for row in await tx.all(SQL.venues_after, tenant_id=tenant_id, after=after, limit=limit)]


async def event_add(tx: Transaction, event: Event) -> None:
    """A new event, as a draft."""
    await tx.run(
        SQL.event_insert, id=event.id, tenant_id=event.tenant_id, venue_id=event.venue_id, name=event.name,
        starts_ms=event.starts_ms, ends_ms=event.ends_ms, time_zone=event.time_zone, currency=event.currency,
        prices_include_tax=int(event.prices_include_tax), rounding_scope=event.rounding_scope, now_ms=tx.now_ms,
    )  # fmt: skip


async def event_of(tx: Transaction, tenant_id: str, event_id: str, *, lock: bool = False) -> Event:
    """The event of this tenant; `lock` holds it until the transaction ends. Raises EventNotFound."""
    row = await tx.one(SQL.event_lock if lock else SQL.event_by_id, tenant_id=tenant_id, id=event_id)
    if row is None:
        raise EventNotFound
    return _event(row)


async def events_by_ids(tx: Transaction, ids: Sequence[str]) -> dict[str, Event]:
    """Events by id, of whichever tenant; unknown ids are missing. For work behind queues."""
    return {row["id"]: _event(row) for row in await tx.all(SQL.events_by_ids, ids=list(ids))}


async def events_before(
    tx: Transaction, tenant_id: str, *, starts_ms: int, id_: str, only: str | None, limit: int
) -> list[Event]:
    """Events, latest start first, from before (`starts_ms`, `id_`); `only` narrows to one."""
    rows = await tx.all(SQL.events_before, tenant_id=tenant_id, starts_ms=starts_ms, id=id_, only=only, limit=limit)
    return [_event(row) for row in rows]


async def event_save(tx: Transaction, event: Event) -> None:
    """Write what may have changed."""
    await tx.run(
        SQL.event_update, id=event.id, venue_id=event.venue_id, name=event.name, starts_ms=event.starts_ms,
        ends_ms=event.ends_ms, time_zone=event.time_zone, currency=event.currency,
        prices_include_tax=int(event.prices_include_tax), rounding_scope=event.rounding_scope, state=event.state,
        now_ms=tx.now_ms,
    )  # fmt: skip


async def station_add(tx: Transaction, station: Station) -> bool:
    """A new station; False when the event has one of that name."""
    added = await tx.run(
        SQL.station_insert, id=station.id, tenant_id=station.tenant_id, event_id=station.event_id, name=station.name,
        name_key=name_key(station.name), kind=station.kind, now_ms=tx.now_ms,
    )  # fmt: skip
    return added == 1


async def station_save(tx: Transaction, station: Station) -> bool:
    """Write name and kind; False when another station of the event has that name."""
    key = name_key(station.name)
    holder = await tx.one(SQL.station_name_holder, event_id=station.event_id, name_key=key)
    if holder is not None and holder["id"] != station.id:
        return False
    await tx.run(SQL.station_update, id=station.id, name=station.name, name_key=key, kind=station.kind)
    return True


async def station_of(tx: Transaction, tenant_id: str, station_id: str) -> Station:
    """The station of this tenant; raises StationNotFound."""
    row = await tx.one(SQL.station_by_id, tenant_id=tenant_id, id=station_id)
    if row is None:
        raise StationNotFound
    return _station(row)


async def stations_of(tx: Transaction, tenant_id: str, event_id: str) -> list[Station]:
    """The stations of an event, in the order they were made; empty for an event that is not there."""
    return [_station(row) for row in await tx.all(SQL.stations_of, tenant_id=tenant_id, event_id=event_id)]


async def stations_by_ids(tx: Transaction, ids: Sequence[str]) -> dict[str, Station]:
    """Stations by id, of whichever tenant; unknown ids are missing. For work behind queues."""
    return {row["id"]: _station(row) for row in await tx.all(SQL.stations_by_ids, ids=list(ids))}
