"""Barback, every promise kept. Settings: `kind` and `batch`.

- row: a handler a message (TransactionalTask); effects and completion are one commit for a batch of them.
- batch: a handler for many messages (BatchTask); claim, effects and completion are one commit.
- packed: as batch, but enqueued by `enqueue_bulk`, which stores a hundred messages a row.

Keys are its keys; tenants wait in lines, which take turns. One by one is `submit`, by which
concurrent callers share commits.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec
from benchmarks.queue.programs.common import Counter, Item, Options, Peer, run

from barback import engine
from barback.engine import MIGRATIONS, Message, Queue, Task, Work, Worker
from barback.storage import Database, Transaction, migrate, open_database

HOLD = ("ready", "arrival", "parked", "later", "aside", "line", "bundle", "lease")
"""Tables, without their prefix, in which messages wait or are held."""


class Order(msgspec.Struct):
    """The payload every engine carries."""

    order: str
    sent: float
    note: str


counting = Counter()


async def handle(_tx: Transaction, message: Message[Order]) -> None:
    """Nothing but counting."""
    counting.ran(message.payload.sent, message.payload.order)


async def handle_batch(_tx: Transaction, messages: Sequence[Message[Order]]) -> None:
    """Nothing but counting, many at a time."""
    payloads = [message.payload for message in messages]
    counting.ran_many([payload.sent for payload in payloads], [payload.order for payload in payloads])


def queue(number: int, options: Options) -> Queue:
    """Queue number `number` with its one task."""
    lined: dict[str, Any] = {"lines": engine.Lines()} if options.shape in {"tenants", "calm", "quiet"} else {}
    made = Queue(f"bench_{number}")
    batch_max = options.settings.get("batch", 500)
    if options.settings.get("kind", "batch") == "row":
        made.task(f"bench.noop_{number}", payload=Order, batch_max=batch_max, **lined)(handle)
    else:
        made.batch_task(f"bench.noop_{number}", payload=Order, batch_max=batch_max, **lined)(handle_batch)
    return made


class Ours(Peer):
    """Barback, as common.py wants an engine."""

    def __init__(self, url: str, options: Options) -> None:
        super().__init__(url, options)
        self._tasks: list[Task[Any]] = [queue(number, options).tasks[0] for number in range(options.queues)]
        self._task: Any = self._tasks[0]

    async def install(self) -> None:
        db = await open_database(self.url)
        await migrate(db, [MIGRATIONS])
        await db.close()

    async def open(self) -> None:
        self._db: Database = await open_database(self.url)

    async def close(self) -> None:
        await self._db.close()

    async def one(self, item: Item) -> None:
        await engine.submit(self._db, self._task, Work(item.payload, item.key, item.tenant))

    async def many(self, some: list[Item]) -> None:
        async with self._db.transaction() as tx:
            if self.settings.get("kind") == "packed":
                await self._task.enqueue_bulk(tx, [item.payload for item in some])
            else:
                await self._task.enqueue_many(tx, [Work(item.payload, item.key, item.tenant) for item in some])

    async def work(self, counter: Counter, stopping: asyncio.Event) -> None:
        global counting
        counting = counter
        worker = Worker(self._db, self._tasks)
        running = asyncio.create_task(worker.run())
        await stopping.wait()
        worker.stop()
        await running

    async def left(self) -> int:
        tables = [f"engine_{name}" for name in HOLD]
        if self.url.startswith("sqlite"):
            with sqlite3.connect(self.url.removeprefix("sqlite:///")) as files:
                found = {row[0] for row in files.execute("SELECT name FROM sqlite_master")}
                return sum(files.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables if t in found)
        connection = await asyncpg.connect(self.url)
        counts = [
            await connection.fetchval(f"SELECT count(*) FROM {table}")
            for table in tables
            if await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", table)
        ]
        await connection.close()
        return sum(counts)


if __name__ == "__main__":
    run(Ours)
