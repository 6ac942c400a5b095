"""Dead letters: paging, grouping, one and many sent round again in order, discarding, and what is written down."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from tests.engine.notes import Book, NoteTask, enqueue, work

from barback.engine import changes
from barback.engine.dead import dead_letters
from barback.engine.dead.dead_letters import DeadLetter, DeadLetterNotFound
from barback.engine.operations import control
from barback.engine.tasks import HeadFailure
from barback.foundation.clock import HandClock
from barback.storage import Database, Statement

WHO = "operator:mara"
_SQL = "SELECT attempt FROM engine_ready"
ATTEMPT_READY = Statement("test: attempt", {"sqlite": _SQL, "postgres": _SQL})


async def letters(db: Database, queue: str | None = None) -> list[DeadLetter]:
    async with db.reading() as tx:
        return await dead_letters.page(tx, queue=queue, limit=200)


async def test_a_letter_keeps_payload_error_and_history(database: Database, clock: HandClock) -> None:
    book = Book(dies={"a"})
    task = NoteTask(book)
    (id_,) = await enqueue(database, task, "a")
    clock.advance(5_000)
    await work(database, task)
    async with database.reading() as tx:
        letter = await dead_letters.one(tx, id_)
        history = await dead_letters.history(tx, id_)
    assert letter.payload == '{"name":"a"}'
    assert (letter.queue, letter.task, letter.attempts, letter.reason) == ("notes", "notes.note", 1, "handler")
    assert letter.died_ms - letter.enqueued_ms == 5_000
    assert [(one.attempt, one.error, one.at_ms) for one in history] == [(1, letter.error, letter.died_ms)]


async def test_pages_follow_each_other_without_a_gap(database: Database, clock: HandClock) -> None:
    book = Book(dies={str(n) for n in range(23)})
    task, other = NoteTask(book), NoteTask(book, "others")
    for n in range(20):
        await enqueue(database, task, str(n))
        await work(database, task)
        clock.advance(n % 3)  # some die in the same millisecond
    await enqueue(database, other, "20", "21", "22")
    await work(database, other)
    for queue, count in (("notes", 20), (None, 23)):
        seen: list[DeadLetter] = []
        before = changes.NEWEST
        while True:
            async with database.reading() as tx:
                page = await dead_letters.page(tx, queue=queue, before=before, limit=7)
            if not page:
                break
            seen += page
            before = page[-1].died_ms, page[-1].id
        assert len({one.id for one in seen}) == len(seen) == count
        assert seen == sorted(seen, key=lambda one: (one.died_ms, one.id), reverse=True)


async def test_letters_are_grouped_by_what_their_errors_share(database: Database) -> None:
    book = Book(dies={str(n) for n in range(6)})
    task, other = NoteTask(book), NoteTask(book, "others")
    await enqueue(database, task, "0", "1", "2", "3")
    await work(database, task)
    book.error = "TimeoutError: {name}"
    await enqueue(database, task, "4")
    await enqueue(database, other, "5")
    await work(database, task, other)
    async with database.reading() as tx:
        groups = await dead_letters.groups(tx)
        of_queue = await dead_letters.groups(tx, queue="others")
    assert [(g.queue, g.count, g.shape) for g in groups] == [
        ("notes", 4, "the printer of bar <n> is out of paper"),
        ("notes", 1, "TimeoutError: <n>"),
        ("others", 1, "TimeoutError: <n>"),
    ]
    assert [g.queue for g in of_queue] == ["others"]
    found = await letters(database)
    assert {one.fingerprint for one in found if "paper" in one.error} == {groups[0].fingerprint}


async def test_a_retry_starts_from_the_first_attempt(database: Database) -> None:
    book = Book(dies={"a"})
    task = NoteTask(book)
    (id_,) = await enqueue(database, task, "a")
    await work(database, task)
    book.dies.clear()
    async with database.transaction() as tx:
        await dead_letters.retry(tx, id_, who=WHO)
    async with database.reading() as tx:
        row = await tx.one(ATTEMPT_READY)
    assert row is not None
    assert row["attempt"] == 0
    assert await letters(database) == []
    await work(database, task)
    assert book.done == ["a"]


async def test_what_died_again_can_be_retried_again_and_keeps_its_whole_history(database: Database) -> None:
    book = Book(dies={"a"})
    task = NoteTask(book)
    (id_,) = await enqueue(database, task, "a")
    await work(database, task)
    async with database.transaction() as tx:
        await dead_letters.retry(tx, id_, who=WHO)
    await work(database, task)
    async with database.reading() as tx:
        assert [one.attempt for one in await dead_letters.history(tx, id_)] == [1, 1]
    assert [one.id for one in await letters(database)] == [id_]


async def test_all_of_a_queue_go_round_a_page_at_a_time(database: Database) -> None:
    book = Book(dies={str(n) for n in range(7)})
    task, other = NoteTask(book), NoteTask(book, "others")
    await enqueue(database, task, *"012345")
    await enqueue(database, other, "6")
    await work(database, task, other)
    book.dies.clear()
    answers = []
    for _ in range(3):
        async with database.transaction() as tx:
            answers.append(await dead_letters.retry_queue(tx, "notes", who=WHO, limit=4))
    assert [(one.retried, one.more) for one in answers] == [(4, True), (2, False), (0, False)]
    await work(database, task, other)
    assert book.done == list("012345")
    assert [one.queue for one in await letters(database)] == ["others"]


async def test_only_those_with_one_error_go_round(database: Database) -> None:
    book = Book(dies={"1", "2", "3"})
    task = NoteTask(book)
    await enqueue(database, task, "1", "2")
    await work(database, task)
    book.error = "TimeoutError"
    await enqueue(database, task, "3")
    await work(database, task)
    wanted = next(one for one in await letters(database) if "paper" in one.error)
    async with database.transaction() as tx:
        answer = await dead_letters.retry_queue(tx, "notes", who=WHO, fingerprint=wanted.fingerprint)
    assert (answer.retried, answer.more) == (2, False)
    assert [one.error for one in await letters(database)] == ["TimeoutError"]


@pytest.mark.parametrize("policy", ["block", "skip"])
async def test_keyed_letters_keep_their_order_behind_what_is_there(database: Database, policy: HeadFailure) -> None:
    """Their key went on without them: they come after what waits now, in their own order."""
    book = Book(dies={"a", "b"})
    task = NoteTask(book, policy=policy)
    await enqueue(database, task, "a", "b", "c", key="tab:1")
    await work(database, task)
    assert book.done == ["c"]
    book.dies.clear()
    await enqueue(database, task, "d", key="tab:1")
    async with database.transaction() as tx:
        await dead_letters.retry_queue(tx, "notes", who=WHO)
    await enqueue(database, task, "e", key="tab:1")
    await work(database, task)
    assert book.done == ["c", "d", "a", "b", "e"]


async def test_a_letter_that_closed_its_key_is_its_head_again(database: Database) -> None:
    book = Book(dies={"a"})
    task = NoteTask(book, policy="park")
    (id_, *_) = await enqueue(database, task, "a", "b", key="tab:1")
    await enqueue(database, task, "x", key="tab:2")
    await work(database, task)
    await enqueue(database, task, "c", key="tab:1")
    await work(database, task)
    assert book.done == ["x"]
    assert [one.closes_key for one in await letters(database)] == [True]
    book.dies.clear()
    async with database.transaction() as tx:
        await dead_letters.retry(tx, id_, who=WHO)
    await work(database, task)
    assert book.done == ["x", "a", "b", "c"]


async def test_two_letters_of_a_closed_key_go_before_all_that_wait(database: Database, clock: HandClock) -> None:
    """The key was released past the first, and closed by the second: sent round together they keep their order."""
    book = Book(dies={"a", "b"})
    task = NoteTask(book, policy="park")
    first, second, *_ = await enqueue(database, task, "a", "b", "c", "d", key="tab:1")
    await work(database, task)
    clock.advance(10)
    async with database.transaction() as tx:
        await control.release_key(tx, "notes", "tab:1", who=WHO)
    await work(database, task)
    assert {one.id: one.closes_key for one in await letters(database)} == {first: False, second: True}
    book.dies.clear()
    async with database.transaction() as tx:
        await dead_letters.retry_queue(tx, "notes", who=WHO)
    await work(database, task)
    assert book.done == ["a", "b", "c", "d"]


async def test_an_older_letter_does_not_open_a_key_that_another_closed(database: Database, clock: HandClock) -> None:
    book = Book(dies={"a", "b"})
    task = NoteTask(book, policy="park")
    first, second, *_ = await enqueue(database, task, "a", "b", "c", key="tab:1")
    await work(database, task)
    clock.advance(10)
    async with database.transaction() as tx:
        await control.release_key(tx, "notes", "tab:1", who=WHO)
    await work(database, task)
    book.dies.clear()
    async with database.transaction() as tx:
        await dead_letters.retry(tx, first, who=WHO)
    await work(database, task)
    assert book.done == []
    async with database.transaction() as tx:
        await dead_letters.retry(tx, second, who=WHO)
    await work(database, task)
    assert book.done == ["b", "a", "c"]


async def test_a_discarded_letter_is_gone_and_its_key_goes_on(database: Database) -> None:
    book = Book(dies={"a", "z"})
    task = NoteTask(book, policy="park")
    id_, *_ = await enqueue(database, task, "a", "b", key="tab:1")
    (other,) = await enqueue(database, task, "z")
    await work(database, task)
    async with database.transaction() as tx:
        await dead_letters.discard(tx, id_, who=WHO)
        await dead_letters.discard(tx, other, who=WHO)
    await work(database, task)
    assert book.done == ["b"]
    assert await letters(database) == []


async def test_a_letter_can_be_taken_once(database: Database) -> None:
    book = Book(dies={"a"})
    task = NoteTask(book)
    (id_,) = await enqueue(database, task, "a")
    await work(database, task)

    async def once() -> bool:
        try:
            async with database.transaction() as tx:
                await dead_letters.retry(tx, id_, who=WHO)
        except DeadLetterNotFound:
            return False
        return True

    assert sorted(await asyncio.gather(once(), once(), once())) == [False, False, True]
    book.dies.clear()
    await work(database, task)
    assert book.done == ["a"]
    for call in (dead_letters.retry, dead_letters.discard):
        with pytest.raises(DeadLetterNotFound):
            async with database.transaction() as tx:
                await call(tx, id_, who=WHO)


async def test_every_change_is_written_down_without_the_payload(database: Database) -> None:
    book = Book(dies={"secret one", "b", "c"})
    task = NoteTask(book)
    first, second, third = await enqueue(database, task, "secret one", "b", "c")
    await work(database, task)
    async with database.transaction() as tx:
        await dead_letters.retry(tx, first, who=WHO)
        await dead_letters.discard(tx, second, who=WHO)
        await dead_letters.retry_queue(tx, "notes", who=WHO)
    async with database.reading() as tx:
        found = await changes.page(tx)
    by_subject = {(one.action, one.subject): one for one in found}
    assert by_subject.keys() == {
        ("dead.retried", f"message:{first}"),
        ("dead.discarded", f"message:{second}"),
        ("dead.retried", "queue:notes"),
    }
    assert {one.who for one in found} == {WHO}
    assert b"payload" not in bytes(by_subject["dead.retried", f"message:{first}"].before)
    assert msgspec.json.decode(by_subject["dead.discarded", f"message:{second}"].before)["error"] == book.error.format(
        name="b"
    )
    assert msgspec.json.decode(by_subject["dead.retried", "queue:notes"].before)["dead"] == [third]


async def test_what_is_rolled_back_was_never_retried(database: Database) -> None:
    book = Book(dies={"a"})
    task = NoteTask(book)
    (id_,) = await enqueue(database, task, "a")
    await work(database, task)

    async def half_way() -> None:
        async with database.transaction() as tx:
            await dead_letters.retry(tx, id_, who=WHO)
            await dead_letters.retry(tx, "something that is not there", who=WHO)

    with pytest.raises(DeadLetterNotFound):
        await half_way()
    assert [one.id for one in await letters(database)] == [id_]
