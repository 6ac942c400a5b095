"""Pausing and resuming a queue and releasing a key, while workers run in other processes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest
from tests.engine.notes import Book, NoteTask, enqueue, until, until_dead, work, working

from barback.engine import Worker, changes
from barback.engine.dead import dead_letters
from barback.engine.operations import control
from barback.engine.operations.control import KeyNotClosed, QueueNotFound
from barback.foundation.clock import HandClock
from barback.storage import Database, open_database

WHO = "operator:mara"
SOON_S = 1.0


@pytest.fixture
async def elsewhere(database_url: str, clock: HandClock) -> AsyncIterator[Database]:
    """The same database, as another process has it open."""
    opened = await open_database(database_url, clock=clock)
    yield opened
    await opened.close()


def is_paused(worker: Worker, queue: str) -> bool:
    return queue in worker._shift.paused


async def test_a_pause_reaches_a_running_worker_within_a_second_and_a_resume_wakes_it(
    database: Database, elsewhere: Database
) -> None:
    book = Book()
    notes, others = NoteTask(book), NoteTask(book, "others")
    async with working(database, notes, others) as worker:
        await enqueue(elsewhere, notes, "before")
        await until(lambda: book.done == ["before"])
        async with elsewhere.transaction() as tx:
            assert await control.pause(tx, "notes", who=WHO)
        # A claim that had begun before the pause may still take what comes in that instant.
        await until(lambda: is_paused(worker, "notes") and not worker._heart.holding, SOON_S)
        await enqueue(elsewhere, notes, "kept back", "this too", "and this", key="tab:1")
        # The bells of both queues ring; by the time the second is answered the first would have been.
        await enqueue(elsewhere, others, *"123")
        await until(lambda: len(book.done) == 4)
        assert book.done == ["before", *"123"]
        async with elsewhere.transaction() as tx:
            assert await control.resume(tx, "notes", who=WHO)
        await until(lambda: len(book.done) == 7, SOON_S)
    assert book.done[4:] == ["kept back", "this too", "and this"]


async def test_a_process_that_ends_right_after_its_commit_is_heard(database: Database, database_url: str) -> None:
    """As the command line does: open, pause, close."""
    task = NoteTask(Book())
    async with working(database, task) as worker:
        await enqueue(database, task, "a")
        await until(lambda: task.book.done == ["a"] and not worker._heart.holding)
        for call, paused in ((control.pause, True), (control.resume, False)):
            brief = await open_database(database_url)
            async with brief.transaction() as tx:
                assert await call(tx, "notes", who=WHO)
            await brief.close()
            await until(lambda paused=paused: is_paused(worker, "notes") == paused, SOON_S)


async def test_a_worker_in_the_middle_of_a_backlog_stops_at_a_pause(database: Database, elsewhere: Database) -> None:
    """Batches follow each other in one transaction chain: the chain ends, and what is left stays claimable."""
    book = Book()
    task = NoteTask(book)
    async with database.transaction() as tx:
        await task.enqueue_many(tx, task.works(str(n) for n in range(3_000)))
    async with working(database, task) as worker:
        await until(lambda: len(book.done) >= 20)
        async with elsewhere.transaction() as tx:
            await control.pause(tx, "notes", who=WHO)
        await until(lambda: is_paused(worker, "notes") and not worker._heart.holding, SOON_S)
        assert len(book.done) < 3_000
    # A worker that starts while it is paused leaves it alone, too.
    async with working(elsewhere, task) as worker:
        await until(lambda: is_paused(worker, "notes"), SOON_S)
        async with elsewhere.transaction() as tx:
            await control.resume(tx, "notes", who=WHO)
        await until(lambda: len(book.done) == 3_000, 30)
    assert len(set(book.done)) == 3_000


async def test_a_change_that_changes_nothing_is_not_written_down(database: Database) -> None:
    await work(database, NoteTask(Book()))
    for call, expected in (
        (control.resume, False),
        (control.pause, True),
        (control.pause, False),
        (control.resume, True),
    ):
        async with database.transaction() as tx:
            assert await call(tx, "notes", who=WHO) is expected
    async with database.reading() as tx:
        found = await changes.page(tx, subject="queue:notes")
    assert [(one.action, one.who) for one in found] == [("queue.resumed", WHO), ("queue.paused", WHO)]
    assert msgspec.json.decode(found[1].before) == {"paused": False}
    assert msgspec.json.decode(found[1].after) == {"paused": True}


async def test_changes_come_in_pages(database: Database, clock: HandClock) -> None:
    await work(database, NoteTask(Book()))
    for n in range(9):
        async with database.transaction() as tx:
            await (control.resume if n % 2 else control.pause)(tx, "notes", who=f"operator:{n}")
        clock.advance(n % 2)
    seen: list[str] = []
    before = changes.NEWEST
    while True:
        async with database.reading() as tx:
            page = await changes.page(tx, before=before, limit=4)
        if not page:
            break
        seen += [one.who for one in page]
        before = page[-1].at_ms, page[-1].id
    assert seen == [f"operator:{n}" for n in reversed(range(9))]


async def test_a_mistyped_queue_is_refused(database: Database) -> None:
    await work(database, NoteTask(Book()))
    for call in (control.pause, control.resume):
        with pytest.raises(QueueNotFound, match="notse"):
            async with database.transaction() as tx:
                await call(tx, "notse", who=WHO)


async def test_a_queue_that_no_worker_knows_yet_can_be_paused(database: Database) -> None:
    book = Book()
    task = NoteTask(book)
    await enqueue(database, task, "a")
    async with database.transaction() as tx:
        assert await control.pause(tx, "notes", who=WHO)
    await work(database, task)
    assert book.done == []


async def test_a_closed_key_is_released_past_the_message_that_closed_it(database: Database) -> None:
    book = Book(dies={"a"})
    task = NoteTask(book, policy="park")
    await enqueue(database, task, "a", "b", "c", key="tab:1")
    await work(database, task)
    assert book.done == []
    async with database.transaction() as tx:
        await control.release_key(tx, "notes", "tab:1", who=WHO)
    await work(database, task)
    assert book.done == ["b", "c"]
    async with database.reading() as tx:
        assert [one.closes_key for one in await dead_letters.page(tx)] == [False]
        assert [one.action for one in await changes.page(tx)] == ["key.released"]
    with pytest.raises(KeyNotClosed):
        async with database.transaction() as tx:
            await control.release_key(tx, "notes", "tab:1", who=WHO)


async def test_releasing_a_key_wakes_a_worker(database: Database, elsewhere: Database) -> None:
    book = Book(dies={"a"})
    task = NoteTask(book, policy="park")
    async with working(database, task):
        await enqueue(elsewhere, task, "a", "b", key="tab:1")
        await until_dead(elsewhere)
        async with elsewhere.transaction() as tx:
            await control.release_key(tx, "notes", "tab:1", who=WHO)
        await until(lambda: book.done == ["b"], SOON_S)
