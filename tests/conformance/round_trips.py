"""What the tests of single messages share: a worker that rests, and a count of what is asked of the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
import pytest
from tests.conformance.bar import Drink
from tests.conformance.tools import eventually

from barback.engine import Message, Queue, Task, Work, Worker, submit
from barback.storage import Database, Transaction


@asynccontextmanager
async def working(db: Database, *tasks: Task[Any]) -> AsyncIterator[Worker]:
    """A worker that rests."""
    worker = Worker(db, tasks)
    running = asyncio.create_task(worker.run())
    await eventually(lambda: worker.name != "")
    await asyncio.sleep(0.3)  # time for looks at what is not there
    try:
        yield worker
    finally:
        worker.stop()
        await running


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Whatever this process asks of the server, a statement each."""
    asked: list[str] = []
    with monkeypatch.context() as patched:
        for name in ("execute", "fetch", "fetchrow", "executemany", "copy_records_to_table"):
            inner = getattr(asyncpg.Connection, name)

            async def noting(self: Any, what: str, *args: Any, inner: Any = inner, **more: Any) -> Any:
                asked.append(" ".join(what.split())[:60])
                return await inner(self, what, *args, **more)

            patched.setattr(asyncpg.Connection, name, noting)
        yield asked


async def of_one_message(db: Database, monkeypatch: pytest.MonkeyPatch, **options: Any) -> list[str]:
    """What is asked for one message of a task with `options`, sent to a worker that rests; without the ring."""
    handled = asyncio.Event()

    async def nothing(_tx: Transaction, _message: Message[Drink]) -> None:
        handled.set()

    task = Queue("bar").task("bar.nothing", payload=Drink, **options)(nothing)
    async with working(db, task):
        await submit(db, task, Work(Drink(1)))
        await asyncio.sleep(1.5)  # time for the worker's watch to write down what was counted
        fewest: list[str] = []
        for n in range(5):  # now and then the watch asks something, too
            handled.clear()
            with counted(monkeypatch) as asked:
                await submit(db, task, Work(Drink(2), tenant=f"t{n}"))
                await handled.wait()
                await asyncio.sleep(0.1)  # time for statements that it should not need
            fewest = min([fewest or asked, asked], key=len)
    return [one for one in fewest if "pg_notify" not in one]
