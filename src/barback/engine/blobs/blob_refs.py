"""Which blobs messages need: a row for each, written and removed with its message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from barback.engine.messages import About, Cancel, Done, Expired, Outcome, Stored
from barback.storage import Transaction, statements

SQL = statements(__file__, "blobs.sql")


def blob_of(row: Stored) -> str | None:
    """The blob that has the payload of `row`."""
    if row.about is None or '"blob"' not in row.about:
        return None  # decoding is for those that have one
    return msgspec.json.decode(row.about, type=About).blob


def has_ended(outcome: Outcome) -> bool:
    """Whether a message with this outcome needs its payload no more; a dead letter does."""
    return isinstance(outcome, Done | Cancel | Expired)


async def keep(tx: Transaction, names: Sequence[str]) -> None:
    """Messages enqueued in `tx` need these blobs."""
    await tx.many(SQL.blob_add, [{"name": name, "now_ms": tx.now_ms} for name in names])


async def let_go(tx: Transaction, rows: Iterable[Stored]) -> None:
    """`rows` have ended: their blobs are needed no more."""
    names = [name for row in rows if (name := blob_of(row)) is not None]
    if names:
        await tx.run(SQL.blob_remove, names=names)


async def needed(tx: Transaction, names: Sequence[str]) -> set[str]:
    """Those of `names` that a message needs."""
    return {str(row["name"]) for row in await tx.all(SQL.blobs_needed, names=names)}
