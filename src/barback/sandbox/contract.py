"""The crowd's side of the API: what a till writes and reads, in its own words.

Written from the API's description, not imported from the server, so that a change there shows here.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Chosen(msgspec.Struct, frozen=True, omit_defaults=True):
    """A modifier as charged."""

    modifier_id: str
    price_minor: int
    name: str | None = None


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line as sold; `unit_price_minor` is without modifiers."""

    product_id: str
    quantity: int
    unit_price_minor: int
    modifiers: tuple[Chosen, ...] = ()
    name: str | None = None

    @property
    def total_minor(self) -> int:
        """What the line costs."""
        return self.quantity * (self.unit_price_minor + sum(one.price_minor for one in self.modifiers))


class Tag(msgspec.Struct, frozen=True):
    """A wristband."""

    uid: str


class Order(msgspec.Struct, frozen=True):
    """An order as a till makes it, once, whatever becomes of the attempts to send it."""

    id: str
    schema: int
    device_seq: int
    device_time_ms: int
    currency: str
    catalog_version: int
    tag: Tag
    lines: tuple[Line, ...]
    total_minor: int


class OrderAnswer(msgspec.Struct, frozen=True):
    """What the server said of one order."""

    id: str | None
    result: str
    receipt: str | None = None
    tab_id: str | None = None
    flags: tuple[dict[str, Any], ...] = ()
    problem: dict[str, Any] | None = None


class BatchAnswer(msgspec.Struct, frozen=True):
    """What the server said of a request."""

    received_ms: int
    results: tuple[OrderAnswer, ...]


class Modifier(msgspec.Struct, frozen=True):
    """A choice on the menu."""

    id: str
    name: str
    price_minor: int
    active: bool = True


class ModifierGroup(msgspec.Struct, frozen=True):
    """Choices of which between `min` and `max` are taken."""

    id: str
    name: str
    min: int
    max: int
    modifiers: tuple[Modifier, ...]


class Product(msgspec.Struct, frozen=True):
    """Something on the menu."""

    id: str
    name: str
    price_minor: int
    active: bool = True
    modifier_group_ids: tuple[str, ...] = ()


class Menu(msgspec.Struct, frozen=True):
    """An event's menu."""

    event_id: str
    currency: str
    catalog_version: int
    products: tuple[Product, ...]
    modifier_groups: tuple[ModifierGroup, ...]


class Tenant(msgspec.Struct, frozen=True):
    """A business."""

    id: str
    name: str
    currency: str


class DeviceSession(msgspec.Struct, frozen=True):
    """What a paired till keeps."""

    device_id: str
    device_secret: str
    access_token: str
    expires_ms: int
    event_id: str
    station_id: str


class Tab(msgspec.Struct, frozen=True):
    """A tab as read."""

    id: str
    label: str
    state: str
    total_minor: int
    tax_minor: int
    order_count: int
    version: int
    attendee_id: str | None = None


class ReadLine(msgspec.Struct, frozen=True):
    """A processed line as read."""

    quantity: int
    gross_minor: int
    net_minor: int
    tax_minor: int


class ReadOrder(msgspec.Struct, frozen=True):
    """An order as read."""

    id: str
    tab_id: str
    state: str
    message_id: str
    total_minor: int
    tax_minor: int
    flags: tuple[dict[str, Any], ...]
    lines: tuple[ReadLine, ...]
    tab_version: int | None = None


class Account(msgspec.Struct, frozen=True):
    """An account of the books."""

    account: str
    debit_minor: int
    credit_minor: int
    balance_minor: int


class Ledger(msgspec.Struct, frozen=True):
    """An event's books."""

    accounts: tuple[Account, ...]
    balanced: bool


encode = msgspec.json.Encoder().encode
decode_batch = msgspec.json.Decoder(BatchAnswer).decode
decode_session = msgspec.json.Decoder(DeviceSession).decode
decode_menu = msgspec.json.Decoder(Menu).decode
