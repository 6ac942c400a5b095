"""A till as it behaves in the field: an id for each basket, a sequence without gaps, and no rest until it is answered.

An order gets its UUIDv7, its sequence number and its device time when the basket is opened. Every attempt
to send it sends exactly the same; only `sent_ms` of the request is new. After a time-out, a lost
connection or a 5xx the till waits a little, longer each time, and sends again.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from barback.foundation.clock import Clock
from barback.foundation.ids import new_id
from barback.sandbox import contract
from barback.sandbox.book import Book, Sale
from barback.sandbox.contract import DeviceSession, Line, Menu, Order, Tag
from barback.sandbox.wire import Answer, Asks, Unanswered, Wire

BATCH_MAX = 100
RETRY_FIRST_S = 0.05
RETRY_MAX_S = 2.0
PATH = "/v1/orders"
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class GivenUp(Exception):  # noqa: N818 - a fact for the report
    """A till was not answered within its patience; the orders stay in the book as unanswered."""


@dataclass(frozen=True)
class Basket:
    """What one guest takes: whose wristband, and what."""

    uid: str
    lines: tuple[Line, ...]


class Till:
    """One paired till. `send` may run several times at once: each on a wire of its own."""

    def __init__(
        self, session: DeviceSession, menu: Menu, book: Book, clock: Clock, *, patience_s: float = 120.0, seq: int = 0
    ) -> None:
        """`seq`: the highest sequence number used so far. `patience_s`: how long to try before giving up."""
        self.session = session
        self.seq = seq
        self._menu = menu
        self._book = book
        self._clock = clock
        self._patience_s = patience_s
        self._renewing = asyncio.Lock()

    def ring_up(self, basket: Basket, *, at_ms: int | None = None) -> Sale:
        """The guest has the drinks: from here on the order exists. `at_ms`: when, by the till's clock."""
        self.seq += 1
        order = Order(
            id=new_id(),
            schema=1,
            device_seq=self.seq,
            device_time_ms=self._clock.now_ms() if at_ms is None else at_ms,
            currency=self._menu.currency,
            catalog_version=self._menu.catalog_version,
            tag=Tag(basket.uid),
            lines=basket.lines,
            total_minor=sum(line.total_minor for line in basket.lines),
        )
        return self._book.sold(order, time.perf_counter())

    async def send(self, wire: Asks, sales: Sequence[Sale], rng: random.Random, *, cut: bool = False) -> None:
        """Send 1..100 orders until they are answered. `cut`: the first attempt's answer gets lost on the way.

        Raises GivenUp when patience ends, ValueError when the server's answer makes no sense.
        """
        give_up_at = time.perf_counter() + self._patience_s
        rest_s = RETRY_FIRST_S
        if cut and isinstance(wire, Wire):
            await self._send_and_lose(wire, sales)
        while True:
            wait_s = await self._try(wire, sales)
            if wait_s is None:
                return
            if time.perf_counter() + rest_s > give_up_at:
                raise GivenUp(f"{len(sales)} orders unanswered after {self._patience_s:g} s")
            await asyncio.sleep(max(wait_s, rest_s * rng.uniform(0.5, 1.5)))
            rest_s = min(rest_s * 2, RETRY_MAX_S)

    async def _send_and_lose(self, wire: Wire, sales: Sequence[Sale]) -> None:
        self._book.attempt(sales)
        self._book.failed("answer lost")
        try:
            await wire.send_and_leave("POST", PATH, self._body(sales), self.session.access_token)
        except (Unanswered, TimeoutError):
            wire.cut()

    async def _try(self, wire: Asks, sales: Sequence[Sale]) -> float | None:
        """One attempt: None when answered, else how long the server asks us to wait."""
        token = self.session.access_token
        self._book.attempt(sales)
        began = time.perf_counter()
        try:
            answer = await wire.ask("POST", PATH, self._body(sales), token)
            if answer.status == 401:
                self._book.failed("401")
                await self._renew(wire, token)
                return 0.0
        except Unanswered as unanswered:
            self._book.failed(unanswered.reason)
            return 0.0
        if answer.status == 202:
            self._note(answer, sales, began)
            return None
        if answer.status in _AGAIN:
            self._book.failed(str(answer.status))
            return answer.retry_after_s or 0.0
        # 4xx: the whole request is wrong. Sending it again would not help; the report says so.
        self._book.refusals[_code(answer)] += len(sales)
        return None

    def _body(self, sales: Sequence[Sale]) -> bytes:
        return contract.encode({"sent_ms": self._clock.now_ms(), "orders": [sale.order for sale in sales]})

    def _note(self, answer: Answer, sales: Sequence[Sale], began: float) -> None:
        now = time.perf_counter()
        batch = contract.decode_batch(answer.body)
        self._book.answered(sales, batch.results, wait_s=now - began, now=now, received_ms=batch.received_ms)

    async def _renew(self, wire: Asks, token: str) -> None:
        """A new access token for the old secret; a revoked till keeps the old one and goes on being refused."""
        async with self._renewing:
            if self.session.access_token != token:
                return
            secret = {"device_id": self.session.device_id, "device_secret": self.session.device_secret}
            answer = await wire.ask("POST", "/v1/auth/device/refresh", contract.encode(secret))
            if answer.status == 200:
                self.session = contract.decode_session(answer.body)
            else:
                self._book.refusals[_code(answer)] += 1


def _code(answer: Answer) -> str:
    try:
        return f"{answer.status} {answer.json()['code']}"
    except (msgspec.DecodeError, KeyError, TypeError):
        return str(answer.status)
