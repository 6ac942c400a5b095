"""E17. A batch is sealed, cancelled and retried as one, and forgotten after a while."""

from __future__ import annotations

import pytest
from tests.conformance.bar import Drink, Ring, numbers, pouring
from tests.conformance.rounds import TOLD, counted, figures, fill, opened
from tests.conformance.tools import count, sql

from barback.engine import Dead, Message, Outcome, Work
from barback.engine.dead import dead_letters
from barback.engine.fanout import batches
from barback.engine.fanout.batch_figures import BatchNotFound
from barback.engine.fanout.batches import Batch, BatchCancelled, BatchSealed
from barback.engine.history.tidy import tidy_page
from barback.storage import Database
from barback.testing import HandClock, run_until_quiet

WAITING = sql("SELECT about FROM engine_later")


async def test_E17_a_sealed_or_cancelled_batch_takes_no_more(tables: Database) -> None:
    task = pouring()
    batch, other = await opened(tables), await opened(tables)
    await fill(tables, batch, task, [1])
    with pytest.raises(BatchSealed):
        await fill(tables, batch, task, [2])
    async with tables.transaction() as tx:
        await batches.cancel(tx, other.id, who="test")
    with pytest.raises(BatchCancelled):
        await fill(tables, other, task, [3])
    with pytest.raises(BatchNotFound):
        await fill(tables, Batch("nothing"), task, [4])
    with pytest.raises(ValueError, match="without `dedupe`"):
        async with tables.transaction() as tx:
            await batch.add(tx, task, [Work(Drink(5), dedupe="5")])
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [1]


@pytest.mark.parametrize("kind", ["rows", "bundles", "acting"])
async def test_E17_nothing_of_a_cancelled_batch_begins(tables: Database, kind: str) -> None:
    task = Ring() if kind == "acting" else pouring()
    batch, other = await opened(tables), await opened(tables)
    for one in (batch, other):
        async with tables.transaction() as tx:
            if kind == "bundles":
                await one.add_bulk(tx, task, [Drink(n) for n in range(5)])
            else:
                await one.add(tx, task, [Work(Drink(n), key=f"tab:{n % 2}") for n in range(5)])
            await one.seal(tx)
    async with tables.transaction() as tx:
        seen = await batches.cancel(tx, batch.id, who="test")
        assert counted(seen) == {"state": "cancelled", "total": 5, "waiting": 5}
        assert await batches.cancel(tx, batch.id, who="test") == seen
    await run_until_quiet(tables, [task, TOLD])
    assert counted(await figures(tables, batch)) == {"state": "finished", "total": 5, "cancelled": 5}
    assert counted(await figures(tables, other)) == {"state": "finished", "total": 5, "done": 5}
    assert sorted(await numbers(tables)) == [*range(5), 999, 999]
    assert await count(tables, "engine_change", "action = 'batch.cancelled'") == 1


async def test_E17_its_dead_members_go_round_again_and_no_others(tables: Database) -> None:
    bad = {1, 2, 7}

    def does(message: Message[Drink]) -> Outcome | None:
        return Dead("no ice") if message.payload.n in bad else None

    task = pouring(does)
    batch = await opened(tables)
    await fill(tables, batch, task, range(4))
    async with tables.transaction() as tx:
        await task.enqueue(tx, Drink(7))
    await run_until_quiet(tables, [task, TOLD])
    assert counted(await figures(tables, batch)) == {
        "state": "finished", "total": 4, "done": 2, "dead": 2, "failed_attempts": 2,
    }  # fmt: skip
    bad.clear()
    async with tables.transaction() as tx:
        assert await batches.retry_failed(tx, batch.id, who="test", limit=1) == dead_letters.Retried(1, more=True)
    assert (await figures(tables, batch)).state == "running"
    async with tables.transaction() as tx:
        assert await batches.retry_failed(tx, batch.id, who="test") == dead_letters.Retried(1, more=False)
    await run_until_quiet(tables, [task, TOLD])
    assert counted(await figures(tables, batch)) == {"state": "finished", "total": 4, "done": 4, "failed_attempts": 2}
    assert sorted(await numbers(tables)) == [0, 1, 1, 2, 2, 3, 7, 999], "the next message comes once"
    assert await count(tables, "engine_dead") == 1, "the other's letter is left alone"
    assert await count(tables, "engine_batch_dead") == 0


async def test_E17_a_discarded_member_stays_dead_and_is_not_sent_round(tables: Database) -> None:
    task = pouring(lambda _message: Dead("no ice"))
    batch = await opened(tables)
    [id_] = await fill(tables, batch, task, [1])
    await run_until_quiet(tables, [task, TOLD])
    async with tables.transaction() as tx:
        await dead_letters.discard(tx, id_, who="test")
        assert (await batches.retry_failed(tx, batch.id, who="test")).retried == 0
    assert counted(await figures(tables, batch)) == {"state": "finished", "total": 1, "dead": 1, "failed_attempts": 1}


async def test_E17_a_batch_is_forgotten_a_month_after_its_end_unless_members_are_dead(
    tables: Database, clock: HandClock
) -> None:
    task, bad = pouring(), pouring(lambda _message: Dead("no ice"), name="bar.spill")
    kept, gone = await opened(tables), await opened(tables)
    await fill(tables, kept, bad, [1])
    await fill(tables, gone, task, [2])
    await run_until_quiet(tables, [task, bad])
    clock.advance(31 * 24 * 3_600_000)
    async with tables.transaction() as tx:
        await tidy_page(tx)
    assert (await figures(tables, kept)).dead == 1
    with pytest.raises(BatchNotFound):
        await figures(tables, gone)
