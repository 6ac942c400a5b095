"""A task that delivers to partners of whom some may be down, for the tests of breakers per line."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.conformance.bar import Drink, pouring, write_effect

from barback.engine import ActingTask, Breaker, Message, Task
from barback.engine.guards import breakers, broken_lines
from barback.engine.guards.breakers import BreakerState
from barback.storage import Database, Transaction

PER_TENANT = Breaker("partners", failures=3, within_s=60, open_s=30, per=lambda work: work.tenant)


class Partners(ActingTask[Drink, tuple[str, int], int]):
    """Delivers to the partner that the message belongs to; `down` are those that nobody reaches."""

    name = "bar.deliver"
    queue = "bar"
    payload = Drink
    breaker = PER_TENANT
    attempts_max = 3
    concurrency = 4

    def __init__(self, *down: str) -> None:
        self.down, self.tried = set(down), Counter[str]()

    def call(self, partner: str) -> None:
        self.tried[partner] += 1
        if partner in self.down:
            raise ConnectionRefusedError(f"{partner} does not answer")

    async def decide(self, tx: Transaction, message: Message[Drink]) -> tuple[str, int]:
        del tx
        return message.tenant or "", message.payload.n

    async def act(self, decision: tuple[str, int]) -> int:
        self.call(decision[0])
        return decision[1]

    async def record(self, tx: Transaction, message: Message[Drink], decision: Any, result: int) -> None:
        del decision, result
        await write_effect(tx, message)


class Books(Partners):
    """For those that only touch a database: a batch that fails is tried again with care, which counts once."""

    def as_task(self, **options: Any) -> Task[Drink]:
        def call(message: Message[Drink]) -> None:
            self.call(message.tenant or "")

        return pouring(call, **{"name": "bar.deliver", "breaker": PER_TENANT, "attempts_max": 3, **options})


def make(kind: str, *down: str) -> tuple[Partners, Task[Drink]]:
    partners = Partners(*down) if kind == "acting" else Books(*down)
    return partners, partners if not isinstance(partners, Books) else partners.as_task()


async def lines_of(db: Database) -> dict[str, BreakerState]:
    async with db.reading() as tx:
        found = await broken_lines.held(tx, await breakers.one(tx, "partners"))
    return {one.line or "": one for one in found}
