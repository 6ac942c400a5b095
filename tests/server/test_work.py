"""`barback work` as processes of its own: signals, memory, health, and a supervisor that follows the work."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
from tests.engine.kitchen import Dish, cook_in_a_thread
from tests.support.command import WAIT_S, alive, barback, environment, free_port, started, until
from typer.testing import CliRunner

from barback.engine.operations import figures
from barback.engine.operations.figures import Snapshot
from barback.engine.workers import scaling
from barback.foundation.clock import SystemClock
from barback.foundation.settings import Settings
from barback.server.cli import app
from barback.server.commands import _workers
from barback.storage import Database, open_database

APP = ("--app", "tests.engine.kitchen")


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """The test's database by the machine's clock, as the processes have it."""
    opened = await open_database(database_url, clock=SystemClock())
    yield opened
    await opened.close()


async def order(db: Database, *does: str, book: Path | None = None) -> None:
    async with db.transaction() as tx:
        for one in does:
            await cook_in_a_thread.enqueue(tx, Dish(one, str(book or "")))


def pids(book: Path) -> list[int]:
    """Who noted what, in order."""
    return [int(line.split()[0]) for line in book.read_text().splitlines()] if book.exists() else []


async def look(db: Database) -> Snapshot:
    return await figures.Watcher().look(db)


async def eventually(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not await true():  # noqa: ASYNC110 - other processes tell nobody
            await asyncio.sleep(0.05)


@asynccontextmanager
async def working(url: str, *arguments: str) -> AsyncIterator[tuple[Process, str]]:
    """`barback work` that has entered its name; gives where it answers, too."""
    port = free_port()
    async with started(url, "work", *APP, "--http", f"127.0.0.1:{port}", *arguments) as process:
        at = f"http://127.0.0.1:{port}"
        await ready(at)
        yield process, at


async def ready(at: str) -> None:
    async with asyncio.timeout(WAIT_S), httpx.AsyncClient() as http:
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await http.get(f"{at}/readyz")).text == "ready\n":
                    return
            await asyncio.sleep(0.05)


async def nobody_works(db: Database) -> bool:
    return (await look(db)).workers == []


async def hanging(db: Database) -> bool:
    """One message is in somebody's hands."""
    return sum(one.leased for one in (await look(db)).queues) == 1


async def left(db: Database) -> tuple[int, int]:
    """Messages of the kitchen that wait, and that somebody holds."""
    (found,) = [one for one in (await look(db)).queues if one.queue == "kitchen"]
    return found.ready, found.leased


@pytest.mark.slow
async def test_K4_workers_come_with_the_work_and_go_when_it_is_done(
    db: Database, database_url: str, tmp_path: Path
) -> None:
    """From none to one at an enqueue, and back; one that is killed is buried and replaced; nobody is left behind."""
    book = tmp_path / "book"
    limits = ("--min", "0", "--max", "2", "--idle-s", "1", "--grace-s", "1")
    async with working(database_url, *limits) as (supervisor, _):
        assert await nobody_works(db)
        await order(db, "note", book=book)
        await until(lambda: len(pids(book)) == 1)
        await eventually(lambda: nobody_works(db))
        await order(db, "hang", "note", book=book)
        await until(lambda: len(pids(book)) == 2)
        await eventually(lambda: hanging(db))
        os.kill(pids(book)[1], signal.SIGKILL)
        await order(db, "note", book=book)
        await until(lambda: len(pids(book)) == 3)
        await eventually(lambda: hanging(db))
        supervisor.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(supervisor.wait(), WAIT_S) == 0
    assert await nobody_works(db)
    assert await left(db) == (1, 0)
    assert len({supervisor.pid, *pids(book)}) == 4
    assert not any(alive(pid) for pid in pids(book))
    async with db.reading() as tx:
        decided = [(one.before, one.after) for one in await scaling.decisions(tx)]
    assert decided[::-1][:3] == [(0, 1), (1, 0), (0, 1)]


@pytest.mark.slow
async def test_a_supervisor_that_is_killed_leaves_nobody_behind(
    db: Database, database_url: str, tmp_path: Path
) -> None:
    """Its workers notice, finish what they hold and end."""
    book = tmp_path / "book"
    async with working(database_url, "--min", "1", "--max", "1") as (supervisor, _):
        await order(db, "note", book=book)
        await until(lambda: len(pids(book)) == 1)
        supervisor.kill()
        await supervisor.wait()
        await until(lambda: not alive(pids(book)[0]))
    assert await nobody_works(db)


@pytest.mark.slow
async def test_signals_to_a_worker(db: Database, database_url: str, tmp_path: Path) -> None:
    """SIGUSR1: says where everybody is. SIGHUP: anew in the same process. SIGTERM: drains; twice: hands back."""
    book = tmp_path / "book"
    async with working(database_url) as (worker, at):
        assert worker.stderr is not None
        await order(db, "note", book=book)
        await until(lambda: len(pids(book)) == 1)
        first = (await look(db)).workers[0].id
        worker.send_signal(signal.SIGUSR1)
        await says(worker, "task Task-", "thread heart")
        worker.send_signal(signal.SIGHUP)
        await says(worker, "because of: reload", "working")
        await ready(at)
        (found,) = (await look(db)).workers
        assert found.id != first
        await order(db, "note", book=book)
        await until(lambda: len(pids(book)) == 2)
        assert {found.pid, *pids(book)} == {worker.pid}
        await order(db, "hang")
        await eventually(lambda: hanging(db))
        worker.send_signal(signal.SIGTERM)
        await says(worker, "because of: stopped")
        assert await left(db) == (0, 1)
        worker.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(worker.wait(), WAIT_S) == 0
    assert await nobody_works(db)
    assert await left(db) == (1, 0)


@pytest.mark.slow
async def test_a_worker_that_has_grown_too_large_starts_anew(tmp_path: Path) -> None:
    """It drains first and keeps its process id; systemd is told that it is ready, that it lives, and why it goes."""
    url = f"sqlite:///{tmp_path}/barback.db"
    await barback(url, "migrate")
    told: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        hear = partial(_hear, systemd, told)
        asyncio.get_running_loop().add_reader(systemd, hear)
        more = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        async with started(url, "work", *APP, "--memory-max", "1M", **more) as worker:
            await says(worker, "1 are allowed", "because of: recycle", "working")
            await until(lambda: told.count(b"READY=1") == 2)
            worker.kill()
        asyncio.get_running_loop().remove_reader(systemd)
    assert b"WATCHDOG=1" in told
    assert b"STATUS=starting anew" in told


def _hear(at: socket.socket, told: list[bytes]) -> None:
    told.append(at.recv(1_000))


def test_run_starts_a_supervisor_when_there_may_be_more_workers() -> None:
    """`BARBACK_WORKERS` are the least and `BARBACK_WORKERS_MAX` the most."""
    assert [child.arguments[:1] for child in _workers(Settings(workers=2))] == [("work",)] * 2
    (child,) = _workers(Settings(workers=0, workers_max=3))
    assert child.arguments[-4:] == ("--min", "0", "--max", "3")


async def says(process: Process, *words: str) -> None:
    """Wait until its log has said all of `words`, in this order."""
    assert process.stderr is not None
    async with asyncio.timeout(WAIT_S):
        for word in words:
            while word not in (line := (await process.stderr.readline()).decode()):
                assert line, f"it ended without saying {word!r}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--app", "no.such"), "there is no module no"),
        (("--app", "tests.engine.kitchen:nobody"), "the module tests.engine.kitchen has no nobody"),
        (("--app", "tests.engine.kitchen:WAIT"), "has no WAIT"),
        (("--app", "tests.support.command"), "found no task"),
        (
            ("--app", "tests.engine.kitchen", "--queues", "stove,bar"),
            "no task has the queue bar; the queues are engine",
        ),
        (("--concurrency", "stove"), "queue=count"),
        (("--memory-max", "much"), "such as 512M or 2G"),
        (("--min", "3", "--max", "2"), "0 <= --min <= --max"),
        (("--min", "2"), "are for --max"),
        (("--idle-s", "2"), "are for --max"),
        (("--http", "here"), "such as :9600"),
    ],
    ids=str,
)
def test_mistakes_name_the_value_and_the_cure(arguments: tuple[str, ...], words: str) -> None:
    answer = CliRunner().invoke(app, ("work", *arguments), env=environment("sqlite:////nowhere/at/all.db"))
    assert answer.exit_code in (1, 2)
    assert words in answer.output + str(answer.exception)
