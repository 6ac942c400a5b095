"""A till sends the same order until it is answered, whatever the network and the server do meanwhile."""

from __future__ import annotations

import random
from collections import deque
from typing import Any

import msgspec
import pytest

from barback.foundation.clock import HandClock
from barback.sandbox.book import Book
from barback.sandbox.contract import DeviceSession, Line, Menu
from barback.sandbox.tills import Basket, GivenUp, Till
from barback.sandbox.wire import Answer, Unanswered

MENU = Menu("event", "EUR", 7, (), ())
BASKET = Basket("04AB", (Line("beer", 2, 390),))


class Script:
    """A server that does what the test says, in turn; afterwards it accepts. Notes what it was sent."""

    def __init__(self, *acts: Answer | Unanswered) -> None:
        self.acts = deque(acts)
        self.orders: list[bytes] = []
        self.tokens: list[str | None] = []
        self.sent_ms: list[int] = []

    async def ask(self, method: str, path: str, body: bytes | None = None, token: str | None = None) -> Answer:
        assert (method, body is not None) == ("POST", True)
        if path == "/v1/auth/device/refresh":
            return Answer(200, msgspec.json.encode(session("new token")))
        sent: dict[str, Any] = msgspec.json.decode(body or b"")
        self.orders.append(msgspec.json.encode(sent["orders"]))
        self.sent_ms.append(sent["sent_ms"])
        self.tokens.append(token)
        act = self.acts.popleft() if self.acts else None
        if isinstance(act, Unanswered):
            raise act
        results = [{"id": order["id"], "result": "accepted"} for order in sent["orders"]]
        return act or Answer(202, msgspec.json.encode({"received_ms": 1, "results": results}))


def session(token: str) -> DeviceSession:
    return DeviceSession("device", "secret", token, 10**12, "event", "station")


def till(book: Book, clock: HandClock | None = None, **more: Any) -> Till:
    return Till(session("token"), MENU, book, clock or HandClock(), **more)


async def test_an_order_is_the_same_at_every_attempt() -> None:
    book = Book()
    one = till(book)
    sale = one.ring_up(BASKET)
    server = Script(Unanswered("time-out"), Unanswered("connection lost"), Answer(500, b""), Answer(503, b"", 0.01))
    await one.send(server, [sale], random.Random(1))
    assert len(server.orders) == 5
    assert len(set(server.orders)) == 1
    assert sale.results == ["accepted"]
    assert sale.sends == book.sent == book.requests == 5
    assert book.failures == {"time-out": 1, "connection lost": 1, "500": 1, "503": 1}


def test_baskets_are_counted_without_gaps_and_stamped_by_the_till() -> None:
    book, clock = Book(), HandClock(5_000)
    one = till(book, clock, seq=41)
    orders = [one.ring_up(BASKET).order for _ in range(3)]
    clock.advance(250)
    orders.append(one.ring_up(BASKET).order)
    orders.append(one.ring_up(BASKET, at_ms=77).order)
    assert [order.device_seq for order in orders] == [42, 43, 44, 45, 46]
    assert [order.device_time_ms for order in orders] == [5_000, 5_000, 5_000, 5_250, 77]
    assert len({order.id for order in orders}) == len(book.sales) == 5
    assert orders[0].total_minor == 780
    assert orders[0].catalog_version == 7


async def test_an_expired_token_is_renewed_with_the_secret() -> None:
    book = Book()
    one = till(book)
    server = Script(Answer(401, b"{}"))
    await one.send(server, [one.ring_up(BASKET)], random.Random(1))
    assert server.tokens == ["token", "new token"]
    assert one.session.access_token == "new token"


async def test_a_request_that_is_wrong_is_not_sent_for_ever() -> None:
    book = Book()
    one = till(book)
    sale = one.ring_up(BASKET)
    server = Script(Answer(413, b'{"code":"batch_too_large"}'))
    await one.send(server, [sale], random.Random(1))
    assert book.refusals == {"413 batch_too_large": 1}
    assert sale.result is None
    assert book.results() == {"unanswered": 1}


async def test_patience_ends() -> None:
    book = Book()
    one = till(book, patience_s=0.1)
    sale = one.ring_up(BASKET)
    with pytest.raises(GivenUp, match="1 orders unanswered"):
        await one.send(Script(*[Unanswered("time-out") for _ in range(100)]), [sale], random.Random(1))
    assert sale.result is None


async def test_the_book_tells_answers_apart() -> None:
    book = Book()
    one = till(book)
    sales = [one.ring_up(BASKET) for _ in range(3)]
    results = [
        {"id": sales[0].order.id, "result": "flagged", "tab_id": "t", "flags": [{"code": "unknown_tag"}]},
        {"id": sales[1].order.id, "result": "invalid", "problem": {"code": "event_not_found"}},
        {"id": sales[2].order.id, "result": "duplicate", "tab_id": "t"},
    ]
    server = Script(Answer(202, msgspec.json.encode({"received_ms": 9, "results": results})))
    await one.send(server, sales, random.Random(1))
    assert [sale.promised for sale in sales] == [True, False, True]
    assert book.flag_codes() == {"unknown_tag": 1}
    assert book.problem_codes() == {"event_not_found": 1}
    assert book.repeats() == 1
    assert book.contradictions == []
