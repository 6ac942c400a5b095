"""E16. Breakers per line: a partner that is down holds up its own line, and nobody else's work."""

from __future__ import annotations

import asyncio

import pytest
from tests.conformance.bar import Drink, held, numbers, pouring
from tests.conformance.partners import PER_TENANT, Books, Partners, lines_of, make
from tests.conformance.queue_lines import order_for, running, work_off
from tests.conformance.taps import OPEN_MS, attempts
from tests.conformance.tools import count, eventually

from barback.engine import Breaker, Lines, Message, Worker, changes
from barback.engine.fairness import limits
from barback.engine.guards import broken_lines
from barback.engine.guards.breakers import State
from barback.engine.leasing.liveness import bury
from barback.storage import Database, open_database
from barback.testing import HandClock


@pytest.fixture(params=["acting", "transactional"])
def kind(request: pytest.FixtureRequest) -> str:
    """Both kinds of tasks keep the promise."""
    return str(request.param)


async def test_E16_one_partner_that_is_down_does_not_stop_the_queue(tables: Database, kind: str) -> None:
    partners, task = make(kind, "north")
    await order_for(tables, task, "north", range(10))
    await order_for(tables, task, "south", range(100, 110))
    await work_off(tables, task)
    assert sorted(await numbers(tables)) == list(range(100, 110)), "the other partner's work is done"
    [(line, state)] = (await lines_of(tables)).items()
    assert (line, state.state, state.failures >= 3) == ("north", "open", True)
    assert "north does not answer" in str(state.error)
    assert await count(tables, "engine_failure") == 3
    tried = partners.tried["north"]
    await order_for(tables, task, "north", [11])
    await order_for(tables, task, "south", [111])
    await work_off(tables, task)
    assert partners.tried["north"] == tried, "nothing of the line is claimed while it is open"
    assert 111 in await numbers(tables)
    assert await running(tables) == {}


async def test_E16_a_line_has_one_probe_and_burns_no_attempts(tables: Database, clock: HandClock, kind: str) -> None:
    partners, task = make(kind, "north", "east")
    for partner in ("north", "east"):
        await order_for(tables, task, partner, range(10))
    await work_off(tables, task)
    for _ in range(5):
        before = partners.tried.copy()
        clock.advance(OPEN_MS)
        await work_off(tables, task)
        tries = {1} if kind == "acting" else {1, 2}  # a batch is tried trusting, then with care
        assert {partners.tried[name] - before[name] for name in ("north", "east")} <= tries
    assert await count(tables, "engine_failure") == 6
    assert (await held(tables)).get("dead") is None
    assert max(await attempts(tables)) <= 1


async def test_E16_a_line_whose_probe_is_answered_goes_on(tables: Database, clock: HandClock, kind: str) -> None:
    partners, task = make(kind, "north")
    await order_for(tables, task, "north", range(10))
    await work_off(tables, task)
    partners.down.clear()
    clock.advance(OPEN_MS - 1)
    assert await work_off(tables, task) == 0
    clock.advance(1)
    await work_off(tables, task)
    clock.advance(OPEN_MS)
    await work_off(tables, task)
    assert sorted(await numbers(tables)) == list(range(10))
    assert await lines_of(tables) == {}
    assert await count(tables, "engine_breaker_line") == 0, "a line that is well has no row"
    assert await count(tables, "engine_turn", "broken = 1 OR room = 1") == 0
    assert await running(tables) == {}


async def test_E16_order_per_key_survives_in_lines(tables: Database, clock: HandClock, kind: str) -> None:
    partners, task = make(kind, "north")
    await order_for(tables, task, "north", range(5), key="tab:1")
    await order_for(tables, task, "north", range(10, 15), key="tab:2")
    await work_off(tables, task)
    for _ in range(8):
        partners.down = set() if partners.tried["north"] > 6 else {"north"}
        clock.advance(OPEN_MS)
        await work_off(tables, task)
    poured = await numbers(tables)
    assert [n for n in poured if n < 5] == list(range(5))
    assert [n for n in poured if n >= 10] == list(range(10, 15))


async def test_E16_of_many_workers_one_probes_a_line(tables: Database, clock: HandClock) -> None:
    partners, task = make("acting", "north")
    await order_for(tables, task, "north", range(20))
    await work_off(tables, task)
    clock.advance(OPEN_MS)
    workers = [Worker(tables, [task]) for _ in range(4)]
    for worker in workers:
        await worker.start()
    claimed = await asyncio.gather(*(worker._runners[0].claim_some(4, singly=True) for worker in workers))
    assert [len(lease.rows) for leases in claimed for lease in leases] == [1]
    found = (await lines_of(tables))["north"]
    assert found.prober in {worker.name for worker in workers}
    [prober] = [worker for worker in workers if worker.name == found.prober]
    await bury(tables, prober.name, None, {task.name: task})
    tried = partners.tried["north"]
    await work_off(tables, task)
    assert partners.tried["north"] == tried + 1, "the probe of a worker that died is made by another"


async def test_E16_new_limits_open_no_line(tables: Database, clock: HandClock, kind: str) -> None:
    """What a breaker holds stays held, and what it lets go has room as the limits say by then."""
    partners, task = make(kind, "north")
    await order_for(tables, task, "north", range(10))
    await work_off(tables, task)
    tried = partners.tried["north"]
    async with tables.transaction() as tx:
        await limits.put(tx, "bar", "each", "", limits.Limits(7))
    await work_off(tables, task)
    assert partners.tried["north"] == tried
    clock.advance(OPEN_MS)
    await work_off(tables, task)
    assert partners.tried["north"] - tried <= (1 if kind == "acting" else 2), "and it has one probe"
    partners.down.clear()
    for _ in range(2):
        clock.advance(OPEN_MS)
        await work_off(tables, task)
    assert await count(tables, "engine_turn", "room = 7 AND broken = 0") == 1
    assert sorted(await numbers(tables)) == list(range(10))


async def _force(db: Database, to: State | None, line: str | None = "north") -> None:
    async with db.transaction() as tx:
        await broken_lines.force(tx, "partners", to, who="operator:1", line=line)


async def test_E16_an_operator_forces_a_line(tables: Database, clock: HandClock, kind: str) -> None:
    partners, task = make(kind)
    await work_off(tables, task)
    await _force(tables, "open")
    await order_for(tables, task, "north", [1])
    await order_for(tables, task, "south", [2])
    clock.advance(10 * OPEN_MS)
    await work_off(tables, task)
    assert (partners.tried["north"], await numbers(tables)) == (0, [2]), "no probe either"
    await _force(tables, "closed")
    partners.down.add("north")
    await order_for(tables, task, "north", range(10, 20))
    await work_off(tables, task)
    assert partners.tried["north"] >= 11, "and failures do not open it"
    partners.down.clear()
    await _force(tables, None)
    clock.advance(1_000_000)
    await work_off(tables, task)
    assert sorted(await numbers(tables)) == [1, 2, *range(10, 20)]
    async with tables.reading() as tx:
        kept = await changes.page(tx, subject="breaker:partners")
    assert [one.action for one in kept] == ["breaker.reset", "breaker.forced_closed", "breaker.forced_open"]
    assert all(b'"line":"north"' in bytes(one.after) for one in kept)


async def test_E16_an_operator_forces_all_lines_at_once(tables: Database, clock: HandClock, kind: str) -> None:
    partners, task = make(kind, "north")
    await order_for(tables, task, "north", range(4))
    await work_off(tables, task)
    await _force(tables, "open", None)
    await order_for(tables, task, "south", [7])
    clock.advance(OPEN_MS)
    assert await work_off(tables, task) == 0
    partners.down.clear()
    await _force(tables, None, None)
    assert await lines_of(tables) == {}
    await work_off(tables, task)
    clock.advance(OPEN_MS)
    await work_off(tables, task)
    assert sorted(await numbers(tables)) == [0, 1, 2, 3, 7]


async def test_E16_queues_share_the_lines_of_a_breaker(tables: Database, clock: HandClock) -> None:
    """What one queue learns of a partner holds the same partner's line in the other."""
    partners, task = make("transactional", "north")
    other = Books("north").as_task(name="bar.bill", queue="bills")
    both = Worker(tables, [task, other])
    await both.start()
    await order_for(tables, task, "north", range(5))
    await both.until_quiet()
    tried = partners.tried["north"]
    await order_for(tables, other, "north", [50])
    await order_for(tables, other, "south", [51])
    await both.until_quiet()
    assert (await numbers(tables), partners.tried["north"]) == ([51], tried)
    partners.down.clear()
    clock.advance(OPEN_MS)
    await both.retire()


async def test_E16_a_breaker_goes_by_the_lines_of_its_task(tables: Database) -> None:
    """`per="line"`: said once, for turns, limits and the breaker."""
    by = Lines(by=lambda work: f"host:{work.payload.n % 2}", concurrency=2)
    breaker = Breaker("partners", failures=3, per="line")

    def pour(message: Message[Drink]) -> None:
        if message.payload.n % 2:
            raise TimeoutError("the odd host")

    task = pouring(pour, lines=by, breaker=breaker, attempts_max=3)
    await order_for(tables, task, "north", range(10))
    await work_off(tables, task)
    assert sorted(await numbers(tables)) == [0, 2, 4, 6, 8]
    assert list(await lines_of(tables)) == ["host:1"]


def test_E16_a_breaker_per_line_needs_lines(tables: Database) -> None:
    with pytest.raises(ValueError, match="has no `lines`"):
        Worker(tables, [pouring(breaker=Breaker("partners", per="line"))])
    with pytest.raises(ValueError, match="has other `lines`"):
        Worker(tables, [pouring(breaker=PER_TENANT, lines=Lines())])


async def test_E16_only_a_breaker_per_line_has_lines(tables: Database) -> None:
    await work_off(tables, pouring(breaker=Breaker("partners")))
    with pytest.raises(broken_lines.BreakerHasNoLines, match="force it without a line"):
        await _force(tables, "open")


async def test_E16_workers_that_run_hold_one_line_only(tables: Database) -> None:
    """On the real clock, with workers side by side: one partner down, the others served, and no attempt lost."""
    db = await open_database(tables.url)
    breaker = Breaker("partners", failures=3, within_s=60, open_s=0.2, per=lambda work: work.tenant)

    class Quick(Partners):
        pass

    Quick.breaker = breaker
    task = Quick("north")
    for partner in ("north", "south", "east"):
        await order_for(db, task, partner, range(30))
    workers = [Worker(db, [task]), Worker(db, [task])]
    runs = [asyncio.create_task(worker.run()) for worker in workers]

    async def others_are_done() -> bool:
        return await count(db, "effect") >= 60 and task.tried["north"] >= 8

    await eventually(others_are_done, 60)
    assert task.tried["south"] == task.tried["east"] == 30
    failed = await count(db, "engine_failure")
    task.down.clear()

    async def all_is_done() -> bool:
        return await count(db, "effect") == 90

    await eventually(all_is_done, 60)
    for worker in workers:
        worker.stop()
    await asyncio.gather(*runs)
    assert failed == await count(db, "engine_failure") == 3
    assert await running(db) == {}
    await db.close()
