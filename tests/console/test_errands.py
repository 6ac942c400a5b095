"""Long work over HTTP and on the command line: begun, watched, stopped; it goes on when nobody looks."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta
from tests.console.operators import dead, errand_done, found
from tests.console.test_console_cli import said, told, typed
from tests.engine.notes import Book, Note, NoteTask, enqueue, work
from tests.support.server import Party, RunningServer

from barback.engine import Message, TransactionalTask, Work, Worker
from barback.engine.operations import errands
from barback.engine.operations.errand_steps import Change
from barback.engine.operations.looking import Look
from barback.engine.operations.payload_looks import Field
from barback.storage import Database, Transaction
from barback.testing import HandClock


class Guest(msgspec.Struct):
    """A payload with a secret."""

    name: str
    card: Annotated[str, Meta(extra_json_schema={"writeOnly": True})]


class Charge(TransactionalTask[Guest]):
    """What nobody may find by guessing a card."""

    name = "guests.charge"
    queue = "guests"
    payload = Guest

    async def handle(self, tx: Transaction, message: Message[Guest]) -> None:
        """Nothing."""
        del tx, message


async def test_a_tenant_is_drained_once_its_name_is_typed(server: RunningServer, operator: Party, admin: Party) -> None:
    task = NoteTask(Book())
    async with server.db.transaction() as tx:
        await task.enqueue_many(
            tx, [Work(Note(name), tenant=tenant) for name, tenant in zip("abc", "xxy", strict=True)]
        )
    path, asked = "/console/tenants/drain", {"tenant": "x", "confirm": "x"}
    assert (await operator.post(path, asked)).status_code == 403
    unsure = await admin.post(path, asked | {"confirm": "yes"})
    assert (unsure.status_code, unsure.json()["code"]) == (422, "purge_not_confirmed")
    missing = await admin.post(path, {"tenant": "z", "confirm": "z"})
    assert (missing.status_code, missing.json()["code"]) == (404, "tenant_not_found")
    begun = await admin.made(path, asked)
    assert (begun["kind"], begun["question"], begun["found"], begun["handled"]) == ("drain", "x", 2, 0)
    done = await errand_done(server, operator, begun)
    assert (done["state"], done["handled"]) == ("done", 2)
    told_of = (await found(operator, "/console/changes?subject=tenant:x"))["items"]
    assert [one["action"] for one in told_of] == ["errand.done", "tenant.drained", "errand.started"]
    await work(server.db, task)
    assert task.book.done == ["c"]


async def test_who_sees_an_errand_end_sees_what_it_changed(server: RunningServer, admin: Party) -> None:
    """Figures are kept for a while, and a worker cannot tell the server to forget them."""
    await work(server.db, task := NoteTask(Book()))
    await enqueue(server.db, task, "a", "b", "c")
    begun = await admin.made("/console/queues/notes/purge", {"confirm": "notes"})
    assert (await found(admin, "/console/queues/notes"))["ready"] == 3
    await errand_done(server, admin, begun)
    [ended] = (await found(admin, "/console/errands"))["items"]
    assert (ended["id"], ended["state"]) == (begun["id"], "done")
    assert (await found(admin, "/console/queues/notes"))["ready"] == 0


async def test_errands_and_redrives_are_one_list_and_stopped_alike(
    server: RunningServer, operator: Party, admin: Party
) -> None:
    await dead(server, *"abc")
    await enqueue(server.db, NoteTask(Book()), *"def")
    redrive = await operator.made("/console/redrives", {"queue": "notes", "per_second": 1})
    server.clock.advance(1)
    purge = await admin.made("/console/queues/notes/purge", {"confirm": "notes"})
    listed = (await found(operator, "/console/errands"))["items"]
    assert [(one["id"], one["kind"], one["question"], one["found"]) for one in listed] == [
        (purge["id"], "purge", "notes", 3),
        (redrive["id"], "redrive", "queue:notes", 3),
    ]
    for one in listed:
        stopped = await operator.made(f"/console/errands/{one['id']}/stop")
        assert (stopped["id"], stopped["state"]) == (one["id"], "stopped")
        assert (await operator.post(f"/console/errands/{one['id']}/stop")).status_code == 409
        assert (await found(operator, f"/console/errands/{one['id']}")) == stopped
    for answer in (
        await operator.get("/console/errands/nothing"),
        await operator.post("/console/errands/nothing/stop"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "errand_not_found")


async def test_nobody_changes_by_a_secret_what_they_may_not_find_by_it(database: Database, clock: HandClock) -> None:
    task = Charge()
    async with database.transaction() as tx:
        await task.enqueue(tx, Guest("Ada", "4242"), delay_ms=60_000)
    errands.know({task.name: task})
    handled: dict[bool, int] = {}
    for masked in (True, False):
        look = Look(fields=(Field(("card",), "4242"),))
        asked = Change(line="payload.card:4242", look=look, action="snooze", delay_ms=60_000, masked=masked)
        async with database.transaction() as tx:
            one = await errands.start(tx, asked, found=0, at_least=False, who="operator:1")
        await Worker(database, errands.TASKS).until_quiet()
        clock.advance(errands.PAUSE_MS)
        async with database.reading() as tx:
            handled[masked] = (await errands.one(tx, one.id)).handled
    assert handled == {True: 0, False: 1}


async def test_the_command_line_lists_drains_and_stops(database: Database, database_url: str) -> None:
    task = NoteTask(Book())
    async with database.transaction() as tx:
        await task.enqueue(tx, Note("a"), tenant="harbour")
    assert await told(database_url, "errands") == []
    refused = await typed(database_url, "tenants", "drain", "harbour")
    assert refused.exit_code != 0
    assert "--yes-remove harbour" in refused.output
    begun = await told(database_url, "tenants", "drain", "harbour", "--yes-remove", "harbour")
    assert (begun["kind"], begun["state"], begun["found"]) == ("drain", "running", 1)
    listed = await said(database_url, "errands")
    assert begun["id"] in listed
    assert "harbour" in listed
    assert "is stopped after 0 messages" in await said(database_url, "errands", "stop", begun["id"])
    assert (await typed(database_url, "errands", "stop", begun["id"])).exit_code == 1
