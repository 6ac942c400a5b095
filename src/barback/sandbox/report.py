"""What a night was like, as numbers: for people a table, for programs JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from rich.console import Console
from rich.table import Table

from barback.sandbox.book import Book


class Waits(msgspec.Struct, frozen=True):
    """Milliseconds: half were at most `p50`, 95 of 100 at most `p95`, and so on."""

    count: int
    p50: float
    p95: float
    p99: float
    longest: float


class Report(msgspec.Struct, frozen=True):
    """A night in numbers. `answer` is by request, the others by order.

    `accepted`, `flagged`, `recovered`, `invalid` and `unanswered` are orders by their first answer that arrived and add
    up to `sold`; `recovered` had an answer that got lost before, and was then told "duplicate".

    `till`: from the sale to its first answer, with queueing, outages and retries. `processed`: from that
    answer until the order was seen on its tab over /v1/live; None when nobody listened.
    """

    seconds: float
    sold: int
    sold_minor: int
    currency: str
    sent: int
    requests: int
    accepted: int
    flagged: int
    recovered: int
    duplicates: int
    invalid: int
    unanswered: int
    orders_per_second: float
    seen_processed: int | None
    answer: Waits | None
    till: Waits | None
    processed: Waits | None
    flags: dict[str, int]
    problems: dict[str, int]
    refusals: dict[str, int]
    retried_after: dict[str, int]
    contradictions: list[str]


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all are at most (nearest rank)."""
    return ordered[max(0, min(len(ordered) - 1, -(-int(share * len(ordered) * 1000) // 1000) - 1))]


def waits(seconds: Sequence[float]) -> Waits | None:
    """A summary; None of nothing."""
    if not seconds:
        return None
    ordered = sorted(one * 1000 for one in seconds)
    p50, p95, p99 = (round(percentile(ordered, share), 2) for share in (0.5, 0.95, 0.99))
    return Waits(len(ordered), p50, p95, p99, round(ordered[-1], 2))


def report(book: Book, currency: str, priced: Mapping[str, float] | None = None) -> Report:
    """The night's report. `priced`: when each order was seen processed, by order id."""
    sales = list(book.sales.values())
    results = book.results()
    elapsed = max(book.ended - book.began, 1e-9)
    answered = [sale for sale in sales if sale.answered_at is not None]
    # News can overtake the answer on its way: then the wait was nothing.
    processed = [
        max(0.0, priced[sale.order.id] - sale.answered_at)
        for sale in answered
        if priced is not None and sale.answered_at is not None and sale.order.id in priced
    ]
    return Report(
        seconds=round(elapsed, 2),
        sold=len(sales),
        sold_minor=sum(sale.order.total_minor for sale in sales),
        currency=currency,
        sent=book.sent,
        requests=book.requests,
        accepted=results["accepted"],
        flagged=results["flagged"],
        recovered=results["duplicate"],
        duplicates=book.repeats(),
        invalid=results["invalid"],
        unanswered=results["unanswered"],
        orders_per_second=round(len(answered) / elapsed, 1),
        seen_processed=None if priced is None else len(processed),
        answer=waits([wait_s for wait_s, _ in book.waits]),
        till=waits([sale.answered_at - sale.sold_at for sale in answered if sale.answered_at is not None]),
        processed=waits(processed),
        flags=dict(book.flag_codes()),
        problems=dict(book.problem_codes()),
        refusals=dict(book.refusals),
        retried_after=dict(book.failures),
        contradictions=book.contradictions,
    )


def print_report(night: Report, console: Console) -> None:
    """The report as tables."""
    console.print(_counts(night))
    console.print(_waits(night))
    for title, counts in (
        ("Flags", night.flags),
        ("Invalid because", night.problems),
        ("Refused with", night.refusals),
        ("Sent again after", night.retried_after),
    ):
        if counts:
            console.print(f"{title}: " + ", ".join(f"{what} {count:,}" for what, count in sorted(counts.items())))
    for text in night.contradictions[:10]:
        console.print(f"[red]The server contradicts itself: {text}[/red]")


def _counts(night: Report) -> Table:
    table = Table(title="The night", show_header=False, title_justify="left")
    table.add_column(style="dim")
    table.add_column(justify="right")
    rows = [
        ("orders sold", f"{night.sold:,}"),
        ("for", f"{money(night.sold_minor)} {night.currency}"),
        ("orders sent, with repeats", f"{night.sent:,} in {night.requests:,} requests"),
        ("first answered accepted", f"{night.accepted:,}"),
        ("first answered flagged", f"{night.flagged:,}"),
        ("first answered duplicate, as an answer was lost", f"{night.recovered:,}"),
        ("invalid", f"{night.invalid:,}"),
        ("never answered", f"{night.unanswered:,}"),
        ("answers that said duplicate", f"{night.duplicates:,}"),
        ("answered orders per second", f"{night.orders_per_second:,} over {night.seconds:,} s"),
    ]
    if night.seen_processed is not None:
        rows.append(("seen processed on /v1/live", f"{night.seen_processed:,}"))
    for row in rows:
        table.add_row(*row)
    return table


def _waits(night: Report) -> Table:
    table = Table(title="Waits in milliseconds", title_justify="left")
    for name in ("", "count", "p50", "p95", "p99", "longest"):
        table.add_column(name, justify="left" if not name else "right")
    for name, one in (
        ("request → answer", night.answer),
        ("sale → answer", night.till),
        ("answer → processed", night.processed),
    ):
        if one is not None:
            table.add_row(
                name, f"{one.count:,}", *(f"{value:,.1f}" for value in (one.p50, one.p95, one.p99, one.longest))
            )
    return table


def money(minor: int) -> str:
    """Minor units as people write them, for a currency with two digits."""
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100:,}.{abs(minor) % 100:02d}"
