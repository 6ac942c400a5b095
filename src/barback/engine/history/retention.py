"""How long history is kept (E20), and the partitions in which PostgreSQL keeps it.

Deleting rows one by one costs as much as writing them, and leaves dead rows that every reader must step
over. So on PostgreSQL history lies in a table for each period of time; when the last row of a period is
too old, its table is dropped. Tables are made two periods ahead; what belongs to none is in `…_rest`,
from where it goes a page at a time, as everything does on SQLite.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from barback.foundation.settings import Settings
from barback.storage import Statement, StorageError, Transaction, statements

SQL = statements(__file__, "retention.sql")
log = logging.getLogger("barback.engine")

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
PERIODS = 8
"""So many periods make the time that is kept: a drop takes an eighth of it, a look goes through ten tables."""
AHEAD = 2
PATIENCE = "200ms"
"""How long a change of partitions waits for others; then it is left for the next time."""


@dataclass(frozen=True)
class Retention:
    """For how many milliseconds each kind of history is kept; on PostgreSQL up to an eighth longer.

    - `live_ms`: live news, that is how far back a screen that was away can catch up.
    - `tally_ms`: counts per task and minute.
    - `failure_ms`: failed attempts; those of a message that is still a dead letter stay as long as it.
    - `tick_ms`: ticks of schedules that were fired.
    - `change_ms`: what operators changed.
    - `usage_ms`: the metering ledger, by hour, task and tenant.
    """

    live_ms: int = DAY_MS
    tally_ms: int = 7 * DAY_MS
    failure_ms: int = 30 * DAY_MS
    tick_ms: int = 7 * DAY_MS
    change_ms: int = 365 * DAY_MS
    usage_ms: int = 400 * DAY_MS


DEFAULTS = Retention()


def retention_of(settings: Settings) -> Retention:
    """What the operator set."""
    return Retention(
        live_ms=settings.keep_live_hours * HOUR_MS,
        tally_ms=settings.keep_figures_days * DAY_MS,
        failure_ms=settings.keep_failures_days * DAY_MS,
        tick_ms=settings.keep_figures_days * DAY_MS,
        change_ms=settings.keep_changes_days * DAY_MS,
        usage_ms=settings.keep_usage_days * DAY_MS,
    )


@dataclass(frozen=True)
class History:
    """A table in partitions, whose `kept` in Retention says for how long."""

    table: str
    kept: str
    drop: Statement = SQL.history_drop

    async def turn_over(self, tx: Transaction, keep: Retention) -> int:
        """Drop the partitions that are too old and make those to come; how many went. Nothing on SQLite."""
        if tx.dialect != "postgres":
            return 0
        keep_ms = int(getattr(keep, self.kept))
        names = {str(row["name"]) for row in await tx.all(SQL.history_parts, history=self.table)}
        dropped = 0
        for name in sorted(names - {f"{self.table}_rest"}):
            if int(name.rpartition("_")[2]) <= tx.now_ms - keep_ms:
                dropped += await self._change(tx, self.drop, part=name)
        for from_ms, to_ms in periods(tx.now_ms, keep_ms):
            name = f"{self.table}_{from_ms}_{to_ms}"
            if name not in names:
                await self._change(tx, SQL.history_make, part=name, history=self.table, from_ms=from_ms, to_ms=to_ms)
        return dropped

    async def _change(self, tx: Transaction, statement: Statement, **params: object) -> bool:
        """Run what `statement` words, unless somebody is in the way: then the next time will do."""
        row = await tx.one(statement, **params)
        assert row is not None
        before = await tx.one(SQL.history_patience, wait=PATIENCE)
        assert before is not None
        try:
            async with tx.savepoint():
                await tx.script(str(row["ddl"]))
        except StorageError as error:
            log.info("partition %s is left for the next time: %s", params["part"], error)
            return False
        finally:
            await tx.one(SQL.history_patience, wait=before["was"])
        return True


HISTORIES = (
    History("engine_live", "live_ms"),
    History("engine_tally", "tally_ms"),
    History("engine_failure", "failure_ms", SQL.failure_drop),
    History("engine_tick", "tick_ms"),
    History("engine_usage", "usage_ms"),
)


def periods(now_ms: int, keep_ms: int) -> list[tuple[int, int]]:
    """The period that `now_ms` is in and those that come next: whole hours, an eighth of what is kept."""
    length = max(HOUR_MS, keep_ms // PERIODS // HOUR_MS * HOUR_MS)
    first = now_ms - now_ms % length
    return [(at, at + length) for at in range(first, first + (AHEAD + 1) * length, length)]
