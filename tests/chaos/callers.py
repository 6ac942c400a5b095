"""Tills that send orders to a door that falls, and keep a book of what they were answered."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.support.command import until_it_answers

from barback.foundation.clock import SystemClock
from barback.sandbox import oracle
from barback.sandbox.book import Book
from barback.sandbox.office import Credentials, Office
from barback.sandbox.replay import Plan, Prepared, prepare
from barback.sandbox.tills import Basket, GivenUp, Till
from barback.sandbox.wire import Pool, Wire

TILLS = 4
GUESTS = 12
REST_S = 0.1
PATIENCE_S = 120.0


@dataclass
class Callers:
    """Who sells, and what became of it."""

    url: str
    office: Office
    event: Prepared
    book: Book
    over: asyncio.Event = field(default_factory=asyncio.Event)
    selling: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    async def sell(self, till: Till, chance: random.Random) -> None:
        """One basket after the other; every third request is sent once more, later, as if it had been forgotten."""
        wire, baskets = Wire(self.url, answer_s=5.0), list(self.event.restaurant.orders.items())
        while not self.over.is_set():
            chosen = chance.sample(baskets, chance.randint(1, 4))
            sales = [till.ring_up(Basket(self.event.uids[id_], lines)) for id_, lines in chosen]
            for _ in range(chance.choice([1, 1, 2])):
                try:
                    await till.send(wire, sales, chance, cut=chance.random() < 0.1)
                except GivenUp:
                    continue
                await asyncio.sleep(REST_S * chance.random())  # time for others
        wire.cut()

    async def rest(self) -> None:
        """No more orders; returns when the last one is answered."""
        self.over.set()
        await asyncio.gather(*self.selling)

    async def wrong(self, *, over: bool) -> list[str]:
        """What the oracle says; while the storm goes on (not `over`) only what time cannot heal."""
        if over and (left := await oracle.until_processed(self.office, self.event.event_id, within_s=60)):
            return [f"{left} orders were never processed"]
        promised = [id_ for id_, one in self.book.sales.items() if one.promised]
        seen = await oracle.look(self.office, self.event.event_id)
        found = oracle.judge(self.book, seen, wearers=self.event.wearers)
        if over:
            return [str(one) for one in found]
        there = {order.id for order in seen.orders}
        return self.book.contradictions + [f"order {id_} is lost" for id_ in promised if id_ not in there]


@asynccontextmanager
async def calling(url: str, seed: int) -> AsyncIterator[Callers]:
    """A business whose tills sell for the length of the block, or until it is `over`."""
    await until_it_answers(url, 180)
    pool, clock, book = Pool(url, 2), SystemClock(), Book()
    office = Office(pool, clock, Credentials("owner@storm.example", "three odd words"))
    await office.sign_up("In the storm", currency="USD", time_zone="UTC", name="Owner")
    event = await prepare(office, Plan(tills=TILLS, guests=GUESTS))
    callers = Callers(url, office, event, book)
    tills = [Till(one, event.menu, book, clock, patience_s=PATIENCE_S) for one in event.sessions]
    callers.selling += [
        asyncio.create_task(callers.sell(one, random.Random(f"{seed}:{n}"))) for n, one in enumerate(tills)
    ]
    try:
        yield callers
    finally:
        for task in callers.selling:
            task.cancel()
        await asyncio.gather(*callers.selling, return_exceptions=True)
        pool.close()
