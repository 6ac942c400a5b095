"""Sums read across rooms, and pages of rows for downloads. Nothing is written here."""

from collections.abc import Sequence

from barback.commerce.reports.rules import Sales, Sum
from barback.storage import Row, Transaction, statements

SQL = statements(__file__)

DOWNLOAD_BATCH = 1_000
"""Rows read at once for a download; no snapshot is held between batches."""


async def sales(tx: Transaction, tenant_id: str, event_id: str, from_ms: int, to_ms: int) -> tuple[Sales, int | None]:
    """What orders accepted in [from_ms, to_ms) add up to, and when the first that is not processed was accepted."""
    where = {"tenant_id": tenant_id, "event_id": event_id, "from_ms": from_ms, "to_ms": to_ms}
    found = Sales()
    waiting: list[int] = []
    for row in await tx.all(SQL.station_sums, **where):
        found.stations.setdefault(row["station_id"], Sum()).add(row["orders"], row["sales_minor"])
        found.minutes.setdefault(row["minute_ms"], Sum()).add(row["orders"], row["sales_minor"])
        found.flagged += row["flagged"]
        if row["waiting_ms"] is not None:
            waiting.append(row["waiting_ms"])
    if found.stations:
        for row in await tx.all(SQL.product_sums, **where):
            found.products[row["product_id"], row["name"]] = Sum(row["quantity"], row["sales_minor"])
    return found, min(waiting, default=None)


async def orders_since(tx: Transaction, tenant_id: str, event_id: str, from_ms: int) -> int:
    """How many orders were accepted after `from_ms`."""
    row = await tx.one(SQL.orders_since, tenant_id=tenant_id, event_id=event_id, from_ms=from_ms)
    return row["orders"] if row else 0


async def tabs_open(tx: Transaction, tenant_id: str, event_id: str) -> int:
    """How many tabs are open."""
    row = await tx.one(SQL.tabs_open, tenant_id=tenant_id, event_id=event_id)
    return row["tabs"] if row else 0


async def tab_rows(tx: Transaction, tenant_id: str, event_id: str, after_id: str) -> Sequence[Row]:
    """The next tabs for a download, by id."""
    return await tx.all(SQL.tab_rows, tenant_id=tenant_id, event_id=event_id, after_id=after_id, limit=DOWNLOAD_BATCH)


async def order_rows(tx: Transaction, tenant_id: str, event_id: str, after_ms: int, after_id: str) -> Sequence[Row]:
    """The next orders for a download, as they were accepted."""
    return await tx.all(
        SQL.order_rows,
        tenant_id=tenant_id,
        event_id=event_id,
        after_ms=after_ms,
        after_id=after_id,
        limit=DOWNLOAD_BATCH,
    )
