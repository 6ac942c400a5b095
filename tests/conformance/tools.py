"""What the conformance tests share: statements made on the spot, waiting with a deadline, processes of their own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from barback.storage import Database, Statement

ROOT = Path(__file__).parents[2]


def sql(text: str, postgres: str | None = None) -> Statement:
    """A statement for both databases, or with a variant for PostgreSQL."""
    return Statement(f"test: {text[:40]}", {"sqlite": text, "postgres": postgres or text})


async def count(db: Database, table: str, where: str = "1 = 1", **params: object) -> int:
    """How many rows of `table` there are."""
    async with db.reading() as tx:
        row = await tx.one(sql(f"SELECT count(*) AS n FROM {table} WHERE {where}"), **params)
    assert row is not None
    return int(row["n"])


async def eventually(holds: Callable[[], bool | Awaitable[bool]], within_s: float = 10.0, what: str = "") -> float:
    """Return once `holds()` does, with the seconds it took; fail after `within_s`."""
    began = time.monotonic()
    while True:
        answer = holds()
        if answer if isinstance(answer, bool) else await answer:
            return time.monotonic() - began
        assert time.monotonic() - began < within_s, f"not within {within_s} s: {what or holds}"
        await asyncio.sleep(0.01)


def say(line: str) -> None:
    """In a child: a line for the test."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Child:
    """A Python process that runs `tests.conformance.<module>`; it is told things and says things line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Use `child`."""
        self.process = process
        self.pid = process.pid
        self._said: list[str] = []

    async def says(self, what: str, within_s: float = 20.0) -> str:
        """Wait for a line that starts with `what`; the rest of it. What it said in between can still be asked for."""
        assert self.process.stdout is not None
        async with asyncio.timeout(within_s):
            while (found := next((line for line in self._said if line.startswith(what)), None)) is None:
                line = (await self.process.stdout.readline()).decode()
                assert line, f"the process ended without saying {what!r}; it said {self._said}"
                self._said.append(line)
        self._said.remove(found)
        return found.removeprefix(what).strip()

    def tell(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())

    async def kill(self) -> None:
        """SIGKILL: no time to say goodbye."""
        self.process.kill()
        await self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        """SIGSTOP, SIGCONT and so on."""
        self.process.send_signal(number)


@asynccontextmanager
async def child(module: str, *arguments: str) -> AsyncIterator[Child]:
    """The process, for the length of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"tests.conformance.{module}", *arguments,
        cwd=ROOT, env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Child(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
