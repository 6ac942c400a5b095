"""The crash switch: cut the power between the steps of a task that acts outside, then start anew.

A task whose steps are right leaves the same state behind and touches the outside world to the same
effect wherever the power is cut; that it does is a test each such task must have.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeVar

from barback.engine import ActingTask, Message, Outcome, Schedule, Task
from barback.engine.leasing.liveness import bury
from barback.engine.store import SQL
from barback.storage import Database, Transaction
from barback.testing.quiet import run_until_quiet

Step = Literal["decided", "acted", "recorded"]
T = TypeVar("T", bound="ActingTask[Any, Any, Any]")


class PowerCut(BaseException):
    """The process is gone: no handler may catch this, nothing is settled after it."""


def cut_after(task: T, step: Step) -> T:
    """The same task, with the power cut once: after it has decided, acted, or recorded."""
    lasting = {"on": True}
    act, record = task.act, task.record

    def cut() -> None:
        if lasting.pop("on", False):
            raise PowerCut(f"after {task.name} had {step}")

    async def cut_act(decision: Any) -> Any:
        if step == "decided":
            cut()
        result = await act(decision)
        if step == "acted":
            cut()
        return result

    async def cut_record(tx: Transaction, message: Message[Any], decision: Any, result: Any) -> Outcome | None:
        if step == "recorded":
            tx.after_commit(cut)
        return await record(tx, message, decision, result)

    task.act, task.record = cut_act, cut_record
    return task


async def recover(db: Database, tasks: Sequence[Task[Any]], *, schedules: Sequence[Schedule] = ()) -> int:
    """Start anew after a power cut: everybody who held anything is dead. Works until quiet."""
    async with db.reading() as tx:
        names = {str(row["worker"]) for row in await tx.all(SQL.lease_holders)}
        names |= {str(row["id"]) for row in await tx.all(SQL.workers)}
    by_name = {task.name: task for task in tasks}
    for name in sorted(names):
        await bury(db, name, None, by_name)
    return await run_until_quiet(db, tasks, schedules=schedules)
