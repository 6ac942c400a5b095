"""What people can do with venues, events and stations: a transaction in, rows out."""

from __future__ import annotations

import dataclasses
from typing import Any

from barback.commerce import accounts
from barback.commerce.accounts import Principal
from barback.commerce.events import rules, store
from barback.commerce.events.rules import Event, Station, StationKind, Venue
from barback.foundation.errors import FieldProblem
from barback.foundation.ids import new_id
from barback.foundation.money import exponent
from barback.foundation.zones import check_time_zone
from barback.storage import Transaction


async def add_venue(tx: Transaction, principal: Principal, *, name: str, time_zone: str | None, address: str) -> Venue:
    """A new place; without a time zone it gets the tenant's. Raises UnknownTimeZone."""
    accounts.require(principal, "events:write")
    if time_zone is None:
        time_zone = (await _tenant(tx, principal)).time_zone
    venue = await store.venue_add(
        tx, principal.tenant_id, name=name.strip(), time_zone=check_time_zone(time_zone), address=address.strip()
    )
    await accounts.audit(tx, principal, "venue.created", f"venue:{venue.id}", after={"name": venue.name})
    return venue


async def add_event(tx: Transaction, principal: Principal, new: dict[str, Any]) -> Event:
    """Plan an event; `new` has the fields of NewEvent.

    Raises VenueNotFound, EventTimesInvalid, UnknownTimeZone, UnknownCurrency.
    """
    accounts.require(principal, "events:write")
    rules.check_times(new["starts_ms"], new["ends_ms"])
    venue = await store.venue_of(tx, principal.tenant_id, new["venue_id"])
    currency = new["currency"] or (await _tenant(tx, principal)).currency
    exponent(currency)
    event = Event(
        id=new_id(), tenant_id=principal.tenant_id, venue_id=venue.id, venue_name=venue.name,
        name=new["name"].strip(), starts_ms=new["starts_ms"], ends_ms=new["ends_ms"],
        time_zone=check_time_zone(new["time_zone"] or venue.time_zone), currency=currency,
        prices_include_tax=new["prices_include_tax"], rounding_scope=new["rounding_scope"], state="draft",
    )  # fmt: skip
    await store.event_add(tx, event)
    await accounts.audit(tx, principal, "event.created", f"event:{event.id}", after=dataclasses.asdict(event))
    return event


async def change_event(tx: Transaction, principal: Principal, event_id: str, changes: dict[str, Any]) -> Event:
    """Change what `changes` names; None leaves as it is.

    Raises EventNotFound, VenueNotFound, EventTimesInvalid, EventStateConflict, EventFixed,
    UnknownTimeZone, UnknownCurrency.
    """
    accounts.require(principal, "events:write", event_id=event_id)
    before = await store.event_of(tx, principal.tenant_id, event_id, lock=True)
    wanted = {name: value for name, value in changes.items() if value is not None}
    if "name" in wanted:
        wanted["name"] = wanted["name"].strip()
    if "venue_id" in wanted:
        wanted["venue_name"] = (await store.venue_of(tx, principal.tenant_id, wanted["venue_id"])).name
    after = dataclasses.replace(before, **wanted)
    rules.check_state_change(before.state, after.state)
    rules.check_fixed(before, after)
    rules.check_times(after.starts_ms, after.ends_ms)
    exponent(after.currency)
    check_time_zone(after.time_zone)
    if after != before:
        await store.event_save(tx, after)
        old = dataclasses.asdict(before)
        changed = [name for name, value in dataclasses.asdict(after).items() if old[name] != value]
        await accounts.audit(
            tx, principal, "event.changed", f"event:{event_id}", before={name: old[name] for name in changed},
            after={name: getattr(after, name) for name in changed},
        )  # fmt: skip
    return after


async def add_station(tx: Transaction, principal: Principal, event_id: str, *, name: str, kind: StationKind) -> Station:
    """A new station. Raises EventNotFound, StationNameTaken."""
    accounts.require(principal, "events:write", event_id=event_id)
    await store.event_of(tx, principal.tenant_id, event_id)
    station = Station(new_id(), principal.tenant_id, event_id, name.strip(), kind)
    if not await store.station_add(tx, station):
        raise _name_taken(station)
    after = {"name": station.name, "kind": kind, "event_id": event_id}
    await accounts.audit(tx, principal, "station.created", f"station:{station.id}", after=after)
    return station


async def change_station(
    tx: Transaction, principal: Principal, station_id: str, *, name: str | None, kind: StationKind | None
) -> Station:
    """Change name or kind; None leaves as it is. Raises StationNotFound, StationNameTaken."""
    before = await store.station_of(tx, principal.tenant_id, station_id)
    accounts.require(principal, "events:write", event_id=before.event_id)
    after = dataclasses.replace(before, name=(name or before.name).strip(), kind=kind or before.kind)
    if not await store.station_save(tx, after):
        raise _name_taken(after)
    await accounts.audit(
        tx, principal, "station.changed", f"station:{station_id}", before={"name": before.name, "kind": before.kind},
        after={"name": after.name, "kind": after.kind},
    )  # fmt: skip
    return after


def _name_taken(station: Station) -> rules.StationNameTaken:
    problem = FieldProblem("name", station.name, "another station of this event has it", "choose another name")
    return rules.StationNameTaken("Two stations of one name would be mixed up.", fields=[problem])


async def _tenant(tx: Transaction, principal: Principal) -> accounts.Tenant:
    tenant = await accounts.tenant_by_id(tx, principal.tenant_id)
    if tenant is None:
        raise accounts.TokenInvalid("This account is gone.")
    return tenant
