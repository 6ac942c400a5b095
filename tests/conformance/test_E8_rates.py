"""E8. Rates: in any stretch of time no more starts than the rate allows, whoever claims, and no polling meanwhile."""

from __future__ import annotations

import pytest
from tests.conformance.bar import Drink, effects, lease, order, pouring
from tests.conformance.queue_lines import order_for, running, start, work_off
from tests.conformance.tools import count

from barback.engine import Limits, Lines, Message, Rate, RetryAfter, Worker
from barback.engine.fairness import lines
from barback.engine.leasing import claims
from barback.storage import Database
from barback.testing import HandClock


async def starts(db: Database, clock: HandClock, limit: int, step_ms: int, steps: int) -> list[tuple[int, str]]:
    """Claim with two workers in turn while time passes; when each message started, and of which line."""
    found: list[tuple[int, str]] = []
    for n in range(steps):
        held = await lease(db, f"w{n % 2 + 1}", limit)
        if held is not None:
            found += [(clock.now_ms(), row.line or "") for row in held.rows]
            async with db.transaction() as tx:
                await claims.settle(tx, [held], {}, {})
        clock.advance(step_ms)
    return found


def most(times: list[int], stretch_ms: int) -> int:
    """The most starts in any stretch of that length."""
    return max(sum(1 for other in times if at <= other < at + stretch_ms) for at in times)


async def test_E8_a_line_keeps_its_rate_in_every_stretch_of_time(tables: Database, clock: HandClock) -> None:
    """Ten a second and two at once: in no second more than twelve, and after ten seconds a hundred."""
    task = pouring(lines=Lines(rate=Rate(10, burst=2)))
    await start(tables, task)
    await order_for(tables, task, "a", range(200))
    await order_for(tables, task, "b", range(200))
    found = await starts(tables, clock, 50, 37, 270)
    for line in "ab":
        times = [at for at, its in found if its == line]
        assert most(times, 1_000) <= 11
        assert most(times, 100) <= 2
        assert 95 <= len(times) <= 102
    await running(tables)


async def test_E8_a_queue_keeps_its_rate_over_all_lines(tables: Database, clock: HandClock) -> None:
    task = pouring(limits=Limits(rate=Rate(5, per_s=1, burst=1)))
    await start(tables, task)
    for line in "abc":
        await order_for(tables, task, line, range(30))
    found = await starts(tables, clock, 50, 50, 100)
    times = [at for at, _ in found]
    assert most(times, 1_000) <= 5
    assert 24 <= len(times) <= 26
    assert {line for _, line in found} == {"a", "b", "c"}


async def test_E8_a_rest_is_no_credit_beyond_the_burst(tables: Database, clock: HandClock) -> None:
    task = pouring(lines=Lines(rate=Rate(100, burst=3)))
    await start(tables, task)
    await order_for(tables, task, "a", [1])
    assert await work_off(tables, task) == 1
    clock.advance(3_600_000)
    await order_for(tables, task, "a", range(10))
    found = await lease(tables, "w1", 10)
    assert found is not None
    assert len(found.rows) == 3


async def test_E8_a_worker_sleeps_until_the_rate_allows_the_next(tables: Database, clock: HandClock) -> None:
    task = pouring(lines=Lines(rate=Rate(1, per_s=30)))
    await order_for(tables, task, "a", [1, 2])
    worker = Worker(tables, [task])
    assert await worker.until_quiet() == 1
    assert await worker._runners[0]._rest_s() == pytest.approx(30)
    clock.advance(29_999)
    assert await worker.until_quiet() == 0
    clock.advance(1)
    assert await worker.until_quiet() == 1
    clock.advance(30_000)
    assert await worker.until_quiet() == 0
    assert await worker._runners[0]._rest_s() > 3_600
    await worker.retire()


async def test_E8_a_queues_rate_is_waited_for_as_well(tables: Database, clock: HandClock) -> None:
    task = pouring(limits=Limits(rate=Rate(1, per_s=30)))
    await order(tables, task, [1, 2])
    worker = Worker(tables, [task])
    assert await worker.until_quiet() == 1
    assert await worker._runners[0]._rest_s() == pytest.approx(30)
    clock.advance(30_000)
    assert await worker.until_quiet() == 1
    await worker.retire()


async def test_E8_every_attempt_is_a_start(tables: Database, clock: HandClock) -> None:
    """A retry goes through the rate again: what fails fast is not allowed to knock more often."""

    def does(message: Message[Drink]) -> RetryAfter | None:
        return RetryAfter(1) if message.attempt < 3 else None

    task = pouring(does, lines=Lines(rate=Rate(1, per_s=10)))
    await order_for(tables, task, "a", [1])
    worker = Worker(tables, [task])
    ran = []
    for _ in range(40):
        ran.append(await worker.until_quiet())
        clock.advance(1_000)
    await worker.retire()
    assert [second for second, n in enumerate(ran) if n] == [0, 10, 20]
    assert [one.attempt for one in await effects(tables)] == [1, 2, 3]


async def test_E8_a_message_tried_alone_after_a_death_takes_a_start(tables: Database, clock: HandClock) -> None:
    """A batch of a dead worker is not an excuse to start all of it at once."""
    task = pouring(lines=Lines(rate=Rate(1, per_s=10, burst=3)))
    await start(tables, task)
    await order_for(tables, task, "a", range(3))
    assert await lease(tables, "w1") is not None
    async with tables.transaction() as tx:
        assert await claims.take_over(tx, "w1", {task.name: task}) == 3
    worker = Worker(tables, [task])
    ran: list[int] = []
    for _ in range(41):
        ran.append(await worker.until_quiet())
        clock.advance(1_000)
    await worker.retire()
    assert [second for second, n in enumerate(ran) if n] == [10, 20, 30]
    assert await running(tables) == {}


async def test_E8_a_line_held_back_is_not_claimed_and_others_are(tables: Database, clock: HandClock) -> None:
    """What breakers use: a line, or the queue, rests until a time; nothing polls meanwhile."""
    task = pouring(lines=Lines())
    await start(tables, task)
    await order_for(tables, task, "down", [1, 2])
    await order_for(tables, task, "up", [3])
    async with tables.transaction() as tx:
        await lines.hold_back(tx, "bar", "down", clock.now_ms() + 5_000)
    assert await work_off(tables, task) == 1
    async with tables.transaction() as tx:
        await lines.hold_back(tx, "bar", None, clock.now_ms() + 8_000)
    clock.advance(6_000)
    assert await work_off(tables, task) == 0
    clock.advance(2_000)
    assert await work_off(tables, task) == 2
    assert await count(tables, "engine_line") == 0


@pytest.mark.parametrize("of", ["line", "queue"])
@pytest.mark.parametrize("seen", [True, False], ids=["by the same worker", "by one that comes later"])
async def test_E8_a_rate_goes_on_when_the_clock_steps_back(
    tables: Database, clock: HandClock, of: str, seen: bool
) -> None:
    """An hour back: what was held until a time that is an hour away by now is held until its next start, no longer."""
    rate = Rate(1, per_s=10)
    task = pouring(lines=Lines(rate=rate)) if of == "line" else pouring(lines=Lines(), limits=Limits(rate=rate))
    worker = Worker(tables, [task])
    await order_for(tables, task, "a", range(6))
    assert await worker.until_quiet() == 1
    clock.advance(-3_600_000)
    if not seen:
        await worker.retire()
        worker = Worker(tables, [task])
    ran: list[int] = []
    for _ in range(41):
        ran.append(await worker.until_quiet())
        clock.advance(1_000)
    await worker.retire()
    assert [second for second, n in enumerate(ran) if n] == [10, 20, 30, 40]
    assert sum(ran) == 4


async def test_E8_a_line_that_was_idle_when_the_clock_stepped_back_owes_nothing(
    tables: Database, clock: HandClock
) -> None:
    task = pouring(lines=Lines(rate=Rate(1, per_s=10, burst=3)))
    worker = Worker(tables, [task])
    await order_for(tables, task, "a", [1])
    assert await worker.until_quiet() == 1
    clock.advance(-3_600_000)
    await order_for(tables, task, "a", range(2, 9))
    ran: list[int] = []
    for _ in range(31):
        ran.append(await worker.until_quiet())
        clock.advance(1_000)
    await worker.retire()
    assert [second for second, n in enumerate(ran) if n] == [10, 20, 30]


@pytest.mark.parametrize("rate", [{"n": 0}, {"n": 1, "per_s": 0}, {"n": 1, "burst": 0}, {"n": 2_000_000}], ids=repr)
def test_E8_what_is_no_rate_is_refused(rate: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="expected a rate"):
        Rate(**rate)
