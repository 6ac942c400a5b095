"""E11. Dead letters go round again in bulk: some or all, at a bounded rate, with progress that survives kills."""

from __future__ import annotations

import pytest
from tests.conformance.bar import Drink, effects, held, numbers, order, pouring, register
from tests.conformance.tools import count

from barback.engine import Dead, Message, Outcome, Schedule, TransactionalTask, changes
from barback.engine.dead import redrive
from barback.engine.dead.redrive import Redrive, RedriveEnded, RedriveNotFound, Step, Wanted
from barback.engine.leasing.claims import Lease, claim, take_due
from barback.engine.leasing.liveness import bury
from barback.foundation.errors import Invalid
from barback.storage import Database
from barback.testing import HandClock, PowerCut, run_until_quiet

WHO = "operator:mara"
ALL = Wanted(queue="bar")
BROKEN = pouring(lambda message: Dead(f"no ice for {'beer' if message.payload.n % 2 else 'gin'}"))
MENDED = pouring()


async def dead(db: Database, n: int, *, key: str | None = None, task: TransactionalTask[Drink] = BROKEN) -> list[str]:
    """Dead letters, one after the other; effects of their deaths are forgotten."""
    ids = await order(db, task, range(n), key=key)
    await run_until_quiet(db, [task])
    async with db.transaction() as tx:
        await tx.script("DELETE FROM effect;")
    return ids


async def begun(db: Database, wanted: Wanted = ALL, *, per_second: float = 10, **more: str) -> Redrive:
    async with db.transaction() as tx:
        return await redrive.start(tx, wanted, per_second=per_second, who=WHO, **more)  # type: ignore[arg-type]


async def now(db: Database, id_: str) -> Redrive:
    async with db.reading() as tx:
        return await redrive.one(tx, id_)


async def worked(db: Database, clock: HandClock, ms: int = 0, step_ms: int = 100) -> None:
    """Workers for so long."""
    await run_until_quiet(db, [MENDED, *redrive.TASKS])
    for _ in range(0, ms, step_ms):
        clock.advance(step_ms)
        await run_until_quiet(db, [MENDED, *redrive.TASKS])


async def test_E11_letters_go_no_faster_than_they_may_and_the_progress_tells(
    tables: Database, clock: HandClock
) -> None:
    await dead(tables, 12)
    one = await begun(tables, per_second=10)
    assert (one.state, one.found, one.handled) == ("running", 12, 0)
    went: list[int] = []
    for _ in range(13):
        await worked(tables, clock, 100)
        went.append((await now(tables, one.id)).handled)
        assert len(await numbers(tables)) == went[-1]
    assert all(n <= (at + 1) + 1 for at, n in enumerate(went)), went
    assert went[10] >= 10, "and not much slower either"
    done = await now(tables, one.id)
    assert (done.state, done.handled, done.ended_ms is None) == ("done", 12, False)
    assert await numbers(tables) == list(range(12)), "those that died first go first"
    assert await held(tables) == {}


async def test_E11_a_slow_rate_is_slow(tables: Database, clock: HandClock) -> None:
    await dead(tables, 3)
    one = await begun(tables, per_second=0.5)
    await worked(tables, clock, 1_900, 190)
    assert (await now(tables, one.id)).handled == 1
    await worked(tables, clock, 200)
    assert (await now(tables, one.id)).handled == 2


async def test_E11_after_a_long_pause_there_is_no_flood(tables: Database, clock: HandClock) -> None:
    await dead(tables, 40)
    one = await begun(tables, per_second=10)
    await worked(tables, clock)
    clock.advance(3_600_000)
    await worked(tables, clock)
    assert (await now(tables, one.id)).handled <= 12
    clock.advance(-7_200_000)
    await worked(tables, clock)
    assert (await now(tables, one.id)).handled <= 12


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, [0, 1, 2, 3, 10, 11]),
        ({"task": "bar.pour"}, [0, 1, 2, 3]),
        ({"key": "tab:1"}, [10, 11]),
        ({"fingerprint": "gin"}, [0, 2]),
    ],
)
async def test_E11_only_those_go_that_are_wanted(
    tables: Database, clock: HandClock, more: dict[str, str], expected: list[int]
) -> None:
    await dead(tables, 4)
    other = pouring(lambda _message: Dead("no glass"), name="bar.serve")
    await order(tables, other, [10, 11], key="tab:1")
    await run_until_quiet(tables, [other])
    async with tables.transaction() as tx:
        await tx.script("DELETE FROM effect;")
    if "fingerprint" in more:
        more = {"fingerprint": redrive.fingerprint_of("bar.pour", "no ice for gin")}
    wanted = Wanted(queue="bar", **more)
    async with tables.reading() as tx:
        assert await redrive.count(tx, wanted) == len(expected), "what a dry run answers"
    assert await numbers(tables) == []
    one = await begun(tables, wanted, per_second=1_000)
    assert one.found == len(expected)
    for _ in range(3):
        await run_until_quiet(tables, [MENDED, pouring(name="bar.serve"), *redrive.TASKS])
        clock.advance(300)
    assert sorted(await numbers(tables)) == expected
    assert await held(tables) == ({"dead": 6 - len(expected)} if len(expected) < 6 else {})


async def test_E11_what_dies_again_is_not_taken_again(tables: Database, clock: HandClock) -> None:
    await dead(tables, 5)
    one = await begun(tables, per_second=1_000)
    clock.advance(1)
    for _ in range(5):
        await run_until_quiet(tables, [BROKEN, *redrive.TASKS])
        clock.advance(300)
    assert await numbers(tables) == list(range(5)), "each once more, and no more"
    assert (await now(tables, one.id)).state == "done"
    assert await held(tables) == {"dead": 5}


async def test_E11_a_redrive_goes_on_where_its_worker_died(tables: Database, clock: HandClock) -> None:
    await dead(tables, 10)
    one = await begun(tables, per_second=10)
    await register(tables, *(f"w{n}" for n in range(20)))
    for n in range(20):
        clock.advance(250)
        if n % 2:
            await run_until_quiet(tables, [MENDED, *redrive.TASKS])
            continue
        # One that dies in the middle of a step: what it did is undone with it, and the message lives.
        async with tables.transaction() as tx:
            found = await claim(tx, "engine", f"w{n}", 5, offered=await take_due(tx, "engine", 5))
        if found:
            await _dies(tables, found[0], one.id)
        await bury(tables, f"w{n}", None, {task.name: task for task in redrive.TASKS})
    done = await now(tables, one.id)
    assert (done.state, done.handled) == ("done", 10)
    assert sorted(await numbers(tables)) == list(range(10)), "each once"
    assert all(one.attempt == 1 for one in await effects(tables))


async def _dies(db: Database, lease: Lease, redrive_id: str) -> None:
    row = lease.rows[0]
    message = Message(row.id, row.task, None, None, 1, 10, row.enqueued_ms, Step(redrive_id))

    async def half_way() -> None:
        async with db.transaction() as tx:
            await redrive.REDRIVE.handle(tx, message)
            raise PowerCut

    with pytest.raises(PowerCut):
        await half_way()


async def test_E11_a_stopped_redrive_takes_no_further_letter(tables: Database, clock: HandClock) -> None:
    await dead(tables, 10)
    one = await begun(tables, per_second=10)
    await worked(tables, clock, 300)
    async with tables.transaction() as tx:
        stopped = await redrive.stop(tx, one.id, who=WHO)
    await worked(tables, clock, 2_000, 200)
    assert (await now(tables, one.id)) == stopped
    assert len(await numbers(tables)) == stopped.handled < 10
    assert await held(tables) == {"dead": 10 - stopped.handled}
    with pytest.raises(RedriveEnded):
        async with tables.transaction() as tx:
            await redrive.stop(tx, one.id, who=WHO)
    with pytest.raises(RedriveNotFound):
        async with tables.transaction() as tx:
            await redrive.stop(tx, "nothing", who=WHO)


async def test_E11_letters_of_a_closed_key_keep_their_order_across_the_steps(
    tables: Database, clock: HandClock
) -> None:
    """Each would go before all that wait: were they taken in two steps, the later one would be first."""

    def does(message: Message[Drink]) -> Outcome | None:
        return Dead("no ice") if message.payload.n < 3 else None

    task = pouring(does, on_head_failure="park")
    await order(tables, task, range(5), key="tab:1")
    for _ in range(2):
        await run_until_quiet(tables, [task])
        clock.advance(10)
        async with tables.transaction() as tx:
            await redrive.dead_letters.lanes.release(tx, "bar", "tab:1")
    await run_until_quiet(tables, [task])
    async with tables.transaction() as tx:
        await tx.script("DELETE FROM effect;")
    await begun(tables, per_second=1)
    await worked(tables, clock, 5_000, 500)
    assert await numbers(tables) == list(range(5))


async def test_E11_many_are_thrown_away_at_a_rate_and_their_keys_go_on(tables: Database, clock: HandClock) -> None:
    task = pouring(lambda message: Dead("no ice") if message.payload.n == 0 else None, on_head_failure="park")
    for key in ("tab:1", "tab:2"):
        await order(tables, task, [0, 1], key=key)
    await run_until_quiet(tables, [task])
    await begun(tables, per_second=5, action="discard")
    await run_until_quiet(tables, [task, *redrive.TASKS])
    assert (await held(tables))["dead"] == 1
    for _ in range(4):
        clock.advance(100)
        await run_until_quiet(tables, [task, *redrive.TASKS])
    assert await numbers(tables) == [0, 0, 1, 1]
    assert await held(tables) == {}


async def test_E11_who_did_it_is_written_down_and_which_letters_went(tables: Database, clock: HandClock) -> None:
    ids = await dead(tables, 3)
    one = await begun(tables, per_second=1_000)
    await worked(tables, clock, 500)
    async with tables.reading() as tx:
        found = [(change.action, change.who) for change in await changes.page(tx, subject="queue:bar")]
    assert found == [("redrive.done", WHO), ("dead.retried", WHO), ("dead.retried", WHO), ("redrive.started", WHO)]
    assert await count(tables, "engine_change", "before LIKE :like", like=f"%{ids[2]}%") == 1
    async with tables.reading() as tx:
        assert [listed.id for listed in await redrive.newest(tx)] == [one.id]


@pytest.mark.parametrize("per_second", [0.0, -1.0, 1_001.0])
async def test_E11_a_rate_has_bounds(tables: Database, per_second: float) -> None:
    with pytest.raises(Invalid, match="per_second"):
        await begun(tables, per_second=per_second)


def test_E11_redrives_need_a_worker_and_have_one() -> None:
    """The server's own workers handle them; nothing about them is by the clock."""
    from barback.server import assembly  # noqa: PLC0415 - only here

    assert redrive.REDRIVE.name in {task.name for task in assembly.tasks()}
    assert not [one for one in assembly.schedules() if isinstance(one, Schedule) and one.task is redrive.REDRIVE]
