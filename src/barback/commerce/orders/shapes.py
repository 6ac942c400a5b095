"""What goes over the wire about orders: the batch a till sends, the answer it gets, and orders as read.

Limits are part of the types, so that the OpenAPI document states them and one decode checks them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Text = Annotated[str, Meta(min_length=1, max_length=200)]
Id = Annotated[str, Meta(min_length=1, max_length=64)]
MinorUnits = Annotated[int, Meta(ge=0, le=100_000_000, description="whole minor units of the currency")]
TimeMs = Annotated[int, Meta(ge=0, le=32_503_680_000_000, description="milliseconds since 1970-01-01T00:00:00Z")]
UUID7 = Annotated[
    str,
    Meta(
        pattern="^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
        description="UUIDv7, made on the device when the basket is opened, the same at every attempt",
    ),
]

ORDERS_MAX = 100
LINES_MAX = 100


class ChosenModifier(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A modifier as it was charged."""

    modifier_id: Id
    price_minor: Annotated[int, Meta(ge=-100_000_000, le=100_000_000, description="added to the unit price")]
    name: Text | None = None


class LineIn(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A line as it was sold. `unit_price_minor` is without modifiers."""

    product_id: Id
    quantity: Annotated[int, Meta(ge=1, le=10_000)]
    unit_price_minor: MinorUnits
    modifiers: Annotated[list[ChosenModifier], Meta(max_length=50)] = []
    name: Text | None = None
    note: Annotated[str, Meta(max_length=500)] | None = None


class TagRead(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A wristband as the reader gave it."""

    uid: Annotated[str, Meta(min_length=1, max_length=64)]


class OrderIn(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """An order that a device made. Either `tag` or `tab_id` says whose tab it goes on."""

    id: UUID7
    schema: Literal[1]
    device_seq: Annotated[int, Meta(ge=0, le=2**53, description="counts the orders of the device, without gaps")]
    device_time_ms: TimeMs
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217")]
    lines: Annotated[list[LineIn], Meta(min_length=1, max_length=LINES_MAX)]
    total_minor: Annotated[int, Meta(ge=-(2**53), le=2**53, description="what the guest was told, in minor units")]
    catalog_version: Annotated[int, Meta(ge=0, le=2**53)] = 0
    tag: TagRead | None = None
    tab_id: Id | None = None
    event_id: Id | None = None
    station_id: Id | None = None


class OrderBatch(msgspec.Struct, forbid_unknown_fields=True):
    """1 to 100 orders. `sent_ms` is the device's clock at the moment of sending, to measure how wrong it is."""

    orders: Annotated[list[OrderIn], Meta(min_length=1, max_length=ORDERS_MAX)]
    sent_ms: TimeMs | None = None


class RawBatch(msgspec.Struct, forbid_unknown_fields=True):
    """The same with orders undecoded: each is checked alone, so that a bad one stops no other."""

    orders: Annotated[list[msgspec.Raw], Meta(min_length=1)]
    sent_ms: TimeMs | None = None


class FlagShape(msgspec.Struct, frozen=True):
    """Why a person may want to look at an order that was accepted."""

    code: str
    field: str
    detail: str


class OrderAnswer(msgspec.Struct):
    """What became of one order of a batch. Every result but "invalid" means: on disk, will be on the tab.

    "invalid" means kept for a person, whole, and not to be sent again; `problem` is an RFC 9457 object.
    """

    id: str | None
    result: Literal["accepted", "flagged", "duplicate", "invalid"]
    receipt: str | None = None
    tab_id: str | None = None
    flags: list[FlagShape] = []
    problem: dict[str, Any] | None = None


class BatchAnswer(msgspec.Struct):
    """One answer for each order, in the order sent."""

    received_ms: int
    results: list[OrderAnswer]


class ModifierShape(msgspec.Struct):
    """A modifier on a processed line."""

    name: str
    price_minor: int


class LineShape(msgspec.Struct):
    """A processed line."""

    n: int
    product_id: str
    name: str
    quantity: int
    unit_price_minor: int
    modifiers: list[ModifierShape]
    gross_minor: int
    net_minor: int
    tax_minor: int
    note: str | None = None


class OrderShape(msgspec.Struct):
    """An order as read. Until it is processed `lines` are as sold, with net and tax zero."""

    id: str
    event_id: str
    station_id: str | None
    device_id: str
    tab_id: str
    tab_label: str
    state: Literal["accepted", "processed"]
    receipt: str
    total_minor: int
    tax_minor: int
    currency: str
    flags: list[FlagShape]
    device_time_ms: int
    effective_ms: int
    accepted_ms: int
    processed_ms: int | None
    tab_version: int | None
    message_id: str
    lines: list[LineShape]


class QuarantinedShape(msgspec.Struct):
    """Something a device sent that could not become an order, whole."""

    id: str
    order_id: str | None
    device_id: str
    code: str
    problem: dict[str, Any]
    body: str
    received_ms: int
