"""`barback run`: the server and its workers as child processes; who falls is started again, all stop together."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

log = structlog.get_logger("barback.run")
STOP_S = 15
RESTART_S_MIN = 0.2
RESTART_S_MAX = 10.0


@dataclass(frozen=True)
class Child:
    """One process of the group: a name for the log, and the arguments of `barback`."""

    name: str
    arguments: tuple[str, ...]


async def supervise(children: Sequence[Child], stop: asyncio.Event) -> None:
    """Keep every child running until `stop`; then ask all to end, and end those that do not within 15 s."""
    keeping = [asyncio.create_task(_keep(child, stop)) for child in children]
    await asyncio.gather(*keeping)


async def _keep(child: Child, stop: asyncio.Event) -> None:
    rest_s = RESTART_S_MIN
    while not stop.is_set():
        began = asyncio.get_running_loop().time()
        await _run_once(child, stop)
        if stop.is_set():
            return
        if asyncio.get_running_loop().time() - began > 60:
            rest_s = RESTART_S_MIN
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), rest_s)
        rest_s = min(rest_s * 2, RESTART_S_MAX)


async def _run_once(child: Child, stop: asyncio.Event) -> None:
    # Its standard input is a pipe we never write to: when we die, by whatever signal, it ends and so does the child.
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "barback", *child.arguments, "--with-parent", stdin=asyncio.subprocess.PIPE
    )
    log.info("started", child=child.name, pid=process.pid)
    ended = asyncio.create_task(process.wait())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([ended, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not ended.done():
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await asyncio.wait([ended], timeout=STOP_S)
    if not ended.done():
        log.warning("killed", child=child.name, pid=process.pid, after_s=STOP_S)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    code = await ended
    if not stop.is_set():
        log.error("ended", child=child.name, pid=process.pid, code=code, next="starting it again")
