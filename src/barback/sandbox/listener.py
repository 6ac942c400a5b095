"""Follows an event on /v1/live as the office's screen does, and notes when each order is seen on its tab."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import websockets
from websockets.asyncio.client import connect

RECONNECT_S = 0.2


class _Data(msgspec.Struct, frozen=True):
    order_id: str = ""


class _Frame(msgspec.Struct, frozen=True):
    """What of a frame we need; the rest is not decoded."""

    type: str
    kind: str = ""
    cursor: str | None = None
    data: _Data | None = None
    problem: dict[str, Any] | None = None


_decode = msgspec.json.Decoder(_Frame).decode


class Listener:
    """`priced`: when (monotonic seconds) each order was first seen as processed."""

    def __init__(self, base_url: str, event_id: str, token: Callable[[], Awaitable[str]]) -> None:
        """`token` gives a token that may read the event's orders."""
        self._url = "ws" + base_url.removeprefix("http").rstrip("/") + "/v1/live"
        self._channel = f"event:{event_id}"
        self._token = token
        self._cursor: str | None = None
        self.priced: dict[str, float] = {}
        self.seen_twice = 0
        self.resets = 0
        self.drops = 0
        self.following = asyncio.Event()
        self._heard = asyncio.Event()

    async def run(self) -> None:
        """Follow until cancelled; after a drop go on from the last cursor."""
        while True:
            try:
                await self._follow()
            except (OSError, websockets.WebSocketException):
                self.drops += 1
                await asyncio.sleep(RECONNECT_S)

    async def until_seen(self, order_ids: Collection[str], *, quiet_s: float) -> set[str]:
        """Wait until all are seen, or nothing new came for `quiet_s`; those that are missing."""
        while missing := set(order_ids) - self.priced.keys():
            self._heard.clear()
            try:
                await asyncio.wait_for(self._heard.wait(), quiet_s)
            except TimeoutError:
                return missing
        return missing

    async def _follow(self) -> None:
        async with connect(self._url, compression=None, max_queue=1024) as socket:
            await socket.send(msgspec.json.encode({"type": "auth", "token": await self._token()}).decode())
            subscribe = {"type": "subscribe", "channel": self._channel, "cursor": self._cursor}
            await socket.send(msgspec.json.encode(subscribe).decode())
            async for text in socket:
                self._take(_decode(text))

    def _take(self, frame: _Frame) -> None:
        if frame.type == "news":
            if frame.kind == "order.priced" and frame.data is not None:
                self.seen_twice += frame.data.order_id in self.priced
                self.priced.setdefault(frame.data.order_id, time.perf_counter())
                self._heard.set()
        elif frame.type == "reset":
            self.resets += 1
        elif frame.type == "error":
            raise RuntimeError(f"the server does not let us follow {self._channel}: {frame.problem}")
        if frame.type in {"subscribed", "reset"}:
            self.following.set()
        self._cursor = frame.cursor or self._cursor


@asynccontextmanager
async def listening(
    base_url: str, event_id: str, token: Callable[[], Awaitable[str]], *, within_s: float = 10.0
) -> AsyncIterator[Listener]:
    """A listener that follows before the block begins. Raises TimeoutError, RuntimeError."""
    listener = Listener(base_url, event_id, token)
    running = asyncio.create_task(listener.run())
    started = asyncio.create_task(listener.following.wait())
    try:
        done, _ = await asyncio.wait([running, started], timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        if running in done:
            running.result()
        if not done:
            raise TimeoutError(f"/v1/live did not answer within {within_s:g} s")
        yield listener
    finally:
        for task in (running, started):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
