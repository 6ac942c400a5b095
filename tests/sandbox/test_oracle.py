"""The oracle sees each kind of damage, and nothing where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import pytest

from barback.foundation.ids import new_id
from barback.sandbox.book import Book
from barback.sandbox.contract import Account, Chosen, Ledger, Line, Order, OrderAnswer, ReadLine, ReadOrder, Tab, Tag
from barback.sandbox.oracle import RECEIVABLE, Seen, judge

replace = msgspec.structs.replace
TAGS = ("04A", "04B", "04C")


@dataclass
class Night:
    """Six orders on three tabs, as a server that keeps its promises has them."""

    book: Book = field(default_factory=Book)
    orders: list[ReadOrder] = field(default_factory=list)
    tabs: list[Tab] = field(default_factory=list)
    ledger: Ledger = field(default_factory=lambda: Ledger((), balanced=True))

    def findings(self, total_minor: int | None = None) -> set[str]:
        wearers = {uid: f"attendee {uid}" for uid in TAGS}
        seen = Seen(self.orders, self.tabs, self.ledger)
        return {finding.code for finding in judge(self.book, seen, wearers=wearers, total_minor=total_minor)}

    def total(self) -> int:
        return sum(order.total_minor for order in self.orders)


@pytest.fixture
def night() -> Night:
    made = Night()
    for n in range(6):
        uid = TAGS[n % 3]
        lines = (Line("beer", n + 1, 390, (Chosen("large", 120),)), Line("chips", 1, 290))
        total = sum(line.total_minor for line in lines)
        sale = made.book.sold(Order(new_id(), 1, n + 1, 0, "EUR", 1, Tag(uid), lines, total), 0.0)
        answer = OrderAnswer(sale.order.id, "accepted", "A-1", f"tab {uid}")
        made.book.answered([sale], [answer], wait_s=0.01, now=1.0, received_ms=1)
        read = tuple(ReadLine(one.quantity, one.total_minor, one.total_minor - 10, 10) for one in lines)
        made.orders.append(
            ReadOrder(sale.order.id, f"tab {uid}", "processed", new_id(), total, 20, (), read, tab_version=2 + n // 3)
        )
    for uid in TAGS:
        mine = [order for order in made.orders if order.tab_id == f"tab {uid}"]
        total = sum(order.total_minor for order in mine)
        made.tabs.append(Tab(f"tab {uid}", uid, "open", total, 40, 2, 3, f"attendee {uid}"))
    owed = made.total()
    made.ledger = Ledger((Account(RECEIVABLE, owed, 0, owed), Account("revenue", 0, owed, -owed)), balanced=True)
    return made


def test_nothing_is_found_where_all_is_well(night: Night) -> None:
    assert night.findings(night.total()) == set()


def change(place: int, **fields: object) -> Callable[[Night], None]:
    def damage(night: Night) -> None:
        night.orders[place] = replace(night.orders[place], **fields)

    return damage


def lose(night: Night) -> None:
    del night.orders[0]


def double(night: Night) -> None:
    night.orders.append(night.orders[0])


def invent(night: Night) -> None:
    night.orders.append(replace(night.orders[0], id=new_id()))


def swap(night: Night) -> None:
    first, second = night.orders[0], night.orders[3]
    night.orders[0] = replace(first, tab_version=second.tab_version)
    night.orders[3] = replace(second, tab_version=first.tab_version)


def change_tab(**fields: object) -> Callable[[Night], None]:
    def damage(night: Night) -> None:
        night.tabs[0] = replace(night.tabs[0], **fields)

    return damage


def take_twice(night: Night) -> None:
    sale = next(iter(night.book.sales.values()))
    answer = OrderAnswer(sale.order.id, "accepted", "A-1", sale.tab_id)
    night.book.answered([sale], [answer], wait_s=0.01, now=2.0, received_ms=2)


def change_mind(night: Night) -> None:
    sale = next(iter(night.book.sales.values()))
    answer = OrderAnswer(sale.order.id, "duplicate", "A-1", "another tab")
    night.book.answered([sale], [answer], wait_s=0.01, now=2.0, received_ms=2)


def refuse_yet_keep(night: Night) -> None:
    sale = next(iter(night.book.sales.values()))
    sale.results[:] = ["invalid"]


def post_twice(night: Night) -> None:
    receivable = night.ledger.accounts[0]
    more = night.orders[0].total_minor
    owed = receivable.balance_minor + more
    night.ledger = Ledger((Account(RECEIVABLE, owed, 0, owed), Account("revenue", 0, owed, -owed)), balanced=True)


def unbalance(night: Night) -> None:
    night.ledger = replace(night.ledger, balanced=False)


DAMAGE: list[tuple[str, Callable[[Night], None]]] = [
    ("lost", lose),
    ("twice", double),
    ("invented", invent),
    ("out of order", swap),
    ("same version", change(3, tab_version=2)),
    ("not processed", change(0, state="accepted", tab_version=None)),
    ("wrong tab", change(0, tab_id="tab 04B")),
    ("wrong tab", change_tab(attendee_id="attendee 04B")),
    ("no tab", lambda night: night.tabs.pop()),
    ("wrong sum", change(0, total_minor=1)),
    ("wrong lines", change(0, lines=())),
    ("wrong tax", change(0, tax_minor=21)),
    ("wrong tab sum", change_tab(total_minor=1)),
    ("wrong tab sum", change_tab(order_count=3)),
    ("contradiction", take_twice),
    ("contradiction", change_mind),
    ("refused yet kept", refuse_yet_keep),
    ("books", post_twice),
    ("books", unbalance),
]


@pytest.mark.parametrize(("code", "damage"), DAMAGE, ids=[f"{code} {n}" for n, (code, _) in enumerate(DAMAGE)])
def test_each_kind_of_damage_is_found(night: Night, code: str, damage: Callable[[Night], None]) -> None:
    damage(night)
    assert code in night.findings()


def test_a_total_that_is_not_the_files_is_found(night: Night) -> None:
    assert night.findings(night.total() + 1) == {"wrong total"}


def test_an_order_without_an_answer_may_be_there_or_not(night: Night) -> None:
    """Nobody knows what became of it; if it is there, it must be right."""
    order = next(iter(night.book.sales.values())).order
    night.book.sold(replace(order, id=new_id()), 0.0)
    assert night.findings() == set()
    night.orders.append(replace(night.orders[0], id=list(night.book.sales)[-1], total_minor=1))
    assert "wrong sum" in night.findings()


def test_an_answer_for_another_order_is_a_contradiction(night: Night) -> None:
    sale = next(iter(night.book.sales.values()))
    night.book.answered([sale], [OrderAnswer(new_id(), "duplicate")], wait_s=0, now=0, received_ms=0)
    assert "contradiction" in night.findings()
    with pytest.raises(ValueError, match="sent 1 orders, got 0 answers"):
        night.book.answered([sale], [], wait_s=0, now=0, received_ms=0)
