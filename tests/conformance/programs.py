"""Programs of other people, one for each library that `adopt` knows: they begin, write a row, and end as they like."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiosqlite
import asyncpg
import django
import django.conf
import django.db
import django.db.transaction
import psycopg
import sqlalchemy
import sqlalchemy.ext.asyncio
import sqlalchemy.orm

from barback.storage.adopting.hands import settled

ROW = "INSERT INTO note (id) VALUES ('theirs')"
Opener = Callable[[str, AsyncExitStack], Any]


@dataclass
class Program:
    """What the program holds, to be adopted, and how it ends its transaction."""

    holds: Any
    write: Callable[[], Any]
    commit: Callable[[], Any]
    rollback: Callable[[], Any]

    async def writes(self) -> None:
        """A row of its own."""
        await settled(self.write())

    async def commits(self) -> None:
        """Keep everything."""
        await settled(self.commit())

    async def rolls_back(self) -> None:
        """Undo everything."""
        await settled(self.rollback())


def _plain(connection: Any) -> Program:
    return Program(connection, lambda: connection.execute(ROW), connection.commit, connection.rollback)


def _alchemy(holds: Any) -> Program:
    return Program(holds, lambda: holds.execute(sqlalchemy.text(ROW)), holds.commit, holds.rollback)


def _path(url: str) -> str:
    return url.removeprefix("sqlite:///")


async def with_sqlite3(url: str, stack: AsyncExitStack) -> Program:
    connection = sqlite3.connect(_path(url))
    stack.callback(connection.close)
    return _plain(connection)


async def with_sqlite3_by_hand(url: str, stack: AsyncExitStack) -> Program:
    connection = sqlite3.connect(_path(url), isolation_level=None)
    stack.callback(connection.close)
    program = _plain(connection)
    program.write = lambda: (connection.execute("BEGIN"), connection.execute(ROW))
    return program


async def with_aiosqlite(url: str, stack: AsyncExitStack) -> Program:
    return _plain(await stack.enter_async_context(aiosqlite.connect(_path(url))))


async def with_psycopg(url: str, stack: AsyncExitStack) -> Program:
    connection = psycopg.connect(url)
    stack.callback(connection.close)
    return _plain(connection)


async def with_psycopg_async(url: str, stack: AsyncExitStack) -> Program:
    connection = await psycopg.AsyncConnection.connect(url)
    stack.push_async_callback(connection.close)
    return _plain(connection)


async def with_asyncpg(url: str, stack: AsyncExitStack) -> Program:
    connection = await asyncpg.connect(url)
    stack.push_async_callback(connection.close)
    return await _asyncpg(connection)


async def with_asyncpg_pool(url: str, stack: AsyncExitStack) -> Program:
    pool = await stack.enter_async_context(asyncpg.create_pool(url, min_size=1, max_size=1))
    return await _asyncpg(await stack.enter_async_context(pool.acquire()))


async def _asyncpg(connection: Any) -> Program:
    async def write() -> None:
        await connection.execute("BEGIN")
        await connection.execute(ROW)

    return Program(connection, write, lambda: connection.execute("COMMIT"), lambda: connection.execute("ROLLBACK"))


def _engine_url(url: str, driver: str) -> str:
    return url.replace("postgres://", "postgresql://").replace("://", f"+{driver}://", 1)


def with_session(driver: str) -> Opener:
    async def opened(url: str, stack: AsyncExitStack) -> Program:
        engine = sqlalchemy.create_engine(_engine_url(url, driver))
        stack.callback(engine.dispose)
        return _alchemy(stack.enter_context(sqlalchemy.orm.Session(engine)))

    return opened


def with_alchemy_connection(driver: str) -> Opener:
    async def opened(url: str, stack: AsyncExitStack) -> Program:
        engine = sqlalchemy.create_engine(_engine_url(url, driver))
        stack.callback(engine.dispose)
        return _alchemy(stack.enter_context(engine.connect()))

    return opened


def with_async_session(driver: str, *, scoped: bool = False) -> Opener:
    async def opened(url: str, stack: AsyncExitStack) -> Program:
        engine = sqlalchemy.ext.asyncio.create_async_engine(_engine_url(url, driver))
        stack.push_async_callback(engine.dispose)
        maker = sqlalchemy.ext.asyncio.async_sessionmaker(engine)
        if not scoped:
            return _alchemy(await stack.enter_async_context(maker()))
        session = sqlalchemy.ext.asyncio.async_scoped_session(maker, scopefunc=lambda: "one")
        stack.push_async_callback(session.remove)
        return _alchemy(session)

    return opened


async def with_async_alchemy_connection(url: str, stack: AsyncExitStack) -> Program:
    engine = sqlalchemy.ext.asyncio.create_async_engine(_engine_url(url, "asyncpg"))
    stack.push_async_callback(engine.dispose)
    return _alchemy(await stack.enter_async_context(engine.connect()))


async def with_django(url: str, stack: AsyncExitStack) -> Program:
    if not django.conf.settings.configured:
        django.conf.settings.configure(USE_TZ=True)
        django.setup()
    at = sqlalchemy.engine.make_url(url)
    kind = "sqlite3" if at.drivername == "sqlite" else "postgresql"
    options = {
        "ENGINE": f"django.db.backends.{kind}", "NAME": at.database, "USER": at.username or "",
        "HOST": at.host or "", "PORT": at.port or "",
    }  # fmt: skip
    django.db.connections["default"] = django.db.ConnectionHandler({"default": options})["default"]
    # Django looks whether a loop runs in this thread. Of tests it does; of its programs it does not.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    stack.callback(os.environ.pop, "DJANGO_ALLOW_ASYNC_UNSAFE")
    stack.callback(django.db.connection.close)
    atomic: list[Any] = []

    def begin() -> None:
        atomic.append(django.db.transaction.atomic())
        atomic[0].__enter__()
        django.db.connection.cursor().execute(ROW)

    def end(*error: Any) -> None:
        atomic.pop().__exit__(*(error or (None, None, None)))

    return Program(django.db.connection, begin, end, lambda: end(ValueError, ValueError(), None))


KINDS: dict[str, list[tuple[str, Opener]]] = {
    "sqlite": [
        ("sqlite3", with_sqlite3),
        ("sqlite3 by hand", with_sqlite3_by_hand),
        ("aiosqlite", with_aiosqlite),
        ("Session", with_session("pysqlite")),
        ("Connection", with_alchemy_connection("pysqlite")),
        ("AsyncSession of aiosqlite", with_async_session("aiosqlite")),
        ("django", with_django),
    ],
    "postgres": [
        ("psycopg", with_psycopg),
        ("psycopg async", with_psycopg_async),
        ("asyncpg", with_asyncpg),
        ("asyncpg pool", with_asyncpg_pool),
        ("Session", with_session("psycopg")),
        ("Connection", with_alchemy_connection("psycopg")),
        ("AsyncSession of psycopg", with_async_session("psycopg")),
        ("AsyncSession of asyncpg", with_async_session("asyncpg")),
        ("scoped AsyncSession", with_async_session("asyncpg", scoped=True)),
        ("AsyncConnection", with_async_alchemy_connection),
        ("django", with_django),
    ],
}
TOLD = ("Session", "AsyncSession", "scoped", "django")
"""Kinds whose library tells when it has committed; of the others we see it."""
SYNCHRONOUS = ("sqlite3", "sqlite3 by hand", "psycopg", "Session", "Connection", "django")


@asynccontextmanager
async def program(kind: str, dialect: str, url: str) -> AsyncIterator[Program]:
    """The program with `kind` of connection, for the length of the block."""
    async with AsyncExitStack() as stack:
        yield await dict(KINDS[dialect])[kind](url, stack)
