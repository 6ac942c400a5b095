"""Cancelled messages are kept for a week and can be brought back: what was cancelled by mistake is not lost.

Not those of a batch, which has counted them as cancelled and may have ended of it, nor those whose payload lay in a
blob store, which is let go. What is purged or drained is gone for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import msgspec

from barback.engine import changes, store
from barback.engine.messages import Stored, about_of
from barback.engine.tasks import bell_name
from barback.storage import Transaction, statements

SQL = statements(__file__, "cancelled.sql")


def can_be_kept(row: Stored) -> bool:
    """Whether it can be brought back once it is cancelled."""
    about = about_of(row)
    return about.batch is None and about.blob is None


async def keep(tx: Transaction, rows: Iterable[tuple[Stored, int | None]]) -> None:
    """Cancelled messages that may be brought back, and when each was due if it waited for its time."""
    kept = [
        {**msgspec.structs.asdict(row), "now_ms": tx.now_ms, "due_ms": due_ms}
        for row, due_ms in rows
        if can_be_kept(row)
    ]
    await tx.many(SQL.cancelled_add, [{name: one[name] for name in SQL.cancelled_add.names} for one in kept])


async def bring_back(tx: Transaction, ids: Sequence[str], *, who: str, now: bool = False) -> int:
    """Those of `ids` that are cancelled wait again, with all their attempts; how many.

    One that was to run later runs then, or `now`; one with a key goes behind what is there of it.
    """
    found = await tx.all(SQL.cancelled_take, ids=ids) if ids else ()
    later: list[tuple[int, Stored]] = []
    free: list[Stored] = []
    keyed: list[Stored] = []
    for one in found:
        row = Stored(*tuple(one)[: len(Stored.__struct_fields__)])  # type: ignore[arg-type]
        row.attempt = 0
        if not now and one["due_ms"] is not None and one["due_ms"] > tx.now_ms:
            later.append((one["due_ms"], row))
        else:
            (free if row.key is None else keyed).append(row)
    await store.add_later(tx, later, is_head=False)
    await store.add_ready(tx, free)
    await store.add_arrivals(tx, keyed)
    for one in found:
        subject = f"message:{one['id']}"
        await changes.record(tx, who, "message.brought_back", subject, before={"state": "cancelled"}, after=None)
    for queue in sorted({str(one["queue"]) for one in found}):
        tx.after_commit(partial(tx.database.bell.ring, bell_name(queue)))
    return len(found)
