"""E12, E21. An errand whose worker is killed in the middle, with a real SIGKILL, does all it was asked for once."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import Counter
from collections.abc import Iterable

import pytest
from tests.conformance.bar import Drink, held, numbers, order, pouring
from tests.conformance.tools import child, eventually, sql

from barback.engine import Work
from barback.engine.leasing.liveness import bury_process
from barback.engine.operations import errands
from barback.engine.operations.errand_steps import Asked, Change, Drain, Purge
from barback.engine.operations.errands import Errand
from barback.engine.operations.looking import Look
from barback.foundation.clock import SystemClock
from barback.storage import Database
from barback.testing import HandClock, run_until_quiet

TASK = pouring()
BINNED = pouring(name="bin.pour", queue="bin")
ASKED: dict[str, Asked] = {
    "bin": Purge("bin"),
    "north": Drain("north"),
    "south": Change(line="", look=Look(queue="bar", tenant="south"), action="cancel"),
    "west": Change(line="", look=Look(queue="bar", tenant="west"), action="run_now"),
}
EACH = 40
HOUR_MS = 3_600_000
TOLD = sql("SELECT subject FROM engine_change WHERE action = :action")


async def asked_for(db: Database) -> dict[str, Errand]:
    """An errand of each kind, about forty messages each that wait for an hour; and ten that are nobody's business."""
    async with db.transaction() as tx:
        for place, (whose, one) in enumerate(ASKED.items()):
            task, ns = BINNED if isinstance(one, Purge) else TASK, range(100 * place, 100 * place + EACH)
            await task.enqueue_many(tx, list(_works(ns, whose, keyed=whose != "west")))
        await TASK.enqueue_many(tx, [Work(Drink(n), tenant="stays") for n in range(900, 910)])
    async with db.transaction() as tx:
        return {
            whose: await errands.start(tx, one, found=EACH, at_least=False, who="operator:mara")
            for whose, one in ASKED.items()
        }


def _works(ns: Iterable[int], whose: str, *, keyed: bool) -> Iterable[Work[Drink]]:
    for n in ns:
        key = f"{whose}:{n % 3}" if keyed and n % 2 else None
        yield Work(Drink(n), key=key, tenant=whose, delay_ms=HOUR_MS)


async def killed_until_done(db: Database, url: str, started: Iterable[Errand], broken: str = "") -> Counter[str]:
    """Kill one worker after the other, now before and now after the commit of a step; where they were killed."""
    ids = [one.id for one in started]
    known = {task.name: task for task in errands.TASKS}
    killed: Counter[str] = Counter()

    async def done() -> bool:
        async with db.reading() as tx:
            return all([(await errands.one(tx, id_)).state != "running" for id_ in ids])

    for where in itertools.cycle(["committed", "inside"]):
        async with child("errand_child", url, where, broken) as one:
            told = asyncio.create_task(one.says(where, 60))

            async def told_or_done() -> bool:
                return told.done() or await done()  # noqa: B023 - called before the next round

            await eventually(told_or_done, 60, where)
            killed[where] += told.done()
            await one.kill()
            told.cancel()
            with contextlib.suppress(asyncio.CancelledError, AssertionError):
                await told
        await bury_process(db, one.pid, known)
        if await done() or killed.total() > 100:
            break
    return killed


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_E12_a_worker_that_is_killed_in_an_errand_repeats_and_loses_nothing(
    tables: Database, database_url: str, clock: HandClock
) -> None:
    started = await asked_for(tables)
    killed = await killed_until_done(tables, database_url, started.values())
    async with tables.reading() as tx:
        ended = {whose: await errands.one(tx, one.id) for whose, one in started.items()}
        told = {
            action: Counter(row["subject"] for row in await tx.all(TOLD, action=f"message.{action}"))
            for action in ("cancelled", "hurried")
        }
    assert {whose: (one.state, one.handled, one.left_alone) for whose, one in ended.items()} == dict.fromkeys(
        ASKED, ("done", EACH, 0)
    )
    for action, of in told.items():
        assert (len(of), max(of.values())) == (EACH, 1), f"each was {action} once"
    assert killed["inside"] >= 2, "before the commit of a step"
    assert killed["committed"] >= 2, "and after it"
    clock.advance(SystemClock().now_ms() - clock.now_ms() + HOUR_MS)  # that of the workers that were killed, and later
    await order(tables, TASK, [999])
    await run_until_quiet(tables, [TASK, BINNED])
    hurried = list(ASKED).index("west") * 100
    assert sorted(await numbers(tables)) == [*range(hurried, hurried + EACH), *range(900, 910), 999]
    assert await held(tables) == {}, "nothing is left that could run later"
