"""Sweeps (E17): find what needs work, page by page, and queue a message for each.

    async def find(tx, after, limit):
        rows = await store.tabs_abandoned(tx, after_id=after, limit=limit)
        return Found([Work(TabRef(row.id), key=f"tab:{row.id}") for row in rows], rows[-1].id if rows else None)

    settle_abandoned = Sweep("tabs.settle_abandoned", find, settle_tab, every="*/5 * * * *")

A page is one transaction: find, enqueue into the run's batch, note how far it came, and go on by a
message of its own. So no more than a page is ever in memory, a run goes on where it was after any
kill, and it is watched, cancelled and called back as a batch is. There is one run at a time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import msgspec

from barback.engine.dead import dead_letters
from barback.engine.fanout.batches import Batch, BatchCancelled
from barback.engine.messages import Cancel, Message
from barback.engine.schedules import Schedule
from barback.engine.tasks import ActingTask, Task, TransactionalTask
from barback.engine.works import Found
from barback.storage import Row, Transaction, statements

SQL = statements(__file__, "sweeps.sql")
P = TypeVar("P")
N = TypeVar("N")

PAGE = 500
"""Subjects that a sweep looks for at once, when nothing else is said."""

Find = Callable[[Transaction, str | None, int], Awaitable[Found[P]]]


class SweepStep(msgspec.Struct, omit_defaults=True):
    """Find page number `step` for `batch`; without a batch: begin a run, if none is under way."""

    batch: str | None = None
    step: int = 0


class SweepRun(msgspec.Struct, frozen=True):
    """The last run of a sweep: its batch, pages and subjects found so far, where it goes on, when it ended."""

    batch: str
    pages: int
    found: int
    after: str | None
    started_ms: int
    finished_ms: int | None


class SweepTask(TransactionalTask[SweepStep]):
    """One page, or the beginning of a run."""

    queue = "sweeps"
    payload = SweepStep
    batch_max = 1
    sweep: Sweep[Any]

    async def handle(self, tx: Transaction, message: Message[SweepStep]) -> Cancel | None:
        """See Sweep."""
        if message.payload.batch is None:
            await self.sweep.start(tx)
            return None
        return await self.sweep.step(tx, message.payload)


class Sweep(Generic[P]):
    """Finds subjects and queues a message of `task` for each. A worker needs its `tasks` and `schedules`."""

    def __init__(
        self,
        name: str,
        find: Find[P],
        task: Task[P],
        *,
        every: str | None = None,
        zone: str = "UTC",
        page: int = PAGE,
        tenant: str | None = None,
        then: tuple[Task[N], N] | None = None,
    ) -> None:
        """`find(tx, after, limit)` answers up to `limit` works after the place `after`; it may only narrow.

        `every`: five fields of cron in `zone`; without it a run begins by `start` only. `then`: the task
        and payload of the message when the last message of a run has ended.
        """
        self.name = name
        self._find = find
        self._task = task
        self._page = page
        self._tenant = tenant
        self._then = then
        made: Any = type(
            "SweepTask", (SweepTask,), {"name": f"sweep.{name}", "sweep": self, "__doc__": SweepTask.__doc__}
        )
        self._step: SweepTask = made()
        self.tasks: list[Task[Any]] = [self._step]
        self.schedules = [Schedule(f"sweep.{name}", every, self._step, SweepStep(), zone)] if every is not None else []

    @classmethod
    def of(cls, task: ActingTask[P, Any, Any], **options: Any) -> Sweep[P]:
        """The sweep of a task that has a `find` of its own; the options are those of Sweep."""
        return cls(task.name, task.find, task, **options)

    async def start(self, tx: Transaction) -> Batch:
        """Begin a run; its batch. While one is under way that goes on, also where its step had given up."""
        await tx.run(SQL.sweep_add, name=self.name, now_ms=tx.now_ms)
        row = await self._locked(tx)
        if row["finished_ms"] is None:
            await dead_letters.retry_these(tx, [row["message"]])
            return Batch(row["batch"])
        batch = await Batch.open(tx, self.name, tenant=self._tenant, then=self._then)
        message = await self._step.enqueue(tx, SweepStep(batch.id, 0))
        await tx.run(SQL.sweep_begin, name=self.name, batch=batch.id, message=message, now_ms=tx.now_ms)
        return batch

    async def run(self, tx: Transaction) -> SweepRun | None:
        """How far the last run is; None before the first. How its messages fare says the batch."""
        row = await tx.one(SQL.sweep_one, name=self.name)
        if row is None or row["batch"] is None:
            return None
        return SweepRun(row["batch"], row["step"], row["found"], row["after"], row["started_ms"], row["finished_ms"])

    async def step(self, tx: Transaction, step: SweepStep) -> Cancel | None:
        """One page, in `tx`."""
        row = await self._locked(tx)
        if row["finished_ms"] is not None or (row["batch"], row["step"]) != (step.batch, step.step):
            return Cancel("another run, or another step, came before it")
        batch = Batch(row["batch"])
        found = self._checked(row, await self._find(tx, row["after"], self._page))
        try:
            await batch.add(tx, self._task, found.works)
        except BatchCancelled:
            await self._move(tx, Found([], None), None)
            return Cancel("its batch was cancelled")
        if found.after is None:
            await batch.seal(tx)
            await self._move(tx, found, None)
        else:
            await self._move(tx, found, await self._step.enqueue(tx, SweepStep(batch.id, step.step + 1)))
        return None

    def _checked(self, row: Row, found: Found[P]) -> Found[P]:
        if len(found.works) > self._page:
            raise ValueError(f"{self.name}: expected at most {self._page} works, the limit, got {len(found.works)}")
        if found.after is not None and found.after == row["after"]:
            raise ValueError(
                f"{self.name}: expected `after` to move on, got {found.after!r} again; answer None after the last page"
            )
        return found

    async def _locked(self, tx: Transaction) -> Row:
        row = await tx.one(SQL.sweep_lock, name=self.name)
        assert row is not None, "the row is there from the first start"
        return row

    async def _move(self, tx: Transaction, found: Found[P], message: str | None) -> None:
        await tx.run(
            SQL.sweep_move,
            name=self.name,
            after=found.after,
            found=len(found.works),
            message=message,
            finished_ms=None if message else tx.now_ms,
        )
