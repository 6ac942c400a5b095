"""Messages wherever they are: found by what they have, cancelled, put off, hurried; from Python and as commands."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from tests.engine.notes import Book, Note, NoteTask, work
from typer.testing import CliRunner

from barback.engine import Lines, Work, Worker, store
from barback.engine.bulk import bundles
from barback.engine.bulk.bundles import Kind
from barback.engine.changes import page as changes_page
from barback.engine.fanout.batches import Batch
from barback.engine.leasing import arrivals
from barback.engine.leasing.claims import claim, give_back
from barback.engine.operations import looking, moving
from barback.engine.operations.looking import NEWEST, Look, MessageNotFound, Seen
from barback.engine.operations.moving import MessageNotWaiting
from barback.engine.store import SQL
from barback.foundation.clock import HandClock
from barback.server.cli import app
from barback.storage import Database


async def enqueued(db: Database, task: NoteTask, *names: str, **more: Any) -> list[str]:
    async with db.transaction() as tx:
        return await task.enqueue_many(tx, [Work(Note(name), **more) for name in names])


async def found(db: Database, **look: Any) -> list[Seen]:
    async with db.reading() as tx:
        return (await looking.search(tx, Look(**look))).items


async def states(db: Database, **wanted: Any) -> dict[str, str]:
    return {json.loads(one.payload)["name"]: one.state for one in await found(db, **wanted)}


async def everywhere(db: Database, task: NoteTask) -> dict[str, str]:
    """A message in every place; name → id."""
    ids: dict[str, str] = {}
    task.book.dies = {"dead"}
    for name, more in (("dead", {}), ("head", {"key": "tab"}), ("behind", {"key": "tab"})):
        (ids[name],) = await enqueued(db, task, name, **more)
    async with db.transaction() as tx:
        await tx.run(SQL.worker_add, id="w", host="bar", pid=1, queues="notes", now_ms=tx.now_ms)
        (lease,) = await claim(tx, "notes", "w", 1)
        assert lease.rows[0].id == ids["dead"]
    (ids["late"],) = await enqueued(db, task, "late", delay_ms=60_000, tenant="harbour")
    async with db.transaction() as tx:
        await bundles.add(tx, Kind("notes", task.name, 0, 3, "pier"), [Note("packed"), Note("beside")])
    return ids


async def test_a_message_is_found_wherever_it_is(database: Database) -> None:
    """By id, queue, key, tenant, task, state."""
    task = NoteTask(Book())
    ids = await everywhere(database, task)
    assert await states(database) == {
        "dead": "leased", "head": "waiting", "behind": "waiting", "late": "scheduled", "packed": "ready",
        "beside": "ready",
    }  # fmt: skip
    assert await states(database, key="tab") == {"head": "waiting", "behind": "waiting"}
    assert await states(database, tenant="harbour") == {"late": "scheduled"}
    assert await states(database, tenant="pier") == {"packed": "ready", "beside": "ready"}
    assert await states(database, state="leased") == {"dead": "leased"}
    assert await states(database, queue="others") == {}
    assert await states(database, task="notes.note", id=ids["late"]) == {"late": "scheduled"}
    (held,) = await found(database, state="leased")
    assert (held.worker, held.attempt, held.attempts_max) == ("w", 1, 10)
    assert [one.id for one in await found(database, id=held.id)] == [held.id]
    for one in await found(database, tenant="pier"):
        assert [same.id for same in await found(database, id=one.id)] == [one.id]
    async with database.reading() as tx:
        for one in await found(database):
            assert (await looking.one(tx, one.id, queue="notes")).state == one.state
            with pytest.raises(MessageNotFound):
                await looking.one(tx, one.id, queue="others")


async def test_pages_follow_one_another_without_a_gap_or_a_double(database: Database) -> None:
    """Wherever the messages are, and all enqueued in one millisecond."""
    task = NoteTask(Book())
    await everywhere(database, task)
    every = [one.id for one in await found(database)]
    paged: list[str] = []
    before = NEWEST
    async with database.reading() as tx:
        while True:
            page = await looking.search(tx, Look(), before=before, limit=2)
            paged += [one.id for one in page.items]
            if page.after is None:
                break
            before = page.after
    assert paged == every
    assert len(set(paged)) == 6


async def test_what_waits_is_cancelled_and_its_key_moves_on(database: Database, clock: HandClock) -> None:
    """A head that waits for its retry, one behind it, one that is packed with others; not what a worker holds."""
    task = NoteTask(Book(dies={"x"}))
    ids = await everywhere(database, task)
    cancelled = ("behind", "late")
    async with database.transaction() as tx:
        for name in cancelled:
            assert (await moving.cancel(tx, ids[name], who="test", reason="a test")).id == ids[name]
        with pytest.raises(MessageNotWaiting, match="held by w"):
            await moving.cancel(tx, ids["dead"], who="test")
        with pytest.raises(MessageNotFound, match="No message has the id nothing"):
            await moving.cancel(tx, "nothing", who="test")
        (packed,) = [one for one in (await looking.search(tx, Look(tenant="pier"))).items if "packed" in one.payload]
        await moving.cancel(tx, packed.id, who="test")
    await work(database, task)
    clock.advance(60_000)
    await work(database, task)
    assert sorted(task.book.done) == ["beside", "head"]
    async with database.reading() as tx:
        (change,) = await changes_page(tx, subject=f"message:{ids['late']}")
    assert (change.action, json.loads(bytes(change.after))["reason"]) == ("message.cancelled", "a test")


async def test_a_head_that_is_cancelled_lets_the_next_of_its_key_go(database: Database) -> None:
    """Ready, or put off: whichever place it has."""
    task = NoteTask(Book())
    for later in (False, True):
        first, _ = await enqueued(database, task, f"first {later}", f"second {later}", key=f"tab {later}")
        async with database.transaction() as tx:
            await tx.run(SQL.worker_add, id=f"w {later}", host="bar", pid=1, queues="notes", now_ms=tx.now_ms)
            leases = await claim(tx, "notes", f"w {later}", 10)
        async with database.transaction() as tx:
            await give_back(tx, leases)
        async with database.transaction() as tx:
            if later:
                await moving.snooze(tx, first, 60_000, who="test")
            await moving.cancel(tx, first, who="test")
        await work(database, task)
    assert task.book.done == ["second False", "second True"]


async def test_a_member_of_a_batch_that_is_cancelled_counts_as_such(database: Database) -> None:
    """Its batch does not wait for it for ever."""
    task = NoteTask(Book())
    async with database.transaction() as tx:
        batch = await Batch.open(tx, "blast")
        await batch.add(tx, task, task.works("ab"))
        await batch.seal(tx)
        for one in (await looking.search(tx, Look(), limit=1)).items:
            await moving.cancel(tx, one.id, who="test")
    await work(database, task)
    async with database.reading() as tx:
        figures = await batch.figures(tx)
    assert (figures.state, figures.done, figures.cancelled) == ("finished", 1, 1)


async def test_members_of_a_batch_that_are_drained_with_their_key_count_as_cancelled(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its batch does not wait for them for ever; the head is done, page by page the others are not."""
    monkeypatch.setattr(moving, "DRAIN_PAGE", 2)
    task = NoteTask(Book())
    async with database.transaction() as tx:
        batch = await Batch.open(tx, "blast")
        await batch.add(tx, task, [Work(Note(name), key="tab") for name in "abcd"])
        await batch.seal(tx)
    async with database.transaction() as tx:
        await store.add_ready(tx, (await arrivals.route_arrivals(tx, "notes", 10))[0])
    drained: list[int] = []
    for _ in range(3):
        async with database.transaction() as tx:
            drained.append(await moving.drain_key(tx, "notes", "tab", who="test"))
    await work(database, task)
    async with database.reading() as tx:
        figures = await batch.figures(tx)
    assert (drained, task.book.done) == ([2, 1, 0], ["a"])
    assert (figures.state, figures.done, figures.cancelled) == ("finished", 1, 3)


async def test_what_just_came_for_a_key_is_drained_with_what_waits_behind_it(database: Database) -> None:
    """No worker has put it into its line yet; what came first of an idle key is its head, and stays."""
    task = NoteTask(Book())
    drained: list[int] = []
    for names in ("ab", "cd", ""):
        async with database.transaction() as tx:
            await task.enqueue_many(tx, [Work(Note(name), key=key) for name in names for key in ("tab", "other")])
        async with database.transaction() as tx:
            drained.append(await moving.drain_key(tx, "notes", "tab", who="test"))
    await work(database, task)
    assert drained == [1, 2, 0]
    assert sorted(task.book.done) == ["a", "a", "b", "c", "d"]


async def test_what_waits_in_a_line_is_found_cancelled_and_put_off(database: Database, clock: HandClock) -> None:
    """As what waits without one; the others of its line go on."""
    task = NoteTask(Book())
    task.lines = Lines()
    await Worker(database, [task]).start()
    first, second, _ = await enqueued(database, task, "first", "second", "third", tenant="harbour")
    assert await states(database, tenant="harbour") == {"first": "ready", "second": "ready", "third": "ready"}
    async with database.transaction() as tx:
        await moving.cancel(tx, first, who="test")
        await moving.snooze(tx, second, 5_000, who="test")
    await work(database, task)
    assert task.book.done == ["third"]
    clock.advance(5_000)
    await work(database, task)
    assert task.book.done == ["third", "second"]


async def test_one_is_put_off_and_hurried(database: Database, clock: HandClock) -> None:
    """Also a dead one; not one that stands behind others."""
    task = NoteTask(Book(dies={"x"}))
    (plain,) = await enqueued(database, task, "plain")
    (late,) = await enqueued(database, task, "late", delay_ms=60_000)
    (arrived,) = await enqueued(database, task, "waiting", key="tab")
    async with database.transaction() as tx:
        await moving.snooze(tx, plain, 30_000, who="test")
        await moving.hurry(tx, late, who="test")
        with pytest.raises(MessageNotWaiting, match="is waiting"):
            await moving.snooze(tx, arrived, 1, who="test")
        with pytest.raises(MessageNotWaiting, match="does not wait for a time"):
            await moving.hurry(tx, arrived, who="test")
    await work(database, task)
    assert sorted(task.book.done) == ["late", "waiting"]
    clock.advance(30_000)
    await work(database, task)
    assert task.book.done[-1] == "plain"
    (dies,) = await enqueued(database, task, "x")
    await work(database, task)
    task.book.dies.clear()
    async with database.transaction() as tx:
        assert (await moving.hurry(tx, dies, who="test")).state == "dead"
    await work(database, task)
    assert task.book.done[-1] == "x"


async def test_the_commands(database: Database, database_url: str) -> None:
    """Tables for people, JSON for programs, one line for a mistake."""
    task = NoteTask(Book())
    ids = await enqueued(database, task, "a", "b", "c", tenant="harbour")
    (late,) = await enqueued(database, task, "late", delay_ms=400 * 86_400_000)

    async def said(*arguments: str, code: int = 0) -> str:
        answer = await asyncio.to_thread(
            CliRunner().invoke, app, ("messages", *arguments), env={"BARBACK_DATABASE_URL": database_url}
        )
        assert answer.exit_code == code, answer.output
        return answer.output + str(answer.exception or "")

    listed = json.loads(await said("list", "tenant:harbour", "--json"))
    assert [one["id"] for one in listed["items"]] == ids[::-1]
    assert (listed["next"], listed["whole"]) == (None, True)
    assert [one["id"] for one in json.loads(await said("list", "payload.name:late", "--json"))["items"]] == [late]
    assert "scheduled" in await said("list", "state:scheduled")
    shown = json.loads(await said("show", late, "--json"))
    assert shown["payload"] == {"name": "late"}
    assert '{"name":"late"}' in await said("show", late)
    assert f"{ids[0]} waits for 5 s" in await said("snooze", ids[0], "--for", "5")
    assert f"{ids[0]} can run now" in await said("retry", ids[0], "--queue", "notes")
    for verb in ("show", "cancel", "snooze", "retry"):
        assert f"No message has the id {late}" in await said(verb, late, "--queue", "others", code=1)
    assert "queue:notes" in await said("cancel", "tenant:harbour", "--queue", "notes", code=2)
    assert "Aborted" in await said("cancel", "tenant:harbour", code=1)
    assert "2 wait for 60 s" in await said("snooze", "tenant:harbour", "state:ready", "--for", "60", "--yes")
    assert "3 are cancelled" in await said("cancel", "tenant:harbour", "--yes")
    assert "1 can run now" in await said("retry", "state:scheduled")
    assert await found(database, tenant="harbour") == []
    assert "name the id of one message" in await said("cancel", code=2)
    assert "no message can be that; use one of ready" in await said("list", "state:odd", code=1)
    assert "No message has the id nothing" in await said("show", "nothing", code=1)
