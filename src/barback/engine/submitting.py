"""Enqueue without a transaction of one's own: whoever submits while a commit is on its way shares the next.

For programs that have nothing else to write with the message. With something to write, enqueue in
the transaction that writes it (E1).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from barback.engine.group_commit import GroupCommit
from barback.engine.tasks import Task, Work
from barback.storage import Database, Transaction

P = TypeVar("P")

Item = tuple[Task[Any], Work[Any]]
GROUP_MAX = 1_000

_groups: WeakKeyDictionary[Database, GroupCommit[Item, str]] = WeakKeyDictionary()


async def submit(db: Database, task: Task[P], work: Work[P]) -> str:
    """Enqueue one message; returns its id once it is on disk.

    Raises what `Task.enqueue` raises for this message, and StorageError. Messages that one caller
    submits one after the other keep their order; those of callers side by side have none.
    """
    group = _groups.get(db)
    if group is None:
        group = _groups[db] = GroupCommit(
            db, _enqueue, group_max=GROUP_MAX, is_one_statement=partial(_is_one_statement, db.dialect)
        )
    return await group.submit((task, work))


def _is_one_statement(dialect: str, items: Sequence[Item]) -> bool:
    """Whether one insert does it all, so that it needs no BEGIN and no COMMIT around it."""
    task, first = items[0]
    if task.in_lines is not None and (len(items) > 1 or dialect != "postgres"):
        return False
    return all(
        one is task
        and work.delay_ms <= 0
        and work.dedupe is None
        and work.blob is None
        and (work.key is None) == (first.key is None)
        for one, work in items
    )


async def _enqueue(tx: Transaction, items: Sequence[Item]) -> Sequence[str]:
    if len(items) == 1:
        task, work = items[0]
        return await task.enqueue_many(tx, [work])
    tasks = {id(task): task for task, _ in items}
    ids: dict[int, list[str]] = {}
    for number, task in tasks.items():
        ids[number] = await task.enqueue_many(tx, [work for one, work in items if one is task])
    following = {number: iter(found) for number, found in ids.items()}
    return [next(following[id(task)]) for task, _ in items]
