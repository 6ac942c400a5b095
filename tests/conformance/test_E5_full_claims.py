"""E5. A busy key takes no room from the others: claims are full of them from the first one on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import pytest
from tests.conformance.bar import Drink, held, pouring, register
from tests.conformance.test_E5_busy_keys import Claimer, assert_in_order, busy_backlog, enqueued
from tests.conformance.test_E21_held_snapshot import ON_POSTGRES, meanwhile

from barback.engine.leasing import arrivals
from barback.engine.messages import Stored
from barback.storage import Database, Transaction

LIMIT, LITTLE = 250, 100


def claimed(claimer: Claimer) -> list[str]:
    """The ids of what it holds."""
    assert claimer.lease is not None
    return [row.id for row in claimer.lease.rows]


async def test_E5_a_claim_that_finds_a_key_busy_is_full_of_others(tables: Database) -> None:
    """Nobody knew of it before: half of the first page is its, and the room of these is for those behind."""
    await register(tables, "w1")
    task = pouring()
    others = await busy_backlog(tables, task, 1_000)
    claimer = Claimer(tables, task, LIMIT)
    await claimer.claim()
    assert len(claimed(claimer)) == LIMIT
    assert set(claimed(claimer)) >= set(others[: LIMIT - 1])


async def test_E5_a_claim_that_looks_after_busy_keys_is_full_of_others(
    tables: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It puts a page of what they left behind into its line, in which nobody else has anything."""
    monkeypatch.setattr(arrivals, "BUSY_S", 60.0)
    monkeypatch.setattr(arrivals, "ROUTE_MAX", 300)
    await register(tables, "w1")
    task = pouring()
    others = await busy_backlog(tables, task)
    claimer = Claimer(tables, task, LIMIT)
    await claimer.claim(5)
    parked = (await held(tables))["parked"]
    monkeypatch.setattr(claimer.sight.arrivals, "_busy", {"busy": 0.0})  # its time is up
    await claimer.claim()
    assert (await held(tables))["parked"] >= parked + 290
    assert len(set(others) & set(claimed(claimer))) >= LIMIT - 2


async def test_E5_a_claim_is_filled_in_order_when_a_key_is_busy_no_more(
    tables: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it left behind lies before the place from which others are taken while it is busy."""
    monkeypatch.setattr(arrivals, "BUSY_S", 60.0)
    monkeypatch.setattr(arrivals, "ROUTE_MAX", 60)
    monkeypatch.setattr(arrivals, "LOOK_EVERY_S", 0.0)
    await register(tables, "w1")
    task = pouring()
    claimer = Claimer(tables, task, limit=60)
    keys = await enqueued(tables, task, ["busy", "busier"] * 30)
    await claimer.claim()
    keys |= await enqueued(tables, task, ["busier"] * 200 + ["busy"] * 5 + [f"tab:{n}" for n in range(30)])
    await claimer.claim_without_parking(2)
    assert claimer.sight.arrivals._floor > 205
    monkeypatch.setattr(claimer.sight.arrivals, "_busy", {"busy": 0.0, "busier": 0.0})  # their time is up
    keys |= await enqueued(tables, task, ["busy"])
    await claimer.claim_all()
    assert_in_order(claimer.done, keys)


async def test_E5_a_claim_takes_no_more_of_what_came_than_it_has_room_for(tables: Database) -> None:
    """What it took for later ones would be written twice more, and its lane too."""
    await register(tables, "w1")
    task = pouring()
    await enqueued(tables, task, [f"tab:{n}" for n in range(500)])
    claimer = Claimer(tables, task, LITTLE)
    await claimer.claim()
    assert await held(tables) == {"arrival": 500 - LITTLE, "lease": 1}
    await claimer.claim(3)
    assert await held(tables) == {"arrival": 500 - 4 * LITTLE, "lease": 1}


@ON_POSTGRES
async def test_E5_what_is_committed_between_two_looks_of_a_claim_stays_in_order(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its place was given out before the end of the first page: who looks on from there would pass it over."""
    await register(database, "w1")
    task, stack, late = pouring(), contextlib.AsyncExitStack(), list[str]()

    async def adds(tx: Transaction) -> None:
        late.append(await task.enqueue(tx, Drink(), key="late"))

    await stack.enter_async_context(meanwhile(database, adds, commit=True))
    keys = await enqueued(database, task, [key for n in range(150) for key in ("busy", f"tab:{n}")])
    after: dict[str, str] = {}
    out = arrivals._out

    async def interrupted(tx: Transaction, queue: str, n: int, place: int, busy: Sequence[str]) -> list[Stored]:
        rows = await out(tx, queue, n, place, busy)
        if not after:
            await stack.aclose()
            after.update(await asyncio.create_task(enqueued(database, task, ["late"])))
        return rows

    monkeypatch.setattr(arrivals, "_out", interrupted)
    claimer = Claimer(database, task, LIMIT)
    await claimer.claim_all()
    assert_in_order(claimer.done, {late[0]: "late"} | keys | after)
