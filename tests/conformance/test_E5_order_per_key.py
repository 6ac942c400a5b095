"""E5. Order per key: one at a time and in order; other keys are never held up; policies block, skip and park."""

from __future__ import annotations

import asyncio
import random

import pytest
from tests.conformance.bar import Drink, held, lease, numbers, order, pouring, register
from tests.conformance.tools import eventually, sql

from barback.engine import Message, Worker
from barback.engine.leasing import arrivals, lanes
from barback.engine.leasing.claims import settle as settle_leases
from barback.engine.store import SQL, add_ready
from barback.engine.tasks import HeadFailure
from barback.storage import Database, Statement, open_database
from barback.testing import HandClock, run_until_quiet

POLICIES: list[HeadFailure] = ["block", "skip", "park"]


async def test_E5_messages_of_a_key_run_in_the_order_in_which_they_were_enqueued(tables: Database) -> None:
    task = pouring(batch_max=5)
    for n in range(60):
        await order(tables, task, [n], key=f"tab:{n % 4}")
    await run_until_quiet(tables, [task])
    done = await numbers(tables)
    assert sorted(done) == list(range(60))
    for key in range(4):
        assert [n for n in done if n % 4 == key] == list(range(key, 60, 4))


async def test_E5_a_batch_never_holds_two_of_a_key(tables: Database) -> None:
    task = pouring()
    await register(tables, "w1", "w2")
    await order(tables, task, range(10), key="tab:1")
    first = await lease(tables, "w1")
    assert first is not None
    assert len(first.rows) == 1
    assert await lease(tables, "w2") is None, "nor does another worker get the next while one is leased"


async def test_E5_only_heads_stand_where_claims_look(tables: Database) -> None:
    task = pouring()
    await register(tables, "w1")
    await order(tables, task, range(500), key="hot")
    await order(tables, task, range(500, 503))
    assert await lease(tables, "w1") is not None
    assert await held(tables) == {"parked": 499, "lease": 1, "lane": 1}


async def test_E5_a_hot_key_holds_no_other_key_up(tables: Database) -> None:
    """5,000 of one key first: another key waits for at most a few of them, also behind a small batch."""
    task = pouring(batch_max=4)
    await order(tables, task, range(300), key="hot")
    await order(tables, task, range(1_000, 1_300), key="hot too")
    await order(tables, task, range(2_000, 2_300), key="and this")
    await order(tables, task, range(3_000, 3_300), key="and that")
    worker = Worker(tables, [task])
    await worker.start()
    runner = worker._runners[0]
    current = await runner.claim()
    for turn in range(20):
        if turn == 5:
            await order(tables, task, [9_999], key="quiet")
        assert current is not None
        current = await runner.work(current)
    assert 9_999 in await numbers(tables)
    await worker.retire()


@pytest.mark.parametrize("batch_max", [1, 3])
async def test_E5_a_key_with_a_backlog_lets_messages_without_a_key_pass(tables: Database, batch_max: int) -> None:
    task = pouring(batch_max=batch_max)
    await order(tables, task, range(100), key="hot")
    await order(tables, task, [1_000])
    await run_until_quiet(tables, [task])
    done = await numbers(tables)
    assert done.index(1_000) < 10


async def test_E5_while_one_key_is_being_handled_another_worker_takes_the_others(
    tables: Database, database_url: str
) -> None:
    """The rest of a large backlog is put into lines by whoever is free, not by the one who is busy."""
    if tables.dialect == "sqlite":
        return  # a handler that only touches the database holds the writer's turn there; see differences.md
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def does(message: Message[Drink]) -> None:
        if message.key == "hot" and not go_on.is_set():
            inside.set()
            await go_on.wait()

    task = pouring(does)
    await order(tables, task, range(3_000), key="hot")
    other = await open_database(database_url)
    workers = [Worker(tables, [task]), Worker(other, [task])]
    running = [asyncio.create_task(worker.run()) for worker in workers]
    await inside.wait()
    await order(tables, task, range(5_000, 5_010), key="cool")

    async def cool_done() -> bool:
        return sorted(await numbers(tables)) == list(range(5_000, 5_010))

    await eventually(cool_done, 10, "the cool key is done while the hot one is being handled")
    for worker in workers:
        worker.stop()
    go_on.set()
    await asyncio.gather(*running)
    await other.close()


async def test_E5_a_delayed_message_joins_the_line_of_its_key_when_it_is_due(
    tables: Database, clock: HandClock
) -> None:
    task = pouring()
    await order(tables, task, [1], key="tab:1", delay_ms=1_000)
    await order(tables, task, [2], key="tab:1")
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [2], "one that is not due keeps nobody waiting"
    clock.advance(999)
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [2]
    clock.advance(1)
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [2, 1]


async def test_E5_delayed_messages_of_a_key_run_in_the_order_in_which_they_fall_due(
    tables: Database, clock: HandClock
) -> None:
    task = pouring(batch_max=3)
    delays = [(n, random.Random(7).randrange(5) * 100 + 100) for n in range(40)]
    for n, delay_ms in delays:
        await order(tables, task, [n], key="tab:1", delay_ms=delay_ms)
    clock.advance(1_000)
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [n for n, _ in sorted(delays, key=lambda one: one[1])]


async def test_E5_two_workers_never_turn_delayed_messages_of_a_key_around(
    tables: Database, clock: HandClock, database_url: str
) -> None:
    task = pouring(batch_max=2)
    for n in range(60):
        await order(tables, task, [n], key=f"tab:{n % 3}", delay_ms=100 + n)
    clock.advance(1_000)
    nodes = [tables, *[await open_database(database_url, clock=clock) for _ in range(3)]]
    workers = [Worker(node, [task]) for node in nodes]
    await asyncio.gather(*(worker.until_quiet() for worker in workers))
    await run_until_quiet(tables, [task])
    for node in nodes[1:]:
        await node.close()
    done = await numbers(tables)
    for key in range(3):
        assert [n for n in done if n % 3 == key] == list(range(key, 60, 3))


async def test_E5_a_message_without_a_key_waits_for_nobody(tables: Database) -> None:
    task = pouring()
    await register(tables, "w1")
    await order(tables, task, range(5))
    found = await lease(tables, "w1")
    assert found is not None
    assert len(found.rows) == 5


async def test_E5_a_lane_ends_with_its_last_message(tables: Database) -> None:
    task = pouring()
    for n in range(20):
        await order(tables, task, [n], key=f"tab:{n}")
    await run_until_quiet(tables, [task])
    assert await held(tables) == {}


async def test_E5_the_claim_uses_its_index_before_and_after_statistics(tables: Database) -> None:
    """PostgreSQL: the plan must not depend on whether ANALYZE has run."""
    if tables.dialect == "sqlite":
        plan = sql("EXPLAIN QUERY PLAN SELECT pos FROM engine_ready WHERE queue = :q ORDER BY priority, pos LIMIT 10")
        async with tables.reading() as tx:
            [row] = await tx.all(plan, q="bar")
        assert "USING COVERING INDEX engine_ready_turn" in row["detail"]
        return
    await order(tables, pouring(), range(20_000))
    await order(tables, pouring(queue="other"), range(20_000))
    for _ in range(2):
        assert "engine_ready_turn" in await _claim_plan(tables)
        async with tables.transaction() as tx:
            await tx.script(
                "ANALYZE engine_ready; ANALYZE engine_later; ANALYZE engine_arrival; ANALYZE engine_parked;"
            )


async def _claim_plan(db: Database) -> str:
    claim = SQL.ready_claim.postgres
    async with db.transaction() as tx:
        await tx.script(f"PREPARE c AS {claim}; SET LOCAL plan_cache_mode = force_generic_plan;")
        rows = await tx.all(sql("", "EXPLAIN EXECUTE c('{-2147483648,100}', '{0,50}', '{100,2147483648}', 'bar', 200)"))
        await tx.script("DEALLOCATE c;")
    plan = "\n".join(str(row[0]) for row in rows)
    assert "Seq Scan" not in plan, plan
    assert "Sort" not in plan, plan
    return plan


@pytest.mark.parametrize("earlier", [1, 2])
async def test_E5_a_head_that_ends_while_another_message_comes_for_its_key_hands_on_to_it(
    tables: Database, earlier: int
) -> None:
    """The lane is being entered by a transaction that is open when the head is settled: neither passes the other."""
    task = pouring()
    await register(tables, "w1")
    await order(tables, task, range(earlier), key="tab")
    await order(tables, task, [50, 51], key="other")
    entering, go_on = asyncio.Event(), asyncio.Event()

    async def route() -> None:
        await order(tables, task, [9], key="tab")
        async with tables.transaction() as tx:
            heads, count = await arrivals.route_arrivals(tx, "bar", 10)
            assert (heads, count) == ([], 1)
            entering.set()
            await asyncio.wait_for(go_on.wait(), 10)

    first = await lease(tables, "w1")
    assert first is not None
    assert sorted(row.key or "" for row in first.rows) == ["other", "tab"]
    routing = asyncio.create_task(route())
    await entering.wait()

    async def settle() -> list[str | None]:
        async with tables.transaction() as tx:
            settled = await settle_leases(tx, [first], {}, {task.name: task})
            await add_ready(tx, settled.heads)
        return [row.key for row in settled.heads]

    settling = asyncio.create_task(settle())
    await asyncio.wait([settling], timeout=0.3)
    assert not settling.done(), "it waits until it can see who came"
    go_on.set()
    await routing
    assert sorted(key or "" for key in await settling) == ["other", "tab"]
    await run_until_quiet(tables, [task])
    assert sorted(await numbers(tables)) == [*range(1, earlier), 9, 51]
    assert await held(tables) == {}


async def test_E5_a_message_that_came_while_its_head_was_held_follows_it(tables: Database) -> None:
    task = pouring()
    await register(tables, "w1")
    await order(tables, task, [1], key="tab")
    first = await lease(tables, "w1")
    assert first is not None
    await order(tables, task, [2], key="tab")
    assert await lease(tables, "w1") is None, "it is put behind the head that is held"
    assert await held(tables) == {"parked": 1, "lease": 1, "lane": 1}
    async with tables.transaction() as tx:
        settled = await settle_leases(tx, [first], {}, {task.name: task})
        await add_ready(tx, settled.heads)
    assert [row.key for row in settled.heads] == ["tab"]
    await run_until_quiet(tables, [task])
    assert await held(tables) == {}


async def test_E5_keys_are_looked_up_one_by_one_however_many_there_are(tables: Database) -> None:
    """PostgreSQL: by a list of keys it would read every lane of the queue, with statistics or without."""
    await order(tables, pouring(), [1])
    if tables.dialect == "sqlite":
        return
    keys = [f"tab:{n:05}" for n in range(3_000)]
    async with tables.transaction() as tx:
        await lanes.enter(tx, "bar", [])
        await tx.all(lanes.SQL.lane_enter, queue="bar", keys=keys, states=["alone"] * 3_000, now_ms=1)
    for _ in range(2):
        for name in ("lane_enter", "lane_lock", "lanes_end", "lane_leave", "lane_follow", "lanes_paused"):
            statement = getattr(lanes.SQL, name)
            for some in (keys[:1], keys[:700]):
                plan = await _plan_of_keys(tables, statement, some)
                assert "Index Cond: ((queue = " in plan, plan
                assert "Bitmap" not in plan, plan
                assert "Seq Scan" not in plan, plan
        async with tables.transaction() as tx:
            await tx.script("ANALYZE engine_lane")


async def _plan_of_keys(db: Database, statement: Statement, keys: list[str]) -> str:
    values = {"queue": "'bar'", "keys": "ARRAY['" + "','".join(keys) + "']", "now_ms": "1"}
    values["states"] = "ARRAY['" + "','".join("alone" for _ in keys) + "']"
    async with db.transaction() as tx:
        await tx.script(f"PREPARE c AS {statement.postgres}")
        rows = await tx.all(sql("", f"EXPLAIN EXECUTE c({', '.join(values[name] for name in statement.names)})"))
        await tx.script("DEALLOCATE c")
    return "\n".join(str(row[0]) for row in rows)
