"""The house as in production: a server and workers as processes of their own, started again when they fall."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

START_S = 60.0
STOP_S = 20.0


class Child:
    """One `barback …` process. Its log is read all the time, so that it never waits for us; the last lines are kept."""

    def __init__(self, arguments: tuple[str, ...], said: str = "") -> None:
        """`said`: what its log says once it is up."""
        self._arguments = arguments
        self._said = said
        self._log: deque[str] = deque(maxlen=60)
        self.ready = asyncio.Event()
        self.starts = 0

    @property
    def log(self) -> str:
        """The last lines of its log."""
        return "\n".join(self._log)

    async def keep(self, stopping: asyncio.Event) -> None:
        """Run it until `stopping`, again whenever it ends."""
        while not stopping.is_set():
            await self._start()
            reading = asyncio.create_task(self._read())
            ended, told = asyncio.create_task(self.process.wait()), asyncio.create_task(stopping.wait())
            await asyncio.wait([ended, told], return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                self.process.terminate()
                await asyncio.wait([ended], timeout=STOP_S)
            if not ended.done():
                self.process.kill()
            await asyncio.gather(ended, reading)
            told.cancel()

    async def _start(self) -> None:
        self.ready.clear()
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "barback", *self._arguments, "--with-parent",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env=os.environ | {"BARBACK_LOG_FORMAT": "json", "BARBACK_LOG_LEVEL": "info"},
        )  # fmt: skip
        self.starts += 1

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            text = line.decode(errors="replace").rstrip()
            if '"event":"request"' not in text.replace(" ", ""):  # who asked for what helps nobody here
                self._log.append(text)
            if self._said and self._said in text:
                self.ready.set()

    def kill(self) -> int:
        """SIGKILL, with no time to say goodbye; the process id it had."""
        pid = self.process.pid
        self.process.kill()
        return pid


class House:
    """A server and its workers on one database."""

    def __init__(self, database_url: str, workers: int) -> None:
        """Use `running_house`."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{port}"
        self.server = Child(("serve", "--database", database_url, "--port", port), said="listening")
        self.workers = [Child(("work", "--database", database_url)) for _ in range(workers)]

    @property
    def logs(self) -> str:
        """What everybody said last, for a failing test."""
        return "\n".join(f"--- {' '.join(one._arguments)}\n{one.log}" for one in (self.server, *self.workers))


@asynccontextmanager
async def running_house(database_url: str, *, workers: int = 1) -> AsyncIterator[House]:
    """The house on a migrated database; it is open when the block begins and stopped when it ends."""
    house = House(database_url, workers)
    stopping = asyncio.Event()
    keeping = [asyncio.create_task(child.keep(stopping)) for child in (house.server, *house.workers)]
    try:
        began = time.monotonic()
        try:
            await asyncio.wait_for(house.server.ready.wait(), START_S)
        except TimeoutError:
            raise AssertionError(f"no server after {time.monotonic() - began:.0f} s\n{house.logs}") from None
        yield house
    finally:
        stopping.set()
        await asyncio.gather(*keeping)
