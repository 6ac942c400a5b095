"""What operators change of a queue while it runs, over HTTP and on the command line."""

from __future__ import annotations

from tests.console.operators import dead, errand_done, found
from tests.console.test_console_cli import said, told, typed
from tests.engine.notes import Book, NoteTask, enqueue
from tests.support.server import Party, RunningServer

from barback.engine import Worker
from barback.engine.operations import figures
from barback.storage import Database


async def test_limits_over_http(server: RunningServer, operator: Party) -> None:
    await dead(server, "x")
    path = "/console/queues/notes"
    answer = await operator.post(f"{path}/limits", {"concurrency": 3, "rate": 10, "burst": 2})
    assert answer.status_code == 200, answer.text
    (shown,) = (await found(operator, f"{path}/limits"))["items"]
    assert (shown["scope"], shown["concurrency"], shown["rate"], shown["burst"]) == ("queue", 3, 10, 2)
    assert shown["by_operator"]
    assert (await operator.post(f"{path}/limits/reset", {})).json() == {"items": []}
    assert (await operator.post(f"{path}/hold", {"key": "tab:1"})).json() == {"changed": 1}
    assert (await operator.post(f"{path}/hold", {"key": "tab:1", "paused": False})).json() == {"changed": 1}
    assert (await operator.post(f"{path}/hold", {})).json()["code"] == "invalid"
    assert (await operator.post(f"{path}/pace", {"batch_max": 5})).json() == {"batch_max": 5, "slots": None}
    assert (await operator.post(f"{path}/priority", {"priority": 4})).json() == {"changed": 0}
    assert (await operator.post("/console/queues/notse/limits", {"concurrency": 3})).status_code == 404


async def test_limits_on_the_command_line(database: Database, database_url: str) -> None:
    await enqueue(database, NoteTask(Book()), "a", "b")
    await said(database_url, "queue", "limit", "notes", "--each", "--concurrency", "2", "--rate", "5", "--per", "60")
    (shown,) = (await told(database_url, "queue", "limits", "notes"))["items"]
    assert (shown["scope"], shown["concurrency"], shown["rate"], shown["per_seconds"]) == ("each", 2, 5, 60.0)
    words = await said(database_url, "queue", "limits", "notes")
    assert "each line: 2 at once, 5 in 60 s, 1 at one instant (set by an operator)" in words
    assert "declare" in await said(database_url, "queue", "limit", "notes", "--each", "--reset")
    assert "waits" in await said(database_url, "queue", "hold", "notes", "--tenant", "t1")
    assert "goes on" in await said(database_url, "queue", "go-on", "notes", "--tenant", "t1")
    assert "2 messages" in await said(database_url, "queue", "priority", "notes", "7")
    await said(database_url, "queue", "pace", "notes", "--batch", "10")
    assert (await typed(database_url, "queue", "hold", "notes")).exit_code != 0
    actions = [change["action"] for change in await told(database_url, "changes")]
    assert actions[-1] == "limits.set"
    assert "line.paused" in actions


async def test_a_purge_over_http_wants_the_name_and_leaves_what_is_dead(
    server: RunningServer, operator: Party, admin: Party
) -> None:
    task, _ = await dead(server, "x")
    await enqueue(server.db, task, "a", "b", "c")
    path = "/console/queues/notes/purge"
    not_theirs = await operator.post(path, {"confirm": "notes"})
    assert not_theirs.status_code == 403
    refused = await admin.post(path, {"confirm": "yes"})
    assert (refused.status_code, refused.json()["code"]) == (422, "purge_not_confirmed")
    purged = await errand_done(server, operator, await admin.made(path, {"confirm": "notes"}))
    assert (purged["kind"], purged["question"], purged["found"], purged["handled"]) == ("purge", "notes", 3, 3)
    server.clock.advance(60_000)
    figures.watcher_of(server.db).forget()
    one = await found(operator, "/console/queues/notes")
    assert (one["ready"], one["dead"]) == (0, 1)
    done, change, begun = (await found(operator, "/console/changes?subject=queue:notes"))["items"]
    assert [one["action"] for one in (done, change, begun)] == ["errand.done", "queue.purged", "errand.started"]
    assert (change["before"]["messages"], change["who"]) == (3, begun["who"])


async def test_a_pace_says_what_the_tasks_declare(server: RunningServer, operator: Party) -> None:
    path = "/console/queues/orders/pace"
    assert (await operator.get("/console/queues/notse/pace")).status_code == 404
    await Worker(server.db, [NoteTask(Book(), queue="orders")]).start()
    before = await found(operator, path)
    assert (before["batch_max"], before["slots"]) == (None, None)
    assert before["declared_batch_max"] or before["declared_slots"]
    await operator.made(path, {"batch_max": 2, "slots": None})
    assert (await found(operator, path))["batch_max"] == 2


async def test_a_purge_on_the_command_line(database: Database, database_url: str) -> None:
    await enqueue(database, NoteTask(Book()), "a", "b")
    refused = await typed(database_url, "queue", "purge", "notes")
    assert refused.exit_code != 0
    assert "--yes-remove notes" in refused.output
    assert "2 messages of notes are gone" in await said(
        database_url, "queue", "purge", "notes", "--yes-remove", "notes"
    )


async def test_a_number_that_cannot_be_is_refused_by_its_name(server: RunningServer, operator: Party) -> None:
    await enqueue(server.db, NoteTask(Book()), "a")
    bodies = [
        ("pace", {"slots": 0}, "slots"),
        ("pace", {"batch_max": 2**31}, "batch_max"),
        ("limits", {"concurrency": 2**31}, "concurrency"),
        ("limits", {"rate": 1, "per_seconds": 1e300}, "per_seconds"),
    ]
    for what, body, field in bodies:
        refused = await operator.post(f"/console/queues/notes/{what}", body)
        assert refused.status_code == 422, (body, refused.text)
        assert field in refused.text
    for asked in (f"changes?contains={'x' * 201}", "usage/costs?memory_mib=1048577", "usage/costs?memory_mib=0"):
        assert (await operator.get(f"/console/{asked}")).status_code == 422, asked
