"""What may happen to an event: its states, what is fixed when, and the refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from barback.foundation.errors import Conflict, FieldProblem, Invalid, NotFound

EventState = Literal["draft", "open", "closed"]
RoundingScope = Literal["line", "document"]
StationKind = Literal["bar", "kitchen", "merch", "door"]

NEXT_STATES: dict[str, tuple[str, ...]] = {"draft": ("open",), "open": ("closed",), "closed": ()}
"""draft → open → closed; an event is never opened twice."""

EVENT_MS_MAX = 366 * 24 * 3_600_000
"""An event lasts a year at most: longer is a slip of the keyboard."""


@dataclass(frozen=True)
class Venue:
    """A place that belongs to a tenant."""

    id: str
    tenant_id: str
    name: str
    time_zone: str
    address: str
    created_ms: int


@dataclass(frozen=True)
class Event:
    """An occasion with guests. Times in ms since 1970 UTC; `time_zone` is for showing them."""

    id: str
    tenant_id: str
    venue_id: str
    venue_name: str
    name: str
    starts_ms: int
    ends_ms: int
    time_zone: str
    currency: str
    prices_include_tax: bool
    rounding_scope: RoundingScope
    state: EventState
    opened_ms: int | None = None
    closed_ms: int | None = None


@dataclass(frozen=True)
class Station:
    """Where things are sold or made at one event."""

    id: str
    tenant_id: str
    event_id: str
    name: str
    kind: StationKind


class VenueNotFound(NotFound):
    """No such venue in this tenant."""

    code = "venue_not_found"
    title = "No such venue"


class EventNotFound(NotFound):
    """No such event in this tenant."""

    code = "event_not_found"
    title = "No such event"


class StationNotFound(NotFound):
    """No such station in this tenant, or not at this event."""

    code = "station_not_found"
    title = "No such station"


class StationNameTaken(Conflict):
    """Two stations of one event would be mixed up."""

    code = "station_name_taken"
    title = "This event already has a station of that name"


class EventStateConflict(Conflict):
    """The event cannot go from its state to the one asked for."""

    code = "event_state_conflict"
    title = "The event cannot change to that state"


class EventFixed(Conflict):
    """Currency and tax switches are fixed once an event has opened: orders were priced by them."""

    code = "event_fixed"
    title = "This cannot change after the event has opened"


class EventTimesInvalid(Invalid):
    """It ends before it starts, or lasts longer than a year."""

    code = "event_times_invalid"
    title = "The times of the event cannot be"


def check_times(starts_ms: int, ends_ms: int) -> None:
    """Raise EventTimesInvalid unless the event ends after it starts, within a year."""
    if ends_ms <= starts_ms:
        problem = FieldProblem("ends_ms", ends_ms, "not after starts_ms", "choose a later end")
        raise EventTimesInvalid("An event ends after it starts.", fields=[problem])
    if ends_ms - starts_ms > EVENT_MS_MAX:
        problem = FieldProblem("ends_ms", ends_ms, "more than a year after starts_ms", "make an event for each season")
        raise EventTimesInvalid("An event lasts a year at most.", fields=[problem])


def check_state_change(current: str, wanted: str) -> None:
    """Raise EventStateConflict unless `wanted` follows `current` (or is the same)."""
    if wanted == current or wanted in NEXT_STATES[current]:
        return
    following = " or ".join(NEXT_STATES[current]) or "nothing: closed is the end"
    problem = FieldProblem("state", wanted, f"the event is {current}", f"from {current} comes {following}")
    raise EventStateConflict(f"An event that is {current} cannot become {wanted}.", fields=[problem])


def check_fixed(before: Event, after: Event) -> None:
    """Raise EventFixed when a switch that prices depend on changes after the draft."""
    if before.state == "draft":
        return
    for name in ("currency", "prices_include_tax", "rounding_scope"):
        if getattr(before, name) != getattr(after, name):
            problem = FieldProblem(name, getattr(after, name), f"the event is {before.state}", "make another event")
            raise EventFixed("Orders are priced by it.", fields=[problem])


def name_key(name: str) -> str:
    """How two station names are compared: case and outer spaces do not matter."""
    return name.strip().casefold()
