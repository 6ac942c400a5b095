"""The oracle: counts what the server has against what the crowd knows it sold, and says every difference.

It reads through the public API only, all pages of it, when the server is quiet. `judge` is pure: the
tests of the oracle show that it sees each kind of damage.

What must hold, whatever was sent twice, out of order, or while processes died:
- what was answered accepted, flagged or duplicate is there, once, processed, on the tab that was answered;
- it costs what was charged, to the cent, and so do its lines; a tab is the sum of its orders;
- a tab's orders were put on it in the order in which they were accepted;
- the books are balanced, and guests owe exactly what was sold;
- nothing is there that nobody sold.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from barback.sandbox.book import Book, Sale
from barback.sandbox.contract import Ledger, ReadOrder, Tab
from barback.sandbox.office import Office

RECEIVABLE = "tab_receivable"
LOOK_EVERY_S = 0.1


@dataclass(frozen=True)
class Seen:
    """What the server says it has of one event."""

    orders: Sequence[ReadOrder]
    tabs: Sequence[Tab]
    ledger: Ledger


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a word for it, and what."""

    code: str
    detail: str

    def __str__(self) -> str:
        """As a person reads it."""
        return f"{self.code}: {self.detail}"


async def look(office: Office, event_id: str) -> Seen:
    """Read everything of an event. Only sensible when nothing changes any more."""
    orders = [order async for order in office.pages(f"/v1/events/{event_id}/orders", ReadOrder)]
    tabs = [tab async for tab in office.pages(f"/v1/events/{event_id}/tabs", Tab)]
    return Seen(orders, tabs, await office.get(f"/v1/events/{event_id}/ledger", Ledger))


async def until_processed(office: Office, event_id: str, *, within_s: float) -> int:
    """Wait until no order waits to be processed; how many still do when time is over (0: all done)."""
    end = time.perf_counter() + within_s
    while True:
        page = await office.get(f"/v1/events/{event_id}/orders?state=accepted&limit=200", dict[str, Any])
        if not page["items"] or time.perf_counter() > end:
            return len(page["items"])
        await asyncio.sleep(LOOK_EVERY_S)


def judge(book: Book, seen: Seen, *, wearers: Mapping[str, str], total_minor: int | None = None) -> list[Finding]:
    """Every difference. `wearers`: attendee id by wristband. `total_minor`: what everything together must cost."""
    return [
        *(Finding("contradiction", text) for text in book.contradictions),
        *_orders(book, seen, wearers),
        *_tabs(seen),
        *_sequence(seen),
        *_sums(book, seen, total_minor),
    ]


def _orders(book: Book, seen: Seen, wearers: Mapping[str, str]) -> Iterator[Finding]:
    found: dict[str, ReadOrder] = {}
    for order in seen.orders:
        if order.id in found:
            yield Finding("twice", f"order {order.id} is listed twice")
        if order.id not in book.sales:
            yield Finding("invented", f"order {order.id} was never sold")
        found[order.id] = order
    owners = {tab.id: tab.attendee_id for tab in seen.tabs}
    for sale in book.sales.values():
        order = found.get(sale.order.id)
        if order is None:
            if sale.promised:
                yield Finding("lost", f"order {sale.order.id} was answered {sale.results}, and is not there")
            continue
        yield from _order(sale, order)
        if owners.get(order.tab_id) != wearers.get(sale.order.tag.uid):
            yield Finding("wrong tab", f"order {order.id} of tag {sale.order.tag.uid} is on tab {order.tab_id}")


def _order(sale: Sale, order: ReadOrder) -> Iterator[Finding]:
    if sale.results and not sale.promised:
        yield Finding("refused yet kept", f"order {order.id} was answered {sale.results}, and is there")
    if order.state != "processed":
        yield Finding("not processed", f"order {order.id} is {order.state}")
        return
    if sale.tab_id is not None and sale.tab_id != order.tab_id:
        yield Finding("wrong tab", f"order {order.id} was answered tab {sale.tab_id}, is on {order.tab_id}")
    if order.total_minor != sale.order.total_minor:
        yield Finding("wrong sum", f"order {order.id} was sold for {sale.order.total_minor}, is {order.total_minor}")
    gross = [line.gross_minor for line in order.lines]
    charged = [line.total_minor for line in sale.order.lines]
    if gross != charged:
        yield Finding("wrong lines", f"order {order.id} was sold as {charged}, is {gross}")
    if any(line.net_minor + line.tax_minor != line.gross_minor for line in order.lines):
        yield Finding("wrong tax", f"a line of order {order.id} is not its net and its tax")
    if sum(line.tax_minor for line in order.lines) != order.tax_minor:
        yield Finding("wrong tax", f"the tax of order {order.id} is not that of its lines")


def _tabs(seen: Seen) -> Iterator[Finding]:
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for order in seen.orders:
        if order.state == "processed":
            for place, amount in enumerate((1, order.total_minor, order.tax_minor)):
                sums[order.tab_id][place] += amount
    for tab in seen.tabs:
        says = [tab.order_count, tab.total_minor, tab.tax_minor]
        if says != sums[tab.id]:
            yield Finding(
                "wrong tab sum", f"tab {tab.id} says {says} (orders, total, tax); its orders are {sums[tab.id]}"
            )
    for tab_id in sums.keys() - {tab.id for tab in seen.tabs}:
        yield Finding("no tab", f"orders are on tab {tab_id}, which is not there")


def _sequence(seen: Seen) -> Iterator[Finding]:
    """Message ids are made one after another at acceptance; tab versions one after another when processed."""
    by_tab: defaultdict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for order in seen.orders:
        if order.tab_version is not None:
            by_tab[order.tab_id].append((order.tab_version, order.message_id, order.id))
    for tab_id, rows in by_tab.items():
        rows.sort()
        for (version, message_id, order_id), (next_version, next_message_id, next_id) in pairwise(rows):
            if next_version == version:
                yield Finding("same version", f"orders {order_id} and {next_id} made the same version of tab {tab_id}")
            elif next_message_id <= message_id:
                yield Finding(
                    "out of order", f"on tab {tab_id} order {next_id} came after {order_id}, but was accepted before"
                )


def _sums(book: Book, seen: Seen, total_minor: int | None) -> Iterator[Finding]:
    kept = {order.id for order in seen.orders}
    sold = sum(sale.order.total_minor for sale in book.sales.values() if sale.order.id in kept)
    if total_minor is not None and sold != total_minor:
        yield Finding("wrong total", f"orders for {sold} are there, expected {total_minor}")
    if not seen.ledger.balanced or sum(account.balance_minor for account in seen.ledger.accounts):
        yield Finding("books", "the ledger is not balanced to zero")
    if any(one.debit_minor - one.credit_minor != one.balance_minor for one in seen.ledger.accounts):
        yield Finding("books", "an account's balance is not its debits less its credits")
    owed = sum(account.balance_minor for account in seen.ledger.accounts if account.account == RECEIVABLE)
    if owed != sold:
        yield Finding("books", f"guests owe {owed} by the books, were sold {sold}")
    on_tabs = sum(tab.total_minor for tab in seen.tabs)
    if on_tabs != sold:
        yield Finding("wrong total", f"tabs add up to {on_tabs}, were sold {sold}")
