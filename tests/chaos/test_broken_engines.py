"""The storm's oracle can see: each way to break the engine on purpose makes it complain (E2 to E21).

The breaks are in breaks.py and happen in the worker processes. What the oracle says of an engine that is not broken:
test_engine_storm.py, and here of its bells.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.chaos import oracle
from tests.chaos.callers import calling
from tests.chaos.child import ASKED
from tests.chaos.crowd import KILL, Drink
from tests.chaos.storm import Storm, storm
from tests.conformance.tools import count, eventually
from tests.support.command import free_port, until_it_answers

from barback.storage import Database, open_database

SEED = 1
WITHIN_S = 40.0
LATE_S = 6.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
async def sea(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """A migrated database on which every process can fall."""
    shutil.copyfile(sqlite_template, tmp_path / "barback.db")
    db = await open_database(f"sqlite:///{tmp_path / 'barback.db'}", bells=False)
    yield db
    await db.close()


async def begun(raging: Storm) -> None:
    """Return when the first messages are done."""

    async def some() -> bool:
        return await count(raging.db, "effect") >= 10

    await eventually(some, 120, raging.log())


async def complained(raging: Storm, says: str, *faults: str) -> bool:
    """Rage with these faults until the oracle says this, or the time is over."""
    await begun(raging)
    end = time.monotonic() + WITHIN_S
    while time.monotonic() < end:
        # Seldom enough that a worker lives to see that another one died.
        await raging.rage(0.1, [getattr(raging, fault) for fault in faults or ["step_the_clock"]], 2.0)
        if any(says in one for one in await oracle.complaints(raging.db, raging.deaths, over=False)):
            return True
    return False


@pytest.mark.parametrize(
    ("broken", "faults", "says"),
    [
        ("fencing off", ["stop_a_worker"], "was done 2 times"),
        ("settle outside", ["kill_a_worker"], "is done and waits"),
        ("settle outside", ["fill_the_disk"], "was done 2 times"),
        ("key order off", [], "was done after"),
        ("taken over and forgotten", ["kill_a_worker"], "is lost"),
        ("errands kept apart", ["kill_in_an_errand"], "are gone"),
    ],
)
async def test_E21_the_oracle_sees_what_is_lost_doubled_or_out_of_order(
    sea: Database, tmp_path: Path, broken: str, faults: list[str], says: str
) -> None:
    async with storm(sea, tmp_path, SEED, broken=broken, workers=3) as raging:
        assert await complained(raging, says, *faults), raging.log()


async def test_E21_the_oracle_sees_a_message_that_kills_more_workers_than_it_has_attempts(
    sea: Database, tmp_path: Path
) -> None:
    async with storm(sea, tmp_path, SEED, broken="attempt counted late", workers=2, per_second=50) as raging:
        await begun(raging)
        async with sea.transaction() as tx:
            id_ = await KILL.enqueue(tx, Drink(0))
            await tx.run(ASKED, id=id_, key=None, n=0, kind="kill")

        async def seen() -> bool:
            return any("killed" in one for one in await oracle.complaints(sea, raging.deaths, over=False))

        await eventually(seen, 90, raging.log())


async def test_E21_the_callers_see_that_an_order_was_answered_before_its_commit(sea: Database, tmp_path: Path) -> None:
    port = free_port()
    async with (
        storm(
            sea, tmp_path, SEED, workers=1, per_second=5, port=port, broken_door="answered before the commit"
        ) as raging,
        calling(f"http://127.0.0.1:{port}", SEED) as callers,
    ):

        async def seen() -> bool:
            answered = len(callers.book.waits)
            await eventually(lambda: len(callers.book.waits) > answered + 8, 60, "the tills are answered")
            await raging.kill_the_server()
            await until_it_answers(callers.url, 60)
            return any("lost" in one or "accepted as new twice" in one for one in await callers.wrong(over=False))

        await eventually(seen, 120, raging.log())


@pytest.mark.parametrize("broken", ["", "notify lost"])
async def test_E21_the_oracle_sees_that_nobody_is_woken(sea: Database, tmp_path: Path, broken: str) -> None:
    """With bells every message is done soon; without them it waits for somebody to look by himself."""
    async with storm(sea, tmp_path, SEED, broken=broken, workers=1, per_second=2) as raging:
        since: dict[str, float] = {}

        async def answered() -> bool:
            wait_s = await oracle.longest_wait_s(sea, since)
            return wait_s > LATE_S if broken else len(since) >= 12 and wait_s < LATE_S

        await eventually(answered, 120, raging.log())
