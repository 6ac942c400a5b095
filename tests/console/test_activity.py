"""How busy queues were lately, as the small charts show it."""

from __future__ import annotations

from tests.console.operators import found
from tests.engine.notes import Book, NoteTask, enqueue, work
from tests.support.server import Party, RunningServer

from barback.engine.operations.activity import MINUTES, activity_of
from barback.foundation.clock import HandClock
from barback.storage import Database


async def test_each_minute_says_what_was_done_and_what_failed(database: Database, clock: HandClock) -> None:
    good, bad = NoteTask(Book(), queue="mail"), NoteTask(Book(dies={"Bo"}), queue="print")
    await enqueue(database, good, "Ada", "Cy")
    await work(database, good)
    for _ in range(5):  # long enough for the minute to be read once and kept
        clock.advance(60_000)
        await activity_of(database).look(database)
    await enqueue(database, good, "Di")
    await enqueue(database, bad, "Bo")
    await work(database, good, bad)
    clock.advance(10_000)

    mail, print_ = await activity_of(database).look(database)
    assert (mail.queue, mail.done[-6:], sum(mail.done)) == ("mail", [2, 0, 0, 0, 0, 1], 3)
    assert (print_.queue, print_.failed[-1], len(print_.done)) == ("print", 1, MINUTES)

    clock.advance(MINUTES * 60_000)
    assert await activity_of(database).look(database) == []


async def test_it_is_asked_over_http(server: RunningServer, operator: Party) -> None:
    task = NoteTask(Book(), queue="mail")
    await enqueue(server.db, task, "Ada")
    await work(server.db, task)
    [mail] = (await found(operator, "/v1/console/activity"))["items"]
    assert (mail["queue"], mail["done"][-1]) == ("mail", 1)
