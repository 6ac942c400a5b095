"""A worker that stops: it finishes what has begun, and what takes longer than its grace it gives back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
from tests.engine.kitchen import GO_ON, Dish, cook_in_a_thread
from tests.engine.notes import until

from barback.engine import ActingTask, Message, Queue, Task, TransactionalTask, Worker
from barback.engine.operations import figures
from barback.engine.operations.figures import QueueFigures
from barback.storage import Database, Transaction


class Drink(msgspec.Struct):
    """Nothing needs to be said."""


class Slow:
    """What a handler of this test waits for, and what it did."""

    def __init__(self) -> None:
        self.inside, self.go_on = asyncio.Event(), asyncio.Event()
        self.attempts: list[int] = []
        self.at_once = self.most_at_once = 0

    async def handle(self, attempt: int) -> None:
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            self.inside.set()
            await self.go_on.wait()
            self.attempts.append(attempt)
        finally:
            self.at_once -= 1


class Shake(ActingTask[Drink, int, None]):
    """Acts outside for as long as it is told."""

    name, queue, payload = "shaker.shake", "shaker", Drink

    def __init__(self, slow: Slow) -> None:
        self.slow = slow

    async def decide(self, tx: Transaction, message: Message[Drink]) -> int:
        del tx
        return message.attempt

    async def act(self, decision: int) -> None:
        await self.slow.handle(decision)

    async def record(self, tx: Transaction, message: Message[Drink], decision: int, result: None) -> None:
        del tx, message, decision, result


def pouring(slow: Slow) -> TransactionalTask[Drink]:
    async def pour(tx: Transaction, message: Message[Drink]) -> None:
        del tx
        await slow.handle(message.attempt)

    return Queue("bar").task("bar.pour", payload=Drink, batch_max=2)(pour)


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[asyncio.Task[None]]:
    run = asyncio.create_task(worker.run())
    yield run
    worker.stop()
    await run


async def order(db: Database, task: Task, count: int, key: str | None = None) -> None:
    async with db.transaction() as tx:
        for _ in range(count):
            await task.enqueue(tx, Drink(), key=key)


async def waiting(db: Database) -> QueueFigures:
    async with db.reading() as tx:
        (found,) = await figures.queues(tx, await figures.workers(tx))
    return found


KINDS: dict[str, Callable[[Slow], Task]] = {"transactional": pouring, "acting": Shake}


@pytest.mark.parametrize("kind", KINDS)
async def test_what_takes_longer_than_the_grace_is_given_back_with_no_attempt_counted(
    database: Database, kind: str
) -> None:
    """And runs elsewhere, as if it had never been begun; nobody has to be found dead for it."""
    slow = Slow()
    task = KINDS[kind](slow)
    await order(database, task, 2, key="tab 1")
    async with running(worker := Worker(database, [task])) as run:
        await slow.inside.wait()
        worker.stop(grace_s=0.05)
        await asyncio.wait_for(run, 10)
    found = await waiting(database)
    assert (found.ready, found.waiting, found.leased, found.workers, slow.attempts) == (1, 1, 0, 0, [])
    slow.go_on.set()
    await Worker(database, [task]).until_quiet()
    assert slow.attempts == [1, 1]


@pytest.mark.parametrize("kind", KINDS)
async def test_what_ends_within_the_grace_is_finished(database: Database, kind: str) -> None:
    slow = Slow()
    task = KINDS[kind](slow)
    await order(database, task, 1)
    async with running(worker := Worker(database, [task])) as run:
        await slow.inside.wait()
        worker.stop(grace_s=60)
        slow.go_on.set()
        await asyncio.wait_for(run, 10)
    assert (slow.attempts, (await waiting(database)).ready) == ([1], 0)


async def test_a_thread_that_hangs_does_not_keep_its_message(database: Database) -> None:
    """The thread cannot be ended; its message runs elsewhere all the same."""
    GO_ON.clear()
    async with database.transaction() as tx:
        await cook_in_a_thread.enqueue(tx, Dish("hang"))
    worker = Worker(database, [cook_in_a_thread])
    async with running(worker) as run:
        await until(lambda: cook_in_a_thread._threads is not None)
        worker.stop()
        worker.hand_back()
        await asyncio.wait_for(run, 10)
    GO_ON.set()
    assert (await waiting(database)).ready == 1


async def test_concurrency_of_a_queue_in_one_worker(database: Database) -> None:
    """Acting messages at once; for others, transactions at once, which SQLite takes one by one."""
    for kind, most in (("acting", 3), ("transactional", 1 if database.dialect == "sqlite" else 3)):
        slow = Slow()
        task = KINDS[kind](slow)
        await order(database, task, 6)
        async with running(Worker(database, [task], concurrency={task.queue: 3})):
            await until(lambda slow=slow, most=most: slow.at_once == most)
            slow.go_on.set()
            await until(lambda slow=slow: len(slow.attempts) == 6)
        assert slow.most_at_once == most
    with pytest.raises(ValueError, match="no task has the queue brr; it is one of \\['bar'\\]"):
        Worker(database, [task], concurrency={"brr": 3})
