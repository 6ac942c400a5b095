"""Look at what is enqueued, also inside of the transaction that enqueues it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from barback.engine import Task
from barback.engine.bulk import bundles
from barback.engine.store import queued_for
from barback.storage import Transaction

P = TypeVar("P")
_ANY: Any = object()


@dataclass(frozen=True)
class Queued(Generic[P]):
    """A message that waits. `due_ms` is None for one that can run as soon as its key lets it."""

    id: str
    payload: P
    key: str | None
    tenant: str | None
    due_ms: int | None


async def enqueued(tx: Transaction, task: Task[P]) -> list[Queued[P]]:
    """Every message of `task` that waits, oldest first, as `tx` sees it; those in bundles at the end."""
    packed = await bundles.queued_for(tx, task.queue, task.name)
    return [
        Queued(
            row["id"], msgspec.json.decode(row["payload"], type=task.payload), row["key"], row["tenant"], row["due_ms"]
        )
        for row in await queued_for(tx, task.queue, task.name)
    ] + [Queued(row.id, msgspec.json.decode(row.payload, type=task.payload), None, row.tenant, None) for row in packed]


async def assert_enqueued(tx: Transaction, task: Task[P], payload: P = _ANY, *, key: str | None = _ANY) -> Queued[P]:
    """The one message of `task` with this payload and key, of those that are given; fails when it is not one."""
    waiting = await enqueued(tx, task)
    found = [one for one in waiting if (payload is _ANY or one.payload == payload) and (key is _ANY or one.key == key)]
    listed = "\n  ".join(repr(one) for one in waiting) or "nothing"
    assert len(found) == 1, f"expected one message of {task.name} like that, found {len(found)} of:\n  {listed}"
    return found[0]
