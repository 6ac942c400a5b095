"""A worker in a process of its own, with a heart that beats faster than usual. What a drink does goes by its number.

Below 1,000: an effect. 1,000s: says `inside` and waits for ever. 2,000s: blocks the event loop for longer than a
dead worker is waited for. 3,000s: kills the process.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading

from tests.conformance.bar import Drink, Ring, pouring
from tests.conformance.tools import eventually, say

from barback.engine import Lines, Message, Worker
from barback.engine.leasing import liveness
from barback.engine.workers import worker
from barback.storage import open_database

DEAD_AFTER_S = 2.0


def quicken() -> None:
    """Beat and look ten times a second, so that a test need not wait for seconds."""
    liveness.BEAT_EVERY_S = 0.1
    worker.LOOK_EVERY_S = 0.1


async def does(message: Message[Drink]) -> None:
    """What the number says."""
    n = message.payload.n
    if n >= 3_000:
        os.kill(os.getpid(), signal.SIGKILL)
    if n >= 2_000:
        say(f"inside {n}")
        threading.Event().wait(2 * DEAD_AFTER_S)
    elif n >= 1_000 and message.attempt == 1:
        say(f"inside {n}")
        await asyncio.Event().wait()


async def main(url: str, kind: str) -> None:
    """Work until killed."""
    quicken()
    db = await open_database(url)
    lines = Lines(concurrency=2) if kind == "lined" else None
    task = Ring("child", hold=True) if kind == "acting" else pouring(does, who="child", attempts_max=2, lines=lines)
    one = Worker(db, [task], dead_after_s=DEAD_AFTER_S)
    running = asyncio.create_task(one.run())
    await eventually(lambda: bool(one.name))
    say(f"ready {one.name}")
    if isinstance(task, Ring):
        await asyncio.to_thread(sys.stdin.readline)
        task.go_on.set()
    await running


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
