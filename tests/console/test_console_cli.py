"""The console on the command line, as a person or a script runs it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from typing import Any

from tests.engine.notes import Book, NoteTask, enqueue, until, until_dead, work, working
from typer.testing import CliRunner

from barback.engine import Worker
from barback.engine.history import tidy
from barback.server.cli import app
from barback.storage import Database

WAIT_S = 60.0


def environment(url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BARBACK_")}
    return kept | {"BARBACK_DATABASE_URL": url}


async def barback(url: str, *arguments: str) -> tuple[int, str, str]:
    """A process of its own: exit code, output, errors."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "barback", *arguments, stdout=PIPE, stderr=PIPE, env=environment(url)
    )
    out, err = await asyncio.wait_for(process.communicate(), WAIT_S)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def typed(url: str, *arguments: str) -> Any:
    """The same command in a thread of this process, with a loop of its own; a fraction of the time."""
    return await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment(url))


async def said(url: str, *arguments: str) -> str:
    answer = await typed(url, *arguments)
    assert answer.exit_code == 0, answer.output
    return answer.stdout


async def ran(url: str, *arguments: str) -> str:
    code, out, err = await barback(url, *arguments)
    assert code == 0, err
    return out


async def told(url: str, *arguments: str) -> Any:
    return json.loads(await said(url, *arguments, "--json"))


async def test_figures_for_people_and_for_programs(database: Database, database_url: str) -> None:
    task = NoteTask(Book(dies={"a"}))
    await enqueue(database, task, "a")
    await work(database, task)
    await enqueue(database, task, "b", "c")
    await Worker(database, tidy.TASKS, schedules=tidy.SCHEDULES).start()
    text = await said(database_url, "queues")
    assert text.splitlines()[0].split()[:3] == ["queue", "ready", "waiting"]
    assert ["notes", "2", "0", "0", "0", "1"] in [line.split()[:6] for line in text.splitlines()]
    assert "! dead letters in notes: 1" in text
    by_name = {one["queue"]: one for one in (await told(database_url, "queues"))["items"]}
    assert (by_name["notes"]["ready"], by_name["notes"]["dead"], by_name["engine"]["workers"]) == (2, 1, 0)
    assert [one["name"] for one in (await told(database_url, "schedules"))["items"]] == ["engine.tidy"]
    assert "engine.tidy" in await said(database_url, "schedules")
    found = (await told(database_url, "workers"))["items"]
    assert sorted(one["queues"] for one in found) == [["engine"], ["notes"]]
    text = await said(database_url, "workers")
    assert all(one["id"] in text for one in found)


async def test_dead_letters_are_listed_shown_retried_and_discarded(database: Database, database_url: str) -> None:
    task = NoteTask(Book(dies=set("abcd")))
    ids = await enqueue(database, task, *"abcd")
    await work(database, task)
    task.book.dies.clear()
    listed = await told(database_url, "dead", "list", "--queue", "notes")
    assert [one["id"] for one in listed] == ids[::-1]
    text = await said(database_url, "dead", "list")
    assert all(id_ in text for id_ in ids)
    shown = await told(database_url, "dead", "show", ids[0])
    assert (shown["payload"], len(shown["failures"])) == ({"name": "a"}, 1)
    assert '{"name":"a"}' in await said(database_url, "dead", "show", ids[0])
    assert ids[0] in await said(database_url, "dead", "retry", ids[0])
    assert ids[1] in await said(database_url, "dead", "discard", ids[1])
    assert (await said(database_url, "dead", "retry", "--queue", "notes")).strip() == "2 go round again"
    await work(database, task)
    assert task.book.done == ["a", "c", "d"]
    done = await told(database_url, "changes")
    assert [one["action"] for one in done] == ["dead.retried", "dead.discarded", "dead.retried"]
    assert all(one["who"].startswith("cli:") for one in done)
    assert "dead.discarded" in await said(database_url, "changes", "--subject", f"message:{ids[1]}")
    assert [one["action"] for one in await told(database_url, "changes", "--contains", "discard")] == ["dead.discarded"]


async def test_a_pause_from_the_command_line_is_heard_by_running_workers(database: Database, database_url: str) -> None:
    task = NoteTask(Book(dies={"x"}), policy="park")
    async with working(database, task) as worker:
        await enqueue(database, task, "x", "y", key="tab:1")
        await until_dead(database)
        assert "is paused" in await ran(database_url, "queue", "pause", "notes")
        await until(lambda: "notes" in worker._shift.paused, 1.0)
        assert "paused already" in await ran(database_url, "queue", "pause", "notes")
        assert "goes on" in await ran(database_url, "queue", "resume", "notes")
        await until(lambda: "notes" not in worker._shift.paused, 1.0)
        assert "tab:1 of notes goes on" in await ran(database_url, "queue", "release", "notes", "tab:1")
        await until(lambda: task.book.done == ["y"])


async def test_mistakes_are_one_line_that_says_what_to_do(database_url: str, empty_database_url: str) -> None:
    cases = [
        (database_url, ("queue", "pause", "notse"), "No queue is called notse"),
        (database_url, ("queue", "release", "notes", "tab:1"), "Nothing holds the key tab:1"),
        (database_url, ("dead", "show", "nothing"), "No dead letter has the id nothing"),
        (database_url, ("dead", "retry", "nothing"), "No dead letter has the id nothing"),
        (database_url, ("dead", "retry", "--queue", "notse"), "No queue is called notse"),
        ("sqlite:////nowhere/at/all.db", ("queues",), "there is no database at /nowhere/at/all.db"),
    ]
    if empty_database_url.startswith("postgresql"):
        cases.append((empty_database_url, ("queues",), "barback migrate"))
    for url, arguments, sentence in cases:
        answer = await typed(url, *arguments)
        assert answer.exit_code == 1, arguments
        assert answer.stdout == ""
        assert sentence in str(answer.exception)
    code, out, err = await barback(database_url, "queue", "pause", "notse")
    assert (code, out, err.count("\n")) == (1, "", 1), err
    assert "No queue is called notse" in err
    answer = await typed(database_url, "dead", "retry")
    assert answer.exit_code == 2
    assert "--queue" in answer.output
