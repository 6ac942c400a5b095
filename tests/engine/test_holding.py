"""The heart beats as long as any runner of its worker holds messages, and rests when none does (E7, E13)."""

from __future__ import annotations

import asyncio

from tests.engine.notes import Book, Note, NoteTask, enqueue, until, working

from barback.engine import ActingTask, Message, Worker
from barback.storage import Database, Transaction


class SlowTask(NoteTask):
    """Takes as long as the test says."""

    def __init__(self, book: Book) -> None:
        super().__init__(book, "slow")
        self.go_on = asyncio.Event()

    async def handle(self, tx: Transaction, message: Message[Note]) -> None:
        await super().handle(tx, message)
        await self.go_on.wait()


class OutsideTask(ActingTask[Note, str, str]):
    """Reaches outside until the test lets it come back."""

    name = "outside.call"
    queue = "outside"
    payload = Note

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.go_on = asyncio.Event()

    async def decide(self, tx: Transaction, message: Message[Note]) -> str:
        del tx
        return message.payload.name

    async def act(self, decision: str) -> str:
        self.calls.append(decision)
        await self.go_on.wait()
        return decision

    async def record(self, tx: Transaction, message: Message[Note], decision: str, result: str) -> None:
        del tx, message, decision, result


async def test_a_quick_queue_does_not_silence_a_slow_one(database: Database) -> None:
    """Both kinds of runner: one is in the middle of its work while the other has finished and rests."""
    book = Book()
    outside, quick = OutsideTask(), NoteTask(book)
    worker = Worker(database, [outside, quick])
    running = asyncio.create_task(worker.run())
    async with database.transaction() as tx:
        await outside.enqueue(tx, Note("call"))
    await until(lambda: outside.calls == ["call"])
    await enqueue(database, quick, "a")
    await until(lambda: book.done == ["a"])
    await until(lambda: worker._heart._held.get("notes") == 0)
    assert worker._heart.holding == 1
    outside.go_on.set()
    await until(lambda: worker._heart.holding == 0)
    worker.stop()
    await running


async def test_a_worker_with_nothing_to_do_holds_nothing(database: Database) -> None:
    book = Book()
    slow, quick = SlowTask(book), NoteTask(book)
    slow.go_on.set()
    async with working(database, slow, quick) as worker:
        await enqueue(database, slow, "a")
        await enqueue(database, quick, "b")
        await until(lambda: sorted(book.done) == ["a", "b"])
        await until(lambda: worker._heart.holding == 0)
