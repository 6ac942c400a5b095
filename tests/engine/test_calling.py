"""Plain functions as handlers: in threads of the worker, and in processes of their own that may die."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from multiprocessing import active_children
from pathlib import Path

import msgspec
import pytest
from tests.engine.kitchen import GO_ON, STOVE, TABLE, Dish, Oven, cook, cook_in_a_process, cook_in_a_thread
from tests.support.command import alive

from barback.engine import Message, Queue, Task, Worker
from barback.engine.dead import dead_letters
from barback.engine.dead.dead_letters import DeadLetter
from barback.foundation.clock import HandClock
from barback.storage import Database


async def order(db: Database, task: Task, *does: str, book: Path | None = None) -> None:
    async with db.transaction() as tx:
        for one in does:
            await task.enqueue(tx, Dish(one, str(book or "")))


async def cooked(db: Database, clock: HandClock, *tasks: Task) -> None:
    """Work, and work again what failed once."""
    worker = Worker(db, tasks)
    await worker.until_quiet()
    clock.advance(60_000)
    await worker.until_quiet()
    await worker.retire()


async def died(db: Database) -> list[DeadLetter]:
    async with db.reading() as tx:
        return await dead_letters.page(tx)


@pytest.fixture
async def threads() -> AsyncIterator[None]:
    """A function that hangs goes on when the test ends."""
    GO_ON.clear()
    yield
    GO_ON.set()


async def test_a_plain_function_runs_in_a_thread_with_the_context_of_its_worker(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    """Not on the loop; what the loop's context says is there too."""
    book = tmp_path / "book"
    TABLE.set("table 7")
    await order(database, cook_in_a_thread, "note", "raise", "cancel", "retry", book=book)
    await cooked(database, clock, cook_in_a_thread)
    pid, thread, attempt, table = book.read_text().split(maxsplit=3)
    assert (int(pid), attempt, table.strip()) == (os.getpid(), "1", "table 7")
    assert thread.startswith("kitchen.cook")
    assert sorted(letter.error for letter in await died(database)) == [
        "ValueError: the stove is cold",
        "not done yet",
    ]


@pytest.mark.usefixtures("threads")
async def test_a_function_in_a_thread_that_hangs_fails_by_its_time(
    database: Database, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(cook_in_a_thread), "act_timeout_s", 0.1)
    await order(database, cook_in_a_thread, "hang")
    await cooked(database, clock, cook_in_a_thread)
    assert [letter.error for letter in await died(database)] == ["TimeoutError: took longer than 0.1 s"]


async def test_a_process_of_its_own_is_kept_for_the_next_call_and_may_die(database: Database, tmp_path: Path) -> None:
    """Killed, or leaving by itself, or raising: a failed attempt each, never the worker's death."""
    book = tmp_path / "book"
    await order(database, cook_in_a_process, "note", "note", "cancel", book=book)
    worker = Worker(database, [cook_in_a_process])
    await worker.until_quiet()
    pids = {line.split()[0] for line in book.read_text().splitlines()}
    assert len(pids) == 1
    assert str(os.getpid()) not in pids
    await order(database, cook_in_a_process, "raise", "die", "leave", "note", book=book)
    await worker.until_quiet()
    await worker.retire()
    assert sorted(letter.error for letter in await died(database)) == [
        "CallFailedError: ValueError: the stove is cold",
        "ChildDiedError: the process that called cook_in_a_process ended with code 3",
        "ChildDiedError: the process that called cook_in_a_process was killed by SIGKILL",
    ]
    assert len(book.read_text().splitlines()) == 3
    assert not any(alive(int(pid)) for pid in pids)


async def test_a_process_that_takes_too_long_is_ended_and_one_that_grew_is_replaced(
    database: Database, clock: HandClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, oven = tmp_path / "book", Oven()
    monkeypatch.setattr(Oven, "act_timeout_s", 1.0)
    monkeypatch.setattr(Oven, "attempts_max", 1)
    await order(database, oven, "hang")
    worker = Worker(database, [oven])
    await worker.until_quiet()
    assert [letter.error for letter in await died(database)] == ["TimeoutError: took longer than 1 s"]
    # Only what this test started: the fork server is nobody's child of ours.
    async with asyncio.timeout(30):
        while [child for child in active_children() if child.name.startswith("ForkServer")]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    monkeypatch.setattr(Oven, "act_timeout_s", 60.0)
    await worker.retire()
    monkeypatch.setattr(Oven, "child_memory_max", 1)
    await order(database, oven, "note", "note", book=book)
    await cooked(database, clock, oven)
    assert len({line.split()[0] for line in book.read_text().splitlines()}) == 2


def test_mistakes_are_told_where_they_are_made() -> None:
    """The name, the value and the cure."""

    def local(message: Message[Dish]) -> None:
        cook(message)

    async def waits(message: Message[Dish]) -> None:
        del message

    with pytest.raises(ValueError, match=r"expected a function at the top of a module, got .*local"):
        STOVE.process_task("stove.local", payload=Dish)(local)
    with pytest.raises(TypeError, match=re.escape("use queue.task")):
        STOVE.thread_task("stove.waits", payload=Dish)(waits)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"queue\.thread_task"):
        Queue("x").task("x.local", payload=msgspec.Struct)(local)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"act_timeout_s, .*concurrency"):
        Queue("x").thread_task("x.local", payload=Dish, concurency=3)(local)
