"""A task that depends on something that may be down, for the tests of breakers."""

from __future__ import annotations

from typing import Any

from tests.conformance.bar import Drink, pouring, write_effect
from tests.conformance.tools import sql

from barback.engine import ActingTask, Breaker, Message, Task
from barback.engine.guards import breakers
from barback.storage import Database, Transaction

OPEN_MS = 30_000
TAPS = Breaker("taps", failures=3, within_s=60, open_s=30)
ATTEMPTS = sql("SELECT attempt FROM engine_later ORDER BY attempt")


class Tap(ActingTask[Drink, int, int]):
    """Pours from a tap that may be dry: `down` counts how often it will still be."""

    name = "bar.tap"
    queue = "bar"
    payload = Drink
    breaker = TAPS
    attempts_max = 3
    concurrency = 1

    def __init__(self, down: int = 1_000, *, error: Exception | None = None) -> None:
        self.down, self.tried, self.again = down, 0, False
        self.error = error or ConnectionRefusedError("no beer comes out")

    async def decide(self, tx: Transaction, message: Message[Drink]) -> int:
        del tx
        return message.payload.n

    async def act(self, decision: int) -> int:
        self.tried += 1
        self.down -= 1
        if self.down >= 0:
            raise self.error
        return decision

    async def record(self, tx: Transaction, message: Message[Drink], decision: int, result: int) -> None:
        assert decision == result
        await write_effect(tx, message)


async def state(db: Database, name: str = "taps") -> breakers.BreakerState:
    async with db.reading() as tx:
        return await breakers.one(tx, name)


async def attempts(db: Database) -> list[int]:
    """How many attempts were counted, of each message that waits for another."""
    async with db.reading() as tx:
        return [int(row["attempt"]) for row in await tx.all(ATTEMPTS)]


def pouring_from(tap: Tap, **options: Any) -> Task[Drink]:
    """The same as a task that only touches a database: the one that may be away is another's."""

    def pour(_message: Message[Drink]) -> None:
        tap.again = tap.down > 0 and not tap.again
        if tap.again:
            raise tap.error  # an attempt that fails is made twice: trusting, then with care
        tap.tried += 1
        tap.down -= 1
        if tap.down >= 0:
            raise tap.error

    return pouring(pour, breaker=TAPS, attempts_max=3, batch_max=1, **options)
