"""E6. Attempts count at claim: what kills its worker is a dead letter after its attempts, and nobody dies with it."""

from __future__ import annotations

import asyncio

import pytest
from tests.conformance.bar import Drink, Ring, effects, held, lease, numbers, order, pouring, register
from tests.conformance.tools import child, eventually, sql

from barback.engine import Message, Queue, Worker
from barback.engine.leasing import claims
from barback.engine.leasing.liveness import bury, bury_process
from barback.storage import Database, Transaction
from barback.testing import HandClock, run_until_quiet

DEAD = sql("SELECT id, attempt, reason, error, payload FROM engine_dead ORDER BY id")
FAILURES = sql("SELECT attempt, error FROM engine_failure ORDER BY number")


class Together(Ring):
    """Counts how many act side by side."""

    inside = most = 0

    async def act(self, decision: int) -> int:
        self.inside += 1
        self.most = max(self.most, self.inside)
        await asyncio.sleep(0.02)  # time for others to be inside at once
        self.inside -= 1
        return await super().act(decision)


async def test_E6_a_claim_is_an_attempt_whatever_becomes_of_it(tables: Database) -> None:
    task = pouring(attempts_max=9)
    await order(tables, task, [1])
    for attempt in range(1, 5):
        await register(tables, f"w{attempt}")
        async with tables.transaction() as tx:
            found = await claims.claim_aside(tx, "bar", f"w{attempt}")
        found = found or await lease(tables, f"w{attempt}")
        assert found is not None
        assert found.rows[0].attempt == attempt
        await bury(tables, f"w{attempt}", None, {task.name: task})
    await run_until_quiet(tables, [task])
    assert [one.attempt for one in await effects(tables)] == [5]


async def test_E6_what_was_given_back_unstarted_counts_no_attempt(tables: Database) -> None:
    task = pouring()
    await register(tables, "w1")
    await order(tables, task, [1, 2], key="tab:1")
    found = await lease(tables, "w1")
    assert found is not None
    async with tables.transaction() as tx:
        await claims.give_back(tx, [found])
    await run_until_quiet(tables, [task])
    assert [(one.n, one.attempt) for one in await effects(tables)] == [(1, 1), (2, 1)]


async def test_E6_a_message_that_fails_is_a_dead_letter_after_its_attempts(tables: Database, clock: HandClock) -> None:
    def does(message: Message[Drink]) -> None:
        raise ValueError(f"no ice at attempt {message.attempt}")

    task = pouring(does, attempts_max=3)
    [id_] = await order(tables, task, [1])
    for _ in range(5):
        await run_until_quiet(tables, [task])
        clock.advance(600_000)
    async with tables.reading() as tx:
        [dead], failures = await tx.all(DEAD), await tx.all(FAILURES)
    assert (dead["id"], dead["attempt"], dead["reason"]) == (id_, 3, "attempts")
    assert [(row["attempt"], row["error"]) for row in failures] == [
        (n, f"ValueError: no ice at attempt {n}") for n in (1, 2, 3)
    ]


def test_E6_the_wait_doubles_with_some_chance_up_to_its_bound() -> None:
    task = pouring(backoff_first_ms=1_000, backoff_max_ms=10_000)
    for attempt, about in [(1, 1_000), (2, 2_000), (3, 4_000), (4, 8_000), (5, 10_000), (99, 10_000)]:
        waits = {task.backoff_ms(attempt) for _ in range(50)}
        assert all(0.8 * about <= wait <= 1.2 * about for wait in waits)
        assert len(waits) > 5, "not all at the same instant"


async def _hang(_message: Message[Drink]) -> None:
    await asyncio.Event().wait()


async def _cancel_oneself(_message: Message[Drink]) -> None:
    waiting = asyncio.get_running_loop().create_future()
    waiting.cancel()
    await waiting


@pytest.mark.parametrize(
    ("does", "error"),
    [
        (_hang, "TimeoutError: took longer than 0.2 s"),
        (_cancel_oneself, "RuntimeError: the handler was cancelled from inside"),
        (lambda _message: "poured", "expected None, Done, RetryAfter, Snooze, Cancel, Dead or Expired, got 'poured'"),
    ],
    ids=["hangs", "cancels itself", "answers nonsense"],
)
async def test_E6_whatever_a_handler_does_is_an_attempt(tables: Database, does: object, error: str) -> None:
    """It is neither retried for ever nor lost, and the others of its batch are done."""

    def sometimes(message: Message[Drink]) -> object:
        return does(message) if message.payload.n == 1 else None  # type: ignore[operator]

    task = pouring(sometimes, attempts_max=1, timeout_s=0.2)  # type: ignore[arg-type]
    await order(tables, task, range(3), key="tab:1")
    await order(tables, task, range(10, 20))
    await run_until_quiet(tables, [task])
    async with tables.reading() as tx:
        [dead] = await tx.all(DEAD)
    assert error in dead["error"]
    assert sorted(await numbers(tables)) == [0, 2, *range(10, 20)]
    assert await held(tables) == {"dead": 1}


async def test_E6_the_last_attempt_that_kills_its_worker_is_a_dead_letter(tables: Database) -> None:
    task = pouring(attempts_max=1)
    await register(tables, "w1", "w2")
    await order(tables, task, [1, 2], key="tab:1")
    assert await lease(tables, "w1") is not None
    await bury(tables, "w1", None, {task.name: task})
    async with tables.reading() as tx:
        [dead] = await tx.all(DEAD)
    assert (dead["attempt"], dead["reason"]) == (1, "worker died")
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [2], "and its key goes on"


@pytest.mark.slow
async def test_E6_a_message_that_kills_its_process_dies_alone(tables: Database, database_url: str) -> None:
    """A supervisor starts the worker again and again: a crash for the batch, one for each attempt left, no more."""
    task = pouring(attempts_max=2)
    await order(tables, task, [*range(8), 3_000, *range(9, 20)])
    crashes = 0
    while (await held(tables)).keys() - {"dead"}:
        async with child("worker_child", database_url, "pouring") as one:

            async def quiet() -> bool:
                return one.process.returncode is not None or not (await held(tables)).keys() - {"dead"}

            await eventually(quiet, 30)
            crashes += one.process.returncode is not None
        await bury_process(tables, one.pid, {task.name: task})
        assert crashes <= 2, "a crash loop"
    async with tables.reading() as tx:
        [dead] = await tx.all(DEAD)
    assert (dead["reason"], dead["attempt"], dead["payload"]) == ("worker died", 2, '{"n":3000}')
    done = await effects(tables)
    assert sorted(one.n for one in done) == [*range(8), *range(9, 20)]
    assert max(one.attempt for one in done) <= 2


async def test_E6_what_a_dead_worker_held_is_tried_alone(tables: Database) -> None:
    sizes: list[int] = []

    async def note_size(_tx: Transaction, messages: list[Message[Drink]]) -> None:
        sizes.append(len(messages))

    task = Queue("bar").batch_task("bar.pour", payload=Drink, attempts_max=1)(note_size)  # type: ignore[arg-type]
    await register(tables, "w1")
    await order(tables, task, range(5))
    assert await lease(tables, "w1") is not None
    await bury(tables, "w1", None, {task.name: task})
    await order(tables, task, range(10, 15))
    await run_until_quiet(tables, [task])
    assert sorted(sizes) == [1] * 5 + [5]
    assert await held(tables) == {}


async def test_E6_what_a_dead_worker_held_acts_one_at_a_time(tables: Database) -> None:
    """Side by side, nobody could tell which of them kills the process."""
    task = Together()
    await register(tables, "w1")
    await order(tables, task, range(4))
    assert await lease(tables, "w1") is not None
    await bury(tables, "w1", None, {task.name: task})
    worker = Worker(tables, [task])
    running = asyncio.create_task(worker.run())

    async def done() -> bool:
        return len(await numbers(tables)) == 4

    await eventually(done)
    worker.stop()
    await running
    assert task.most == 1


async def test_E6_messages_set_aside_and_new_ones_take_turns(tables: Database) -> None:
    """Neither keeps the other waiting for long."""
    task = pouring(batch_max=10)
    await register(tables, "w1")
    await order(tables, task, range(200))
    assert await lease(tables, "w1", 100) is not None
    await bury(tables, "w1", None, {task.name: task})
    await run_until_quiet(tables, [task])
    done = await numbers(tables)
    assert sorted(done) == list(range(200))
    assert max(n for n in done[:30] if n < 100) >= 0
    assert any(n >= 100 for n in done[:30])


async def test_E6_a_task_that_this_worker_does_not_know_waits_for_one_that_does(
    tables: Database, clock: HandClock
) -> None:
    """A rolling upgrade: the older node meets a newer task."""
    newer, older = pouring(name="bar.shake"), pouring()
    await order(tables, newer, [1])
    await order(tables, older, [2])
    await run_until_quiet(tables, [older])
    assert await numbers(tables) == [2]
    clock.advance(60_000)
    await run_until_quiet(tables, [older, newer])
    assert await numbers(tables) == [2, 1]


async def test_E6_a_worker_that_does_not_know_the_task_leaves_its_end_to_one_that_does(tables: Database) -> None:
    """Only the task says what becomes of its key: here the key stays closed, as it wants."""
    task = pouring(attempts_max=1, on_head_failure="park")
    stranger = pouring(name="kitchen.cook", queue="kitchen")
    await register(tables, "w1")
    await order(tables, task, [1, 2], key="tab:1")
    assert await lease(tables, "w1") is not None
    worker = Worker(tables, [stranger])
    await worker.start()
    await bury(tables, "w1", None, {stranger.name: stranger})
    assert await held(tables) == {"lease": 1, "parked": 1, "lane": 1}
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [1, 2]
    await worker.retire()
