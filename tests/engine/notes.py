"""Tasks for the engine's tests: they do what they are told, and write down in which order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec

from barback.engine import Dead, Message, Outcome, TransactionalTask, Work, Worker
from barback.engine.dead import dead_letters
from barback.engine.tasks import HeadFailure
from barback.storage import Database, Transaction


class Note(msgspec.Struct):
    """`name` is written down when it is done."""

    name: str


@dataclass
class Book:
    """What was done, in order; names in `dies` end as dead letters, with `error`."""

    done: list[str] = field(default_factory=list)
    dies: set[str] = field(default_factory=set)
    error: str = "the printer of bar {name} is out of paper"


class NoteTask(TransactionalTask[Note]):
    """Writes the name into the book, or dies."""

    payload = Note
    batch_max = 10

    def __init__(self, book: Book, queue: str = "notes", policy: HeadFailure = "block") -> None:
        self.book = book
        self.name = f"{queue}.note"  # type: ignore[misc]
        self.queue = queue  # type: ignore[misc]
        self.on_head_failure = policy

    def works(self, names: Iterable[str]) -> list[Work[Note]]:
        """A message for each name, without a key."""
        return [Work(Note(name)) for name in names]

    async def handle(self, tx: Transaction, message: Message[Note]) -> Outcome | None:
        del tx
        if message.payload.name in self.book.dies:
            return Dead(self.book.error.format(name=message.payload.name))
        self.book.done.append(message.payload.name)
        return None


async def enqueue(db: Database, task: NoteTask, *names: str, key: str | None = None) -> list[str]:
    """One message a name, each in a transaction of its own; their ids."""
    ids: list[str] = []
    for name in names:
        async with db.transaction() as tx:
            ids.append(await task.enqueue(tx, Note(name), key=key))
    return ids


async def work(db: Database, *tasks: NoteTask) -> None:
    """A worker until nothing can run any more."""
    await Worker(db, tasks).until_quiet()


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Return as soon as `condition` holds; fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for may be anything
            await asyncio.sleep(0)


@asynccontextmanager
async def working(db: Database, *tasks: NoteTask) -> AsyncIterator[Worker]:
    """A worker that runs for the length of the block, as a process of its own would."""
    worker = Worker(db, tasks)
    running = asyncio.create_task(worker.run())
    await until(lambda: bool(worker.name))
    try:
        yield worker
    finally:
        worker.stop()
        await running


async def until_dead(db: Database) -> None:
    """Return when there is a dead letter."""
    while True:
        async with db.reading() as tx:
            if await dead_letters.page(tx):
                return
