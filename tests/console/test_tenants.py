"""Tenants on the console: what of each waits, runs and died, where; held everywhere at once."""

from __future__ import annotations

from typing import Any

import pytest
from tests.console.operators import found
from tests.console.test_console_cli import said, told, typed
from tests.engine.notes import Book, Note, NoteTask, work
from tests.support.server import Party, RunningServer

from barback.engine import Lines, Work, Worker
from barback.engine.operations import tenant_looks, tuning
from barback.engine.operations.tenant_looks import TenantNotFound
from barback.engine.operations.tuning import LinesAreNotTenants
from barback.storage import Database

WHO = "operator:mara"


async def put(db: Database, task: NoteTask, *names: str, **more: Any) -> None:
    async with db.transaction() as tx:
        await task.enqueue_many(tx, [Work(Note(name), **more) for name in names])


async def seen(db: Database) -> dict[str, tuple[int, ...]]:
    async with db.reading() as tx:
        items = (await tenant_looks.tenants(tx)).items
    return {one.tenant: (one.ready, one.waiting, one.scheduled, one.dead) for one in items}


async def test_E12_each_tenant_is_counted_wherever_its_messages_are(database: Database) -> None:
    notes, mails = NoteTask(Book(dies={"dead"})), NoteTask(Book(), "mails")
    await put(database, notes, "dead", tenant="harbour")
    await work(database, notes)
    await put(database, notes, "a", "b", key="tab", tenant="harbour")
    await put(database, mails, "late", delay_ms=60_000, tenant="pier")
    await put(database, mails, "nobody's")
    async with database.transaction() as tx:
        await mails.enqueue_bulk(tx, [Note("c"), Note("d"), Note("e")], tenant="pier")
    assert await seen(database) == {"pier": (3, 0, 1, 0), "harbour": (0, 2, 0, 1)}
    async with database.reading() as tx:
        [place] = await tenant_looks.one(tx, "harbour")
        assert (place.queue, place.waiting, place.dead, place.line, place.held) == ("notes", 2, 1, True, False)
        with pytest.raises(TenantNotFound):
            await tenant_looks.one(tx, "harbor")


async def test_E12_a_look_stops_counting_and_says_so(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenant_looks, "LOOKED_MAX", 2)
    await put(database, NoteTask(Book()), "a", "b", "c", tenant="harbour")
    async with database.reading() as tx:
        all_seen = await tenant_looks.tenants(tx)
    assert ([one.ready for one in all_seen.items], all_seen.whole) == ([2], False)


async def test_E12_a_tenant_is_held_wherever_it_has_work_and_the_others_go_on(database: Database) -> None:
    notes, mails = NoteTask(Book()), NoteTask(Book(), "mails")
    notes.lines = mails.lines = Lines()
    named = NoteTask(Book(), "named")
    named.lines = Lines(by=lambda work: work.payload.name)
    tasks = (notes, mails, named)
    for task in tasks:
        await Worker(database, [task]).start()
        await put(database, task, "hers", tenant="harbour")
        await put(database, task, "his", tenant="pier")
    async with database.transaction() as tx:
        held = await tenant_looks.hold(tx, "harbour", paused=True, who=WHO)
        assert (held.changed, held.by_line) == (["mails", "notes"], ["named"])
        assert (await tenant_looks.hold(tx, "harbour", paused=True, who=WHO)).changed == []
        with pytest.raises(LinesAreNotTenants):
            await tenant_looks.hold(tx, "harbour", "named", paused=True, who=WHO)
    await work(database, *tasks)
    assert (notes.book.done, mails.book.done, sorted(named.book.done)) == (["his"], ["his"], ["hers", "his"])
    async with database.reading() as tx:
        [one] = (await tenant_looks.tenants(tx)).items
        assert (one.tenant, one.held) == ("harbour", ["mails", "notes"])
    async with database.transaction() as tx:
        assert (await tenant_looks.hold(tx, "harbour", "notes", paused=False, who=WHO)).changed == ["notes"]
        assert (await tenant_looks.hold(tx, "harbour", paused=False, who=WHO)).changed == ["mails"]
    await work(database, *tasks)
    assert (notes.book.done, mails.book.done) == (["his", "hers"], ["his", "hers"])


async def test_tenants_and_keys_are_held_over_http(server: RunningServer, operator: Party) -> None:
    task = NoteTask(Book())
    await put(server.db, task, "a", key="tab", tenant="harbour")
    [listed] = (await found(operator, "/console/tenants"))["items"]
    assert (listed["tenant"], listed["waiting"], listed["queues"], listed["held"]) == ("harbour", 1, ["notes"], [])
    assert (await operator.made("/console/tenants/hold", {"tenant": "harbour"}))["changed"] == ["notes"]
    page = await found(operator, "/console/tenants/one?tenant=harbour")
    [place] = page["queues"]
    assert (place["held"], place["limits"]["weight"]) == (True, 1)
    assert [change["action"] for change in page["changes"]] == ["line.paused"]
    missing = await operator.post("/console/tenants/hold", {"tenant": "harbor"})
    assert (missing.status_code, missing.json()["code"]) == (404, "tenant_not_found")
    async with server.db.transaction() as tx:
        await tuning.hold_key(tx, "notes", "tab", paused=True, who=WHO)
    assert (await found(operator, "/console/keys/one?queue=notes&key=tab"))["paused"]


async def test_tenants_on_the_command_line(database: Database, database_url: str) -> None:
    await put(database, NoteTask(Book()), "a", tenant="harbour")
    assert (await told(database_url, "tenants"))["items"][0]["ready"] == 1
    assert "harbour waits in notes" in await said(database_url, "tenants", "hold", "harbour")
    assert "held" in await said(database_url, "tenants", "show", "harbour")
    assert "goes on in notes" in await said(database_url, "tenants", "go-on", "harbour", "--queue", "notes")
    assert (await typed(database_url, "tenants", "hold", "harbor")).exit_code != 0
