"""Real orders sold again: many tills at once, every order sent more than once, in no order at all."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from barback.foundation.clock import Clock, SystemClock
from barback.sandbox import restaurant
from barback.sandbox.book import Book, Sale
from barback.sandbox.contract import DeviceSession, Menu
from barback.sandbox.office import Guest, Office
from barback.sandbox.restaurant import Restaurant
from barback.sandbox.tills import BATCH_MAX, Basket, GivenUp, Till
from barback.sandbox.wire import Wire

HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Plan:
    """How to send. `guests` None: a guest for each order; `rate` None: as fast as answers come.

    `lanes`: requests that one till has on the way at once, so that copies of an order race each other.
    """

    tills: int = 20
    lanes: int = 2
    copies: int = 2
    guests: int | None = None
    rate: float | None = None
    lost_answers: float = 0.05
    seed: int = 1
    answer_s: float = 10.0
    patience_s: float = 120.0


@dataclass
class Prepared:
    """An event that waits for the file's orders."""

    event_id: str
    menu: Menu
    restaurant: Restaurant
    sessions: list[DeviceSession]
    wearers: dict[str, str]
    uids: dict[str, str] = field(default_factory=dict[str, str])


async def prepare(office: Office, plan: Plan, path: Path = restaurant.FILE, *, clock: Clock | None = None) -> Prepared:
    """An event with the file's menu, its guests, and paired tills. Raises BadFileError, RefusedError, Unanswered."""
    now_ms = (clock or SystemClock()).now_ms()
    event_id = await office.open_event(
        "Real orders again",
        "The test kitchen",
        starts_ms=now_ms - HOUR_MS,
        ends_ms=now_ms + 12 * HOUR_MS,
        currency="USD",
    )
    real = restaurant.load(uuid.UUID(event_id), path)
    station_id = await office.add_station(event_id, "Counter", "kitchen")
    menu = await office.import_menu(event_id, real.menu)
    uids = assign(list(real.orders), plan.guests)
    guests = [Guest(f"Guest {uid[-4:]}", uid) for uid in sorted(set(uids.values()))]
    wearers = await office.register(event_id, guests)
    sessions = [await office.pair(event_id, station_id, f"Till {n + 1}") for n in range(plan.tills)]
    return Prepared(event_id, menu, real, sessions, wearers, uids)


def assign(order_ids: Sequence[str], guests: int | None) -> dict[str, str]:
    """Whose wristband each order goes on: one a guest, or `guests` of them taking turns."""
    return {order_id: f"04{n % (guests or len(order_ids)):012X}" for n, order_id in enumerate(order_ids)}


async def replay(base_url: str, prepared: Prepared, plan: Plan, *, clock: Clock | None = None) -> Book:
    """Send it all; returns when everything is answered or patience ended."""
    book = Book(began=time.perf_counter())
    clock = clock or SystemClock()
    tills = [Till(session, prepared.menu, book, clock, patience_s=plan.patience_s) for session in prepared.sessions]
    turns: list[list[Sale]] = [[] for _ in tills]
    for n, (order_id, lines) in enumerate(prepared.restaurant.orders.items()):
        turns[n % len(tills)].append(tills[n % len(tills)].ring_up(Basket(prepared.uids[order_id], lines)))
    pace = Pace(plan.rate)
    await asyncio.gather(
        *(
            _send_all(base_url, till, sales, plan, pace, random.Random(f"{plan.seed}:{n}"))
            for n, (till, sales) in enumerate(zip(tills, turns, strict=True))
        )
    )
    book.ended = time.perf_counter()
    return book


async def _send_all(
    base_url: str, till: Till, sales: Sequence[Sale], plan: Plan, pace: Pace, rng: random.Random
) -> None:
    batches = iter(shuffled_batches(sales, plan.copies, rng))

    async def lane() -> None:
        wire = Wire(base_url, answer_s=plan.answer_s)
        for batch in batches:
            await pace.take(len(batch))
            try:
                await till.send(wire, batch, rng, cut=rng.random() < plan.lost_answers)
            except GivenUp:
                continue
        wire.cut()

    await asyncio.gather(*(lane() for _ in range(plan.lanes)))


def shuffled_batches(sales: Sequence[Sale], copies: int, rng: random.Random) -> list[list[Sale]]:
    """Every sale `copies` times in random order, in requests of 1 to 100, most of them small."""
    waiting = [sale for sale in sales for _ in range(copies)]
    rng.shuffle(waiting)
    batches: list[list[Sale]] = []
    while waiting:
        size = min(BATCH_MAX, int(rng.paretovariate(0.9)))
        batches.append(waiting[:size])
        del waiting[:size]
    return batches


class Pace:
    """Lets so many orders through per second; without a rate, all at once."""

    def __init__(self, rate: float | None) -> None:
        """`rate` orders per second."""
        self._rate = rate
        self._next = time.perf_counter()

    async def take(self, orders: int) -> None:
        """Wait for our turn."""
        if self._rate is None:
            return
        now = time.perf_counter()
        self._next = max(self._next, now)
        wait_s = self._next - now
        self._next += orders / self._rate
        if wait_s > 0:
            await asyncio.sleep(wait_s)
