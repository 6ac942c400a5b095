"""Events over the wire: request and response bodies."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from barback.commerce.events.rules import EventState, RoundingScope, StationKind

MS_MAX = 4_102_444_800_000
"""2100-01-01: later is a slip of the keyboard (seconds for milliseconds, or the other way round)."""

Name = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"\S")]
Id = Annotated[str, Meta(min_length=1, max_length=64, examples=["01970f6e-7c2a-7b3d-8f21-5c8a9e1d2b34"])]
Ms = Annotated[int, Meta(ge=0, le=MS_MAX, description="Milliseconds since 1970, UTC.", examples=[1767225600000])]
ZoneName = Annotated[str, Meta(min_length=1, max_length=64, description="IANA name.", examples=["Europe/Berlin"])]
CurrencyCode = Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217.", examples=["EUR"])]


class VenueShape(msgspec.Struct):
    """A place."""

    id: Id
    name: str
    time_zone: str
    address: str


class NewVenue(msgspec.Struct, forbid_unknown_fields=True):
    """A place to add. Without a time zone: the business's own."""

    name: Name
    time_zone: ZoneName | None = None
    address: Annotated[str, Meta(max_length=400)] = ""


class EventShape(msgspec.Struct):
    """An occasion with guests."""

    id: Id
    name: str
    venue_id: str
    venue_name: str
    starts_ms: Ms
    ends_ms: Ms
    time_zone: str
    currency: str
    prices_include_tax: bool
    rounding_scope: RoundingScope
    state: EventState


class NewEvent(msgspec.Struct, forbid_unknown_fields=True):
    """An event to plan. Time zone: the venue's, unless given. Currency: the business's, unless given."""

    name: Name
    venue_id: Id
    starts_ms: Ms
    ends_ms: Ms
    time_zone: ZoneName | None = None
    currency: CurrencyCode | None = None
    prices_include_tax: bool = True
    rounding_scope: RoundingScope = "line"


class EventChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays. State goes draft → open → closed."""

    name: Name | None = None
    venue_id: Id | None = None
    starts_ms: Ms | None = None
    ends_ms: Ms | None = None
    time_zone: ZoneName | None = None
    currency: CurrencyCode | None = None
    prices_include_tax: bool | None = None
    rounding_scope: RoundingScope | None = None
    state: EventState | None = None


class StationShape(msgspec.Struct):
    """Where things are sold or made."""

    id: Id
    event_id: Id
    name: str
    kind: StationKind


class NewStation(msgspec.Struct, forbid_unknown_fields=True):
    """A station to add."""

    name: Name
    kind: StationKind = "bar"


class StationChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Name | None = None
    kind: StationKind | None = None


class NewPairingCode(msgspec.Struct, forbid_unknown_fields=True):
    """For which station, and what the till will be called."""

    station_id: Id
    name: Annotated[str, Meta(min_length=1, max_length=80, pattern=r"\S", examples=["Bar 1, left till"])]


class PairingCode(msgspec.Struct):
    """8 characters to type at the till; works once, for ten minutes."""

    code: Annotated[str, Meta(examples=["K7QX29MD"])]
    expires_ms: Ms
