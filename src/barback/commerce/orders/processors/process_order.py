"""Put accepted orders on their tabs.

Finds     nothing: every accepted order comes with its message, in one commit.
Does      prices and taxes each order, posts it to the ledger, adds it to its tab, and tells: one
          fact a piece on the topic `order.priced`, and live on tab, station and event.
Safe      effects and completion are one commit; an order that is not "accepted" any more is left
          alone, and the ledger takes an order's entry once only.
In order  one at a time per tab, in the order of acceptance.
Gives up  after 20 tries, about three hours; the order then waits among the dead letters, its tab
          goes on, and the order stays "accepted" until it is sent again from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from barback.commerce import ledger, menu, tabs
from barback.commerce.orders import pricing, rules, store
from barback.commerce.orders.facts import OrderPriced, order_priced, priced_fact
from barback.commerce.orders.rules import Priced
from barback.commerce.orders.store import SQL
from barback.commerce.tabs import Tab, TabDelta
from barback.engine import BatchTask, Message, live
from barback.storage import Row, Transaction


class OrderRef(msgspec.Struct, frozen=True):
    """The order to process."""

    order_id: str


class ProcessOrder(BatchTask[OrderRef]):
    """See above."""

    name = "orders.process_order"
    queue = "orders"
    payload = OrderRef
    attempts_max = 20
    batch_max = 300
    backoff_first_ms = 500

    async def handle_batch(self, tx: Transaction, messages: Sequence[Message[OrderRef]]) -> None:
        """Process up to 300 orders, each of another tab."""
        rows = await tx.all(SQL.orders_waiting, ids=[message.payload.order_id for message in messages])
        if not rows:
            return
        event_ids = sorted({str(row["event_id"]) for row in rows})
        catalogs = await menu.catalogs(tx, event_ids)
        priced = [pricing.price_order(store.order_of(row), catalogs[row["event_id"]]) for row in rows]
        deltas = [
            TabDelta(row["tab_id"], one.taxed.gross_minor, one.taxed.tax_minor)
            for row, one in zip(rows, priced, strict=True)
        ]
        on_tabs = await tabs.add_to_tabs(tx, deltas, tx.now_ms)
        await _write(tx, rows, priced, on_tabs)
        await _tell(tx, rows, priced, on_tabs)


process_order = ProcessOrder()


async def _write(tx: Transaction, rows: Sequence[Row], priced: Sequence[Priced], on_tabs: dict[str, Tab]) -> None:
    lines: list[dict[str, Any]] = []
    orders: list[dict[str, Any]] = []
    entries: list[ledger.Entry] = []
    for row, one in zip(rows, priced, strict=True):
        lines += [store.line_row(row["id"], row["event_id"], line) for line in one.lines]
        flags = rules.merged_flags(store.flags_of(row), one.flags)
        orders.append(
            {
                "id": row["id"],
                "total_minor": one.taxed.gross_minor,
                "tax_minor": one.taxed.tax_minor,
                "flags": store.text(flags) if flags else "[]",
                "flag_count": len(flags),
                "tab_version": on_tabs[row["tab_id"]].version,
                "processed_ms": tx.now_ms,
            }
        )
        entries.append(
            ledger.sale(
                tenant_id=row["tenant_id"],
                event_id=row["event_id"],
                order_id=row["id"],
                tab_id=row["tab_id"],
                station_id=row["station_id"],
                currency=row["currency"],
                effective_ms=row["effective_ms"],
                net_minor=one.taxed.net_minor,
                taxes=one.taxed.parts,
            )
        )
    await tx.bulk(SQL.line_add, lines)
    await tx.bulk(SQL.order_processed, orders)
    await ledger.post(tx, entries)


async def _tell(tx: Transaction, rows: Sequence[Row], priced: Sequence[Priced], on_tabs: dict[str, Tab]) -> None:
    news: list[tuple[list[str], str, OrderPriced]] = []
    for row, one in zip(rows, priced, strict=True):
        fact = priced_fact(row, one, on_tabs[row["tab_id"]], tx.now_ms)
        channels = [f"tab:{fact.tab_id}", f"event:{fact.event_id}"]
        if fact.station_id is not None:
            channels.append(f"station:{fact.station_id}")
        news.append((channels, "order.priced", fact))
        await order_priced.publish(tx, fact, tenant=fact.tenant_id)
    await live.publish_many(tx, news)
