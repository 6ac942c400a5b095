"""E5. A key with a long backlog does not hold up those that came after it, and stays in order itself."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from tests.conformance.bar import Drink, held, numbers, pouring, register
from tests.conformance.test_E21_held_snapshot import ON_POSTGRES, meanwhile
from tests.conformance.tools import count

from barback.engine import Work
from barback.engine.leases import Lease
from barback.engine.leasing import arrivals, claims, lanes
from barback.engine.leasing.claims import Settled
from barback.engine.leasing.sight import Sight
from barback.engine.tasks import Task
from barback.storage import Database, Transaction, open_database
from barback.testing import HandClock, run_until_quiet

BUSY_AND_OTHERS = 4_000


class Claimer:
    """Claims as a runner does, batch after batch, and settles each with the next claim."""

    def __init__(self, db: Database, task: Task[Drink], limit: int = 50) -> None:
        self._db, self._task, self._limit = db, task, limit
        self.sight = Sight()
        self.lease: Lease | None = None
        self.done: list[str] = []

    async def claim(self, times: int = 1) -> None:
        for _ in range(times):
            async with self._db.transaction() as tx:
                settled = Settled()
                if self.lease is not None:
                    settled = await claims.settle(tx, [self.lease], {}, {self._task.name: self._task}, claiming=True)
                self.sight.arrivals.ended(settled.moved, settled.heads)
                found = await claims.claim(tx, "bar", "w1", self._limit, offered=settled.heads, sight=self.sight)
            self.done += [row.id for row in self.lease.rows] if self.lease is not None else []
            self.lease = found[0] if found else None

    async def claim_without_parking(self, times: int) -> None:
        """As if others had left no room."""
        for _ in range(times):
            self.sight.arrivals._parking = False
            await self.claim()

    async def claim_all(self) -> None:
        await self.claim()
        while self.lease is not None:
            await self.claim()


async def busy_backlog(db: Database, task: Task[Drink], n: int = BUSY_AND_OTHERS) -> list[str]:
    """Every second message is of one key, the others have a key each; the ids of the others."""
    ids: list[str] = []
    for start in range(0, n, 500):
        async with db.transaction() as tx:
            keys = ["busy" if k % 2 else f"tab:{k}" for k in range(start, start + 500)]
            ids += await task.enqueue_many(tx, [Work(Drink(k), key=key) for k, key in enumerate(keys, start)])
    return ids[::2]


async def test_E5_a_busy_key_is_left_where_it_is_while_others_fill_the_claims(
    tables: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each claim all but one are others, and next to nothing of the busy key is moved for it."""
    monkeypatch.setattr(arrivals, "BUSY_S", 60.0)
    await register(tables, "w1")
    task = pouring()
    others = await busy_backlog(tables, task)
    claimer = Claimer(tables, task)
    await claimer.claim(20)
    assert len(set(others) & set(claimer.done)) >= 18 * 49
    assert (await held(tables))["parked"] <= 50, "what the first page had of it"
    await claimer.claim_all()
    assert len(set(claimer.done)) == BUSY_AND_OTHERS
    assert await held(tables) == {}


async def test_E5_a_busy_key_stays_in_order_while_more_comes_for_it(
    tables: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it left behind comes before what comes for it later: however often it counts as busy and as not."""
    monkeypatch.setattr(arrivals, "ROUTE_MAX", 60)
    monkeypatch.setattr(arrivals, "PAGE_MIN", 10)
    monkeypatch.setattr(arrivals, "LOOK_MAX", 40)
    monkeypatch.setattr(arrivals, "BUSY_S", 0.0)
    await register(tables, "w1")
    task, chance = pouring(), random.Random(5)
    claimer = Claimer(tables, task, limit=10)
    keys: dict[str, str] = {}
    for turn in range(120):
        monkeypatch.setattr(arrivals, "BUSY_S", chance.choice([0.0, 0.002, 60.0]))
        if turn < 60:
            async with tables.transaction() as tx:
                some = [chance.choice(["busy", "busier", f"tab:{chance.randrange(40)}"]) for _ in range(30)]
                ids = await task.enqueue_many(tx, [Work(Drink(turn), key=key) for key in some])
                keys.update(zip(ids, some, strict=True))
        await claimer.claim(chance.randrange(3))
    await claimer.claim_all()
    assert set(claimer.done) == set(keys)
    assert_in_order(claimer.done, keys)


async def enqueued(db: Database, task: Task[Drink], keys: list[str]) -> dict[str, str]:
    """The key of each, by its id, in order."""
    async with db.transaction() as tx:
        return dict(zip(await task.enqueue_many(tx, [Work(Drink(), key=key) for key in keys]), keys, strict=True))


def assert_in_order(done: list[str], keys: dict[str, str]) -> None:
    for key in set(keys.values()):
        assert [id_ for id_ in done if keys[id_] == key] == [id_ for id_ in keys if keys[id_] == key], key


async def test_E5_a_key_that_is_busy_no_more_goes_on_with_what_it_left_behind(
    tables: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it left lies behind the rest of another busy key, before the place where others are looked for."""
    monkeypatch.setattr(arrivals, "BUSY_S", 60.0)
    monkeypatch.setattr(arrivals, "ROUTE_MAX", 60)
    await register(tables, "w1")
    task = pouring()
    claimer = Claimer(tables, task, limit=20)
    keys = await enqueued(tables, task, ["busy", "busier"] * 30)
    await claimer.claim()
    keys |= await enqueued(tables, task, ["busier"] * 200 + ["busy"] * 5 + [f"tab:{n}" for n in range(100)])
    await claimer.claim(2)
    assert (await held(tables))["arrival"] >= 145
    monkeypatch.setattr(claimer.sight.arrivals, "_busy", {"busy": 0.0, "busier": 0.0})  # their time is up
    keys |= await enqueued(tables, task, ["busy"])
    await claimer.claim_all()
    assert_in_order(claimer.done, keys)


@ON_POSTGRES
async def test_E5_a_busy_key_that_bars_the_way_is_put_into_its_line_from_its_beginning(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody adds messages and does not end, so nobody may begin behind what he may have added."""
    monkeypatch.setattr(arrivals, "BUSY_S", 60.0)
    monkeypatch.setattr(arrivals, "ROUTE_MAX", 200)
    monkeypatch.setattr(arrivals, "LOOK_MAX", 40)
    monkeypatch.setattr(arrivals, "LOOK_EVERY_S", 0.0)
    await register(database, "w1")
    task = pouring()
    claimer = Claimer(database, task, limit=20)
    keys = await enqueued(database, task, ["busy"] * 40)
    await claimer.claim()
    monkeypatch.setattr(arrivals, "ROUTE_MAX", 60)
    keys |= await enqueued(database, task, [key for n in range(60) for key in ("busy", f"tab:{n}")])
    await claimer.claim_without_parking(2)
    late: dict[str, str] = {}

    async def adds(tx: Transaction) -> None:
        late[await task.enqueue(tx, Drink(), key="late")] = "late"

    async with meanwhile(database, adds, commit=True):
        keys |= await enqueued(database, task, ["busy"] * 100)
        await claimer.claim_without_parking(10)
    await claimer.claim_all()
    assert_in_order(claimer.done, keys | late)


@ON_POSTGRES
async def test_E5_what_is_committed_late_comes_before_what_was_enqueued_after_it(database: Database) -> None:
    """Its place was given out before those that were passed over: nobody may begin behind it."""
    await register(database, "w1")
    task = pouring()
    claimer = Claimer(database, task)
    await busy_backlog(database, task, 1_000)
    late: list[str] = []

    async def adds(tx: Transaction) -> None:
        late.append(await task.enqueue(tx, Drink(-1), key="late"))

    async with meanwhile(database, adds, commit=True):
        await busy_backlog(database, task)
        await claimer.claim(10)
    async with database.transaction() as tx:
        after = await task.enqueue(tx, Drink(-2), key="late")
    await claimer.claim_all()
    assert claimer.done.index(late[0]) < claimer.done.index(after)


async def test_E5_two_workers_keep_the_order_of_busy_keys(tables: Database, database_url: str) -> None:
    task = pouring(batch_max=20)
    await busy_backlog(tables, task, 1_000)
    other = await open_database(database_url)
    await asyncio.gather(run_until_quiet(tables, [task]), run_until_quiet(other, [task]))
    await run_until_quiet(tables, [task])
    await other.close()
    done = await numbers(tables)
    assert sorted(done) == list(range(1_000))
    assert [n for n in done if n % 2] == list(range(1, 1_000, 2))
    assert await count(tables, "engine_lane") == 0


async def test_E5_a_claim_enters_lanes_once(
    tables: Database, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order of their keys: with a second time, two workers could wait for each other."""
    entered: list[int] = []
    enter = lanes.enter

    async def counted(tx: Transaction, *args: Any, **more: Any) -> Any:
        entered.append(id(tx))
        held_on.append(tx)
        return await enter(tx, *args, **more)

    held_on: list[Transaction] = []
    monkeypatch.setattr(lanes, "enter", counted)
    task = pouring(batch_max=40)
    await busy_backlog(tables, task, 1_000)
    async with tables.transaction() as tx:
        await task.enqueue_many(tx, [Work(Drink(2_000 + n), key=f"late:{n}", delay_ms=10 * n) for n in range(1, 50)])
    clock.advance(1_000)
    await run_until_quiet(tables, [task])
    assert len(await numbers(tables)) == 1_049
    assert len(set(entered)) == len(entered) > 2
