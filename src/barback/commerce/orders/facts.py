"""Facts about orders that others may follow."""

from __future__ import annotations

import msgspec

from barback.commerce.orders import rules, store
from barback.commerce.orders.rules import Priced
from barback.commerce.orders.shapes import FlagShape
from barback.commerce.tabs import Tab
from barback.engine import Topic
from barback.storage import Row


class SoldLine(msgspec.Struct, frozen=True):
    """A line as screens show it."""

    name: str
    quantity: int
    gross_minor: int


class OrderPriced(msgspec.Struct, frozen=True):
    """An order is on its tab. Amounts in minor units; `tab_*` are the tab's sums with this order."""

    order_id: str
    tenant_id: str
    event_id: str
    tab_id: str
    station_id: str | None
    receipt: str
    total_minor: int
    tax_minor: int
    currency: str
    tab_total_minor: int
    tab_tax_minor: int
    tab_order_count: int
    tab_version: int
    lines: list[SoldLine]
    flags: list[FlagShape]
    accepted_ms: int
    processed_ms: int


order_priced = Topic("order.priced", OrderPriced)


def priced_fact(row: Row, priced: Priced, tab: Tab, now_ms: int) -> OrderPriced:
    """What there is to tell of the order in `row`, now on `tab`."""
    return OrderPriced(
        order_id=row["id"],
        tenant_id=row["tenant_id"],
        event_id=row["event_id"],
        tab_id=tab.id,
        station_id=row["station_id"],
        receipt=row["receipt"],
        total_minor=priced.taxed.gross_minor,
        tax_minor=priced.taxed.tax_minor,
        currency=row["currency"],
        tab_total_minor=tab.total_minor,
        tab_tax_minor=tab.tax_minor,
        tab_order_count=tab.order_count,
        tab_version=tab.version,
        lines=[SoldLine(line.name, line.quantity, line.gross_minor) for line in priced.lines],
        flags=rules.merged_flags(store.flags_of(row), priced.flags),
        accepted_ms=row["accepted_ms"],
        processed_ms=now_ms,
    )
