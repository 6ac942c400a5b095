"""What operators change of a queue while it runs, over HTTP and on the command line."""

from __future__ import annotations

from tests.console.operators import dead, found
from tests.console.test_console_cli import said, told, typed
from tests.engine.notes import Book, NoteTask, enqueue
from tests.support.server import Party, RunningServer

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
