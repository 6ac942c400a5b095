"""Barback's engine: batch handlers, effects and completion in one commit, every promise kept."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import uvloop

from barback.engine import MIGRATIONS, Message, Queue, Work, Worker
from barback.storage import Transaction, migrate, open_database

PAYLOAD = {"order": "0197f2c0-0000-7000-8000-000000000000", "note": "x" * 130}
queue = Queue("bench")
stamps: list[float] = []
done = 0
wanted = 0
workers: list[Worker] = []


@queue.batch_task("bench.noop", payload=dict, batch_max=500)
async def noop(tx: Transaction, messages: Sequence[Message[Any]]) -> None:
    """Nothing, 500 at a time."""
    global done
    del tx
    done += len(messages)
    stamps.append(time.perf_counter())
    if done >= wanted:
        workers[0].stop()


async def main(url: str, verb: str, count: int) -> dict[str, Any]:
    global wanted
    db = await open_database(url)
    await migrate(db, [MIGRATIONS])
    began = time.perf_counter()
    if verb == "bulk":
        for start in range(0, count, 1000):
            async with db.transaction() as tx:
                await noop.enqueue_many(tx, [Work(PAYLOAD)] * min(1000, count - start))
    elif verb == "one":
        for _ in range(count):
            async with db.transaction() as tx:
                await noop.enqueue(tx, PAYLOAD)
    elif verb == "drain":
        wanted = count
        workers.append(Worker(db, queue.tasks))
        running = asyncio.create_task(workers[0].run())
        await running
        await db.close()
        # From the first batch's end to the last one's: the first batch is not counted.
        return {"per_s": (done - 500) / (stamps[-1] - stamps[0]), "done": done}
    seconds = time.perf_counter() - began
    await db.close()
    return {"per_s": count / seconds}


if __name__ == "__main__":
    print(json.dumps(uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
