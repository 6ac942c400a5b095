"""Whose turn it is to write: a process that writes all the time does not keep another one out."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

from tests.conformance.tools import child, count, sql

from barback.storage import Database

ADD = sql("INSERT INTO note (id, n) VALUES (:id, :n)")
BUSY_COUNT = sql("SELECT n FROM note WHERE id = 'busy'")
BUSY = 3
TURNS = 30


async def test_processes_that_write_all_the_time_let_another_one_in(tables: Database, database_url: str) -> None:
    async with tables.transaction() as tx:
        await tx.run(ADD, id="busy", n=0)
    async with AsyncExitStack() as stack:
        for _ in range(BUSY):
            busy = await stack.enter_async_context(child("writer_child", "hurry", database_url))
            await busy.says("ready")
        others_before = await turns_of_others(tables)
        waits: list[float] = []
        for n in range(TURNS):
            began = time.monotonic()
            async with tables.transaction() as tx:
                waits.append(time.monotonic() - began)
                await tx.run(ADD, id=f"{n}", n=n)
        others = await turns_of_others(tables) - others_before
    assert sorted(waits)[TURNS // 2] < 0.25, f"half of our turns came after {sorted(waits)[TURNS // 2]:.3f} s"
    assert max(waits) < 3, "none was starved"
    assert others > 0, "and neither were the others"
    if tables.dialect == "sqlite":
        assert others <= 2 * BUSY * TURNS, f"they had {others} turns while we, who always asked, had {TURNS}"


async def turns_of_others(db: Database) -> int:
    async with db.reading() as tx:
        row = await tx.one(BUSY_COUNT)
    assert row is not None
    return int(row["n"])


async def test_writers_of_one_process_get_their_turn_in_the_order_in_which_they_asked(tables: Database) -> None:
    if tables.dialect == "postgres":
        return  # they do not wait for each other there
    order: list[int] = []

    async def write(n: int) -> None:
        async with tables.transaction() as tx:
            await tx.run(ADD, id=f"{n}", n=n)
            order.append(n)

    await asyncio.gather(*(write(n) for n in range(30)))
    assert order == list(range(30))
    assert await count(tables, "note") == 30
