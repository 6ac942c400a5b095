"""E15. Deadlines: work that is worthless late is never handled late; it ends as expired, which is no failure."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.conformance.bar import Drink, Ring, effects, held, lease, numbers, order, pouring, register, write_effect
from tests.conformance.tools import count, sql

from barback.engine import BatchTask, Expired, Message, Outcome, RetryAfter, Snooze, TransactionalTask, Work
from barback.engine.leasing.liveness import bury
from barback.engine.operations import control
from barback.storage import Database, Transaction
from barback.testing import HandClock, run_until_quiet

MINUTE_MS = 60_000
DUE = sql("SELECT due_ms FROM engine_later")


async def pour_by(db: Database, n: int, expires_in_ms: int = MINUTE_MS, **options: object) -> str:
    """A drink that nobody wants after `expires_in_ms`."""
    async with db.transaction() as tx:
        return await pouring().enqueue(tx, Drink(n), expires_in_ms=expires_in_ms, **options)  # type: ignore[arg-type]


async def test_E15_in_time_to_the_millisecond(tables: Database, clock: HandClock) -> None:
    await pour_by(tables, 1)
    clock.advance(MINUTE_MS - 1)
    await run_until_quiet(tables, [pouring()])
    await pour_by(tables, 2)
    clock.advance(MINUTE_MS)
    assert await run_until_quiet(tables, [pouring()]) == 1
    assert await numbers(tables) == [1]
    assert await held(tables) == {}
    assert await count(tables, "engine_failure") == 0


async def test_E15_the_task_says_how_long_and_the_message_may_say_otherwise(tables: Database, clock: HandClock) -> None:
    seen: dict[int, int | None] = {}

    def look(message: Message[Drink]) -> None:
        seen[message.payload.n] = message.expires_ms

    task = pouring(look, expires_in_ms=MINUTE_MS)
    async with tables.transaction() as tx:
        await task.enqueue_many(tx, [Work(Drink(1)), Work(Drink(2), expires_in_ms=2 * MINUTE_MS)])
    clock.advance(MINUTE_MS)
    await run_until_quiet(tables, [task])
    assert seen == {2: clock.now_ms() + MINUTE_MS}


async def test_E15_its_key_goes_on(tables: Database, clock: HandClock) -> None:
    await pour_by(tables, 1, key="tab:1")
    await order(tables, pouring(), [2, 3], key="tab:1")
    clock.advance(MINUTE_MS)
    await run_until_quiet(tables, [pouring()])
    assert await numbers(tables) == [2, 3]
    assert await held(tables) == {}


@pytest.mark.parametrize("outcome", [RetryAfter(10 * MINUTE_MS), Snooze(10 * MINUTE_MS)], ids=["retry", "snooze"])
async def test_E15_who_waits_for_another_try_is_looked_at_when_it_expires(
    tables: Database, clock: HandClock, outcome: Outcome
) -> None:
    """Its key would be held up until then for nothing."""
    task = pouring(lambda message: outcome if message.payload.n == 1 else None)
    await pour_by(tables, 1, key="tab:1")
    await order(tables, task, [2], key="tab:1")
    await run_until_quiet(tables, [task])
    async with tables.reading() as tx:
        [row] = await tx.all(DUE)
    assert row["due_ms"] == clock.now_ms() + MINUTE_MS
    clock.advance(MINUTE_MS)
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [1, 2]
    assert await held(tables) == {}


async def test_E15_a_queue_that_was_paused_for_too_long(tables: Database, clock: HandClock) -> None:
    await order(tables, pouring(), [1])
    await pour_by(tables, 2)
    async with tables.transaction() as tx:
        await control.pause(tx, "bar", who="test")
    await run_until_quiet(tables, [pouring()])
    clock.advance(MINUTE_MS)
    async with tables.transaction() as tx:
        await control.resume(tx, "bar", who="test")
    await run_until_quiet(tables, [pouring()])
    assert await numbers(tables) == [1]


class Tell(TransactionalTask[Drink]):
    """Writes down that it came too late; the first `fails` times it cannot."""

    name = "bar.tell"
    queue = "bar"
    payload = Drink
    expires_in_ms = MINUTE_MS
    attempts_max = 3

    def __init__(self, fails: int = 0) -> None:
        self.fails = fails

    async def handle(self, tx: Transaction, message: Message[Drink]) -> None:
        await write_effect(tx, message, "poured")

    async def on_expired(self, tx: Transaction, message: Message[Drink]) -> None:
        await write_effect(tx, message, "told")
        self.fails -= 1
        if self.fails >= 0:
            raise ConnectionError("cannot tell")


async def _told(tables: Database, clock: HandClock, task: Tell) -> list[tuple[int, int, str]]:
    async with tables.transaction() as tx:
        await task.enqueue_many(tx, [Work(Drink(1), key="tab:1"), Work(Drink(2), expires_in_ms=9 * MINUTE_MS)])
    clock.advance(MINUTE_MS)
    for _ in range(3):
        await run_until_quiet(tables, [task])
        clock.advance(MINUTE_MS)
    return sorted((one.n, one.attempt, one.who) for one in await effects(tables))


async def test_E15_the_task_is_told_in_the_transaction_that_ends_it(tables: Database, clock: HandClock) -> None:
    assert await _told(tables, clock, Tell()) == [(1, 1, "told"), (2, 1, "poured")]
    assert await held(tables) == {}


async def test_E15_a_plain_function_is_told_as_well(tables: Database, clock: HandClock) -> None:
    async def told(tx: Transaction, message: Message[Drink]) -> None:
        await write_effect(tx, message, "told")

    task = pouring(on_expired=told, expires_in_ms=MINUTE_MS)
    await order(tables, task, [1])
    clock.advance(MINUTE_MS)
    await run_until_quiet(tables, [task])
    assert [(one.n, one.who) for one in await effects(tables)] == [(1, "told")]


async def test_E15_a_task_that_cannot_be_told_is_told_again(tables: Database, clock: HandClock) -> None:
    """What it wrote is undone with its failure, and the others of its batch do not suffer."""
    # In the first claim it fails in the trusting try and in the careful one.
    assert await _told(tables, clock, Tell(fails=2)) == [(1, 2, "told"), (2, 1, "poured")]
    assert await held(tables) == {}


async def test_E15_a_task_that_can_never_be_told_is_a_dead_letter(tables: Database, clock: HandClock) -> None:
    assert await _told(tables, clock, Tell(fails=99)) == [(2, 1, "poured")]
    assert await held(tables) == {"dead": 1}


async def test_E15_what_acts_outside_does_not_act(tables: Database, clock: HandClock) -> None:
    task = Ring()
    async with tables.transaction() as tx:
        await task.enqueue_many(tx, [Work(Drink(n), key="tab:1", expires_in_ms=MINUTE_MS * n) for n in (1, 2)])
    clock.advance(MINUTE_MS)
    await run_until_quiet(tables, [task])
    assert (await numbers(tables), task.acted) == ([2], 1)
    assert await held(tables) == {}


class Tray(BatchTask[Drink]):
    """Says itself that the odd ones came too late."""

    name = "bar.carry"
    queue = "bar"
    payload = Drink

    async def handle_batch(self, tx: Transaction, messages: Sequence[Message[Drink]]) -> Sequence[Outcome | None]:
        for message in messages:
            await write_effect(tx, message)
        return [Expired() if message.payload.n % 2 else None for message in messages]


async def test_E15_a_batch_is_asked_only_for_those_in_time(tables: Database, clock: HandClock) -> None:
    async with tables.transaction() as tx:
        works = [Work(Drink(n), key=f"tab:{n}", expires_in_ms=MINUTE_MS * (1 + n % 3)) for n in range(9)]
        await Tray().enqueue_many(tx, works)
    clock.advance(MINUTE_MS)
    assert await run_until_quiet(tables, [Tray()]) == 9
    assert sorted(await numbers(tables)) == [n for n in range(9) if n % 3]
    assert await held(tables) == {}


async def test_E15_what_a_dead_worker_held_expires_too(tables: Database, clock: HandClock) -> None:
    await register(tables, "w1")
    await pour_by(tables, 1)
    assert await lease(tables, "w1") is not None
    clock.advance(MINUTE_MS)
    await bury(tables, "w1", None, {"bar.pour": pouring()})
    await run_until_quiet(tables, [pouring()])
    assert (await numbers(tables), await held(tables)) == ([], {})


async def test_E15_a_worker_that_does_not_know_the_task_leaves_it_alone(tables: Database, clock: HandClock) -> None:
    """What is to be written down about it only its task knows."""
    async with tables.transaction() as tx:
        await Tell().enqueue(tx, Drink(1))
    clock.advance(MINUTE_MS)
    await run_until_quiet(tables, [pouring()])
    assert await held(tables) == {"later": 1}
    clock.advance(MINUTE_MS)
    await run_until_quiet(tables, [pouring(), Tell()])
    assert [one.who for one in await effects(tables)] == ["told"]


@pytest.mark.parametrize("options", [{"expires_in_ms": 0}, {"expires_in_ms": 1_000, "delay_ms": 1_000}])
async def test_E15_what_could_never_be_in_time_is_refused(tables: Database, options: dict[str, int]) -> None:
    async with tables.transaction() as tx:
        with pytest.raises(ValueError, match="`expires_in_ms`"):
            await pouring().enqueue(tx, Drink(1), **options)  # type: ignore[arg-type]
    assert await held(tables) == {}
