"""One schedule: when it fires next, what became of its ticks; and running it now, pausing it, resuming it (E12)."""

from __future__ import annotations

from functools import partial
from typing import Literal

import msgspec

from barback.engine import changes
from barback.engine.changes import CONTROL_BELL, Change
from barback.engine.operations import figures, looking
from barback.engine.operations.figures import ScheduleFigures
from barback.engine.operations.looking import Look
from barback.engine.schedules import next_ticks
from barback.foundation.errors import NotFound
from barback.storage import Row, Transaction, statements

SQL = statements(__file__, "schedules.sql")

UPCOMING = 5
TICKS_SHOWN = 50
OUTCOMES_LOOKED_AT = 200

Outcome = Literal[
    "ready", "waiting", "scheduled", "retrying", "leased", "dead", "cancelled", "ended", "unknown", "skipped"
]


class ScheduleNotFound(NotFound):
    """No worker that was ever started knew it."""

    code = "schedule_not_found"
    title = "No such schedule"


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """One tick: fired by `worker`, late by `late_ms`, and the `message` that it became.

    `outcome`: where the message is; ended: done, cancelled or discarded, of which nothing is kept; skipped: none
    was made. `asked_by`: who ran it by hand. `skipped`: ticks just before it that nobody was there to fire.
    """

    due_ms: int
    fired_ms: int
    late_ms: int
    worker: str
    message: str | None
    outcome: Outcome
    asked_by: str | None
    skipped: int


class ScheduleDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One schedule: its next ticks, which a pause holds back, its last fifty, and what operators did."""

    as_of_ms: int
    schedule: ScheduleFigures
    upcoming: list[int]
    ticks: list[Tick]
    changes: list[Change]


async def one(tx: Transaction, name: str) -> ScheduleDetail:
    """All that is known of a schedule. Raises ScheduleNotFound."""
    row = await _row(tx, name)
    rows = await tx.all(SQL.ticks_of, schedule=name, n=TICKS_SHOWN)
    where, whole = await _places(tx, row)
    return ScheduleDetail(
        as_of_ms=tx.now_ms,
        schedule=figures.schedule(row, tx.now_ms),
        upcoming=next_ticks(row["cron"], row["zone"], tx.now_ms, UPCOMING),
        ticks=[_tick(tick, where, whole=whole) for tick in rows],
        changes=await changes.page(tx, subject=f"schedule:{name}"),
    )


async def run_now(tx: Transaction, name: str, *, who: str) -> bool:
    """Have a worker fire it at once, beside its ticks, also while it is paused. False: it was asked already."""
    await _row(tx, name)
    # Never on a whole second, where ticks are.
    asked_ms = tx.now_ms + (tx.now_ms % 1_000 == 0)
    if not await tx.all(SQL.schedule_ask, name=name, asked_ms=asked_ms, asked_by=who):
        return False
    await _changed(tx, who, "schedule.run", name, before=None, after={"asked_ms": asked_ms})
    return True


async def pause(tx: Transaction, name: str, *, who: str) -> bool:
    """Its ticks pass without a message until it is resumed. False if it was so."""
    return await _set_paused(tx, name, who, paused=True)


async def resume(tx: Transaction, name: str, *, who: str) -> bool:
    """It fires from its next tick on; those of the pause are not made up. False if it was not paused."""
    return await _set_paused(tx, name, who, paused=False)


async def _set_paused(tx: Transaction, name: str, who: str, *, paused: bool) -> bool:
    row = await _row(tx, name)
    next_ms = row["next_ms"] if paused else next_ticks(row["cron"], row["zone"], tx.now_ms, 1)[0]
    if not await tx.all(SQL.schedule_pause, name=name, paused=int(paused), next_ms=next_ms):
        return False
    action = "schedule.paused" if paused else "schedule.resumed"
    await _changed(tx, who, action, name, before={"paused": not paused}, after={"paused": paused})
    return True


async def _changed(tx: Transaction, who: str, action: str, name: str, *, before: object, after: object) -> None:
    await changes.record(tx, who, action, f"schedule:{name}", before=before, after=after)
    tx.after_commit(partial(tx.database.bell.ring, CONTROL_BELL))


async def _row(tx: Transaction, name: str) -> Row:
    row = await tx.one(SQL.schedule_one, name=name)
    if row is None:
        raise ScheduleNotFound(f"No schedule is called {name[:80]}. Look at the list of schedules for what there is.")
    return row


async def _places(tx: Transaction, row: Row) -> tuple[dict[str, Outcome], bool]:
    """Where the messages of its task are, and whether all of them were seen."""
    if not row["queue"]:
        return {}, False
    look = Look(queue=row["queue"], task=row["task"])
    found = await looking.search(tx, look, limit=OUTCOMES_LOOKED_AT)
    return {seen.id: seen.state for seen in found.items}, found.whole and found.after is None


def _tick(row: Row, where: dict[str, Outcome], *, whole: bool) -> Tick:
    message: str | None = row["message"]
    gone: Outcome = "ended" if whole else "unknown"
    return Tick(
        due_ms=row["due_ms"], fired_ms=row["fired_ms"], late_ms=max(0, row["fired_ms"] - row["due_ms"]),
        worker=row["worker"], message=message, outcome="skipped" if message is None else where.get(message, gone),
        asked_by=row["asked_by"], skipped=row["skipped"],
    )  # fmt: skip
