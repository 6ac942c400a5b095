"""What every test can ask for: a hand-set clock, and a migrated database on each back end.

`database` runs a test twice, on SQLite and on PostgreSQL. Neither is ever skipped: where one cannot be had,
the test fails. Each test has a database of its own, copied from a template that was migrated once.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support.memory import lie_in_memory
from tests.support.server import RunningServer, cheap_passwords, running_server

from barback.foundation.clock import HandClock
from barback.storage import Database, MigrationSet, migrate, open_database
from barback.testing.postgres import PostgresServer, running_postgres

ROOT = Path(__file__).parent.parent
TEMPLATE = "barback_template"
IN_MEMORY = lie_in_memory()
cheap_passwords()


def pytest_unconfigure() -> None:
    """What lies in memory goes with the run."""
    if IN_MEMORY is not None:
        shutil.rmtree(IN_MEMORY, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The fast tests first: a broken rule shows in seconds, not after the browser has started.

    Of the slow ones those that may take longest, so that none is left alone at the end.
    """

    def place(item: pytest.Item) -> tuple[bool, float]:
        slow = any(item.get_closest_marker(name) for name in ("slow", "journey"))
        longest = item.get_closest_marker("timeout")
        return slow, -longest.args[0] if slow and longest else 0

    items.sort(key=place)


def all_migrations() -> list[MigrationSet]:
    """The engine's and every room's, in the order of server/assembly.py."""
    if importlib.util.find_spec("barback.server") and importlib.util.find_spec("barback.server.assembly"):
        return list(importlib.import_module("barback.server.assembly").migrations())
    return [MigrationSet("engine", ROOT / "src/barback/engine/migrations")]


async def _migrate(url: str) -> None:
    database = await open_database(url, clock=HandClock(), bells=False)
    try:
        await migrate(database, all_migrations())
    finally:
        await database.close()


@pytest.fixture
def clock() -> HandClock:
    """The test's clock; it moves only when told to."""
    return HandClock()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL for the whole run."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """The name of a migrated database to copy from."""
    postgres_server.create(TEMPLATE)
    asyncio.run(_migrate(postgres_server.url(TEMPLATE)))
    return TEMPLATE


class Copies:
    """Copies of the template, made and removed in the background: either takes as long as a short test."""

    def __init__(self, server: PostgresServer, template: str, threads: ThreadPoolExecutor) -> None:
        self._server, self._template, self._threads = server, template, threads
        self._ready = deque(self._begin() for _ in range(2))

    def _begin(self) -> Future[str]:
        return self._threads.submit(self._server.create, template=self._template)

    def take(self) -> str:
        """The name of a database nobody has used."""
        self._ready.append(self._begin())
        return self._ready.popleft().result()

    def drop(self, name: str) -> None:
        """Remove one, soon."""
        self._threads.submit(self._server.drop, name)


@pytest.fixture(scope="session")
def postgres_copies(postgres_server: PostgresServer, postgres_template: str) -> Iterator[Copies]:
    """Migrated databases, a step ahead of the tests."""
    with ThreadPoolExecutor(2, thread_name_prefix="copies") as threads:
        yield Copies(postgres_server, postgres_template, threads)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file to copy from."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


def _fresh(request: pytest.FixtureRequest, tmp_path: Path, *, migrated: bool) -> Iterator[str]:
    if request.param == "sqlite":
        path = tmp_path / "barback.db"
        if migrated:
            shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    copies: Copies = request.getfixturevalue("postgres_copies")
    name = copies.take() if migrated else server.create()
    yield server.url(name)
    copies.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database of the test's own, on each back end in turn."""
    yield from _fresh(request, tmp_path, migrated=True)


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of the test's own, on each back end in turn."""
    yield from _fresh(request, tmp_path, migrated=False)


@pytest.fixture
async def database(database_url: str, clock: HandClock) -> AsyncIterator[Database]:
    """An open, migrated database of the test's own, on each back end in turn, with the test's `clock`."""
    opened = await open_database(database_url, clock=clock)
    yield opened
    await opened.close()


@pytest.fixture
async def server(database_url: str, clock: HandClock) -> AsyncIterator[RunningServer]:
    """A real server on a real socket, with a database of the test's own on each back end in turn."""
    async with running_server(database_url, clock) as running:
        yield running


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """A launcher for the checkout's own Chromium: `playwright.chromium.launch(executable_path=chromium_path)`."""
    done = subprocess.run([sys.executable, ROOT / "tools" / "chromium.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"no Chromium:\n{done.stdout}{done.stderr}"
    return Path(done.stdout.splitlines()[-1])
