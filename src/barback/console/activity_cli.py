"""`barback activity`: what happened lately, of all kinds in one list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from barback.console import tables
from barback.console.opening import DatabaseOption, JsonOption, LimitOption, reading, show
from barback.engine import changes
from barback.engine.dead import dead_letters
from barback.engine.workers import scaling
from barback.foundation.clock import SystemClock
from barback.storage import Transaction


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened: somebody changed something, a supervisor decided, a message died."""

    at_ms: int
    who: str
    what: str
    subject: str
    detail: str


async def lately(tx: Transaction, limit: int, contains: str | None = None) -> list[Happened]:
    """What happened last, the newest first; `contains`: only where any of it has that in it, whatever the case."""
    found = [
        Happened(at_ms=one.at_ms, who=one.who, what=one.action, subject=one.subject, detail=_detail(one))
        for one in await changes.page(tx, limit=limit, contains=contains)
    ]
    found += [
        Happened(
            at_ms=one.at_ms, who=f"supervisor:{one.host}:{one.pid}", what="workers.scaled", subject="workers",
            detail=f"{one.before} → {one.after}: {one.reason}",
        )
        for one in await scaling.decisions(tx, limit)
    ]  # fmt: skip
    found += [
        Happened(
            at_ms=one.died_ms, who="engine", what="message.died", subject=f"message:{one.id}",
            detail=f"{one.task} of {one.queue}: {one.error}",
        )
        for one in await dead_letters.page(tx, limit=limit)
    ]  # fmt: skip
    if contains is not None:
        found = [one for one in found if contains.lower() in " ".join(map(str, msgspec.structs.astuple(one))).lower()]
    return sorted(found, key=lambda one: one.at_ms, reverse=True)[:limit]


def activity(
    *,
    contains: Annotated[str | None, typer.Option("--contains", help="Only where this is somewhere in it.")] = None,
    limit: LimitOption = 50,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """What happened lately: what was changed and by whom, what supervisors decided, what died; newest first."""
    found = reading(database, lambda tx: lately(tx, limit, contains))
    show(found, as_json, lambda: _table(found))


def _detail(one: changes.Change) -> str:
    before, after = (bytes(value).decode() for value in (one.before, one.after))
    return after if before == "null" else before if after == "null" else f"{before} → {after}"


def _table(found: Sequence[Happened]) -> None:
    now_ms = SystemClock().now_ms()
    table = tables.new_table("ago", "what", "on", "who", "detail")
    for one in found:
        detail = one.detail if len(one.detail) <= tables.ERROR_SHOWN_MAX else one.detail[: tables.ERROR_SHOWN_MAX] + "…"
        cells = (tables.age(one.at_ms, now_ms), one.what, one.subject, one.who, detail)
        table.add_row(*(Text(cell) for cell in cells), style="red" if one.what == "message.died" else None)
    tables.put(table)
