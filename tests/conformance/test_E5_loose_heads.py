"""E5. A message that comes alone has no lane while it is leased, and nobody passes it all the same."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.conformance.bar import Drink, held, lease, numbers, order, pouring, register
from tests.conformance.tools import sql

from barback.engine import MIGRATIONS, Dead, Message, Outcome, Queue, RetryAfter, Snooze, Work, store
from barback.engine.leases import Lease
from barback.engine.leasing import claims, lanes
from barback.engine.leasing.liveness import bury
from barback.engine.store import add_ready
from barback.engine.tasks import HeadFailure, Task
from barback.storage import Database, MigrationSet, Transaction, migrate, open_database
from barback.testing import HandClock, run_until_quiet

LANE_BEFORE = sql("INSERT INTO engine_lane (queue, key, state, since_ms) VALUES ('bar', :key, 'busy', 1)")
LEASED_BEFORE = sql(
    "INSERT INTO engine_lease (queue, worker, claimed_ms, size, body) VALUES ('bar', 'old', 1, 1, :body)"
)


async def leased(db: Database, task: Task[Drink], keys: int = 3) -> Lease:
    """Messages 0, 1, … of a key each, held by w1."""
    await register(db, "w1", "w2")
    async with db.transaction() as tx:
        await task.enqueue_many(tx, [Work(Drink(n), key=f"tab:{n}") for n in range(keys)])
    found = await lease(db, "w1")
    assert found is not None
    return found


async def settle(db: Database, task: Task[Drink], mine: Lease, outcomes: dict[str, Outcome]) -> None:
    async with db.transaction() as tx:
        settled = await claims.settle(tx, [mine], outcomes, {task.name: task})
        await add_ready(tx, settled.heads)


async def test_E5_keys_with_one_message_have_no_lane(tables: Database) -> None:
    task = pouring()
    mine = await leased(tables, task)
    assert await held(tables) == {"lease": 1}
    await settle(tables, task, mine, {})
    assert await held(tables) == {}


async def test_E5_what_comes_for_a_loose_key_waits_behind_it_and_others_do_not(tables: Database) -> None:
    task = pouring()
    mine = await leased(tables, task)
    await order(tables, task, [10, 11], key="tab:1")
    await order(tables, task, [12], key="tab:9")
    other = await lease(tables, "w2")
    assert other is not None
    assert [row.key for row in other.rows] == ["tab:9"]
    assert await held(tables) == {"lease": 2, "parked": 2, "lane": 1}
    await settle(tables, task, mine, {})
    await settle(tables, task, other, {})
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [10, 11]
    assert await held(tables) == {}


@pytest.mark.parametrize("policy", ["block", "skip", "park"])
@pytest.mark.parametrize(
    "outcome", [RetryAfter(1_000, "no"), Snooze(1_000), Dead("no")], ids=lambda one: type(one).__name__
)
@pytest.mark.parametrize("follows", [False, True])
async def test_E5_a_loose_head_that_fails_keeps_its_key(
    tables: Database, clock: HandClock, policy: HeadFailure, outcome: Outcome, *, follows: bool
) -> None:
    """As one that has a lane: what follows waits for its retry, or for the key to be opened, or passes it."""
    task = pouring(on_head_failure=policy)
    mine = await leased(tables, task, keys=2)
    if follows:
        await order(tables, task, [10], key="tab:0")
        assert await lease(tables, "w2") is None
    await settle(tables, task, mine, {mine.rows[0].id: outcome})
    if not follows:
        await order(tables, task, [10], key="tab:0")
    await run_until_quiet(tables, [task])
    waits = policy == "park" if isinstance(outcome, Dead) else policy != "skip"
    assert await numbers(tables) == ([] if waits else [10])
    clock.advance(2_000)
    async with tables.transaction() as tx:
        await lanes.release(tx, "bar", "tab:0")
    await run_until_quiet(tables, [task])
    again = [] if isinstance(outcome, Dead) else [0]
    assert await numbers(tables) == ([*again, 10] if waits else [10, *again])


@pytest.mark.parametrize("how", ["given back", "split", "taken over"])
async def test_E5_a_loose_head_that_changes_hands_keeps_its_key(tables: Database, how: str) -> None:
    task = pouring()
    mine = await leased(tables, task, keys=2)
    if how == "taken over":
        await bury(tables, "w1", None, {task.name: task})
    else:
        async with tables.transaction() as tx:
            await (claims.give_back(tx, [mine]) if how == "given back" else claims.split(tx, mine))
    await order(tables, task, [10], key="tab:0")
    await order(tables, task, [11], key="tab:1")
    while (found := await lease(tables, "w2")) is not None:
        assert {row.key for row in found.rows} == {"tab:0", "tab:1"}
        assert how == "given back", "all of it is in hands, or set aside"
        assert all(row.id in {one.id for one in mine.rows} for row in found.rows)
        await bury(tables, "w2", None, {task.name: task})
    assert (await held(tables))["parked"] == 2


async def test_E5_a_key_is_paused_and_goes_on_while_its_loose_head_is_handled(tables: Database) -> None:
    """Nothing of it is claimed beside the head, also when the pause ends before it does."""
    task = pouring()
    mine = await leased(tables, task)
    for change in (lanes.pause, lanes.resume):
        async with tables.transaction() as tx:
            assert await change(tx, "bar", "tab:0")
        await order(tables, task, [10], key="tab:0")
        assert await lease(tables, "w2") is None
    await settle(tables, task, mine, {})
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [10, 10]
    assert await held(tables) == {}


async def test_E5_a_head_that_finds_no_room_has_a_lane(tables: Database) -> None:
    """What comes for it while it is ready stands behind it."""
    task = pouring()
    await register(tables, "w1")
    sizes: list[int] = []
    for n in (0, 10, None):
        if n is not None:
            async with tables.transaction() as tx:
                await task.enqueue_many(tx, [Work(Drink(n + k), key=f"tab:{k}") for k in range(5)])
        found = await lease(tables, "w1", limit=2)
        sizes.append(0 if found is None else found.size)
    assert sizes == [2, 2, 1]
    assert await held(tables) == {"lease": 3, "parked": 5, "lane": 5}


async def test_E5_what_waited_with_keys_before_the_migration_goes_on_in_order(
    empty_database_url: str, tmp_path: Path
) -> None:
    """As a version that made a lane for every head left it: one ready, one in dead hands, others behind."""
    before = tmp_path / "before"
    before.mkdir()
    for path in sorted(MIGRATIONS.folder.glob("*.sql")):
        if int(path.name[:4]) < 16:
            (before / path.name).write_text(path.read_text())
    db = await open_database(empty_database_url)
    await migrate(db, [MigrationSet("engine", before)])
    done: list[tuple[str | None, int]] = []

    async def pour(tx: Transaction, message: Message[Drink]) -> None:
        del tx
        done.append((message.key, message.payload.n))

    task = Queue("bar").task("bar.pour", payload=Drink)(pour)
    async with db.transaction() as tx:
        rows = [task.stored(Work(Drink(n), key=key), tx.now_ms) for n in range(3) for key in ("ready", "held")]
        body = msgspec.msgpack.encode([msgspec.structs.replace(rows[1], attempt=1)])
        await store.add_ready(tx, rows[:1])
        await tx.run(LEASED_BEFORE, body=body)
        await store.add_parked(tx, rows[2:4])
        await store.add_arrivals(tx, rows[4:])
        for key in ("ready", "held"):
            await tx.run(LANE_BEFORE, key=key)
    assert await migrate(db, [MIGRATIONS]) == ["engine/0016_keys_in_leases.sql", "engine/0017_relaxed_claims.sql"]
    await bury(db, "old", None, {task.name: task})
    await run_until_quiet(db, [task])
    for key in ("ready", "held"):
        assert [n for its, n in done if its == key] == [0, 1, 2]
    assert await held(db) == {}
    await db.close()
