"""How many workers there should be: pure rules, with a clock of the test's own."""

from __future__ import annotations

from typing import Any

import pytest
from tests.engine.kitchen import cook_in_a_process, cook_in_a_thread
from tests.engine.notes import Book, NoteTask, enqueue, work

from barback.engine import Worker, store
from barback.engine.history import tidy
from barback.engine.operations.figures import Snapshot, Watcher
from barback.engine.store import SQL
from barback.engine.workers import scaling
from barback.engine.workers.scaling import Limits, Load, Scaled, Scaler, capacities, load_of
from barback.foundation.clock import HandClock
from barback.storage import Database

NOTHING = Load()


def busy(share: float, oldest_s: float = 0.0) -> Load:
    return Load(ready=int(share * 100), share=share, oldest_s=oldest_s)


def test_K4_more_at_once_as_work_grows_and_fewer_only_when_fewer_were_enough() -> None:
    scaler = Scaler(Limits(0, 4))
    assert scaler.decide(NOTHING, 0, 0).wanted == 0
    assert scaler.decide(busy(0.01), 0, 1).wanted == 1
    assert scaler.decide(busy(2.5), 1, 2).wanted == 3
    assert scaler.decide(busy(50), 3, 3).wanted == 4
    assert [scaler.decide(busy(0.5), 4, t).wanted for t in (4, 20, 32)] == [4, 4, 4]
    fewer = scaler.decide(busy(0.5), 4, 34)
    assert (fewer.wanted, fewer.reason) == (1, "1 were enough for 30 s")
    assert [scaler.decide(NOTHING, 1, t).wanted for t in (35, 43, 45)] == [1, 1, 0]


def test_K4_one_more_at_a_time_for_a_message_that_waits_too_long() -> None:
    """However few there are: they may be slow."""
    scaler = Scaler(Limits(1, 3, late_s=2))
    assert [scaler.decide(busy(0.1, 3), 1, t).wanted for t in (0, 1)] == [2, 1]
    decision = scaler.decide(busy(0.1, 4), 2, 2)
    assert (decision.wanted, decision.reason) == (3, "the oldest of 10 messages has waited 4.0 s")
    assert scaler.decide(busy(0.1, 9), 3, 9).wanted == 3


def test_K4_the_least_stay_and_an_errand_needs_one() -> None:
    scaler = Scaler(Limits(2, 4))
    assert scaler.decide(NOTHING, 0, 0).wanted == 2
    assert scaler.decide(NOTHING, 4, 100).wanted == 2
    decision = Scaler(Limits(0, 4)).decide(Load(errand="the schedule night is due"), 0, 0)
    assert (decision.wanted, decision.reason) == (1, "the schedule night is due")


@pytest.mark.parametrize("wrong", [{"least": 2, "most": 1}, {"most": 0}, {"per_worker": 0}])
def test_K4_limits_that_cannot_be_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected "):
        Limits(**wrong)


def test_K4_what_one_worker_is_for_goes_by_the_tasks_of_a_queue() -> None:
    tasks = (cook_in_a_thread, cook_in_a_process, NoteTask(Book()))
    assert capacities(tasks, Limits(), {}) == {"kitchen": 20, "stove": 2, "notes": 100}
    assert capacities(tasks, Limits(), {"kitchen": 5}) == {"kitchen": 5, "stove": 2, "notes": 100}
    assert set(capacities(tasks, Limits(per_worker=7), {}).values()) == {7}


async def seen_in(db: Database) -> Snapshot:
    return await Watcher().look(db)


async def test_K4_the_load_is_what_a_worker_could_take(database: Database, clock: HandClock) -> None:
    """Not what is paused, not yet due, or behind a closed key; not what others have in hands."""
    task = NoteTask(Book(dies={"x"}), policy="park")
    capacity = {"notes": 10}
    await enqueue(database, task, "x", key="tab 1")
    await work(database, task)
    await enqueue(database, task, "y", key="tab 1")
    await work(database, task)
    assert load_of(await seen_in(database), capacity, set(), set()).nothing
    async with database.transaction() as tx:
        await task.enqueue_many(tx, task.works("ab"))
    clock.advance(3_000)
    load = load_of(await seen_in(database), capacity, set(), set())
    assert (load.ready, load.share, load.oldest_s) == (2, 0.2, 3.0)
    assert load_of(await seen_in(database), {"others": 1}, set(), set()).nothing
    await work(database, task)
    async with database.transaction() as tx:
        await task.enqueue(tx, task.works("c")[0].payload, delay_ms=5_000)
    assert load_of(await seen_in(database), capacity, set(), set()).nothing
    clock.advance(5_000)
    assert load_of(await seen_in(database), capacity, set(), set()).ready == 1


async def test_K4_a_tick_that_is_due_needs_a_worker(database: Database, clock: HandClock) -> None:
    await Worker(database, tidy.TASKS, schedules=tidy.SCHEDULES).start()
    clock.advance(3_600_000)
    load = load_of(await seen_in(database), {"engine": 1}, set(), {"engine.tidy"})
    assert load.errand == "the schedule engine.tidy is due"
    assert load_of(await seen_in(database), {"engine": 1}, set(), set()).nothing


async def test_K4_messages_of_a_worker_that_died_need_a_worker(database: Database, clock: HandClock) -> None:
    """Here or elsewhere: with nobody at work, nobody would notice that it died."""
    async with database.transaction() as tx:
        await tx.run(SQL.worker_add, id="w", host="bar", pid=1, queues="notes", now_ms=tx.now_ms)
        task = NoteTask(Book())
        await store.add_lease(tx, "notes", "w", [task.stored(one, tx.now_ms) for one in task.works("abc")])
    assert load_of(await seen_in(database), {"notes": 10}, set(), set()).nothing
    own = load_of(await seen_in(database), {"notes": 10}, {("bar", 1)}, set())
    assert (own.in_flight, own.share) == (3, 0.3)
    clock.advance(60_000)
    load = load_of(await seen_in(database), {"notes": 10}, set(), set())
    assert load.errand == "a worker died with messages"


async def test_K4_decisions_are_written_down_newest_first_and_forgotten_after_two_weeks(
    database: Database, clock: HandClock
) -> None:
    for n in range(3):
        async with database.transaction() as tx:
            one = Scaled(
                at_ms=tx.now_ms, host="bar", pid=7, before=n, after=n + 1, least=0, most=4, ready=n, in_flight=0,
                oldest_ms=0, reason="more",
            )  # fmt: skip
            await scaling.record(tx, one)
        clock.advance(1_000)
    async with database.reading() as tx:
        assert [one.after for one in await scaling.decisions(tx, 2)] == [3, 2]
    clock.advance(15 * 86_400_000)
    async with database.transaction() as tx:
        await tidy.tidy_page(tx)
        assert await scaling.decisions(tx) == []
