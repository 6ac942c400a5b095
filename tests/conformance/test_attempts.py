"""How long attempts that failed took is kept with them: by itself where a message was handled by itself."""

from __future__ import annotations

import asyncio

from tests.conformance.bar import Drink, Ring, lease, order, pouring, register

from barback.engine import Dead, Message, Outcome
from barback.engine.dead import dead_letters
from barback.engine.leasing.liveness import bury
from barback.storage import Database
from barback.testing import HandClock, run_until_quiet

SLOW_S, SLOW_MS = 0.2, 200
ROUNDING_MS = 5


async def took(db: Database, *ids: str) -> list[int | None]:
    async with db.reading() as tx:
        return [one.took_ms for id_ in ids for one in await dead_letters.history(tx, id_)]


async def slowly(error: str) -> None:
    await asyncio.sleep(SLOW_S)  # time for the attempt to take
    raise ValueError(error)


async def test_each_that_fails_has_its_own_time(tables: Database) -> None:
    async def does(message: Message[Drink]) -> Outcome | None:
        if message.payload.n == 1:
            await slowly("no ice")
        if message.payload.n == 2:
            raise ValueError("no glass")
        return None

    slow, quick = (await order(tables, pouring(does), [1, 2, 3]))[:2]
    await run_until_quiet(tables, [pouring(does)])
    [slow_ms, quick_ms] = await took(tables, slow, quick)
    assert slow_ms is not None
    assert quick_ms is not None
    assert slow_ms >= SLOW_MS - ROUNDING_MS
    assert quick_ms < SLOW_MS, "the time of the other is not its own"


async def test_messages_that_were_handled_together_share_the_time(tables: Database) -> None:
    async def does(message: Message[Drink]) -> Outcome:
        if message.payload.n == 1:
            await asyncio.sleep(SLOW_S)  # time for the attempt to take
        return Dead("closed for ever")

    ids = await order(tables, pouring(does), [1, 2])
    await run_until_quiet(tables, [pouring(does)])
    first, second = await took(tables, *ids)
    assert first is not None
    assert second is not None
    assert SLOW_MS / 2 - ROUNDING_MS <= first < SLOW_MS
    assert abs(first - second) < SLOW_MS / 4


async def test_what_reaches_outside_has_the_time_of_all_its_steps(tables: Database) -> None:
    class Deaf(Ring):
        async def act(self, decision: int) -> int:
            await slowly("no answer")
            return decision

    task = Deaf()
    [id_] = await order(tables, task, [1])
    await run_until_quiet(tables, [task])
    [ms] = await took(tables, id_)
    assert ms is not None
    assert ms >= SLOW_MS - ROUNDING_MS


async def test_each_attempt_ended_after_it_began(tables: Database) -> None:
    """The time of a failure is when it ended, also where the transaction began with the attempt."""
    clock = tables.clock
    assert isinstance(clock, HandClock)

    async def does(_message: Message[Drink]) -> Outcome:
        clock.advance(3_000)
        return Dead("closed for ever")

    began_ms = clock.now_ms()
    [id_] = await order(tables, pouring(does), [1])
    await run_until_quiet(tables, [pouring(does)])
    async with tables.reading() as tx:
        [failure] = await dead_letters.history(tx, id_)
    assert failure.at_ms == began_ms + 3_000


async def test_how_long_it_took_to_kill_its_worker_nobody_knows(tables: Database) -> None:
    task = pouring(attempts_max=1)
    [id_] = await order(tables, task, [1])
    await register(tables, "w1")
    assert await lease(tables, "w1") is not None
    await bury(tables, "w1", None, {task.name: task})
    assert await took(tables, id_) == [None]
