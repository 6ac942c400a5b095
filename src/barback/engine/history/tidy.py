"""Retention (E20): what the engine writes down and does not need for ever is forgotten, a page at a time.

`TASKS` and `SCHEDULES` belong in some worker; without one history grows for ever. How long it is kept is
`TIDY.keep`, a `Retention`; `barback work` takes it from the settings.
"""

from __future__ import annotations

import msgspec

from barback.engine import live
from barback.engine.history import usage
from barback.engine.history.retention import DAY_MS, DEFAULTS, HISTORIES, HOUR_MS, Retention
from barback.engine.messages import Message, Snooze
from barback.engine.schedules import Schedule
from barback.engine.tasks import TransactionalTask
from barback.storage import Statement, Transaction, statements

SQL = statements(__file__, "tidy.sql")

PAGE = 1_000
"""Rows of one kind that one transaction forgets at most: some milliseconds of a single writer's time."""
PAUSE_MS = 50

KEEP: tuple[tuple[Statement, int], ...] = (
    (SQL.tidy_worker, HOUR_MS),
    (SQL.tidy_minute, 2 * DAY_MS),
    (SQL.tidy_scaling, 14 * DAY_MS),
    (SQL.tidy_dedupe, 0),
    (SQL.tidy_breaker_line, DAY_MS),
    (SQL.tidy_turn, HOUR_MS),
    (SQL.tidy_batch, 30 * DAY_MS),
    (SQL.tidy_errand, 30 * DAY_MS),
    (SQL.tidy_cancelled, 7 * DAY_MS),
)
"""What is forgotten after so many milliseconds whatever is asked for; the rest goes by `Retention`."""


class Tidy(msgspec.Struct):
    """Nothing needs to be said."""


async def tidy_page(tx: Transaction, keep: Retention = DEFAULTS) -> bool:
    """Forget one page of everything that is too old; True while more is left.

    On PostgreSQL whole partitions go at once, and those of the time to come are made.
    """
    for history in HISTORIES:
        await history.turn_over(tx, keep)
    removed = [await live.prune(tx, tx.now_ms, keep.live_ms)]
    pages = (
        (SQL.tidy_tally, keep.tally_ms),
        (SQL.tidy_failure, keep.failure_ms),
        (SQL.tidy_tick, keep.tick_ms),
        (SQL.tidy_change, keep.change_ms),
        (usage.SQL.usage_forget, keep.usage_ms),
        *KEEP,
    )
    removed += [await tx.run(statement, before_ms=tx.now_ms - keep_ms, n=PAGE) for statement, keep_ms in pages]
    removed.append(await usage.fold(tx, PAGE))
    return any(count >= PAGE for count in removed)


class TidyEngine(TransactionalTask[Tidy]):
    """Forget what is old. A page, then a rest, so that others get their turn at the writer."""

    name = "engine.tidy"
    queue = "engine"
    payload = Tidy
    keep = DEFAULTS

    async def handle(self, tx: Transaction, message: Message[Tidy]) -> Snooze | None:
        """One page; comes back while more is left."""
        del message
        return Snooze(PAUSE_MS) if await tidy_page(tx, self.keep) else None


TIDY = TidyEngine()
TASKS = [TIDY]
SCHEDULES = [Schedule("engine.tidy", "7 * * * *", TIDY, Tidy())]
