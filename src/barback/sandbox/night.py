"""A night as it comes: guests arrive when they like, rushes come and go, tills lose the network and come back.

Arrivals do not wait for answers (an open loop): when the server is slow the queue at the till grows, as it
would, and the wait that is reported has the queueing in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from barback.foundation.clock import Clock, SystemClock
from barback.sandbox.baskets import Taste
from barback.sandbox.book import Book, Sale
from barback.sandbox.contract import DeviceSession, Menu
from barback.sandbox.tills import BATCH_MAX, Basket, GivenUp, Till
from barback.sandbox.wire import Wire

RUSH_EVERY_S = 20.0
RUSH_S = 4.0
RUSH_TIMES = 3.0
OFFLINE_S = 5.0


@dataclass(frozen=True)
class Weather:
    """How a night goes. Shares are between 0 and 1.

    `rate`: orders per second, all tills together, on average. `rushes`: three times as many for 4 s in
    every 20. `lost_answers`: share of requests whose answer gets lost, so that the till sends again.
    `duplicates`: share of orders sent once more after they were answered. `out_of_order`: a till that
    comes back sends what it has in any order. `offline`: share of the time that a till has no network.
    """

    rate: float = 20.0
    duration_s: float = 60.0
    rushes: bool = True
    lost_answers: float = 0.01
    duplicates: float = 0.02
    out_of_order: bool = True
    offline: float = 0.05
    seed: int = 1
    answer_s: float = 10.0
    patience_s: float = 60.0


@dataclass(frozen=True)
class Scene:
    """Where it happens."""

    base_url: str
    menu: Menu
    sessions: Sequence[DeviceSession]
    uids: Sequence[str]


async def run_night(scene: Scene, weather: Weather, *, clock: Clock | None = None) -> Book:
    """Sell for `duration_s`, then until everything is answered or patience ends."""
    book = Book(began=time.perf_counter())
    stands = [
        _Stand(
            scene, Till(session, scene.menu, book, clock or SystemClock(), patience_s=weather.patience_s), weather, n
        )
        for n, session in enumerate(scene.sessions)
    ]
    sending = [asyncio.create_task(stand.run()) for stand in stands]
    await _guests(scene, stands, weather)
    for stand in stands:
        stand.close()
    await asyncio.gather(*sending)
    book.ended = time.perf_counter()
    return book


async def _guests(scene: Scene, stands: Sequence[_Stand], weather: Weather) -> None:
    rng = random.Random(weather.seed)
    taste = Taste(scene.menu, rng)
    began = time.perf_counter()
    at = 0.0
    while True:
        at += rng.expovariate(_rate_at(at, weather))
        if at >= weather.duration_s:
            return
        wait_s = began + at - time.perf_counter()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        rng.choice(stands).serve(Basket(rng.choice(scene.uids), taste.basket()))


def _rate_at(at_s: float, weather: Weather) -> float:
    """Orders per second at this moment; rushes and calm together make `rate`."""
    if not weather.rushes:
        return weather.rate
    calm = weather.rate * RUSH_EVERY_S / (RUSH_EVERY_S + RUSH_S * (RUSH_TIMES - 1))
    # The rush comes in the middle, so that also a short night has one.
    into = math.fmod(at_s, RUSH_EVERY_S) - (RUSH_EVERY_S - RUSH_S) / 2
    return calm * RUSH_TIMES if 0 <= into < RUSH_S else calm


class _Stand:
    """A till with its outbox and its one line to the server."""

    def __init__(self, scene: Scene, till: Till, weather: Weather, number: int) -> None:
        self._till = till
        self._weather = weather
        self._rng = random.Random(f"{weather.seed}:{number}")
        self._wire = Wire(scene.base_url, answer_s=weather.answer_s)
        self._outbox: deque[Sale] = deque()
        self._again: deque[Sale] = deque()
        self._fresh = asyncio.Event()
        self._over = asyncio.Event()
        self._next_outage = self._online_s()
        self._began = time.perf_counter()

    def serve(self, basket: Basket) -> None:
        self._outbox.append(self._till.ring_up(basket))
        self._fresh.set()

    def close(self) -> None:
        self._over.set()
        self._fresh.set()

    async def run(self) -> None:
        while True:
            await self._fresh.wait()
            self._fresh.clear()
            await self._lose_the_network()
            while self._outbox or self._again:
                await self._send_some()
            if self._over.is_set():
                self._wire.cut()
                return

    async def _lose_the_network(self) -> None:
        """Now and then nothing can be sent for a while; sales go on and wait."""
        if self._over.is_set() or time.perf_counter() - self._began < self._next_outage:
            return
        self._wire.cut()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), OFFLINE_S * self._rng.uniform(0.5, 1.5))
        if self._weather.out_of_order:
            waiting = list(self._outbox)
            self._rng.shuffle(waiting)
            self._outbox = deque(waiting)
        self._next_outage = time.perf_counter() - self._began + self._online_s()

    def _online_s(self) -> float:
        share = self._weather.offline
        return self._rng.expovariate(share / (OFFLINE_S * (1 - share))) if 0 < share < 1 else math.inf

    async def _send_some(self) -> None:
        fresh = [self._outbox.popleft() for _ in range(min(BATCH_MAX, len(self._outbox)))]
        repeated = [self._again.popleft() for _ in range(min(BATCH_MAX - len(fresh), len(self._again)))]
        sales = fresh + repeated
        try:
            await self._till.send(self._wire, sales, self._rng, cut=self._rng.random() < self._weather.lost_answers)
        except GivenUp:
            return
        self._again.extend(sale for sale in fresh if self._rng.random() < self._weather.duplicates)
