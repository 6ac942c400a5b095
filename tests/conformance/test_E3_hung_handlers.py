"""A handler that hangs in its transaction fails alone, and keeps nobody else from writing for long (E3, E6)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest
from tests.conformance.bar import Drink, held, numbers, order, pouring, write_effect
from tests.conformance.tools import child, eventually, sql

from barback.engine import BatchTask, Message, Worker, tasks
from barback.engine.handlers import slowness
from barback.storage import Database, Transaction
from barback.testing import HandClock, run_until_quiet

DEAD = sql("SELECT error, attempt FROM engine_dead ORDER BY id")
HUNG = 1_000
"""A drink with such a number, or above, is never poured."""


async def hang(message: Message[Drink]) -> None:
    if message.payload.n >= HUNG:
        await asyncio.Event().wait()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> float:
    monkeypatch.setattr(tasks, "TURN_S", 0.5)
    monkeypatch.setattr(tasks, "HANDLER_S", 0.5)
    return 0.5


class SmallTray(BatchTask[Drink]):
    """Hangs with more than five at once."""

    name = "bar.carry"
    queue = "bar"
    payload = Drink
    batch_max = 40
    timeout_s = 0.1

    def __init__(self) -> None:
        self.sizes: list[int] = []

    async def handle_batch(self, tx: Transaction, messages: Sequence[Message[Drink]]) -> None:
        self.sizes.append(len(messages))
        if len(messages) > 5:
            await asyncio.Event().wait()
        for message in messages:
            await write_effect(tx, message)


def test_E3_a_handler_may_hold_the_only_writers_turn_for_five_seconds() -> None:
    task, patient = pouring(), pouring(timeout_s=60.0)
    assert (task.handler_s("sqlite"), task.handler_s("postgres")) == (5.0, 60.0)
    assert (patient.handler_s("sqlite"), patient.handler_s("postgres")) == (60.0, 60.0), "what is said goes"


@pytest.mark.usefixtures("impatient")
async def test_E3_the_one_that_hangs_fails_alone_backs_off_and_dies_of_an_error_with_a_cure(
    tables: Database, clock: HandClock
) -> None:
    task = pouring(hang, attempts_max=2)
    await order(tables, task, [0, 1, HUNG, 2])
    await run_until_quiet(tables, [task])
    assert sorted(await numbers(tables)) == [0, 1, 2]
    assert await held(tables) == {"later": 1}
    clock.advance(10_000)
    await run_until_quiet(tables, [task])
    assert await held(tables) == {"dead": 1}
    async with tables.reading() as tx:
        [dead] = await tx.all(DEAD)
    assert dead["attempt"] == 2
    assert "HandlerTimeoutError: took longer than 0.5 s, its timeout_s" in dead["error"]
    assert "Make the handler shorter, or reach outside in the act of an ActingTask" in dead["error"]
    assert ("on SQLite nobody else can write meanwhile" in dead["error"]) is (tables.dialect == "sqlite")


async def test_E3_while_handlers_hang_another_process_waits_for_no_more_than_one_of_them(
    tables: Database, database_url: str, impatient: float
) -> None:
    """Six in one batch: three seconds of hanging, and twice, but each lets the others in when its time is up."""
    task, notes = pouring(hang, attempts_max=1), pouring(name="bar.note", queue="notes")
    async with child("writer_child", "order", database_url) as other:
        await other.says("ordering")
        await order(tables, task, [HUNG + n for n in range(6)] + [1, 2])
        worker = Worker(tables, [task, notes])
        running = asyncio.create_task(worker.run())

        async def six_died() -> bool:
            return (await held(tables)).get("dead") == 6

        await eventually(six_died, 60)
        other.tell("enough")
        count, longest = (await other.says("ordered")).split()

        async def all_done() -> bool:
            return len(await numbers(tables)) == int(count) + 2

        await eventually(all_done, 60)
        worker.stop()
        await running
    assert int(count) > 6, "it had a turn after each"
    assert float(longest) < 3 * impatient, f"another process waited for {longest} s"


async def test_E3_batches_that_are_too_much_become_smaller(tables: Database) -> None:
    """Slow is not hung: what a batch cannot do in its time, smaller ones do, without going one by one for ever."""
    tray = SmallTray()
    await order(tables, tray, range(400))
    await run_until_quiet(tables, [tray])
    assert sorted(await numbers(tables)) == list(range(400))
    assert await held(tables) == {}
    too_large = [size for size in tray.sizes if size > 5]
    assert too_large[:3] == [40, 20, 10]
    assert len(too_large) < 40, "and grow again only little by little"
    assert tray.sizes.count(1) < 300


@pytest.mark.usefixtures("impatient")
async def test_E3_one_that_never_awaits_cannot_be_ended_and_is_named(
    tables: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not promised: it takes as long as it takes, and what it did is kept."""
    monkeypatch.setattr(slowness, "SLOW_S", 0.5)

    def compute(_message: Message[Drink]) -> None:
        threading.Event().wait(0.8)

    task = pouring(compute)
    await order(tables, task, [1])
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [1]
    assert "task bar.pour kept its transaction open for" in caplog.text


@pytest.mark.usefixtures("impatient")
async def test_E3_a_worker_that_stops_between_them_gives_the_rest_back(tables: Database) -> None:
    task = pouring(hang)
    await order(tables, task, [HUNG, HUNG + 1, 3, 4])
    worker = Worker(tables, [task])
    running = asyncio.create_task(worker.run())

    async def one_failed() -> bool:
        return (await held(tables)).get("later") == 1

    await eventually(one_failed, 30)
    worker.stop()
    await running
    assert await held(tables) == {"later": 2, "ready": 2}, "what had begun was finished, nothing else was begun"
    assert await numbers(tables) == []
    await run_until_quiet(tables, [task])
    assert sorted(await numbers(tables)) == [3, 4]
