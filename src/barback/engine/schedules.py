"""Schedules (E9): a tick is a unique row, so on any number of nodes it fires once, without a leader."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from barback.engine.store import SQL
from barback.engine.tasks import Task
from barback.storage import Database, StorageError, Transaction

log = logging.getLogger("barback.engine")

P = TypeVar("P")
Missed = Literal["skip", "once", "all"]
CATCH_UP_MAX = 1_000
FAR_MS = 2**53


@dataclass(frozen=True)
class Schedule:
    """Enqueue `task` with `payload` at every tick of `cron` (five fields) in `zone`.

    `missed` says what happens with ticks that nobody was there to fire: "skip" them, fire "once" for
    all of them, or fire "all" (at most 1,000). A tick is late, not missed, within its first minute.
    """

    name: str
    cron: str
    task: Task[Any]
    payload: Any
    zone: str = "UTC"
    missed: Missed = "once"

    if TYPE_CHECKING:
        # The payload is one of the task's own type; a type parameter would follow every schedule around.
        def __init__(
            self, name: str, cron: str, task: Task[P], payload: P, zone: str = "UTC", missed: Missed = "once"
        ) -> None: ...

    def __post_init__(self) -> None:
        """Raises ValueError for a time that cannot be, where it is written and not where it is worked."""
        try:
            CronSim(self.cron, datetime.fromtimestamp(0, ZoneInfo(self.zone)))
        except CronSimError as error:
            raise ValueError(
                f"schedule {self.name}: expected five fields of cron such as '*/5 * * * *', got {self.cron!r} ({error})"
            ) from None
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(
                f"schedule {self.name}: expected a zone such as 'Europe/Berlin', got {self.zone!r}"
            ) from None

    def next_after(self, now_ms: int) -> int:
        """The first tick after `now_ms`, in milliseconds. Follows the zone's clock changes."""
        return next_ticks(self.cron, self.zone, now_ms, 1)[0]


def next_ticks(cron: str, zone: str, after_ms: int, n: int) -> list[int]:
    """The next `n` ticks after `after_ms`, in milliseconds, by the clocks of `zone`."""
    begin = datetime.fromtimestamp(after_ms / 1000, UTC).astimezone(ZoneInfo(zone))
    return [int(at.timestamp() * 1000) for at in itertools.islice(CronSim(cron, begin), n)]


LATE = timedelta(minutes=1)


def due_ticks(schedule: Schedule, next_ms: int, now_ms: int) -> tuple[list[int], int]:
    """Which ticks to fire at `now_ms` when `next_ms` was the next one, and which comes after them."""
    ticks, at = _ticks(schedule, next_ms, now_ms, CATCH_UP_MAX)
    if at <= now_ms:
        # Far behind: what lies between is left out, but never what is on time.
        first_ms = schedule.next_after(now_ms - int(LATE.total_seconds() * 1000) - 1)
        recent, at = _ticks(schedule, max(first_ms, at), now_ms, CATCH_UP_MAX)
        ticks = ticks[: CATCH_UP_MAX - len(recent)] + recent
    if schedule.missed == "all":
        return ticks, at
    on_time = [tick for tick in ticks if now_ms - tick <= LATE.total_seconds() * 1000]
    if schedule.missed == "skip":
        return on_time[-1:], at
    return ticks[-1:], at


def _ticks(schedule: Schedule, at: int, now_ms: int, limit: int) -> tuple[list[int], int]:
    """The ticks from `at` to `now_ms`, at most `limit`, and which comes after them."""
    ticks: list[int] = []
    while at <= now_ms and len(ticks) < limit:
        ticks.append(at)
        at = schedule.next_after(at)
    return ticks, at


class Clockwork:
    """The schedules of one worker."""

    def __init__(self, schedules: Sequence[Schedule]) -> None:
        """Names must be unique."""
        self._schedules = {schedule.name: schedule for schedule in schedules}
        if len(self._schedules) != len(schedules):
            raise ValueError("expected every schedule to have a name of its own")
        self._news = asyncio.Event()

    def look(self) -> None:
        """Whoever rests is to look again: an operator changed something."""
        self._news.set()

    async def rest(self, seconds: float) -> None:
        """Until then, or until somebody says `look`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)
        self._news.clear()

    async def sync(self, db: Database) -> None:
        """Make the rows; a schedule that is there keeps its next tick unless its times changed."""
        if not self._schedules:
            return
        async with db.transaction() as tx:
            for one in self._schedules.values():
                await tx.run(
                    SQL.schedule_sync,
                    name=one.name,
                    cron=one.cron,
                    zone=one.zone,
                    missed=one.missed,
                    next_ms=one.next_after(tx.now_ms),
                    task=one.task.name,
                    queue=one.task.queue,
                )

    async def next_ms(self, db: Database) -> int | None:
        """When the next tick of any of them is due, or far ahead while all are paused. None: there are none."""
        if not self._schedules:
            return None
        async with db.reading() as tx:
            row = await tx.one(SQL.schedule_next, names=sorted(self._schedules))
        return FAR_MS if row is None or row["next_ms"] is None else row["next_ms"]

    async def fire(self, tx: Transaction, worker: str = "") -> int:
        """Enqueue what is due or asked for; how many messages. The tick, the message and the advance are one commit."""
        fired = 0
        for row in await tx.all(SQL.schedules_due, now_ms=tx.now_ms, names=sorted(self._schedules)):
            try:
                async with tx.savepoint():
                    schedule = self._schedules[row["name"]]
                    if row["asked_ms"] is not None:
                        fired += await self._fire_one(tx, schedule, row["asked_ms"], worker, row["asked_by"])
                        await tx.run(SQL.schedule_ran, name=schedule.name)
                    if row["next_ms"] <= tx.now_ms and not row["paused"]:
                        fired += await self._fire_due(tx, schedule, row["next_ms"], worker)
            except Exception as error:
                if isinstance(error, StorageError) and error.transient:
                    raise
                # One that cannot be enqueued keeps its tick, and no other from its own.
                log.exception("schedule %s cannot be fired", row["name"])
        return fired

    async def _fire_due(self, tx: Transaction, schedule: Schedule, next_ms: int, worker: str) -> int:
        fired, was_ms = 0, next_ms
        ticks, next_ms = due_ticks(schedule, next_ms, tx.now_ms)
        skipped = max(0, len(_ticks(schedule, was_ms, tx.now_ms, CATCH_UP_MAX)[0]) - len(ticks))
        if not ticks:
            await self._note(tx, schedule, was_ms, worker, skipped=skipped)
        for tick in ticks:
            fired += await self._fire_one(tx, schedule, tick, worker, None, skipped=skipped)
            skipped = 0
        await tx.run(SQL.schedule_advance, name=schedule.name, next_ms=next_ms, last_ms=ticks[-1] if ticks else None)
        return fired

    async def _fire_one(
        self, tx: Transaction, schedule: Schedule, tick: int, worker: str, asked_by: str | None, *, skipped: int = 0
    ) -> int:
        if not await self._note(tx, schedule, tick, worker, asked_by=asked_by, skipped=skipped):
            return 0  # another node fired this tick
        message = await schedule.task.enqueue(tx, schedule.payload)
        await tx.run(SQL.tick_made, schedule=schedule.name, due_ms=tick, message=message)
        return 1

    async def _note(
        self, tx: Transaction, schedule: Schedule, tick: int, worker: str, *,
        asked_by: str | None = None, skipped: int = 0,
    ) -> int:  # fmt: skip
        """Write a tick down; 0 when it was there. `skipped`: ticks that nobody was there to fire, and none made up."""
        return await tx.run(
            SQL.tick_add, schedule=schedule.name, due_ms=tick, now_ms=tx.now_ms, worker=worker, asked_by=asked_by,
            skipped=skipped,
        )  # fmt: skip
