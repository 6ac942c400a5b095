"""Connections to PostgreSQL, lent for a transaction each.

The driver's own pool spends a task, a shield, a time-out, a stand-in and a reset on every loan: with its rings, a
fifth of the processor time of a message that is enqueued alone. What we leave on a connection we know: nothing, or it
is in no state to be lent again and is thrown away.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]

WAIT_S = 30.0
"""How long somebody waits for a connection before that is an error."""
IDLE_S = 300.0
"""Connections that nobody wanted for this long are closed."""
LIFE_S = 3_600.0
"""Older ones are closed when they come back: what a server keeps for a connection only grows."""
CLOSE_S = 30.0


class PostgresPool:
    """At most `most` connections; whoever waits is served in turn. Lends the one that was used last."""

    def __init__(self, connect: Callable[[], Awaitable[Any]], most: int) -> None:
        """`connect` opens one."""
        self._connect = connect
        self._most = most
        self._born: dict[Any, float] = {}
        self._idle: deque[tuple[Any, float]] = deque()
        self._opening = 0
        self._waiting: deque[asyncio.Future[Any | None]] = deque()
        self._closing: set[asyncio.Future[None]] = set()
        self._closed = False
        self._empty = asyncio.Event()

    async def acquire(self) -> Any:
        """A connection in no transaction. Raises what connecting raises, and TimeoutError when none gets free."""
        while True:
            if self._closed:
                raise asyncpg.InterfaceError("the pool of connections is closed")
            while self._idle:
                connection, _ = self._idle.pop()
                if not connection.is_closed():
                    return connection
                self._born.pop(connection, None)
            if len(self._born) + self._opening < self._most:
                return await self._open()
            if (connection := await self._wait()) is not None:
                return connection

    async def _open(self) -> Any:
        self._opening += 1
        connection: Any = None
        try:
            connection = await self._connect()
        finally:
            self._opening -= 1
            if connection is None:
                self._hand_on(None)
        self._born[connection] = time.monotonic()
        return connection

    async def _wait(self) -> Any | None:
        """A connection that somebody gives back; None when there is room to open one."""
        future: asyncio.Future[Any | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            async with asyncio.timeout(WAIT_S):
                return await future
        except BaseException:
            with contextlib.suppress(ValueError):
                self._waiting.remove(future)
            if future.done() and not future.cancelled() and future.exception() is None:
                # It was ours at the very moment in which we gave up waiting.
                given = future.result()
                self._hand_on(None) if given is None else self.release(given)
            raise

    def release(self, connection: Any, *, broken: bool = False) -> None:
        """Give it back. `broken`: its state is not known, as after a cancellation, so nobody may have it."""
        now = time.monotonic()
        born = self._born.get(connection, now)
        if broken or self._closed or connection.is_closed() or connection.is_in_transaction() or now - born > LIFE_S:
            self._let_go(connection, politely=not broken)
            self._hand_on(None)
        elif not self._hand_on(connection):
            self._idle.append((connection, now))
        while self._idle and now - self._idle[0][1] > IDLE_S:
            old, _ = self._idle.popleft()
            self._let_go(old, politely=True)
        if self._closed and not self._born:
            self._empty.set()

    def _let_go(self, connection: Any, *, politely: bool) -> None:
        self._born.pop(connection, None)
        if politely and not connection.is_closed() and not connection.is_in_transaction():
            closing = asyncio.ensure_future(_close(connection))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
        else:
            connection.terminate()

    def _hand_on(self, connection: Any | None) -> bool:
        """Give it, or with None the room for one, to whoever waited longest; False when nobody does."""
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(connection)
                return True
        return False

    async def close(self) -> None:
        """Close what is idle, and wait for what is lent, at most CLOSE_S seconds."""
        self._closed = True
        for future in self._waiting:
            if not future.done():
                future.set_exception(asyncpg.InterfaceError("the pool of connections was closed"))
        self._waiting.clear()
        for connection, _ in self._idle:
            self._let_go(connection, politely=True)
        self._idle.clear()
        if self._born:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    await self._empty.wait()
        for connection in self._born:
            connection.terminate()
        self._born.clear()
        if self._closing:
            await asyncio.wait(self._closing)


async def _close(connection: Any) -> None:
    with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        await connection.close(timeout=5)
