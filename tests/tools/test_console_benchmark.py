"""The benchmark of the console keeps pace with the schema: what it fills in can be looked at."""

from __future__ import annotations

import pytest
from benchmarks.console.fill import BULK, FLOW, Filling
from benchmarks.console.report import costs

from barback.engine.operations.figures import Watcher
from barback.storage import open_database

ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


@pytest.mark.slow
@ON_POSTGRES
async def test_what_it_fills_in_is_seen(database_url: str) -> None:
    filling = Filling(queues=60, messages=4_000)
    await filling.fill(database_url)
    db = await open_database(database_url)
    seen = await Watcher().look(db)
    await db.close()
    assert {one.queue for one in seen.queues} == {*filling.names, *FLOW, *BULK}
    by_state = [sum(getattr(one, state) for one in seen.queues) for state in ("ready", "waiting", "scheduled", "dead")]
    assert all(by_state), by_state
    assert sum(by_state) >= 4_000
    assert len(seen.workers) == 30
    assert sum(minute.done for minute in seen.minutes) > 0


def test_what_watching_costs_is_told_against_its_neighbours() -> None:
    spells = [{"watched": n % 2 == 1, "per_s": rate} for n, rate in enumerate((100, 95, 100, 90, 80, 76))]
    assert [round(cost, 3) for cost in costs(spells)] == [0.05, 0.0]
