"""E13. Idle is free: nobody polls while nothing is due; wake-ups are few, quick, and outside of anybody's commit."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter

import pytest
from tests.conformance.bar import Ring, numbers, order, pouring
from tests.conformance.round_trips import counted as asked_of_the_server
from tests.conformance.round_trips import working
from tests.conformance.tools import child, eventually
from tests.support.statements import counted

from barback.engine import Worker
from barback.engine.leasing import liveness
from barback.engine.workers import worker as worker_module
from barback.storage import Database, open_database

FASTER = 100
"""How much faster a minute goes by in the test of idle workers."""


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Every statement of every connection of this process, the heart's as well, counted."""
    return counted(monkeypatch)


def faster(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute of a worker goes by in less than a second."""
    for module, name in [
        (liveness, "BEAT_EVERY_S"), (liveness, "IDLE_BEAT_EVERY_S"),
        (worker_module, "LOOK_EVERY_S"), (worker_module, "POLL_EVERY_S"),
    ]:  # fmt: skip
        monkeypatch.setattr(module, name, getattr(module, name) / FASTER)


async def test_E13_an_idle_worker_with_a_hundred_queues_asks_twice_a_minute(
    tables: Database, monkeypatch: pytest.MonkeyPatch, statements: Counter[str]
) -> None:
    """One beat, one look at everything; with acting queues, and with a message that is due in an hour."""
    faster(monkeypatch)
    tasks = [pouring(name=f"bar.{n}", queue=f"q{n}") for n in range(99)]
    await order(tables, tasks[0], [1], delay_ms=3_600_000)
    worker = Worker(tables, [*tasks, Ring()])
    running = asyncio.create_task(worker.run())
    await order(tables, tasks[1], [2])

    async def asleep() -> bool:
        before = sum(statements.values())
        await asyncio.sleep(0.2)  # time for statements that an idle worker should not make
        return worker._heart.holding == 0 and sum(statements.values()) - before <= 1

    await eventually(asleep, 20)
    statements.clear()
    began = time.monotonic()
    await asyncio.sleep(3)  # time for statements to be counted: this is the measure itself
    minutes = (time.monotonic() - began) * FASTER / 60
    worker.stop()
    counted = statements.copy()
    await running
    assert sum(counted.values()) <= 2 * minutes + 2, f"in {minutes:.1f} minutes: {counted}"


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_E13_what_an_idle_worker_asks_is_one_round_trip_each(
    tables: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No BEGIN and no COMMIT around a single statement."""
    faster(monkeypatch)
    async with working(tables, pouring()):
        await asyncio.sleep(1)  # time for the looks at its start
        with asked_of_the_server(monkeypatch) as asked:
            await asyncio.sleep(3)  # time for several of each
    kinds = Counter(text.split()[0] for text in asked)
    assert {"UPDATE", "SELECT"} <= kinds.keys() <= {"UPDATE", "SELECT"}, asked


async def test_E13_another_process_starts_within_half_a_second(tables: Database, database_url: str) -> None:
    task = pouring()
    waits: list[float] = []
    async with child("worker_child", database_url, "pouring") as other:
        await other.says("ready")
        for n in range(5):
            async with tables.transaction() as tx:
                await task.enqueue_many(tx, [])
            await order(tables, task, [n])
            began = time.monotonic()

            async def done(n: int = n) -> bool:
                return n in await numbers(tables)

            await eventually(done)
            waits.append(time.monotonic() - began)
    assert statistics.median(waits) < 0.5, waits


async def test_E13_a_thousand_messages_in_a_hundred_commits_ring_others_seldom(
    tables: Database, database_url: str
) -> None:
    other = await open_database(database_url)
    sent: list[frozenset[str]] = []
    send = tables.bell._send
    assert send is not None
    tables.bell.connect(lambda names: (sent.append(names), send(names))[1])
    listener = other.bell.listen("queue:bar")
    task = pouring()
    began = time.monotonic()
    await asyncio.gather(*(order(tables, task, range(10)) for _ in range(100)))
    took = time.monotonic() - began
    assert await listener.wait(5)
    await other.close()
    assert 1 <= len(sent) <= took / 0.005 + 2
    assert len(sent) <= 100


async def test_E13_a_ring_that_was_lost_is_made_up_for(
    tables: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bells are hints: a worker also looks by itself, once a minute."""
    monkeypatch.setattr(worker_module, "POLL_EVERY_S", 0.3)
    monkeypatch.setattr(worker_module, "LOOK_EVERY_S", 0.05)
    task = pouring()
    worker = Worker(tables, [task])
    running = asyncio.create_task(worker.run())
    mute = await open_database(database_url, bells=False)
    await eventually(lambda: bool(worker.name))
    await order(mute, task, [1])

    async def done() -> bool:
        return await numbers(tables) == [1]

    await eventually(done)
    worker.stop()
    await running
    await mute.close()


async def test_E13_a_delayed_message_wakes_a_sleeping_worker_when_it_is_due(
    tables: Database, database_url: str
) -> None:
    db = await open_database(database_url)  # by the machine's clock
    task = pouring()
    worker = Worker(db, [task])
    running = asyncio.create_task(worker.run())
    await eventually(lambda: bool(worker.name))
    began = time.monotonic()
    await order(db, task, [1], delay_ms=600)

    async def done() -> bool:
        return await numbers(tables) == [1]

    await eventually(done)
    assert time.monotonic() - began > 0.5
    worker.stop()
    await running
    await db.close()
