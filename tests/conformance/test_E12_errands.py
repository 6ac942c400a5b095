"""E12. What operators ask for that takes long is done by workers, in steps: a kill repeats and loses nothing."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conformance.bar import Drink, held, lease, numbers, order, pouring, register
from tests.conformance.tools import count

from barback.engine import Dead, Lines, Message, Work, changes
from barback.engine.leasing.claims import claim, take_due
from barback.engine.leasing.liveness import bury
from barback.engine.operations import errand_steps, errands, purging
from barback.engine.operations.errand_steps import Asked, Change, Drain, Purge
from barback.engine.operations.errands import Errand, ErrandEnded, ErrandNotFound, Step
from barback.engine.operations.looking import Look
from barback.storage import Database
from barback.testing import HandClock, PowerCut, run_until_quiet

WHO = "operator:mara"
TASK = pouring()
OTHER = pouring(name="other.pour", queue="other")


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few messages are many steps."""
    monkeypatch.setattr(purging, "PAGE", 3)
    monkeypatch.setattr(errand_steps, "CHANGES_PAGE", 3)


async def begun(db: Database, asked: Asked) -> Errand:
    async with db.transaction() as tx:
        return await errands.start(tx, asked, found=10, at_least=False, who=WHO)


async def now(db: Database, id_: str) -> Errand:
    async with db.reading() as tx:
        return await errands.one(tx, id_)


async def stepped(db: Database, clock: HandClock, steps: int = 40) -> None:
    for _ in range(steps):
        await run_until_quiet(db, errands.TASKS)
        clock.advance(errands.PAUSE_MS)


def found(action: str, **look: Any) -> Change:
    line = " ".join(f"{name}:{value}" for name, value in look.items())
    return Change(line=line, look=Look(**look), action=action, delay_ms=60_000)  # type: ignore[arg-type]


async def test_E12_a_purge_is_done_by_workers_and_says_how_far_it_is(tables: Database, clock: HandClock) -> None:
    await order(tables, TASK, range(5))
    await order(tables, TASK, range(5), key="tab:1")
    await order(tables, OTHER, [99])
    one = await begun(tables, Purge("bar"))
    assert (one.kind, one.question, one.state, one.found, one.handled) == ("purge", "bar", "running", 10, 0)
    clock.advance(1)
    await order(tables, TASK, [100])
    await stepped(tables, clock, 1)
    assert (await now(tables, one.id)).handled == 3, "a page in a step"
    await stepped(tables, clock)
    done = await now(tables, one.id)
    assert (done.state, done.handled, done.ended_ms is None) == ("done", 10, False)
    await run_until_quiet(tables, [TASK, OTHER])
    assert sorted(await numbers(tables)) == [99, 100], "what came after it began is left alone"


@pytest.mark.parametrize(
    ("action", "expected"),
    [("cancel", [20, 21, 50]), ("snooze", [5, 6, 20, 21, 50]), ("run_now", [0, 1, 2, 3, 4, 5, 6, 20, 21, 50])],
)
async def test_E12_all_that_is_found_is_changed(
    tables: Database, clock: HandClock, action: str, expected: list[int]
) -> None:
    await order(tables, TASK, range(5), delay_ms=3_600_000)
    await order(tables, TASK, [5, 6], key="tab:1")
    await order(tables, OTHER, [20, 21])
    one = await begun(tables, found(action, queue="bar"))
    clock.advance(1)
    await order(tables, TASK, [50], delay_ms=0 if action == "cancel" else 1)
    await stepped(tables, clock)
    done = await now(tables, one.id)
    assert (done.kind, done.question, done.state) == (action, "queue:bar", "done")
    assert done.handled + done.left_alone == 7
    assert done.left_alone == (0 if action == "cancel" else 2), "what stands behind its key can only be cancelled"
    await run_until_quiet(tables, [TASK, OTHER])
    assert sorted(await numbers(tables)) == expected


async def test_E12_more_than_a_search_looks_at_is_cancelled_to_the_last(
    tables: Database, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = errand_steps.looking.search

    async def short_sighted(*args: Any, **how: Any) -> Any:
        return await search(*args, **how, looked_max=4)

    monkeypatch.setattr(errand_steps.looking, "search", short_sighted)
    await order(tables, TASK, range(15))
    one = await begun(tables, found("cancel", queue="bar"))
    await stepped(tables, clock)
    assert ((await now(tables, one.id)).state, (await now(tables, one.id)).handled) == ("done", 15)
    assert await held(tables) == {}


async def test_E12_a_tenant_is_held_and_drained_of_every_queue(tables: Database, clock: HandClock) -> None:
    lined = pouring(name="lined.pour", queue="lined", lines=Lines(concurrency=1))
    for task in (TASK, lined):
        async with tables.transaction() as tx:
            for tenant in ("north", "south"):
                works = [Work(Drink(n), tenant=tenant) for n in range(5)]
                works += [Work(Drink(n), tenant=tenant, key="tab:1") for n in range(5, 8)]
                works += [Work(Drink(n), tenant=tenant, delay_ms=3_600_000) for n in (8, 9)]
                await task.enqueue_many(tx, works)
                await task.enqueue_bulk(tx, [Drink(n) for n in range(10, 15)], tenant=tenant)
    one = await begun(tables, Drain("north"))
    await stepped(tables, clock)
    done = await now(tables, one.id)
    assert (done.kind, done.question, done.state, done.handled) == ("drain", "north", "done", 30)
    clock.advance(3_600_000)
    await run_until_quiet(tables, [TASK, lined])
    assert len(await numbers(tables)) == 30, "those of the other tenant"
    async with tables.reading() as tx:
        told = {one.action for one in await changes.page(tx, subject="tenant:north")}
    assert told == {"errand.started", "tenant.drained", "errand.done"}


async def test_E12_a_drained_tenant_stays_held_where_it_has_a_line(tables: Database, clock: HandClock) -> None:
    lined = pouring(name="lined.pour", queue="lined", lines=Lines(concurrency=1))
    await run_until_quiet(tables, [lined])
    async with tables.transaction() as tx:
        await lined.enqueue_many(tx, [Work(Drink(n), tenant="north", delay_ms=1_000) for n in range(3)])
    await begun(tables, Drain("north"))
    await stepped(tables, clock)
    async with tables.transaction() as tx:
        await lined.enqueue_many(tx, [Work(Drink(n), tenant=tenant) for n, tenant in ((7, "north"), (8, "south"))])
    await run_until_quiet(tables, [lined])
    assert await numbers(tables) == [8]


async def test_E12_an_errand_goes_on_where_its_worker_died(tables: Database, clock: HandClock) -> None:
    await order(tables, TASK, range(10), delay_ms=3_600_000)
    one = await begun(tables, found("run_now", queue="bar"))
    await register(tables, *(f"w{n}" for n in range(20)))
    for n in range(20):
        clock.advance(errands.PAUSE_MS)
        if n % 2:
            await run_until_quiet(tables, errands.TASKS)
            continue
        async with tables.transaction() as tx:
            leases = await claim(tx, "engine", f"w{n}", 5, offered=await take_due(tx, "engine", 5))
        if leases:
            await _dies(tables, leases[0].rows[0].id, one.id)
        await bury(tables, f"w{n}", None, {task.name: task for task in errands.TASKS})
    done = await now(tables, one.id)
    assert (done.state, done.handled) == ("done", 10), "each is counted once"
    assert await count(tables, "engine_change", "action = 'message.hurried'") == 10


async def _dies(db: Database, message_id: str, errand_id: str) -> None:
    message = Message(message_id, errands.ERRAND.name, None, None, 1, 10, 0, Step(errand_id))

    async def half_way() -> None:
        async with db.transaction() as tx:
            await errands.ERRAND.handle(tx, message)
            raise PowerCut

    with pytest.raises(PowerCut):
        await half_way()


async def test_E12_a_stopped_errand_does_no_further_step(tables: Database, clock: HandClock) -> None:
    await order(tables, TASK, range(10))
    one = await begun(tables, Purge("bar"))
    await stepped(tables, clock, 2)
    async with tables.transaction() as tx:
        stopped = await errands.stop(tx, one.id, who=WHO)
    await stepped(tables, clock)
    assert await now(tables, one.id) == stopped
    assert (stopped.state, stopped.handled) == ("stopped", 6)
    assert await held(tables) == {"ready": 4}
    with pytest.raises(ErrandEnded):
        async with tables.transaction() as tx:
            await errands.stop(tx, one.id, who=WHO)
    with pytest.raises(ErrandNotFound):
        async with tables.transaction() as tx:
            await errands.stop(tx, "nothing", who=WHO)


async def test_E12_one_that_cannot_go_on_says_why(
    tables: Database, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_args: Any, **_how: Any) -> Any:
        raise ValueError("no ice")

    monkeypatch.setattr(errand_steps, "step", broken)
    one = await begun(tables, Purge("bar"))
    for _ in range(30):
        await run_until_quiet(tables, errands.TASKS)
        clock.advance(3_600_000)
    failed = await now(tables, one.id)
    assert (failed.state, failed.error) == ("failed", "ValueError: no ice")
    assert await count(tables, "engine_dead") == 0


async def test_E12_what_a_worker_holds_and_what_is_dead_stays(tables: Database, clock: HandClock) -> None:
    broken = pouring(lambda _message: Dead("no ice"))
    await order(tables, broken, [1])
    await run_until_quiet(tables, [broken])
    await order(tables, TASK, [2])
    await register(tables, "w1")
    assert await lease(tables, "w1") is not None
    await order(tables, TASK, [3])
    one = await begun(tables, Purge("bar"))
    await stepped(tables, clock)
    assert (await now(tables, one.id)).handled == 1
    assert await held(tables) == {"dead": 1, "lease": 1}


def test_E12_errands_have_a_worker_that_knows_what_is_secret() -> None:
    """The server's own workers handle them, and mask what their tasks mark as secret before a search looks at it."""
    from barback.server import assembly  # noqa: PLC0415 - only here

    app = assembly.app()
    assert errands.ERRAND in app.tasks
    assert set(errands.ERRAND.known) == {task.name for task in app.tasks}
