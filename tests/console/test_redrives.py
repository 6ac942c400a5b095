"""Mending dead letters and sending many round again, over HTTP and on the command line."""

from __future__ import annotations

from tests.console.operators import dead, found
from tests.console.test_console_cli import said, told, typed
from tests.engine.notes import Book, NoteTask, enqueue, work
from tests.support.server import Party, RunningServer

from barback.engine import Worker
from barback.engine.dead import redrive
from barback.engine.history import tidy
from barback.storage import Database


async def test_a_redrive_over_http_is_planned_started_watched_and_stopped(
    server: RunningServer, operator: Party
) -> None:
    task, _ = await dead(server, *"abcdef")
    asked = {"queue": "notes", "per_second": 10}
    planned = await operator.made("/console/redrives", asked | {"dry_run": True})
    assert (planned["id"], planned["state"], planned["found"]) == (None, "planned", 6)
    started = await operator.made("/console/redrives", asked)
    assert (started["state"], started["found"], started["handled"]) == ("running", 6, 0)
    for _ in range(3):
        await Worker(server.db, [task, *redrive.TASKS]).until_quiet()
        server.clock.advance(100)
    seen = await found(operator, f"/console/redrives/{started['id']}")
    assert 2 <= seen["handled"] == len(task.book.done) <= 3
    stopped = await operator.made(f"/console/redrives/{started['id']}/stop")
    assert stopped["state"] == "stopped"
    again = await operator.post(f"/console/redrives/{started['id']}/stop")
    assert (again.status_code, again.json()["code"]) == (409, "redrive_ended")
    assert [one["id"] for one in (await found(operator, "/console/redrives"))["items"]] == [started["id"]]
    missing = await operator.get("/console/redrives/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "redrive_not_found")
    mistyped = await operator.post("/console/redrives", asked | {"queue": "notse"})
    assert (mistyped.status_code, mistyped.json()["code"]) == (404, "queue_not_found")
    too_fast = await operator.post("/console/redrives", asked | {"per_second": 0})
    assert (too_fast.status_code, too_fast.json()["errors"][0]["field"]) == (422, "per_second")


async def test_a_letter_of_a_known_task_is_edited_over_http(server: RunningServer, operator: Party) -> None:
    task, [unknown] = await dead(server, "a")
    del task
    async with server.db.transaction() as tx:
        await tidy.TIDY.enqueue(tx, ["nonsense"])  # type: ignore[arg-type]
    await Worker(server.db, tidy.TASKS).until_quiet()
    letter = next(one for one in (await found(operator, "/console/dead"))["items"] if one["task"] == "engine.tidy")
    path = f"/console/dead/{letter['id']}/edit"
    wrong = await operator.post(path, {"payload": {"page": 5}})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "page")
    tried = await operator.made(path, {"payload": {}, "dry_run": True})
    assert (tried["before"], tried["after"], tried["dry_run"]) == (["nonsense"], {}, True)
    await operator.made(path, {"payload": {}})
    one = await found(operator, f"/console/dead/{letter['id']}")
    assert (one["payload"], [change["action"] for change in one["changes"]]) == ({}, ["dead.edited"])
    strange = await operator.post(f"/console/dead/{unknown}/edit", {"payload": {"name": "b"}})
    assert (strange.status_code, strange.json()["code"]) == (409, "task_not_known")


async def test_the_command_line_does_the_same(database: Database, database_url: str) -> None:
    task = NoteTask(Book(dies=set("abcd")))
    await enqueue(database, task, *"abcd")
    await work(database, task)
    task.book.dies.clear()
    asked = ("dead", "redrive", "--queue", "notes", "--per-second", "1000")
    assert "planned" in await said(database_url, *asked, "--dry-run")
    assert await told(database_url, "dead", "redrives") == []
    started = await told(database_url, *asked)
    assert (started["state"], started["found"]) == ("running", 4)
    assert started["id"] in await said(database_url, "dead", "redrives")
    assert "is stopped after 0 letters" in await said(database_url, "dead", "stop", started["id"])
    ended = await typed(database_url, "dead", "stop", started["id"])
    assert ended.exit_code == 1
    async with database.transaction() as tx:
        id_ = await tidy.TIDY.enqueue(tx, 5)  # type: ignore[arg-type]
    await Worker(database, tidy.TASKS).until_quiet()
    assert "nothing was changed" in await said(database_url, "dead", "edit", id_, "{}", "--dry-run")
    assert "is changed" in await said(database_url, "dead", "edit", id_, "{}")
    assert (await told(database_url, "dead", "show", id_))["payload"] == {}
