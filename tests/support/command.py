"""The `barback` command as its own process: run to its end, or started and stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from barback.server.serving import bind

WAIT_S = 60.0


def environment(url: str, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BARBACK_")}
    return kept | {"BARBACK_DATABASE_URL": url, "BARBACK_LOG_FORMAT": "json"} | more


async def barback(url: str, *arguments: str, **more: str) -> tuple[int, str, str]:
    """Run to its end: exit code, output, errors."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "barback", *arguments, stdout=PIPE, stderr=PIPE, env=environment(url, **more)
    )
    out, err = await asyncio.wait_for(process.communicate(), WAIT_S)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def free_port() -> int:
    with bind("127.0.0.1", 0) as bound:
        return bound.getsockname()[1]


async def until_it_answers(url: str, within_s: float = WAIT_S) -> None:
    """Ask until the server answers that it is ready."""
    async with asyncio.timeout(within_s), httpx.AsyncClient() as http:
        while True:
            try:
                answer = await http.get(f"{url}/readyz")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            if answer.status_code == 200:
                return


async def until(true: Callable[[], bool]) -> None:
    """Look until something is so; processes cannot be waited for by those who did not start them."""
    async with asyncio.timeout(WAIT_S):
        while True:
            if true():
                return
            await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@asynccontextmanager
async def started(url: str, *arguments: str, **more: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "barback", *arguments, stdout=PIPE, stderr=PIPE, stdin=PIPE, env=environment(url, **more),
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def children(pid: int) -> dict[str, int]:
    """Command → process id of what `pid` started."""
    found: dict[str, int] = {}
    for path in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        command = Path(f"/proc/{path}/cmdline").read_text().split("\0")
        found[command[3] if len(command) > 3 else ""] = int(path)
    return found
