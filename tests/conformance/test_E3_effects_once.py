"""E3. Effects and completion commit together: a handler that only touches the database takes effect exactly once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import pytest
from tests.conformance.bar import Drink, effects, held, numbers, order, pouring, write_effect
from tests.conformance.tools import sql

from barback.engine import BatchTask, Message, Outcome, Queue, RetryAfter, Worker
from barback.engine.leasing.liveness import bury
from barback.storage import Database, StorageError, Transaction
from barback.testing import HandClock, PowerCut, run_until_quiet

BROKEN = sql("INSERT INTO note (id, n) VALUES ('x', NULL)")


async def test_E3_what_a_failed_attempt_wrote_is_undone(tables: Database, clock: HandClock) -> None:
    def does(message: Message[Drink]) -> None:
        if message.attempt == 1:
            raise ValueError("no ice")

    task = pouring(does)
    await order(tables, task, [1])
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == []
    clock.advance(10_000)
    await run_until_quiet(tables, [task])
    assert [(one.n, one.attempt) for one in await effects(tables)] == [(1, 2)]


async def test_E3_what_an_attempt_wrote_that_asked_for_a_retry_is_kept(tables: Database, clock: HandClock) -> None:
    """An outcome is an answer, not an exception: what was written down with it stands."""
    task = pouring(lambda message: RetryAfter(1_000, "no ice") if message.attempt == 1 else None)
    await order(tables, task, [1])
    await run_until_quiet(tables, [task])
    clock.advance(1_000)
    await run_until_quiet(tables, [task])
    assert [one.attempt for one in await effects(tables)] == [1, 2]


async def test_E3_a_bad_message_fails_alone_and_its_batch_takes_effect_once(tables: Database) -> None:
    def does(message: Message[Drink]) -> None:
        if message.payload.n % 10 == 3:
            raise ValueError("no ice")

    task = pouring(does, attempts_max=1)
    await order(tables, task, range(50))
    await run_until_quiet(tables, [task])
    assert sorted(await numbers(tables)) == [n for n in range(50) if n % 10 != 3]
    assert await held(tables) == {"dead": 5}


class Tray(BatchTask[Drink]):
    """Carries many drinks in one go; number 13 cannot be carried."""

    name = "bar.carry"
    queue = "bar"
    payload = Drink
    attempts_max = 2

    def __init__(self) -> None:
        self.sizes: list[int] = []

    async def handle_batch(self, tx: Transaction, messages: Sequence[Message[Drink]]) -> Sequence[Outcome] | None:
        self.sizes.append(len(messages))
        for message in messages:
            await write_effect(tx, message)
            if message.payload.n == 13:
                raise ValueError("unlucky")
        return None


async def test_E3_a_batch_that_raises_is_handled_one_by_one(tables: Database, clock: HandClock) -> None:
    tray = Tray()
    await order(tables, tray, range(20))
    await run_until_quiet(tables, [tray])
    assert tray.sizes == [20, *[1] * 20]
    assert sorted(await numbers(tables)) == [n for n in range(20) if n != 13]
    clock.advance(10_000)
    await run_until_quiet(tables, [tray])
    assert await held(tables) == {"dead": 1}


async def test_E3_an_error_that_a_handler_swallowed_fails_its_message_alone(tables: Database) -> None:
    """The transaction cannot be kept any more, whatever the handler believes; the others do not suffer."""

    async def swallow(tx: Transaction, message: Message[Drink]) -> None:
        await write_effect(tx, message)
        if message.payload.n == 3:
            try:
                await tx.run(BROKEN)
            except StorageError:
                return

    task = Queue("bar").task("bar.swallow", payload=Drink, attempts_max=1)(swallow)
    await order(tables, task, range(6))
    await run_until_quiet(tables, [task])
    assert sorted(await numbers(tables)) == [0, 1, 2, 4, 5]
    assert await held(tables) == {"dead": 1}


async def test_E3_what_only_the_commit_refuses_fails_its_message_alone(tables: Database) -> None:
    """A constraint that is checked at the commit: no savepoint sees it, so each gets a commit of its own."""
    async with tables.transaction() as tx:
        await tx.script(
            "CREATE TABLE glass (id BIGINT PRIMARY KEY);\n"
            "CREATE TABLE pour (glass BIGINT REFERENCES glass (id) DEFERRABLE INITIALLY DEFERRED);\n"
        )

    async def pour(tx: Transaction, message: Message[Drink]) -> None:
        await write_effect(tx, message)
        if message.payload.n == 3:
            await tx.run(sql("INSERT INTO pour (glass) VALUES (99)"))

    task = Queue("bar").task("bar.deferred", payload=Drink, attempts_max=1)(pour)
    await order(tables, task, range(6))
    await run_until_quiet(tables, [task])
    assert sorted(await numbers(tables)) == [0, 1, 2, 4, 5]
    assert await held(tables) == {"dead": 1}


@pytest.mark.parametrize("seed", range(3))
async def test_E3_a_power_cut_anywhere_leaves_every_effect_once(tables: Database, seed: int) -> None:
    """Cut in handlers and between them, again and again, with several workers; the oracle counts."""
    chance = random.Random(seed)

    def does(_message: Message[Drink]) -> None:
        if chance.random() < 0.04:
            raise PowerCut

    task = pouring(does, batch_max=8, attempts_max=50)
    for n in range(60):
        await order(tables, task, [n], key=f"tab:{n % 7}" if n % 2 else None)
    cuts = 0
    while sum((await held(tables)).values()):
        workers = [Worker(tables, [task]) for _ in range(2)]
        ended = await asyncio.gather(*(one.until_quiet() for one in workers), return_exceptions=True)
        cuts += sum(isinstance(one, PowerCut) for one in ended)
        assert all(isinstance(one, int | PowerCut) for one in ended), ended
        for worker in workers:
            await bury(tables, worker.name, None, {task.name: task})
    assert cuts > 0
    assert sorted(await numbers(tables)) == list(range(60))
