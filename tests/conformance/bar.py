"""Tasks for the engine's conformance tests: they write down what they did, in the table `effect`."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from tests.conformance.tools import say, sql

from barback.engine import ActingTask, Message, Outcome, Queue, Task, TransactionalTask, Work
from barback.engine.leases import Lease
from barback.engine.leasing.claims import claim, take_due
from barback.engine.store import SQL
from barback.storage import Database, Transaction

EFFECT = sql("INSERT INTO effect (n, message, key, attempt, who) VALUES (:n, :message, :key, :attempt, :who)")
EFFECTS = sql("SELECT n, message, key, attempt, who FROM effect ORDER BY place")


class Drink(msgspec.Struct):
    """The payload: number `n` of what was ordered."""

    n: int = 0


Does = Callable[[Message[Drink]], Outcome | Awaitable[Outcome | None] | None]


@dataclass(frozen=True)
class Effect:
    """A row that a handler wrote."""

    n: int
    message: str
    key: str | None
    attempt: int
    who: str


async def write_effect(tx: Transaction, message: Message[Drink], who: str = "") -> None:
    """What a handler does: something that must happen once."""
    await tx.run(EFFECT, n=message.payload.n, message=message.id, key=message.key, attempt=message.attempt, who=who)


def pouring(
    does: Does | None = None, *, name: str = "bar.pour", queue: str = "bar", who: str = "", **options: Any
) -> TransactionalTask[Drink]:
    """A task that writes an effect and then answers, raises or waits as `does` says."""

    async def pour(tx: Transaction, message: Message[Drink]) -> Outcome | None:
        await write_effect(tx, message, who)
        answer = does(message) if does is not None else None
        return await answer if inspect.isawaitable(answer) else answer  # type: ignore[return-value]

    return Queue(queue).task(name, payload=Drink, **options)(pour)


class Ring(ActingTask[Drink, int, int]):
    """Acts outside; with `hold`, the first act lasts until `go_on` is set. Its effect is what it records."""

    name = "bar.ring"
    queue = "bar"
    payload = Drink

    def __init__(self, who: str = "", *, hold: bool = False) -> None:
        self.acting, self.go_on = asyncio.Event(), asyncio.Event()
        self.who, self.acted = who, 0
        if not hold:
            self.go_on.set()

    async def decide(self, tx: Transaction, message: Message[Drink]) -> int:
        del tx
        return message.payload.n

    async def act(self, decision: int) -> int:
        self.acted += 1
        self.acting.set()
        say(f"inside {decision}")
        await self.go_on.wait()
        return decision

    async def record(self, tx: Transaction, message: Message[Drink], decision: int, result: int) -> None:
        assert decision == result
        await write_effect(tx, message, self.who)


async def effects(db: Database) -> list[Effect]:
    """What was done, in order."""
    async with db.reading() as tx:
        return [Effect(*tuple(row)) for row in await tx.all(EFFECTS)]  # type: ignore[arg-type]


async def numbers(db: Database) -> list[int]:
    """The numbers of what was done, in order."""
    return [one.n for one in await effects(db)]


async def order(
    db: Database, task: Task[Drink], ns: Iterable[int], *, key: str | None = None, delay_ms: int = 0
) -> list[str]:
    """Enqueue drinks, in one transaction; their ids."""
    async with db.transaction() as tx:
        return await task.enqueue_many(tx, [Work(Drink(n), key=key, delay_ms=delay_ms) for n in ns])


async def register(db: Database, *workers: str) -> None:
    """Enter names in the table of workers, so that they can hold leases."""
    async with db.transaction() as tx:
        for worker in workers:
            await tx.run(SQL.worker_add, id=worker, host="test", pid=1, queues="bar", now_ms=tx.now_ms)


async def lease(db: Database, worker: str, limit: int = 10, queue: str = "bar") -> Lease | None:
    """Claim as a worker does."""
    async with db.transaction() as tx:
        found = await claim(tx, queue, worker, limit, offered=await take_due(tx, queue, limit))
    return found[0] if found else None


TABLES = ("ready", "arrival", "line", "parked", "later", "lease", "dead", "lane")


async def held(db: Database) -> dict[str, int]:
    """How many rows are in each table of messages, without the empty ones."""
    found: dict[str, int] = {}
    async with db.reading() as tx:
        for table in TABLES:
            row = await tx.one(sql(f"SELECT count(*) AS n FROM engine_{table}"))
            if row is not None and row["n"]:
                found[table] = int(row["n"])
    return found
