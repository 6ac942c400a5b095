"""E20. History is kept for a bounded time by default; on PostgreSQL it is dropped in whole partitions."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from tests.conformance.bar import Drink, order, pouring
from tests.conformance.tools import count, eventually, sql

from barback.engine import Dead, Schedule, live
from barback.engine.dead import dead_letters
from barback.engine.history import retention, tidy
from barback.engine.history.retention import DAY_MS, DEFAULTS, HISTORIES, HOUR_MS, Retention
from barback.engine.history.usage import SQL as USAGE
from barback.engine.store import SQL
from barback.foundation.settings import settings_from
from barback.storage import Database, Transaction
from barback.testing import HandClock, run_until_quiet

TABLES = ("engine_live", "engine_tally", "engine_failure", "engine_tick")
LINKS = "pg_inherits l JOIN pg_class c ON c.oid = l.inhrelid"
DELETED = sql(
    "SELECT 0 AS n",
    "SELECT CAST(coalesce(sum(n_tup_del), 0) AS BIGINT) AS n FROM pg_stat_xact_user_tables "
    "WHERE relname LIKE 'engine_%'",
)


async def write(tx: Transaction, n: int) -> None:
    """`n` rows of each kind of history, at this instant."""
    at = tx.now_ms
    counts = {"done": 1, "failed": 0, "dead": 0, "wall_us": 1, "waited": "{}", "ran": "{}", "expired": 0}
    tallies: list[dict[str, Any]] = [
        {"queue": f"q{i}", "task": "t", "minute_ms": at, "worker": "w", **counts} for i in range(n)
    ]
    failure = {"queue": "q", "task": "t", "attempt": 1, "at_ms": at, "worker": "w", "error": "e", "took_ms": None}
    await live.publish_many(tx, [(["tab:1"], "tab.changed", {"n": i}) for i in range(n)])
    await tx.many(SQL.tally_add, tallies)
    await tx.many(SQL.failure_add, [{"message_id": f"m{i}", **failure} for i in range(n)])
    await tx.many(
        SQL.tick_add,
        [
            {"schedule": f"s{i}", "due_ms": at, "now_ms": at, "worker": "", "asked_by": None, "skipped": 0}
            for i in range(n)
        ],
    )


async def counts(db: Database) -> list[int]:
    return [await count(db, table) for table in TABLES]


async def partitions(db: Database, table: str) -> int:
    """How many partitions there are besides the rest."""
    where = "l.inhparent = CAST(CAST(:of AS TEXT) AS regclass) AND c.relname <> :rest"
    return await count(db, LINKS, where, of=table, rest=f"{table}_rest")


async def tidied(db: Database, keep: Retention = DEFAULTS) -> int:
    """Tidy up, a page; how many rows were deleted one by one (on PostgreSQL)."""
    async with db.transaction() as tx:
        await tidy.tidy_page(tx, keep)
        row = await tx.one(DELETED)
    assert row is not None
    return int(row["n"])


async def test_E20_everything_goes_after_its_time_by_default(tables: Database, clock: HandClock) -> None:
    await tidied(tables)
    async with tables.transaction() as tx:
        await write(tx, 3)
    left: list[list[int]] = []
    for hours in (24, 4, 7 * 24 - 28, 24, 24 * 22, 24 * 5):
        await tidied(tables)
        clock.advance(hours * HOUR_MS)
        await tidied(tables)
        left.append(await counts(tables))
    assert left[0][1:] == [3, 3, 3]
    assert left[1:] == [[0, 3, 3, 3], [0, left[2][1], 3, left[2][3]], [0, 0, 3, 0], [0, 0, left[4][2], 0], [0, 0, 0, 0]]


async def test_E20_nothing_goes_before_its_time(tables: Database, clock: HandClock) -> None:
    await tidied(tables)
    for ms in (0, DAY_MS - 1, 6 * DAY_MS, 23 * DAY_MS):
        async with tables.transaction() as tx:
            await write(tx, 1)
        clock.advance(ms)
        await tidied(tables)
        held = await counts(tables)
        assert held[0] >= (1 if ms < DAY_MS else 0)
        assert held[2] >= 1


async def test_E20_history_is_dropped_on_postgresql_and_deleted_in_pages_on_sqlite(
    tables: Database, clock: HandClock
) -> None:
    await tidied(tables)
    async with tables.transaction() as tx:
        await write(tx, tidy.PAGE + 1)
    clock.advance(40 * DAY_MS)
    deleted = await tidied(tables)
    if tables.dialect == "sqlite":
        assert await counts(tables) == [1, 1, 1, 1], "a page at a time"
        return
    assert await counts(tables) == [0, 0, 0, 0], "all at once"
    assert deleted == 0, "and no row by itself"
    for table in TABLES:
        assert await count(tables, f"{table}_rest") == 0
        assert await partitions(tables, table) == retention.AHEAD + 1


async def test_E20_partitions_are_made_ahead_and_stay_few(tables: Database, clock: HandClock) -> None:
    for _ in range(45):
        async with tables.transaction() as tx:
            await write(tx, 1)
        await tidied(tables)
        clock.advance(DAY_MS)
    assert await count(tables, "engine_failure") <= 36
    assert await count(tables, "engine_tally") <= 10
    if tables.dialect == "postgres":
        for table in TABLES:
            assert await partitions(tables, table) <= retention.PERIODS + retention.AHEAD + 2


async def test_E20_a_letter_that_is_still_dead_keeps_its_history_when_its_partition_goes(
    tables: Database, clock: HandClock
) -> None:
    await tidied(tables)
    broken = pouring(lambda _message: Dead("no ice"))
    kept, gone = await order(tables, broken, [1, 2])
    await run_until_quiet(tables, [broken])
    async with tables.transaction() as tx:
        await dead_letters.discard(tx, gone, who="cli:test")
    for _ in range(2):
        clock.advance(40 * DAY_MS)
        await tidied(tables)
        async with tables.reading() as tx:
            assert [one.error for one in await dead_letters.history(tx, kept)] == ["no ice"]
            assert await dead_letters.history(tx, gone) == []


async def test_E20_what_is_in_no_partition_is_kept_and_goes_too(tables: Database, clock: HandClock) -> None:
    """Nobody tidied up for long, or the clock was set back: nothing that is written down may fail."""
    async with tables.transaction() as tx:
        await write(tx, 2)
    await tidied(tables)
    clock.advance(-365 * DAY_MS)
    async with tables.transaction() as tx:
        await write(tx, 2)
    clock.advance(2 * 365 * DAY_MS)
    async with tables.transaction() as tx:
        await write(tx, 2)
    assert await counts(tables) == [6, 6, 6, 6]
    await tidied(tables)
    assert await counts(tables) == [2, 2, 2, 2]


async def test_E20_tidying_up_waits_for_nobody(tables: Database, clock: HandClock) -> None:
    """A reader that holds a table for long must not make every writer wait behind the one who drops it."""
    await tidied(tables)
    async with tables.transaction() as tx:
        await write(tx, 2)
    clock.advance(40 * DAY_MS)
    async with tables.reading() as reader:
        await reader.all(sql("SELECT count(*) AS n FROM engine_tick"))
        async with asyncio.timeout(20):
            await tidied(tables)
            async with tables.transaction() as tx:
                await write(tx, 1)
        held = await counts(tables)
        assert held[:3] == [1, 1, 1], "the others go all the same"
    await tidied(tables)
    assert await counts(tables) == [1, 1, 1, 1]


async def test_E20_how_long_is_a_setting(tables: Database, clock: HandClock) -> None:
    keep = Retention(live_ms=HOUR_MS, tally_ms=2 * HOUR_MS, failure_ms=HOUR_MS, tick_ms=HOUR_MS)
    await tidied(tables, keep)
    async with tables.transaction() as tx:
        await write(tx, 2)
    clock.advance(2 * HOUR_MS)
    await tidied(tables, keep)
    assert await counts(tables) == [0, 2, 0, 0]
    clock.advance(HOUR_MS + 1)
    await tidied(tables, keep)
    assert await counts(tables) == [0, 0, 0, 0]


async def test_E20_live_news_is_read_in_order_across_partitions(tables: Database, clock: HandClock) -> None:
    await tidied(tables)
    async with tables.reading() as tx:
        start = await live.end_of(tx)
    for n in range(12):
        async with tables.transaction() as tx:
            await live.publish(tx, ["tab:1"], "tab.changed", n)
        clock.advance(HOUR_MS)
        await tidied(tables)

    async def all_final() -> bool:
        """On PostgreSQL not while anybody in the whole cluster is still writing."""
        async with tables.reading() as tx:
            return len((await live.read_after(tx, start, 100))[0]) == 12

    await eventually(all_final)
    async with tables.reading() as tx:
        found, _ = await live.read_after(tx, start, 100)
    assert [int(bytes(one.data)) for one in found] == list(range(12))
    clock.advance(2 * DAY_MS)
    await tidied(tables)
    async with tables.reading() as tx:
        assert await live.replay(tx, start, "tab:1", found[-1].place) is None, "a screen is told to start anew"


async def test_E20_a_tick_fires_once_in_any_partition(tables: Database, clock: HandClock) -> None:
    task = pouring()
    schedule = Schedule("bar.wipe", "0 */12 * * *", task, Drink())
    await run_until_quiet(tables, [task], schedules=[schedule])
    for _ in range(10):
        await tidied(tables)
        clock.advance(12 * HOUR_MS)
        await asyncio.gather(*(run_until_quiet(tables, [task], schedules=[schedule]) for _ in range(2)))
    assert await count(tables, "effect") == 10


@pytest.mark.parametrize("history", HISTORIES, ids=lambda one: one.table)
def test_E20_periods_follow_each_other_without_a_gap(history: retention.History) -> None:
    keep_ms = getattr(DEFAULTS, history.kept)
    now_ms = HandClock().now_ms()
    found = retention.periods(now_ms, keep_ms)
    assert found[0][0] <= now_ms < found[0][1]
    assert all(left[1] == right[0] for left, right in pairwise(found))
    assert found == retention.periods(found[0][0], keep_ms)


async def test_E20_the_metering_ledger_goes_after_its_time(tables: Database, clock: HandClock) -> None:
    await tidied(tables)
    async with tables.transaction() as tx:
        fields = dict.fromkeys(("done", "failed", "dead", "cancelled", "snoozed", "expired"), 1)
        used = {"wall_us": 1, "cpu_us": 1, "memory_kib_s": 1}
        await tx.run(USAGE.usage_fold, hour_ms=tx.now_ms, task="t", tenant="", **fields, **used)
    clock.advance(399 * DAY_MS)
    await tidied(tables)
    assert await count(tables, "engine_usage") == 1
    clock.advance(60 * DAY_MS)
    assert await tidied(tables) == 0, "no row by itself, on PostgreSQL"
    assert await count(tables, "engine_usage") == 0


def test_E20_an_operator_sets_it_in_days() -> None:
    environ = {"BARBACK_KEEP_LIVE_HOURS": "2", "BARBACK_KEEP_FAILURES_DAYS": "90", "BARBACK_KEEP_FIGURES_DAYS": "14"}
    keep = retention.retention_of(settings_from(environ))
    assert (keep.live_ms, keep.failure_ms, keep.tally_ms) == (2 * HOUR_MS, 90 * DAY_MS, 14 * DAY_MS)
    assert retention.retention_of(settings_from({})) == DEFAULTS
