# ruff: noqa: ARG002  # a task's methods have fixed arguments
"""E17. Sweeps go page by page, resume where they were, run one at a time, and end as a batch does."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from tests.conformance.bar import Drink, held, lease, numbers, pouring, register
from tests.conformance.rounds import counted
from tests.conformance.tools import count, sql

from barback.engine import ActingTask, Cancel, Found, Message, Sweep, Work
from barback.engine.dead import dead_letters
from barback.engine.fanout import batches
from barback.engine.fanout.batch_figures import BatchFigures, one
from barback.engine.fanout.sweeps import SweepRun
from barback.storage import Database, Transaction
from barback.testing import HandClock, PowerCut, cut_after, recover, run_until_quiet
from barback.testing.power import Step

NOTES = sql("SELECT id, n FROM note WHERE id > :after ORDER BY id LIMIT :n")
NOTE = sql("INSERT INTO note (id, n, words) VALUES (:id, :n, 'due')")
STUCK = sql("SELECT id FROM note WHERE words <> 'charged' AND id > :after ORDER BY id LIMIT :n")
DECIDE = sql("UPDATE note SET words = 'charging' WHERE id = :id AND words <> 'charged' RETURNING n")
CHARGED = sql("UPDATE note SET words = 'charged' WHERE id = :id")
LOSE = ";\n".join(
    [f"DELETE FROM engine_{table}" for table in ("lease", "ready", "arrival", "parked", "lane")]
    + ["UPDATE engine_sweep SET finished_ms = 1"]
)


class Finder:
    """Finds drinks among the notes; it may be told to break off from a page on."""

    def __init__(self) -> None:
        self.asked: list[tuple[str | None, int]] = []
        self.break_at: int | None = None
        self.error: BaseException = PowerCut("found")

    async def __call__(self, tx: Transaction, after: str | None, limit: int) -> Found[Drink]:
        self.asked.append((after, limit))
        rows = await tx.all(NOTES, after=after or "", n=limit)
        if self.break_at is not None and len(self.asked) >= self.break_at:
            raise self.error
        return Found([Work(Drink(row["n"])) for row in rows], rows[-1]["id"] if len(rows) == limit else None)


async def note(db: Database, ns: range) -> None:
    """Something to find."""
    async with db.transaction() as tx:
        await tx.many(NOTE, [{"id": f"{n:04}", "n": n} for n in ns])


async def start(db: Database, sweep: Sweep[Any]) -> str:
    """Begin a run; the id of its batch."""
    async with db.transaction() as tx:
        return (await sweep.start(tx)).id


async def seen(db: Database, sweep: Sweep[Any]) -> tuple[SweepRun, BatchFigures]:
    """How far it is."""
    async with db.reading() as tx:
        run = await sweep.run(tx)
        assert run is not None
        return run, await one(tx, run.batch)


async def test_E17_a_sweep_goes_page_by_page_and_calls_back_at_the_end(tables: Database) -> None:
    find, task, told = Finder(), pouring(), pouring(name="bar.tell", queue="tell")
    sweep = Sweep("bar.all", find, task, page=10, then=(told, Drink(999)))
    await note(tables, range(25))
    async with tables.reading() as tx:
        assert await sweep.run(tx) is None
    batch = await start(tables, sweep)
    await run_until_quiet(tables, [task, told, *sweep.tasks])
    assert find.asked == [(None, 10), ("0009", 10), ("0019", 10)]
    assert sorted(await numbers(tables)) == [*range(25), 999]
    run, fared = await seen(tables, sweep)
    now_ms = tables.clock.now_ms()
    assert run == SweepRun(batch, 3, 25, None, now_ms, now_ms)
    assert (fared.name, counted(fared)) == ("bar.all", {"state": "finished", "total": 25, "done": 25})
    assert await held(tables) == {}


async def test_E17_a_sweep_that_finds_nothing_ends_at_once(tables: Database) -> None:
    task, told = pouring(), pouring(name="bar.tell", queue="tell")
    sweep = Sweep("bar.all", Finder(), task, then=(told, Drink(999)))
    await start(tables, sweep)
    await run_until_quiet(tables, [task, told, *sweep.tasks])
    assert await numbers(tables) == [999]


async def test_E17_a_sweep_whose_worker_dies_goes_on_at_its_page(tables: Database) -> None:
    """What was found before is not found again, and nothing is left out or done twice."""
    find, task = Finder(), pouring()
    sweep = Sweep("bar.all", find, task, page=10)
    await note(tables, range(35))
    await start(tables, sweep)
    find.break_at = 3
    with pytest.raises(PowerCut):
        await run_until_quiet(tables, [*sweep.tasks])
    run, fared = await seen(tables, sweep)
    assert (run.pages, run.found, run.after, run.finished_ms) == (2, 20, "0019", None)
    assert counted(fared) == {"state": "open", "total": 20, "waiting": 20}
    find.break_at = None
    await recover(tables, [task, *sweep.tasks])
    assert [after for after, _ in find.asked] == [None, "0009", "0019", "0019", "0029"]
    assert sorted(await numbers(tables)) == list(range(35))
    assert counted((await seen(tables, sweep))[1]) == {"state": "finished", "total": 35, "done": 35}


async def test_E17_a_worker_that_lost_its_page_to_another_finds_nothing_twice(tables: Database) -> None:
    find, task = Finder(), pouring()
    sweep = Sweep("bar.all", find, task, page=10)
    await note(tables, range(10))
    await start(tables, sweep)
    await register(tables, "w1")
    mine = await lease(tables, "w1", queue="sweeps")
    assert mine is not None
    await recover(tables, [task, *sweep.tasks])
    async with tables.transaction() as tx:
        message = sweep.tasks[0].message(mine.rows[0])
        assert isinstance(await sweep.tasks[0].handle(tx, message), Cancel)  # type: ignore[attr-defined]
    assert sorted(await numbers(tables)) == list(range(10))


async def test_E17_one_run_at_a_time(tables: Database) -> None:
    task = pouring()
    sweep = Sweep("bar.all", Finder(), task, page=10)
    await note(tables, range(5))
    first = await asyncio.gather(*(start(tables, sweep) for _ in range(4)))
    assert len(set(first)) == 1
    await run_until_quiet(tables, [task, *sweep.tasks])
    assert sorted(await numbers(tables)) == list(range(5))
    assert await start(tables, sweep) != first[0], "the next one, after it"
    await run_until_quiet(tables, [task, *sweep.tasks])
    assert sorted(await numbers(tables)) == sorted([*range(5), *range(5)])
    assert await count(tables, "engine_batch") == 2


async def test_E17_a_sweep_begins_by_the_clock(tables: Database, clock: HandClock) -> None:
    task = pouring()
    sweep = Sweep("bar.all", Finder(), task, every="*/5 * * * *", page=10)
    await note(tables, range(3))
    work: list[Any] = [task, *sweep.tasks]
    await run_until_quiet(tables, work, schedules=sweep.schedules)
    assert await numbers(tables) == []
    clock.advance(5 * 60_000)
    await run_until_quiet(tables, work, schedules=sweep.schedules)
    assert sorted(await numbers(tables)) == [0, 1, 2]


async def test_E17_a_sweep_that_gave_up_goes_on_at_its_page_when_it_is_started_again(
    tables: Database,
) -> None:
    find, task = Finder(), pouring()
    sweep = Sweep("bar.all", find, task, page=10)
    sweep.tasks[0].attempts_max = 1
    await note(tables, range(15))
    batch = await start(tables, sweep)
    find.break_at, find.error = 2, ValueError("no ice")
    await run_until_quiet(tables, [task, *sweep.tasks])
    async with tables.reading() as tx:
        [letter] = await dead_letters.page(tx)
    assert (letter.task, letter.queue) == ("sweep.bar.all", "sweeps")
    find.break_at = None
    assert await start(tables, sweep) == batch
    await run_until_quiet(tables, [task, *sweep.tasks])
    assert sorted(await numbers(tables)) == list(range(15))


@pytest.mark.parametrize(
    ("works", "after", "error"),
    [(11, None, "at most 10 works, the limit, got 11"), (1, "0000", "expected `after` to move on, got '0000' again")],
    ids=["more than a page", "no way on"],
)
async def test_E17_a_find_that_does_not_keep_to_its_page_is_refused(
    tables: Database, works: int, after: str | None, error: str
) -> None:
    async def find(_tx: Transaction, _after: str | None, _limit: int) -> Found[Drink]:
        return Found([Work(Drink(n)) for n in range(works)], after)

    sweep = Sweep("bar.all", find, pouring(), page=10)
    sweep.tasks[0].attempts_max = 1
    await start(tables, sweep)
    await run_until_quiet(tables, [*sweep.tasks])
    async with tables.reading() as tx:
        [letter] = await dead_letters.page(tx)
    assert error in letter.error


async def test_E17_cancelling_the_batch_ends_the_sweep(tables: Database) -> None:
    find, task = Finder(), pouring()
    sweep = Sweep("bar.all", find, task, page=10)
    await note(tables, range(25))
    batch = await start(tables, sweep)
    find.break_at = 2
    with pytest.raises(PowerCut):
        await run_until_quiet(tables, [*sweep.tasks])
    async with tables.transaction() as tx:
        await batches.cancel(tx, batch, who="test")
    find.break_at = None
    await recover(tables, [task, *sweep.tasks])
    run, fared = await seen(tables, sweep)
    assert run.finished_ms is not None
    assert counted(fared) == {"state": "finished", "total": 10, "cancelled": 10}
    assert await numbers(tables) == []
    await start(tables, sweep)
    await run_until_quiet(tables, [task, *sweep.tasks])
    assert sorted(await numbers(tables)) == list(range(25))


class Tab(msgspec.Struct):
    """What is to be charged."""

    id: str


class Charge(ActingTask[Tab, str, str]):
    """Finds what is not charged yet, also what it was stuck at."""

    name = "tabs.charge"
    queue = "charges"
    payload = Tab

    def __init__(self) -> None:
        self.charged: list[str] = []

    async def find(self, tx: Transaction, after: str | None, limit: int) -> Found[Tab]:
        rows = await tx.all(STUCK, after=after or "", n=limit)
        works = [Work(Tab(row["id"]), key=f"tab:{row['id']}") for row in rows]
        return Found(works, rows[-1]["id"] if len(rows) == limit else None)

    async def decide(self, tx: Transaction, message: Message[Tab]) -> str | Cancel:
        row = await tx.one(DECIDE, id=message.payload.id)
        return Cancel("charged") if row is None else message.payload.id

    async def act(self, decision: str) -> str:
        if decision not in self.charged:
            self.charged.append(decision)
        return "ok"

    async def record(self, tx: Transaction, message: Message[Tab], decision: str, result: str) -> None:
        await tx.run(CHARGED, id=decision)


@pytest.mark.parametrize("step", ["decided", "acted", "recorded"])
async def test_E17_what_a_power_cut_left_behind_is_found_by_the_sweep(tables: Database, step: Step) -> None:
    """Recovered through `find` alone: the message itself is thrown away."""
    await note(tables, range(3))
    cut = cut_after(Charge(), step)
    sweep = Sweep.of(cut, page=2)
    await start(tables, sweep)
    with pytest.raises(PowerCut):
        await run_until_quiet(tables, [cut, *sweep.tasks])
    async with tables.transaction() as tx:
        await tx.script(LOSE)
    await start(tables, sweep)
    await recover(tables, [cut, *sweep.tasks])
    assert sorted(cut.charged) == ["0000", "0001", "0002"]
    assert await count(tables, "note", "words <> 'charged'") == 0


async def test_E17_a_task_without_find_cannot_be_swept(tables: Database) -> None:
    class Plain(Charge):
        find = ActingTask.find

    async with tables.reading() as tx:
        with pytest.raises(NotImplementedError, match=r"tabs\.charge has no `find`"):
            await Plain().find(tx, None, 10)
