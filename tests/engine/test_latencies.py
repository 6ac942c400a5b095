"""How long messages wait and handlers run: the buckets, what is counted, and what it comes to in the database."""

from __future__ import annotations

import random

import pytest
from tests.engine.notes import Book, Note, NoteTask, enqueue, work

from barback.engine import RetryAfter, Worker
from barback.engine.history import latencies
from barback.engine.history.latencies import bounds_of, bucket_of, latency_of
from barback.engine.operations import timings
from barback.foundation.clock import HandClock
from barback.storage import Database


async def of_queue(db: Database) -> timings.QueueTiming:
    async with db.reading() as tx:
        return await timings.of_queue(tx, "notes")


def test_each_time_lies_in_its_bucket_and_buckets_meet() -> None:
    dice = random.Random(3)
    for us in [*range(2_000), *(dice.randrange(2**40) for _ in range(2_000))]:
        lower, upper = bounds_of(bucket_of(us))
        assert lower <= us < upper
        assert bucket_of(upper) > bucket_of(us)
        assert bounds_of(bucket_of(upper))[0] == upper
    assert bucket_of(-5) == bucket_of(0)


def test_percentiles_are_right_to_a_fifth() -> None:
    dice = random.Random(4)
    times = sorted(int(dice.lognormvariate(9, 2)) for _ in range(5_000))
    spread: latencies.Spread = {}
    for us in times:
        latencies.merge(spread, {bucket_of(us): 1})
    found = latency_of(latencies.decode(latencies.encode(spread)))
    assert found is not None
    assert found.count == 5_000
    for share, said in ((50, found.p50_us), (95, found.p95_us), (99, found.p99_us)):
        assert said == pytest.approx(times[5_000 * share // 100 - 1], rel=0.2)
    assert latency_of({}) is None
    assert sum(bar.count for bar in latencies.bars_of(spread)) == 5_000


async def test_messages_wait_from_when_they_could_run(database: Database, clock: HandClock) -> None:
    task = NoteTask(Book())
    await enqueue(database, task, "a", "b", "c")
    async with database.transaction() as tx:
        await task.enqueue(tx, Note("later"), delay_ms=60_000)
    clock.advance(10_000)
    await work(database, task)
    clock.advance(52_000)
    await work(database, task)
    found = await of_queue(database)
    assert found.waited is not None
    # Three waited ten seconds; the one that was put off by a minute waited two.
    assert found.waited.count == 4
    assert found.waited.p99_us == pytest.approx(10_000_000, rel=0.25)
    waited = {bar.upto_us: bar.count for bar in found.waited_bars if bar.count}
    assert [(upto_us // 1_000_000, count) for upto_us, count in waited.items()] == [(2, 1), (16, 3)]
    assert found.ran is not None
    assert found.ran.count == 4


async def test_a_retry_waits_from_when_it_was_due(database: Database, clock: HandClock) -> None:
    class Stubborn(NoteTask):
        async def handle(self, tx: object, message: object) -> RetryAfter:  # type: ignore[override]
            del tx, message
            return RetryAfter(30_000)

    task = Stubborn(Book())
    await enqueue(database, task, "a")
    await work(database, task)
    clock.advance(30_500)
    await work(database, task)
    found = await of_queue(database)
    assert found.waited is not None
    assert found.waited.count == 2
    assert found.waited.p99_us < 1_000_000


async def test_a_minute_is_written_over_and_not_added(database: Database) -> None:
    """One worker commits many times a minute: what it wrote before is in what it writes now."""
    task = NoteTask(Book())
    worker = Worker(database, [task])
    for names in ("ab", "cd", "efg"):
        await enqueue(database, task, *names)
        await worker.until_quiet()
    await work(database, task)
    found = await of_queue(database)
    assert found.ran is not None
    assert found.ran.count == 7
    assert worker._shift.tally._counts == {}
    assert len(worker._shift.tally._spreads) <= 1


async def test_every_queue_of_the_last_minutes(database: Database, clock: HandClock) -> None:
    mail, print_ = NoteTask(Book(), queue="mail"), NoteTask(Book(), queue="print")
    await enqueue(database, mail, "a")
    await enqueue(database, print_, "b", "c")
    clock.advance(3_000)
    await work(database, mail, print_)
    seen = await timings.timings_of(database).look(database)
    assert {queue: one.waited and one.waited.count for queue, one in seen.queues.items()} == {"mail": 1, "print": 2}
    assert seen.all.waited is not None
    assert seen.all.waited.count == 3
    clock.advance(6 * 60_000)
    assert (await timings.timings_of(database).look(database)).queues == {}
