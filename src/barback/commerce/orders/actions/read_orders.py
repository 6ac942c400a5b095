"""Read orders: one, an event's, a tab's, and what is in quarantine."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from barback.commerce import tabs
from barback.commerce.orders import store
from barback.commerce.orders.rules import OrderNotFound
from barback.commerce.orders.shapes import LineShape, OrderShape, QuarantinedShape
from barback.commerce.orders.store import SQL
from barback.foundation.paging import Page, encode_cursor
from barback.storage import Row, Transaction

LAST = (2**62, "~")
"""Where a list that runs from the newest begins."""


async def order(tx: Transaction, tenant_id: str, order_id: str) -> OrderShape:
    """One order; raises OrderNotFound."""
    row = await tx.one(SQL.order_by_id, tenant_id=tenant_id, id=order_id)
    if row is None:
        raise OrderNotFound
    return (await _shapes(tx, tenant_id, [row]))[0]


async def orders_of_event(
    tx: Transaction,
    tenant_id: str,
    event_id: str,
    *,
    before: tuple[int, str] = LAST,
    limit: int,
    state: str | None = None,
    station_id: str | None = None,
    flag: str | None = None,
    contains: str | None = None,
) -> Page[OrderShape]:
    """Orders of an event, newest first. `flag` is a code, or "any"; `contains` looks in receipt and id."""
    rows = await tx.all(
        SQL.orders_of_event,
        tenant_id=tenant_id,
        event_id=event_id,
        before_ms=before[0],
        before_id=before[1],
        state=state,
        station_id=station_id,
        flag=f'%"code":"{_escaped(flag)}"%' if flag not in (None, "any") else None,
        flagged=int(flag == "any"),
        contains=f"%{_escaped(contains.lower())}%" if contains else None,
        limit=limit + 1,
    )
    return await _page(tx, tenant_id, rows, limit)


def _escaped(text: str | None) -> str:
    return (text or "").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def orders_of_tab(
    tx: Transaction, tenant_id: str, tab_id: str, *, before: tuple[int, str] = LAST, limit: int
) -> Page[OrderShape]:
    """Orders of a tab, newest first."""
    rows = await tx.all(
        SQL.orders_of_tab, tenant_id=tenant_id, tab_id=tab_id, before_ms=before[0], before_id=before[1], limit=limit + 1
    )
    return await _page(tx, tenant_id, rows, limit)


async def _page(tx: Transaction, tenant_id: str, rows: Sequence[Row], limit: int) -> Page[OrderShape]:
    shapes = await _shapes(tx, tenant_id, rows[:limit])
    last = shapes[-1] if len(rows) > limit else None
    return Page(shapes, encode_cursor(last.accepted_ms, last.id) if last else None)


async def _shapes(tx: Transaction, tenant_id: str, rows: Sequence[Row]) -> list[OrderShape]:
    lines: dict[str, list[LineShape]] = {}
    done = [row["id"] for row in rows if row["state"] == "processed"]
    found: Sequence[Row] = await tx.all(SQL.lines_of, ids=done) if done else []
    for line in found:
        lines.setdefault(line["order_id"], []).append(store.line_shape(line))
    on_tabs = await tabs.tabs_by_ids(tx, sorted({(tenant_id, str(row["tab_id"])) for row in rows})) if rows else {}
    return [
        OrderShape(
            id=row["id"],
            event_id=row["event_id"],
            station_id=row["station_id"],
            device_id=row["device_id"],
            tab_id=row["tab_id"],
            tab_label=tab.label if (tab := on_tabs.get((tenant_id, row["tab_id"]))) else "",
            state=row["state"],
            receipt=row["receipt"],
            total_minor=row["total_minor"],
            tax_minor=row["tax_minor"],
            currency=row["currency"],
            flags=store.flags_of(row),
            device_time_ms=row["device_time_ms"],
            effective_ms=row["effective_ms"],
            accepted_ms=row["accepted_ms"],
            processed_ms=row["processed_ms"],
            tab_version=row["tab_version"],
            message_id=row["message_id"],
            lines=lines.get(row["id"]) or store.lines_as_sold(store.order_of(row)),
        )
        for row in rows
    ]


async def quarantined(
    tx: Transaction, tenant_id: str, event_id: str, *, before: tuple[int, str] = LAST, limit: int
) -> Page[QuarantinedShape]:
    """What devices of an event sent that could not become an order, newest first."""
    rows = await tx.all(
        SQL.quarantine_page,
        tenant_id=tenant_id,
        event_id=event_id,
        before_ms=before[0],
        before_id=before[1],
        limit=limit + 1,
    )
    items = [
        QuarantinedShape(
            row["id"],
            row["order_id"],
            row["device_id"],
            row["code"],
            msgspec.json.decode(row["problem"]),
            row["body"],
            row["received_ms"],
        )
        for row in rows[:limit]
    ]
    last = items[-1] if len(rows) > limit else None
    return Page(items, encode_cursor(last.received_ms, last.id) if last else None)
