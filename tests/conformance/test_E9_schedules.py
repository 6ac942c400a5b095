"""E9. Schedules fire once a tick on any number of nodes; missed ticks are skipped, made up once, or all made up."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.conformance.bar import Drink, numbers, pouring
from tests.conformance.tools import eventually, sql

from barback.engine import Schedule, Worker
from barback.engine.schedules import CATCH_UP_MAX, Missed
from barback.storage import Database, open_database
from barback.testing import HandClock, run_until_quiet

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
BERLIN = ZoneInfo("Europe/Berlin")


def every_minute(n: int = 1, **options: object) -> Schedule:
    return Schedule("bar.wipe", "* * * * *", pouring(), Drink(n), **options)  # type: ignore[arg-type]


async def fire(db: Database, schedule: Schedule) -> int:
    """A worker comes by; how many messages it handled."""
    return await run_until_quiet(db, [schedule.task], schedules=[schedule])


async def test_E9_a_tick_fires_once_on_many_nodes(tables: Database, clock: HandClock, database_url: str) -> None:
    schedule = every_minute()
    nodes = [tables, *[await open_database(database_url, clock=clock) for _ in range(3)]]
    workers = [Worker(node, [schedule.task], schedules=[schedule]) for node in nodes]
    for worker in workers:
        await worker.start()
    for tick in range(1, 6):
        clock.advance(MINUTE_MS)
        await asyncio.gather(*(worker.until_quiet() for worker in workers))
        await workers[0].until_quiet()
        assert len(await numbers(tables)) == tick
    for node in nodes[1:]:
        await node.close()


async def test_E9_nothing_fires_before_its_time(tables: Database, clock: HandClock) -> None:
    schedule = every_minute()
    assert await fire(tables, schedule) == 0
    clock.advance(MINUTE_MS - 1)
    assert await fire(tables, schedule) == 0
    clock.advance(1)
    assert await fire(tables, schedule) == 1
    assert await fire(tables, schedule) == 0


@pytest.mark.parametrize(("missed", "made_up"), [("skip", 0), ("once", 1), ("all", 7)])
async def test_E9_missed_ticks_are_skipped_made_up_once_or_all_made_up(
    tables: Database, clock: HandClock, missed: Missed, made_up: int
) -> None:
    schedule = Schedule("bar.wipe", "0 * * * *", pouring(), Drink(1), missed=missed)
    assert await fire(tables, schedule) == 0
    clock.advance(7 * HOUR_MS + 30 * MINUTE_MS)
    assert await fire(tables, schedule) == made_up
    assert await fire(tables, schedule) == 0
    clock.advance(30 * MINUTE_MS)
    assert await fire(tables, schedule) == 1, "and goes on as if nothing had been"


async def test_E9_a_tick_is_late_and_not_missed_within_its_first_minute(tables: Database, clock: HandClock) -> None:
    schedule = Schedule("bar.wipe", "0 * * * *", pouring(), Drink(1), missed="skip")
    await fire(tables, schedule)
    clock.advance(3 * HOUR_MS + 40_000)
    assert await fire(tables, schedule) == 1


async def test_E9_what_is_made_up_is_bounded(tables: Database, clock: HandClock) -> None:
    schedule = every_minute(missed="all")
    await fire(tables, schedule)
    clock.advance(30 * 24 * HOUR_MS)
    assert await fire(tables, schedule) == CATCH_UP_MAX
    clock.advance(MINUTE_MS)
    assert await fire(tables, schedule) == 1


async def test_E9_a_restart_changes_no_tick_and_a_new_time_counts_from_now(tables: Database, clock: HandClock) -> None:
    hourly = Schedule("bar.wipe", "0 * * * *", pouring(), Drink(1))
    await fire(tables, hourly)
    clock.advance(59 * MINUTE_MS)
    await fire(tables, hourly)
    clock.advance(MINUTE_MS)
    assert await fire(tables, hourly) == 1
    changed = Schedule("bar.wipe", "30 * * * *", pouring(), Drink(1))
    assert await fire(tables, changed) == 0
    clock.advance(30 * MINUTE_MS)
    assert await fire(tables, changed) == 1


async def test_E9_a_clock_that_steps_back_fires_no_tick_twice(tables: Database, clock: HandClock) -> None:
    schedule = every_minute()
    await fire(tables, schedule)
    clock.advance(3 * MINUTE_MS)
    assert await fire(tables, schedule) == 1
    clock.advance(-2 * MINUTE_MS)
    assert await fire(tables, schedule) == 0
    clock.advance(2 * MINUTE_MS)
    assert await fire(tables, schedule) == 0


async def test_E9_a_schedule_that_cannot_be_enqueued_keeps_its_tick_and_no_other_from_its_own(
    tables: Database, clock: HandClock
) -> None:
    """The tick and its message are one commit: neither is there without the other."""
    broken = Schedule("bar.broken", "* * * * *", pouring(), "x" * 300_000)
    worker = Worker(tables, [broken.task], schedules=[broken, every_minute(2)])
    await worker.start()
    clock.advance(MINUTE_MS)
    await worker.until_quiet()
    assert await numbers(tables) == [2]
    mended = Schedule("bar.broken", "* * * * *", pouring(), Drink(1))
    assert await fire(tables, mended) == 1
    assert await numbers(tables) == [2, 1]


def ticks(schedule: Schedule, first: datetime, last: datetime) -> list[datetime]:
    """Every tick between two days, in the schedule's zone."""
    found: list[datetime] = []
    at = int(first.timestamp() * 1000)
    while (at := schedule.next_after(at)) < last.timestamp() * 1000:
        found.append(datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(schedule.zone)))
    return found


@pytest.mark.parametrize("month_and_day", [(3, 27), (10, 23)], ids=["spring", "autumn"])
@pytest.mark.parametrize("cron", ["30 2 * * *", "0 3 * * *", "59 23 * * *"])
def test_E9_a_daily_schedule_fires_once_a_day_when_the_clocks_change(month_and_day: tuple[int, int], cron: str) -> None:
    """Also at half past two, which comes never in March and twice in October."""
    first = datetime(2026, *month_and_day, tzinfo=BERLIN)
    schedule = Schedule("bar.close", cron, pouring(), Drink(), zone="Europe/Berlin")
    days = Counter(tick.date() for tick in ticks(schedule, first, first + timedelta(days=5)))
    assert list(days.values()) == [1] * 5


@pytest.mark.parametrize(
    ("day", "hours"), [(datetime(2026, 3, 29, tzinfo=BERLIN), 23), (datetime(2026, 10, 25, tzinfo=BERLIN), 25)], ids=str
)
def test_E9_an_hourly_schedule_fires_every_hour_that_there_is(day: datetime, hours: int) -> None:
    schedule = Schedule("bar.wipe", "30 * * * *", pouring(), Drink(), zone="Europe/Berlin")
    found = ticks(schedule, day, day + timedelta(days=1))
    assert len(found) == hours
    assert len({tick.timestamp() for tick in found}) == hours


class AlmostMinute:
    """A clock that runs, and is 0.3 s before a full minute when it is made."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def now_ms(self) -> int:
        return 1_767_225_600_000 - 300 + int((time.monotonic() - self._began) * 1000)


async def test_E9_a_running_worker_fires_by_itself(tables: Database, database_url: str) -> None:
    db = await open_database(database_url, clock=AlmostMinute())
    schedule = every_minute()
    worker = Worker(db, [schedule.task], schedules=[schedule])
    running = asyncio.create_task(worker.run())

    async def fired() -> bool:
        return await numbers(tables) == [1]

    await eventually(fired)
    worker.stop()
    await running
    await db.close()
    async with tables.reading() as tx:
        [tick] = await tx.all(sql("SELECT schedule, due_ms FROM engine_tick"))
    assert (tick["schedule"], tick["due_ms"]) == ("bar.wipe", 1_767_225_600_000)


@pytest.mark.parametrize("missed", ["skip", "once", "all"])
async def test_E9_after_however_many_missed_ticks_the_one_on_time_fires(
    tables: Database, clock: HandClock, missed: Missed
) -> None:
    """More ticks were missed than are looked at: the newest is on time all the same, and is not one of them."""
    schedule = every_minute(missed=missed)
    await fire(tables, schedule)
    clock.advance((CATCH_UP_MAX + 500) * MINUTE_MS)
    now_ms = clock.now_ms()
    assert await fire(tables, schedule) == (CATCH_UP_MAX if missed == "all" else 1)
    async with tables.reading() as tx:
        [tick] = await tx.all(sql("SELECT max(due_ms) AS due_ms FROM engine_tick"))
    assert tick["due_ms"] == now_ms
    assert await fire(tables, schedule) == 0
    clock.advance(MINUTE_MS)
    assert await fire(tables, schedule) == 1


async def test_E9_skipping_far_behind_skips_what_is_late(tables: Database, clock: HandClock) -> None:
    schedule = Schedule("bar.wipe", "*/10 * * * *", pouring(), Drink(1), missed="skip")
    await fire(tables, schedule)
    clock.advance(20 * CATCH_UP_MAX * MINUTE_MS + 5 * MINUTE_MS)
    assert await fire(tables, schedule) == 0, "the newest is five minutes old"
    clock.advance(5 * MINUTE_MS)
    assert await fire(tables, schedule) == 1


@pytest.mark.parametrize(
    ("cron", "zone", "words"), [("61 * * * *", "UTC", "five fields"), ("0 3 * * *", "Mars", "zone")]
)
def test_E9_a_time_that_cannot_be_is_refused_where_it_is_written(cron: str, zone: str, words: str) -> None:
    """Not by the worker, minutes later, in another process."""
    with pytest.raises(ValueError, match=f"schedule nightly: expected .*{words}"):
        Schedule("nightly", cron, pouring(), Drink(1), zone)
