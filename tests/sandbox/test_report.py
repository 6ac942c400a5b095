"""The report's numbers."""

from __future__ import annotations

import io

import msgspec
from rich.console import Console

from barback.foundation.ids import new_id
from barback.sandbox.book import Book
from barback.sandbox.contract import Line, Order, OrderAnswer, Tag
from barback.sandbox.report import Report, money, percentile, print_report, report, waits


def test_percentiles_are_nearest_ranks() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99)] == [50, 95, 99]
    assert [percentile([3.0], share) for share in (0.5, 0.99)] == [3, 3]
    assert percentile([1.0, 2.0], 0.5) == 1
    assert percentile([1.0, 2.0], 0.95) == 2
    assert waits([]) is None
    summary = waits([0.003, 0.001, 0.002])
    assert summary is not None
    assert (summary.count, summary.p50, summary.p95, summary.longest) == (3, 2.0, 3.0, 3.0)


def a_night() -> tuple[Book, dict[str, float]]:
    book = Book(began=100.0, ended=102.0)
    priced: dict[str, float] = {}
    for n, result in enumerate(["accepted", "accepted", "flagged", "duplicate", "invalid", None]):
        order = Order(new_id(), 1, n, 0, "EUR", 1, Tag("04"), (Line("beer", 1, 100_050),), 100_050)
        sale = book.sold(order, 100.0)
        book.attempt([sale])
        if result:
            book.answered([sale], [OrderAnswer(order.id, result)], wait_s=0.01, now=100.5, received_ms=1)
            priced[order.id] = 100.0 + n  # the first is seen before its answer has arrived
    return book, priced


def test_orders_are_counted_by_their_first_answer() -> None:
    book, priced = a_night()
    night = report(book, "EUR", priced)
    assert (night.accepted, night.flagged, night.recovered, night.invalid, night.unanswered) == (2, 1, 1, 1, 1)
    assert night.sold == 6
    assert night.sold_minor == 600_300
    assert night.orders_per_second == 2.5
    assert night.till is not None
    assert night.till.p50 == 500.0
    assert night.processed is not None
    assert (night.processed.count, night.processed.p50, night.processed.longest) == (5, 1500.0, 3500.0)
    assert report(book, "EUR").processed is None


def test_a_person_and_a_program_read_the_same() -> None:
    book, priced = a_night()
    book.contradictions.append("order x was accepted as new twice")
    night = report(book, "EUR", priced)
    assert msgspec.json.decode(msgspec.json.encode(night), type=Report) == night
    text = io.StringIO()
    print_report(night, Console(file=text, width=100))
    for words in ("6,003.00 EUR", "answer → processed", "never answered", "accepted as new twice"):
        assert words in text.getvalue()


def test_money_is_written_as_people_do() -> None:
    assert [money(0), money(5), money(3_450_016), money(-120)] == ["0.00", "0.05", "34,500.16", "-1.20"]
