"""A process of the storm: `work` handles messages, `write` enqueues them, `serve` is `barback serve`.

Signals tell a worker what to do to itself. SIGUSR1: takes every connection of its pool for a while. SIGUSR2: blocks
its event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
import threading
from pathlib import Path

from tests.chaos import operators
from tests.chaos.breaks import BREAKS
from tests.chaos.crowd import KILL, POUR, RING, TASKS, Drink, SteppingClock
from tests.conformance.tools import sql

from barback.engine import Work, Worker
from barback.engine.leasing import liveness
from barback.engine.operations import errands
from barback.engine.workers import worker
from barback.foundation.ids import new_id
from barback.server import assembly, cli
from barback.storage import Database, StorageError, open_database

DEAD_AFTER_S = 1.5
POOL = 4
HOLD_S = 2.0
KEYS = 24
ERRANDS = 0.03
"""How often an errand is asked for with an order."""
ASKED = sql("INSERT INTO asked (id, key, n, kind) VALUES (:id, :key, :n, :kind)")
LAST = sql("SELECT key, max(n) AS n FROM asked WHERE key IS NOT NULL GROUP BY key")


async def work(db: Database, broken: str) -> None:
    """Work until killed."""
    liveness.BEAT_EVERY_S = 0.2
    worker.LOOK_EVERY_S = 0.2
    operators.small_steps()
    if broken:
        BREAKS[broken]()
    loop, hogs = asyncio.get_running_loop(), set[asyncio.Task[None]]()
    loop.add_signal_handler(signal.SIGUSR1, lambda: hogs.update(asyncio.create_task(_hog(db)) for _ in range(POOL)))
    loop.add_signal_handler(signal.SIGUSR2, lambda: threading.Event().wait(2 * DEAD_AFTER_S))
    platform = assembly.tasks() if "BARBACK_TEST_PLATFORM" in os.environ else errands.TASKS
    await Worker(db, [*TASKS, *platform], dead_after_s=DEAD_AFTER_S).run()


async def _hog(db: Database) -> None:
    with contextlib.suppress(StorageError):
        async with db.reading():
            await asyncio.sleep(HOLD_S)  # time for others to want this connection


async def write(db: Database, seed: str, per_second: int) -> None:
    """Enqueue for ever: what is asked and its messages are one commit."""
    chance = random.Random(seed)
    while True:
        try:
            async with db.reading() as tx:
                numbers = {str(row["key"]): int(row["n"]) for row in await tx.all(LAST)}
            while True:
                size = chance.randint(1, 12)
                await _ask(db, chance, numbers, size)
                if chance.random() < ERRANDS:
                    await operators.ask(db, chance)
                await asyncio.sleep(size / per_second)  # time for others: the rate that was asked for
        except (StorageError, OSError):
            await asyncio.sleep(0.1)  # time for the database to come back


async def _ask(db: Database, chance: random.Random, numbers: dict[str, int], size: int) -> None:
    works: dict[str, list[Work[Drink]]] = {"pour": [], "ring": []}
    asked: list[dict[str, object]] = []
    for _ in range(size):
        kind = "ring" if chance.random() < 0.2 else "pour"
        key = None if chance.random() < 0.2 else f"{kind}:{chance.randrange(KEYS)}"
        n = chance.randrange(1_000) if key is None else numbers.get(key, 0) + 1
        if key is not None:
            numbers[key] = n
        id_ = new_id()
        asked.append({"id": id_, "key": key, "n": n, "kind": kind})
        works[kind].append(Work(Drink(n), key=key, id=id_))
    async with db.transaction() as tx:
        await tx.many(ASKED, asked)
        await POUR.enqueue_many(tx, works["pour"])
        await RING.enqueue_many(tx, works["ring"])
        if chance.random() < 0.002:
            id_ = await KILL.enqueue(tx, Drink(0))
            await tx.run(ASKED, id=id_, key=None, n=0, kind="kill")


def serve(url: str, broken: str, port: str) -> None:
    """`barback serve`, until killed or left alone."""
    if broken:
        BREAKS[broken]()
    sys.argv[1:] = ["serve", "--database", url, "--port", port, "--with-parent"]
    cli.main()


async def main(what: str, url: str, offset: str, more: str, per_second: str) -> None:
    """Open the database, do `what`."""
    db = await open_database(url, clock=SteppingClock(Path(offset)), pool_max=POOL)
    await (work(db, more) if what == "work" else write(db, more, int(per_second)))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2], *sys.argv[4:])
    else:
        asyncio.run(main(*sys.argv[1:]))
