"""Batches over HTTP and on the command line: how far they are, cancel, retry."""

from __future__ import annotations

from typing import Any

from tests.console.operators import found
from tests.console.test_console_cli import said, told, typed
from tests.engine.notes import Book, Note, NoteTask, work
from tests.support.server import Party, RunningServer

from barback.engine import Batch, Work
from barback.storage import Database


async def fanned_out(db: Database, task: NoteTask, *names: str) -> str:
    """A batch of notes; its id."""
    async with db.transaction() as tx:
        batch = await Batch.open(tx, "notes for everybody")
        await batch.add(tx, task, [Work(Note(name)) for name in names])
        await batch.seal(tx)
    return batch.id


def counts(seen: dict[str, Any]) -> tuple[Any, ...]:
    """State, total, waiting, done, dead."""
    return tuple(seen[name] for name in ("state", "total", "waiting", "done", "dead"))


async def test_a_batch_is_watched_retried_and_cancelled_over_http(server: RunningServer, operator: Party) -> None:
    task = NoteTask(Book(dies={"b"}))
    first = await fanned_out(server.db, task, "a", "b")
    await work(server.db, task)
    path = f"/console/batches/{first}"
    assert counts(await found(operator, path)) == ("finished", 2, 0, 1, 1)
    task.book.dies.clear()
    assert await operator.made(f"{path}/retry", {}) == {"retried": 1, "more": False}
    assert counts(await found(operator, path)) == ("running", 2, 1, 1, 0)
    server.clock.advance(1)
    second = await fanned_out(server.db, task, "c")
    cancelled = await operator.made(f"/console/batches/{second}/cancel", {})
    assert counts(cancelled) == ("cancelled", 1, 1, 0, 0)
    page = await found(operator, "/console/batches?limit=1")
    assert [one["id"] for one in page["items"]] == [second]
    rest = await found(operator, f"/console/batches?limit=1&cursor={page['next']}")
    assert ([one["id"] for one in rest["items"]], rest["next"]) == ([first], None)
    missing = await operator.get("/console/batches/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "batch_not_found")


async def test_the_command_line_does_the_same(database: Database, database_url: str) -> None:
    task = NoteTask(Book(dies={"b"}))
    id_ = await fanned_out(database, task, "a", "b")
    await work(database, task)
    assert [counts(one) for one in await told(database_url, "batches", "list")] == [("finished", 2, 0, 1, 1)]
    assert "notes for everybody" in await said(database_url, "batches", "show", id_)
    assert "1 go round again" in await said(database_url, "batches", "retry", id_)
    assert "is cancelled; 1 of 2 were waiting" in await said(database_url, "batches", "cancel", id_)
    assert (await typed(database_url, "batches", "show", "nothing")).exit_code == 1
