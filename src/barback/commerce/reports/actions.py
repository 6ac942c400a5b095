"""What can be asked: the overview of an event, its books, and its rows for a spreadsheet."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence

from barback.commerce import events, ledger
from barback.commerce.events import Event
from barback.commerce.reports import running, shapes, store
from barback.commerce.reports.rules import MINUTE_MS, Sum, chart, csv_text
from barback.foundation.money import decimal_text
from barback.storage import Database, Row, Transaction

TAB_COLUMNS = ["id", "label", "attendee_id", "state", "orders", "total", "tax", "currency", "opened_ms", "updated_ms"]
ORDER_COLUMNS = [
    "id",
    "receipt",
    "state",
    "station_id",
    "device_id",
    "tab_id",
    "total",
    "tax",
    "currency",
    "flags",
    "effective_ms",
    "accepted_ms",
    "processed_ms",
]


async def overview(tx: Transaction, event: Event) -> shapes.Overview:
    """The event at this moment."""
    where = event.tenant_id, event.id
    now_ms = tx.now_ms
    sold = await running.sales(tx, *where)
    stations = await events.stations_of(tx, *where)
    return shapes.Overview(
        event_id=event.id,
        as_of_ms=now_ms,
        currency=event.currency,
        sales_minor=sold.minor,
        orders=sold.orders,
        open_tabs=await store.tabs_open(tx, *where),
        average_minor=sold.average_minor,
        flagged=sold.flagged,
        orders_last_minute=await store.orders_since(tx, *where, now_ms - MINUTE_MS),
        chart=[shapes.ChartMinute(start, one.count, one.minor) for start, one in chart(sold.minutes, now_ms)],
        top_products=[shapes.ProductSales(name, one.count, one.minor) for name, one in sold.top()],
        stations=[_station(one.id, one.name, sold.stations.get(one.id)) for one in stations],
    )


def _station(station_id: str, name: str, sold: Sum | None) -> shapes.StationSales:
    return shapes.StationSales(station_id, name, sold.count if sold else 0, sold.minor if sold else 0)


async def books(tx: Transaction, event: Event) -> shapes.Books:
    """The event's accounts, and whether debits and credits are the same."""
    found = await ledger.balances(tx, event.tenant_id, event.id)
    accounts = [shapes.Account(one.account, one.debit_minor, one.credit_minor, one.balance_minor) for one in found]
    return shapes.Books(event.currency, accounts, sum(one.balance_minor for one in accounts) == 0)


async def tabs_csv(db: Database, event: Event) -> AsyncIterator[str]:
    """The event's tabs as CSV, a batch of lines at a time."""
    yield _line(*TAB_COLUMNS)
    after_id = ""
    while True:
        async with db.reading() as tx:
            rows = await store.tab_rows(tx, event.tenant_id, event.id, after_id)
        yield _lines(rows, _tab_cells)
        if len(rows) < store.DOWNLOAD_BATCH:
            return
        after_id = rows[-1]["id"]


async def orders_csv(db: Database, event: Event) -> AsyncIterator[str]:
    """The event's orders as CSV, as they were accepted, a batch of lines at a time."""
    yield _line(*ORDER_COLUMNS)
    after_ms, after_id = 0, ""
    while True:
        async with db.reading() as tx:
            rows = await store.order_rows(tx, event.tenant_id, event.id, after_ms, after_id)
        yield _lines(rows, _order_cells)
        if len(rows) < store.DOWNLOAD_BATCH:
            return
        after_ms, after_id = rows[-1]["accepted_ms"], rows[-1]["id"]


Cells = tuple[str | int | None, ...]


def _tab_cells(row: Row) -> Cells:
    currency = row["currency"]
    return (
        row["id"], csv_text(row["label"]), row["attendee_id"], row["state"], row["order_count"],
        decimal_text(row["total_minor"], currency), decimal_text(row["tax_minor"], currency), currency,
        row["opened_ms"], row["updated_ms"],
    )  # fmt: skip


def _order_cells(row: Row) -> Cells:
    currency = row["currency"]
    return (
        row["id"], csv_text(row["receipt"]), row["state"], row["station_id"], row["device_id"], row["tab_id"],
        decimal_text(row["total_minor"], currency), decimal_text(row["tax_minor"], currency), currency,
        row["flag_count"], row["effective_ms"], row["accepted_ms"], row["processed_ms"],
    )  # fmt: skip


def _lines(rows: Sequence[Row], cells: Callable[[Row], Cells]) -> str:
    return "".join(_line(*cells(row)) for row in rows)


def _line(*cells: str | int | None) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()
