"""`barback keys` and `barback activity`, as a person and as a program run them."""

from __future__ import annotations

from tests.console.test_console_cli import said, told, typed
from tests.engine.notes import Book, NoteTask, enqueue, work

from barback.engine import Worker
from barback.engine.history import tidy
from barback.storage import Database


async def closed(db: Database) -> tuple[NoteTask, list[str]]:
    """A key whose head died, with two behind it."""
    task = NoteTask(Book(dies={"a"}), policy="park")
    ids = await enqueue(db, task, *"abc", key="tab 7")
    await work(db, task)
    task.book.dies.clear()
    return task, ids


async def test_keys_are_listed_and_shown(database: Database, database_url: str) -> None:
    _, (head, second, _third) = await closed(database)
    [listed] = (await told(database_url, "keys"))["items"]
    assert (listed["queue"], listed["key"], listed["closed"], listed["letter"]) == ("notes", "tab 7", True, head)
    table = await said(database_url, "keys")
    assert table.splitlines()[0].split()[:4] == ["queue", "key", "state", "waiting"]
    assert "tab 7" in table
    one = await told(database_url, "keys", "show", "notes", "tab 7")
    assert (one["lane"], one["waiting"], one["line"][0]["id"]) == ("closed", 2, second)
    text = await said(database_url, "keys", "show", "notes", "tab 7")
    assert "is closed" in text
    assert "2 wait behind its head" in text
    assert head in text


async def test_the_head_of_a_key_is_retried(database: Database, database_url: str) -> None:
    task, (head, *_) = await closed(database)
    assert f"{head} goes round again" in await said(database_url, "keys", "retry", "notes", "tab 7")
    await work(database, task)
    assert task.book.done == ["a", "b", "c"]
    again = await typed(database_url, "keys", "retry", "notes", "tab 7")
    assert again.exit_code == 1


async def test_the_head_of_a_key_is_skipped(database: Database, database_url: str) -> None:
    task, (head, *_) = await closed(database)
    assert "goes on" in await said(database_url, "keys", "skip", "notes", "tab 7")
    await work(database, task)
    assert task.book.done == ["b", "c"]
    assert [one["id"] for one in await told(database_url, "dead", "list")] == [head], "it stays a dead letter"


async def test_a_key_is_held_drained_and_goes_on(database: Database, database_url: str) -> None:
    task = NoteTask(Book())
    await enqueue(database, task, *"abc", key="k")
    assert "waits" in await said(database_url, "keys", "hold", "notes", "k")
    await work(database, task)
    assert task.book.done == []
    refused = await typed(database_url, "keys", "drain", "notes", "k")
    assert refused.exit_code != 0
    assert "--yes-remove k" in refused.output
    assert "goes on" in await said(database_url, "keys", "go-on", "notes", "k")
    assert "messages behind k are gone" in await said(database_url, "keys", "drain", "notes", "k", "--yes-remove", "k")


async def test_the_head_of_a_key_is_edited_under_its_task(database: Database, database_url: str) -> None:
    async with database.transaction() as tx:
        await tidy.TIDY.enqueue(tx, 5, key="k")  # type: ignore[arg-type]
    tidy.TIDY.on_head_failure, was = "park", tidy.TIDY.on_head_failure
    try:
        await Worker(database, tidy.TASKS).until_quiet()
    finally:
        tidy.TIDY.on_head_failure = was
    assert "is changed; retry it" in await said(database_url, "keys", "edit", "engine", "k", "{}")
    letter = (await told(database_url, "keys", "show", "engine", "k"))["dead"][0]["id"]
    assert (await told(database_url, "dead", "show", letter))["payload"] == {}


async def test_activity_is_what_happened_lately(database: Database, database_url: str) -> None:
    _, (head, *_) = await closed(database)
    await said(database_url, "queue", "pause", "notes")
    found = await told(database_url, "activity")
    assert {(one["what"], one["subject"]) for one in found} == {
        ("message.died", f"message:{head}"),
        ("queue.paused", "queue:notes"),
    }
    assert [one["at_ms"] for one in found] == sorted((one["at_ms"] for one in found), reverse=True)
    assert [one["what"] for one in await told(database_url, "activity", "--contains", "PAUSED")] == ["queue.paused"]
    text = await said(database_url, "activity", "--limit", "1")
    assert text.splitlines()[0].split()[:3] == ["ago", "what", "on"]
    assert len(text.splitlines()) == 2
