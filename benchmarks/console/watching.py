"""Browsers that stay open on a page, without the browser: they follow the live channel and ask as it would."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Sequence
from typing import Any, Self

import websockets.asyncio.client as websocket

from benchmarks.console.pages import OVERVIEW, TOLD, ConsolePage

ASK_EVERY_S = 3.0


class Watchers:
    """`async with Watchers(…)`: one for each of `pages`. `ages_ms`: how old news was when it came."""

    def __init__(self, client: Any, url: str, token: str, pages: Sequence[ConsolePage]) -> None:
        self._client, self._token, self._pages = client, token, pages
        self._url = url.replace("http://", "ws://") + "/v1/live"
        self._tasks: list[asyncio.Task[None]] = []
        self.ages_ms: list[float] = []
        self.gaps_ms: list[float] = []
        self.asked = 0

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._watch(page)) for page in self._pages]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _watch(self, page: ConsolePage) -> None:
        told = [path for path in page.paths if path.startswith(TOLD)]
        asks = [path for path in page.paths if path not in told and page.name != OVERVIEW]
        async with websocket.connect(self._url, max_size=None) as socket:
            await socket.send(json.dumps({"type": "auth", "token": self._token}))
            await socket.send(json.dumps({"type": "subscribe", "channel": "console:overview"}))
            await asyncio.gather(self._hear(socket, told), self._ask(asks))

    async def _hear(self, socket: Any, told: list[str]) -> None:
        last = None
        async for text in socket:
            now = time.time() * 1000
            if '"news"' not in text[:200]:
                continue
            self.ages_ms.append(now - json.loads(text)["data"]["as_of_ms"])
            if last is not None:
                self.gaps_ms.append(now - last)
            last = now
            await self._get(told)

    async def _ask(self, paths: list[str]) -> None:
        while paths:
            await asyncio.sleep(ASK_EVERY_S)
            await self._get(paths)

    async def _get(self, paths: list[str]) -> None:
        for answer in await asyncio.gather(*(self._client.get(path) for path in paths)):
            self.asked += 1
            answer.raise_for_status()
