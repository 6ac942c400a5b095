"""E8 among processes that are killed: no line ever runs more than its limit, and no token is lost with its holder."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from tests.conformance.bar import effects, pouring
from tests.conformance.queue_lines import order_for, running, start
from tests.conformance.tools import child, eventually
from tests.conformance.worker_child import DEAD_AFTER_S, does, quicken

from barback.engine import Lines, Worker
from barback.engine.leasing import liveness
from barback.engine.workers import worker as worker_module
from barback.storage import Database

ROOM = 2


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beat and look ten times a second; put back afterwards what `quicken` sets."""
    monkeypatch.setattr(liveness, "BEAT_EVERY_S", 0.1)
    monkeypatch.setattr(worker_module, "LOOK_EVERY_S", 0.1)
    quicken()


@pytest.mark.slow
async def test_E8_limits_hold_while_those_who_hold_tokens_are_killed(tables: Database, database_url: str) -> None:
    """Each of two workers dies with tokens of two lines in its hands; a third ends the work."""
    task = pouring(does, who="last", attempts_max=5, lines=Lines(concurrency=ROOM))
    await start(tables, task)
    for line, first in (("a", 0), ("b", 100)):
        await order_for(tables, task, line, [1_000 + first, *range(first, first + 10), 1_001 + first])
    seen: list[dict[str, int]] = []

    async def look() -> None:
        while True:
            seen.append(await running(tables))
            await asyncio.sleep(0.02)  # time for workers to claim and settle between two looks

    looking = asyncio.create_task(look())
    for _ in range(2):
        async with child("worker_child", database_url, "lined") as doomed:
            await doomed.says("inside")
            await doomed.kill()
    worker = Worker(tables, [task], dead_after_s=DEAD_AFTER_S)
    working = asyncio.create_task(worker.run())

    async def done() -> bool:
        return len(await effects(tables)) == 24 and not await running(tables)

    await eventually(done, 60)
    worker.stop()
    await working
    looking.cancel()
    assert Counter(one.n for one in await effects(tables)).most_common(1)[0][1] == 1
    most = Counter[str]()
    for one in seen:
        most |= Counter(one)
    assert most == {"a": ROOM, "b": ROOM}
