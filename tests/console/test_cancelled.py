"""What was cancelled by mistake is not lost: for a week it can be brought back."""

from __future__ import annotations

import pytest
from tests.console.operators import errand_done, found
from tests.console.test_console_cli import said
from tests.engine.notes import Book, Note, NoteTask, work
from tests.support.server import Party, RunningServer

from barback.engine import Work, changes
from barback.engine.fanout.batches import Batch
from barback.engine.history import tidy
from barback.engine.operations import looking, moving
from barback.engine.operations.looking import Look, MessageNotFound
from barback.engine.operations.moving import MessageNotWaiting
from barback.storage import Database
from barback.testing import HandClock

WHO = "operator:1"
DAY_MS = 86_400_000


async def put(db: Database, task: NoteTask, *works: Work[Note]) -> list[str]:
    async with db.transaction() as tx:
        return await task.enqueue_many(tx, works)


async def cancel(db: Database, *ids: str) -> None:
    async with db.transaction() as tx:
        for id_ in ids:
            await moving.cancel(tx, id_, who=WHO)


async def back(db: Database, *ids: str) -> None:
    async with db.transaction() as tx:
        for id_ in ids:
            await moving.bring_back(tx, id_, who=WHO)


async def test_E12_a_cancelled_message_is_brought_back_as_it_waited(database: Database, clock: HandClock) -> None:
    task = NoteTask(Book(), queue="mail")
    ids = await put(
        database, task, Work(Note("free")), Work(Note("later"), delay_ms=60_000), Work(Note("first"), key="k"),
        Work(Note("second"), key="k"),
    )  # fmt: skip
    await cancel(database, ids[0], ids[1], ids[2])
    await work(database, task)
    assert task.book.done == ["second"]
    async with database.reading() as tx:
        assert [one.state for one in (await looking.search(tx, Look(queue="mail"))).items] == []
        gone = await looking.search(tx, Look(queue="mail", state="cancelled"))
        assert {one.id for one in gone.items} == set(ids[:3])
        assert (await looking.one(tx, ids[0])).state == "cancelled"
    await back(database, *ids[:3])
    await work(database, task)
    assert task.book.done == ["second", "free", "first"], "one that was to run later runs then"
    clock.advance(60_000)
    await work(database, task)
    assert task.book.done[-1] == "later"
    async with database.reading() as tx:
        told = [change.action for change in await changes.page(tx, subject=f"message:{ids[0]}")]
        with pytest.raises(MessageNotFound):
            await looking.one(tx, ids[0])
    assert told == ["message.brought_back", "message.cancelled"]


async def test_E12_it_is_refused_where_it_could_not_be_right(database: Database) -> None:
    task = NoteTask(Book(), queue="mail")
    [waiting, gone] = await put(database, task, Work(Note("a")), Work(Note("b")))
    with pytest.raises(MessageNotWaiting):
        await back(database, waiting)
    await cancel(database, gone)
    with pytest.raises(MessageNotWaiting):
        await cancel(database, gone)
    async with database.transaction() as tx:
        batch = await Batch.open(tx, "export")
        await batch.add(tx, task, [Work(Note("c"))])
        await batch.seal(tx)
    async with database.reading() as tx:
        [member] = [one.id for one in (await looking.search(tx, Look(batch=batch.id))).items]
    await cancel(database, member)
    with pytest.raises(MessageNotFound):
        # Its batch has counted it as cancelled, and has ended.
        await back(database, member)


async def test_E20_what_was_cancelled_is_forgotten_after_a_week(database: Database, clock: HandClock) -> None:
    [id_] = await put(database, NoteTask(Book(), queue="mail"), Work(Note("a")))
    await cancel(database, id_)
    for days, left in ((6, 1), (2, 0)):
        clock.advance(days * DAY_MS)
        async with database.transaction() as tx:
            await tidy.tidy_page(tx)
            assert len((await looking.search(tx, Look(state="cancelled"))).items) == left


async def test_all_that_was_cancelled_runs_after_all(server: RunningServer, operator: Party, admin: Party) -> None:
    task = NoteTask(Book(), queue="notes")
    ids = await put(server.db, task, *(Work(Note(name), delay_ms=60_000) for name in "abc"))
    begun = await admin.made("/console/messages/change", {"q": "queue:notes", "action": "cancel"})
    assert (await errand_done(server, operator, begun))["handled"] == 3
    assert (await found(operator, f"/console/messages/{ids[0]}"))["state"] == "cancelled"
    await operator.made(f"/console/messages/{ids[0]}/bring-back")
    assert (await found(operator, f"/console/messages/{ids[0]}"))["state"] == "scheduled"
    asked = {"q": "queue:notes state:cancelled", "action": "run_now"}
    assert (await errand_done(server, operator, await operator.made("/console/messages/change", asked)))["handled"] == 2
    await work(server.db, task)
    assert sorted(task.book.done) == ["b", "c"]


async def test_the_command_line_brings_it_back(database: Database, database_url: str) -> None:
    [id_] = await put(database, NoteTask(Book(), queue="notes"), Work(Note("a")))
    await said(database_url, "messages", "cancel", id_)
    assert id_ in await said(database_url, "messages", "list", "state:cancelled")
    assert "waits again" in await said(database_url, "messages", "bring-back", id_)
    assert id_ in await said(database_url, "messages", "list", "state:ready")
