"""Retention (E20): what the engine writes down and does not need for ever is forgotten, a page at a time.

`TASKS` and `SCHEDULES` belong in some worker; without one the log of live news grows for ever.
"""

from __future__ import annotations

import msgspec

from barback.engine import live
from barback.engine.messages import Message, Snooze
from barback.engine.schedules import Schedule
from barback.engine.tasks import TransactionalTask
from barback.storage import Statement, Transaction, statements

SQL = statements(__file__, "tidy.sql")

PAGE = 1_000
"""Rows of one kind that one transaction forgets at most: some milliseconds of a single writer's time."""
PAUSE_MS = 50
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

KEEP: tuple[tuple[Statement, int], ...] = (
    (SQL.tidy_tally, 7 * DAY_MS),
    (SQL.tidy_failure, 30 * DAY_MS),
    (SQL.tidy_tick, 7 * DAY_MS),
    (SQL.tidy_change, 365 * DAY_MS),
    (SQL.tidy_worker, HOUR_MS),
    (SQL.tidy_scaling, 14 * DAY_MS),
    (SQL.tidy_dedupe, 0),
    (SQL.tidy_batch, 30 * DAY_MS),
)
"""What is forgotten, and after how many milliseconds. Live news has a time of its own (`live.KEEP_MS`)."""


class Tidy(msgspec.Struct):
    """Nothing needs to be said."""


async def tidy_page(tx: Transaction) -> bool:
    """Forget one page of everything that is too old; True while more is left."""
    removed = [await live.prune(tx, tx.now_ms)]
    removed += [await tx.run(statement, before_ms=tx.now_ms - keep_ms, n=PAGE) for statement, keep_ms in KEEP]
    return any(count >= PAGE for count in removed)


class TidyEngine(TransactionalTask[Tidy]):
    """Forget what is old. A page, then a rest, so that others get their turn at the writer."""

    name = "engine.tidy"
    queue = "engine"
    payload = Tidy

    async def handle(self, tx: Transaction, message: Message[Tidy]) -> Snooze | None:
        """One page; comes back while more is left."""
        del message
        return Snooze(PAUSE_MS) if await tidy_page(tx) else None


TIDY = TidyEngine()
TASKS = [TIDY]
SCHEDULES = [Schedule("engine.tidy", "7 * * * *", TIDY, Tidy())]
