"""How far a batch is, as operators, screens and programs see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from barback.engine.bulk.batch_counts import SQL
from barback.engine.changes import NEWEST
from barback.foundation.errors import NotFound
from barback.storage import Row, Transaction

State = Literal["open", "running", "cancelled", "finished"]


class BatchNotFound(NotFound):
    """It was never opened, or it ended so long ago that it is forgotten."""

    code = "batch_not_found"
    title = "No such batch"


class BatchFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A batch: of `total` members `waiting` are still to come; the others ended in one of four ways.

    `state`: open (members may be added), running (all are added), cancelled (no more of it begins), finished
    (none is waiting). `failed_attempts` counts tries that failed, also of members that were done later.
    """

    id: str
    name: str
    tenant: str | None
    state: State
    total: int
    waiting: int
    done: int
    dead: int
    cancelled: int
    expired: int
    failed_attempts: int
    opened_ms: int
    finished_ms: int | None
    cancelled_ms: int | None


async def one(tx: Transaction, batch_id: str) -> BatchFigures:
    """How far the batch is, to the message. Raises BatchNotFound."""
    found = await figures_of(tx, [batch_id])
    if not found:
        raise BatchNotFound(f"No batch has the id {batch_id[:80]}; batches are forgotten a month after their end.")
    return found[0]


async def page(tx: Transaction, *, before: tuple[int, str] = NEWEST, limit: int = 50) -> list[BatchFigures]:
    """Batches, newest first, that were opened before `before` (time and id)."""
    rows = await tx.all(SQL.batches_newest, before_ms=before[0], before_id=before[1], n=limit)
    return await figures_of(tx, [str(row["id"]) for row in rows])


async def figures_of(tx: Transaction, ids: Sequence[str]) -> list[BatchFigures]:
    """Those of `ids` that there are, newest first."""
    return [_figures(row) for row in await tx.all(SQL.batch_figures, ids=ids)] if ids else []


def _figures(row: Row) -> BatchFigures:
    ended = row["done"] + row["dead"] + row["cancelled"] + row["expired"]
    return BatchFigures(
        id=row["id"],
        name=row["name"],
        tenant=row["tenant"],
        state=_state(row, row["total"] - ended),
        total=row["total"],
        waiting=row["total"] - ended,
        done=row["done"],
        dead=row["dead"],
        cancelled=row["cancelled"],
        expired=row["expired"],
        failed_attempts=row["failed"],
        opened_ms=row["opened_ms"],
        finished_ms=row["finished_ms"],
        cancelled_ms=row["cancelled_ms"],
    )


def _state(row: Row, waiting: int) -> State:
    if row["finished_ms"] is not None and not waiting:
        return "finished"
    if row["cancelled_ms"] is not None:
        return "cancelled"
    return "running" if row["sealed"] else "open"
