"""Workers on the console: what each has in hands, ask one to end and back, over HTTP and on the command line."""

from __future__ import annotations

from tests.console.operators import found
from tests.console.test_console_cli import said, told, typed
from tests.engine.notes import Book, NoteTask
from tests.support.server import Party, RunningServer

from barback.engine import store
from barback.engine.store import SQL
from barback.storage import Database

NAME = "bar.example:1:abc"


async def held(db: Database) -> None:
    """A worker that holds three messages; its process is nobody's."""
    task = NoteTask(Book())
    async with db.transaction() as tx:
        await tx.run(SQL.worker_add, id=NAME, host="bar", pid=1, queues="notes", now_ms=tx.now_ms)
        rows = [task.stored(one, tx.now_ms) for one in task.works("abc")]
        await store.add_lease(tx, "notes", NAME, rows)
        await tx.all(
            SQL.worker_beat, id=NAME, now_ms=tx.now_ms, memory_bytes=64 << 20, cpu_us=2_500_000, cpu_permille=125
        )


async def test_workers_over_http(server: RunningServer, operator: Party) -> None:
    await held(server.db)
    [listed] = (await found(operator, "/console/workers"))["items"]
    assert (listed["memory_bytes"], listed["cpu_us"], listed["cpu_percent"]) == (64 << 20, 2_500_000, 12.5)
    assert [(one["queue"], one["messages"]) for one in listed["holds"]] == [("notes", 3)]
    one = await found(operator, f"/console/workers/{NAME}")
    assert [held["task"] for held in one["in_hands"]] == ["notes.note"] * 3
    assert one["in_hands"][0]["together"] == 3
    drained = await operator.made(f"/console/workers/{NAME}/drain")
    assert drained["worker"]["draining_ms"] is not None
    kept = await operator.made(f"/console/workers/{NAME}/keep")
    assert kept["worker"]["draining_ms"] is None
    missing = await operator.post("/console/workers/nobody/drain")
    assert (missing.status_code, missing.json()["code"]) == (404, "worker_not_found")
    log = (await found(operator, f"/console/changes?subject=worker:{NAME}"))["items"]
    assert [(one["action"], one["before"], one["after"]) for one in log] == [
        ("worker.kept", {"draining": True}, {"draining": False}),
        ("worker.draining", {"draining": False}, {"draining": True}),
    ]


async def test_workers_on_the_command_line(database: Database, database_url: str) -> None:
    await held(database)
    assert NAME in await said(database_url, "workers")
    assert (await told(database_url, "workers"))["items"][0]["leased"] == 3
    assert "12.5 %" in await said(database_url, "workers", "show", NAME)
    assert "drains" in await said(database_url, "workers", "drain", NAME)
    assert "draining" in await said(database_url, "workers")
    assert "asked already" in await said(database_url, "workers", "drain", NAME)
    assert "stays" in await said(database_url, "workers", "keep", NAME)
    assert (await typed(database_url, "workers", "drain", "nobody")).exit_code != 0
