"""E5. What the head of a key does to its followers when it fails: block, skip or park."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict

import pytest
from tests.conformance.bar import Does, Drink, effects, held, numbers, order, pouring

from barback.engine import Message, Outcome, RetryAfter, Snooze, Worker
from barback.engine.leasing import lanes
from barback.engine.tasks import HeadFailure
from barback.storage import Database, open_database
from barback.testing import HandClock, run_until_quiet

POLICIES: list[HeadFailure] = ["block", "skip", "park"]


async def test_E5_block_keeps_followers_waiting_until_the_head_succeeds(tables: Database, clock: HandClock) -> None:
    task = pouring(lambda message: _fails(message, until=3, n=0), on_head_failure="block")
    await order(tables, task, range(3), key="tab:1")
    await order(tables, task, [10], key="tab:2")
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [10]
    for _ in range(3):
        clock.advance(600_000)
        await run_until_quiet(tables, [task])
    assert await numbers(tables) == [10, 0, 1, 2], "the retry kept its place"


async def test_E5_block_lets_followers_go_on_when_the_head_dies(tables: Database) -> None:
    task = pouring(lambda message: _fails(message, until=99, n=0), on_head_failure="block", attempts_max=1)
    await order(tables, task, range(3), key="tab:1")
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [1, 2]
    assert await held(tables) == {"dead": 1}


async def test_E5_skip_lets_followers_pass_while_the_head_waits(tables: Database, clock: HandClock) -> None:
    task = pouring(lambda message: _fails(message, until=2, n=0), on_head_failure="skip")
    await order(tables, task, range(3), key="tab:1")
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [1, 2]
    clock.advance(600_000)
    await order(tables, task, [3], key="tab:1")
    await run_until_quiet(tables, [task])
    assert sorted(await numbers(tables)) == [0, 1, 2, 3]


async def test_E5_park_closes_the_key_when_the_head_dies_until_it_is_released(tables: Database) -> None:
    task = pouring(lambda message: _fails(message, until=99, n=0), on_head_failure="park", attempts_max=1)
    await order(tables, task, range(3), key="tab:1")
    await order(tables, task, [10], key="tab:2")
    await run_until_quiet(tables, [task])
    await order(tables, task, [3], key="tab:1")
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [10]
    async with tables.transaction() as tx:
        assert await lanes.release(tx, "bar", "tab:1")
        assert not await lanes.release(tx, "bar", "tab:2")
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [10, 1, 2, 3]


async def test_E5_a_snoozed_head_keeps_its_place(tables: Database, clock: HandClock) -> None:
    seen: list[int] = []

    def does(message: Message[Drink]) -> Outcome | None:
        seen.append(message.payload.n)
        return Snooze(1_000) if len(seen) == 1 else None

    task = pouring(does)
    await order(tables, task, range(3), key="tab:1")
    await run_until_quiet(tables, [task])
    assert seen == [0]
    clock.advance(1_000)
    await run_until_quiet(tables, [task])
    assert seen == [0, 0, 1, 2]


@pytest.mark.parametrize("policy", POLICIES)
async def test_E5_many_workers_and_random_failures_break_no_order(
    tables: Database, clock: HandClock, database_url: str, policy: HeadFailure
) -> None:
    """The oracle: nothing lost, nothing twice, no two of a key at once, and each key in order as its policy says."""
    overlaps: list[str] = []
    task = pouring(_unreliable(overlaps), batch_max=6, attempts_max=100, on_head_failure=policy)
    nodes = [tables, *[await open_database(database_url, clock=clock) for _ in range(2)]]
    workers = [Worker(node, [task]) for node in nodes]
    for n in range(90):
        await order(nodes[n % 3], task, [n], key=f"tab:{n % 6}")
        if n % 15 == 14:
            await asyncio.gather(*(worker.until_quiet() for worker in workers))
            clock.advance(300)
    while (await held(tables)).keys() - {"dead"}:
        clock.advance(600_000)
        await asyncio.gather(*(worker.until_quiet() for worker in workers))
    for node in nodes[1:]:
        await node.close()
    assert overlaps == []
    last = {one.n: place for place, one in enumerate(await effects(tables))}
    assert sorted(last) == list(range(90))
    if policy != "skip":
        for key in range(6):
            places = [last[n] for n in range(key, 90, 6)]
            assert places == sorted(places), f"key {key} out of order"


def _unreliable(overlaps: list[str]) -> Does:
    """Fails, asks for a retry or snoozes at random; notes two of a key at once."""
    chance = random.Random(11)
    inside: dict[str | None, int] = defaultdict(int)

    async def does(message: Message[Drink]) -> Outcome | None:
        inside[message.key] += 1
        if inside[message.key] > 1:
            overlaps.append(str(message.key))
        await asyncio.sleep(0)
        inside[message.key] -= 1
        roll = chance.random()
        if roll < 0.1:
            raise ValueError("no ice")
        if roll < 0.2:
            return RetryAfter(chance.randrange(500), "no glass")
        return Snooze(chance.randrange(500)) if roll < 0.3 else None

    return does


def _fails(message: Message[Drink], *, until: int, n: int) -> None:
    if message.payload.n == n and message.attempt < until:
        raise ValueError("no ice")
