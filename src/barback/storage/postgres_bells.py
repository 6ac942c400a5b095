"""Bells between processes on PostgreSQL: LISTEN and NOTIFY on a connection of their own, outside anybody's commit.

A ring is a hint about what is on disk already, so its own commit waits for no disk (`synchronous_commit` is off):
otherwise every ring would cost an fsync, and would be late by one.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]

from barback.storage.bells import Bell

_DRIVER: Any = asyncpg
_RECONNECT_S = 1.0
_CLOSE_S = 2.0
_NOTIFY_S = 30.0
_SETTINGS = {"application_name": "barback bells", "synchronous_commit": "off"}
_LIMIT_BYTES = 7_900  # NOTIFY takes less than 8,000


def payload_of(sender: str, names: Iterable[str]) -> str:
    """What a NOTIFY says: who rings, and which names; `*` when they are too many to say."""
    payload = "\n".join([sender, *sorted(names)])
    return payload if len(payload.encode()) <= _LIMIT_BYTES else f"{sender}\n*"


class PostgresBells:
    """Sends and hears rings of other processes; comes back by itself after a lost connection."""

    def __init__(self, url: str, bell: Bell, notify: Callable[[str], Awaitable[None]]) -> None:
        """`notify` issues one NOTIFY on any other connection, for while ours is not there."""
        self._url = url
        self._bell = bell
        self._notify = notify
        self._me = uuid.uuid4().hex[:12]
        self._task: asyncio.Task[None] | None = None
        self._sending: asyncio.Task[None] | None = None
        self._unsent: set[str] = set()
        self._connection: Any = None

    def start(self) -> None:
        """Begin to listen in the background."""
        self._bell.connect(self._send)
        self._task = asyncio.get_running_loop().create_task(self._run(), name="bells")

    async def close(self) -> None:
        """Let rings that are on their way go out, then stop listening."""
        if self._sending is not None:
            await asyncio.wait([self._sending], timeout=_CLOSE_S)
        running = [task for task in (self._task, self._sending) if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _send(self, names: frozenset[str]) -> None:
        # One at a time: while every connection is taken, rings gather into one instead of into a crowd.
        self._unsent |= names
        if self._sending is None or self._sending.done():
            self._sending = asyncio.get_running_loop().create_task(self._send_all())

    async def _send_all(self) -> None:
        while self._unsent:
            payload = payload_of(self._me, self._unsent)
            self._unsent.clear()
            await self._quietly(payload)

    async def _quietly(self, payload: str) -> None:
        # A ring that is lost costs time, never work: listeners look by themselves now and then.
        with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            if self._connection is None:
                await self._notify(payload)
            else:
                await self._connection.execute("SELECT pg_notify('barback', $1)", payload)

    def _heard(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        sender, *names = str(payload).split("\n")
        if sender == self._me:
            return
        if names == ["*"]:
            self._bell.everybody()
        else:
            self._bell.heard(names)

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                await self._listen_until_lost()
            await asyncio.sleep(_RECONNECT_S)

    async def _listen_until_lost(self) -> None:
        connection: Any = await _DRIVER.connect(self._url, server_settings=_SETTINGS, command_timeout=_NOTIFY_S)
        lost = asyncio.Event()
        try:

            def gone(_connection: Any) -> None:
                lost.set()

            connection.add_termination_listener(gone)
            await connection.add_listener("barback", self._heard)
            self._connection = connection
            self._bell.everybody()
            await lost.wait()
        finally:
            self._connection = None
            connection.terminate()
