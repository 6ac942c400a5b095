"""E8. Fair turns: a line that has much to do holds nobody up, and messages of a line stay in order."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.conformance.bar import Drink, effects, held, lease, numbers, order, pouring
from tests.conformance.queue_lines import order_for, running, start, work_off

from barback.engine import Limits, Lines, Message, RetryAfter, Work, Worker
from barback.engine.fairness import limits
from barback.engine.leasing import claims
from barback.engine.leasing.claims import settle
from barback.storage import Database
from barback.testing import HandClock


async def test_E8_a_quiet_line_is_served_in_the_next_claim_behind_any_backlog(tables: Database) -> None:
    """One line has 2,000 messages; ten others bring one each, last. All ten are in the first claim of twenty."""
    task = pouring(lines=Lines(), batch_max=20)
    await start(tables, task)
    await order_for(tables, task, "busy", range(2_000))
    for n in range(10):
        await order_for(tables, task, f"quiet{n}", [10_000 + n])
    found = await lease(tables, "w1", 20)
    assert found is not None
    count = Counter(row.line for row in found.rows)
    assert count["busy"] == 10
    assert all(count[f"quiet{n}"] == 1 for n in range(10))
    await running(tables)


async def test_E8_lines_take_turns_over_many_claims(tables: Database, clock: HandClock) -> None:
    """More lines than a claim has room for: each is served once before any is served twice."""
    task = pouring(lines=Lines(), batch_max=20)
    await start(tables, task)
    for n in range(50):
        await order_for(tables, task, f"line{n:02}", [n, n, n])
    seen: list[str | None] = []
    for _ in range(5):
        found = await lease(tables, "w1", 20)
        assert found is not None
        seen += [row.line for row in found.rows]
        clock.advance(1_000)
    assert set(Counter(seen).values()) == {2}
    assert len(set(seen[:60])) == 50


async def test_E8_a_line_alone_fills_the_whole_claim(tables: Database) -> None:
    """Turns cost nobody anything: what one line has not, another may have."""
    task = pouring(lines=Lines())
    await start(tables, task)
    await order_for(tables, task, "small", [1])
    await order_for(tables, task, "large", range(100))
    found = await lease(tables, "w1", 80)
    assert found is not None
    assert Counter(row.line for row in found.rows) == {"small": 1, "large": 79}


async def test_E8_lines_that_have_run_dry_hide_no_line_that_has_work(tables: Database) -> None:
    """Many lines brought one message each: in their next turn they have nothing, and no claim ends with them."""
    task = pouring(lines=Lines(), batch_max=10)
    await start(tables, task)
    for n in range(60):
        await order_for(tables, task, f"quiet{n}", [n])
    await order_for(tables, task, "busy", range(100, 200))
    seen = 0
    while seen < 160:
        found = await lease(tables, "w1", 10)
        assert found is not None, f"after {seen} messages a claim found nothing"
        seen += len(found.rows)
        async with tables.transaction() as tx:
            await settle(tx, [found], {}, {})
    assert await held(tables) == {}


async def test_E8_a_line_goes_by_what_the_task_says(tables: Database) -> None:
    task = pouring(lines=Lines(by=lambda work: f"n{work.payload.n % 2}"))
    await start(tables, task)
    await order(tables, task, [*range(0, 100, 2), 1])
    found = await lease(tables, "w1", 4)
    assert found is not None
    assert sorted(row.line or "" for row in found.rows) == ["n0", "n0", "n0", "n1"]


async def test_E8_a_line_that_is_none_is_refused_at_enqueue(tables: Database) -> None:
    task = pouring(lines=Lines(by=lambda _: "x" * 513))
    with pytest.raises(ValueError, match="line of at most 512 characters"):
        await order(tables, task, [1])


async def test_E8_messages_of_a_line_run_by_priority_and_then_in_order(tables: Database) -> None:
    later = pouring(lines=Lines(), name="bar.later", priority=5)
    sooner = pouring(lines=later.lines, name="bar.sooner", priority=1)
    await order_for(tables, later, "a", range(5))
    await order_for(tables, sooner, "a", range(10, 15))
    assert await work_off(tables, later, sooner) == 10
    assert await numbers(tables) == [10, 11, 12, 13, 14, 0, 1, 2, 3, 4]


async def test_E8_keys_keep_their_order_in_lines(tables: Database, clock: HandClock) -> None:
    """Heads wait in lines; retries keep the key closed; the rest of the line goes on."""

    def does(message: Message[Drink]) -> RetryAfter | None:
        return RetryAfter(500) if message.payload.n % 7 == 3 and message.attempt == 1 else None

    task = pouring(does, lines=Lines(concurrency=3))
    for tenant in ("a", "b"):
        for key in ("x", "y", "z"):
            await order_for(tables, task, tenant, range(20), key=f"{tenant}{key}")
    worker = Worker(tables, [task])
    for _ in range(20):
        await worker.until_quiet()
        await running(tables)
        clock.advance(1_000)
    await worker.retire()
    done = await effects(tables)
    for key in {one.key for one in done}:
        ns = [one.n for one in done if one.key == key and not (one.attempt == 1 and one.n % 7 == 3)]
        assert ns == list(range(20))
    assert await held(tables) == {}


async def test_E8_weights_share_turns(tables: Database) -> None:
    """A line of weight three gets three turns where another gets one."""
    task = pouring(lines=Lines())
    await start(tables, task)
    async with tables.transaction() as tx:
        await limits.put(tx, "bar", "line", "gold", Limits(weight=3))
    for line in ("gold", "tin"):
        await order_for(tables, task, line, range(100))
    found = await lease(tables, "w1", 40)
    assert found is not None
    assert Counter(row.line for row in found.rows) == {"gold": 30, "tin": 10}


async def test_E8_two_claimers_never_get_the_same_message(tables: Database) -> None:
    task = pouring(lines=Lines())
    await start(tables, task)
    for n in range(10):
        await order_for(tables, task, f"l{n}", range(n * 100, n * 100 + 10))
    got: list[int] = []
    while True:
        first, second = await lease(tables, "w1", 7), await lease(tables, "w2", 7)
        for found in (first, second):
            if found is not None:
                got += [Drink(n=int(row.payload[5:-1])).n for row in found.rows]
                async with tables.transaction() as tx:
                    await settle(tx, [found], {}, {task.name: task})
        if first is None and second is None:
            break
    assert sorted(got) == sorted(n * 100 + m for n in range(10) for m in range(10))
    assert await running(tables) == {}


async def test_E8_a_queue_without_tasks_that_say_so_has_no_lines(tables: Database) -> None:
    """Nothing of lines is touched: the ready table is claimed as ever."""
    task = pouring()
    await start(tables, task)
    async with tables.transaction() as tx:
        await task.enqueue_many(tx, [Work(Drink(n), tenant="a") for n in range(3)])
    assert await held(tables) == {"ready": 3}
    found = await lease(tables, "w1")
    assert found is not None
    assert not found.lined


async def test_E8_tasks_of_a_queue_must_agree_about_its_lines(tables: Database) -> None:
    one = pouring(lines=Lines(concurrency=1))
    two = pouring(name="bar.two", lines=Lines(concurrency=2))
    with pytest.raises(ValueError, match="queue bar declare different lines"):
        Worker(tables, [one, two])


async def test_E8_keyed_messages_do_not_wait_behind_a_backlog_without_keys(tables: Database) -> None:
    """Others fill every claim; what just came with a key gets its share within a few of them."""
    task = pouring()
    await start(tables, task)
    await order(tables, task, range(1_000))
    sight = claims.Sight()
    seen: list[str | None] = []
    for n in range(15):
        if n == 3:
            await order(tables, task, range(5), key="tab")
        async with tables.transaction() as tx:
            found = await claims.claim(tx, "bar", "w1", 20, sight=sight)
            await claims.settle(tx, found, {}, {task.name: task})
        assert len(found[0].rows) == 20
        seen += [row.key for row in found[0].rows]
    assert seen.count("tab") >= 1
