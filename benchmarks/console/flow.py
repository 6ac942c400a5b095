"""A worker or a producer, a process of its own: `flow.py URL work|drain|produce [RATE]`; ends with its input.

`work` empties the queues that flow, `drain` those with the large backlog, message by message; each says how many it
did, a line ten times a second: `SECONDS COUNT`, on the clock that all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from typing import Any

import msgspec
import uvloop

from barback.engine import Message, Queue, Task, Work, Worker
from barback.storage import Transaction, open_database
from benchmarks.console.fill import BULK, FLOW

SAY_EVERY_S = 0.1
PRODUCE_EVERY_S = 0.02


class Order(msgspec.Struct):
    """What fill.sql writes too."""

    order: str
    sent: float
    note: str


class Count:
    """How many this process handled."""

    done = 0


async def handle(_tx: Transaction, _message: Message[Order]) -> None:
    """Nothing but counting."""
    Count.done += 1


def task(name: str) -> Task[Any]:
    """The one task of a queue."""
    queue = Queue(name)
    queue.task(f"{name}.do", payload=Order, batch_max=500)(handle)
    return queue.tasks[0]


async def work(url: str, names: list[str]) -> None:
    """Until cancelled."""
    db = await open_database(url)
    worker = Worker(db, [task(name) for name in names])
    running = asyncio.create_task(worker.run())
    try:
        while True:
            print(f"{time.monotonic():.3f} {Count.done}", flush=True)
            await asyncio.sleep(SAY_EVERY_S)
    finally:
        worker.stop()
        await running
        await db.close()


async def produce(url: str, rate: float) -> None:
    """So many a second by a timetable, spread over the queues that flow, until cancelled."""
    db = await open_database(url)
    tasks = [task(name) for name in FLOW]
    began, sent = time.monotonic(), 0
    try:
        while True:
            due = int((time.monotonic() - began) * rate) - sent
            for one in tasks if due >= len(tasks) else ():
                async with db.transaction() as tx:
                    await one.enqueue_many(
                        tx, [Work(Order(f"order {n}", 0.0, "x" * 116)) for n in range(due // len(tasks))]
                    )
                sent += due // len(tasks)
            print(f"{time.monotonic():.3f} {sent}", flush=True)
            await asyncio.sleep(PRODUCE_EVERY_S)
    finally:
        await db.close()


async def main(url: str, verb: str, rate: float) -> None:
    """Carry out the verb until standard input ends."""
    doing = produce(url, rate) if verb == "produce" else work(url, BULK if verb == "drain" else FLOW)
    running = asyncio.create_task(doing)
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await asyncio.wait([running, ended], return_when=asyncio.FIRST_COMPLETED)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3]) if sys.argv[3:] else 0))
