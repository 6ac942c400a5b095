"""What operators changed: who, what, before and after, written in the transaction that changes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from barback.foundation.ids import new_id
from barback.storage import Row, Transaction, statements

SQL = statements(__file__, "changes.sql")

CONTROL_BELL = "control"
"""Rung when something was changed that workers go by."""
NEWEST: tuple[int, str] = (2**53, "")


class Change(msgspec.Struct, frozen=True):
    """One change. `who` is `operator:<id>` or `cli:<user>@<host>`; `subject` is `queue:…` or `message:…`."""

    id: str
    at_ms: int
    who: str
    action: str
    subject: str
    before: msgspec.Raw
    after: msgspec.Raw


async def record(tx: Transaction, who: str, action: str, subject: str, *, before: Any, after: Any) -> None:
    """Write down a change in `tx`; `before` and `after` are anything msgspec can encode."""
    await tx.run(
        SQL.change_add,
        id=new_id(),
        now_ms=tx.now_ms,
        who=who,
        action=action,
        subject=subject,
        before=msgspec.json.encode(before).decode(),
        after=msgspec.json.encode(after).decode(),
    )


async def page(
    tx: Transaction,
    *,
    subject: str | None = None,
    contains: str | None = None,
    before: tuple[int, str] = NEWEST,
    limit: int = 50,
) -> list[Change]:
    """Changes, newest first, older than `before` (time and id), of one subject or all.

    `contains`: only those whose subject, action or who has that in it, whatever the case.
    """
    place = {"before_ms": before[0], "before_id": before[1], "n": limit}
    rows: Sequence[Row]
    if contains:
        piece = "".join(f"!{one}" if one in "!%_" else one for one in contains.lower())
        rows = await tx.all(SQL.changes_found, subject=subject, contains=f"%{piece}%", **place)
    elif subject is None:
        rows = await tx.all(SQL.changes_newest, **place)
    else:
        rows = await tx.all(SQL.changes_newest_of, subject=subject, **place)
    return [_change(row) for row in rows]


def _change(row: Row) -> Change:
    before, after = (msgspec.Raw(str(row[name]).encode()) for name in ("before", "after"))
    return Change(row["id"], row["at_ms"], row["who"], row["action"], row["subject"], before, after)
