"""Minutes of queues: what each did and had waiting, over all tasks and workers, so that a day is read in no time.

Workers that are awake keep them: the first to enter a minute counts what waits then, and sums up what the
minutes that are over came to. While all sleep nothing happens, and nothing is written.
"""

from __future__ import annotations

import asyncio
import logging

import msgspec

from barback.engine.history.tally import MINUTE_MS
from barback.engine.operations.backlogs import backlog
from barback.engine.operations.hours import waiting_of
from barback.storage import Database, Row, Transaction, statements

SQL = statements(__file__, "minutes.sql")

log = logging.getLogger("barback.engine")

ALL = ""
"""The queue that stands for all of them."""
STEP_MS = 5 * MINUTE_MS
DAY_MS = 24 * 60 * MINUTE_MS
_SETTLED_MS = 2 * MINUTE_MS
"""A minute is summed up when it began so long before the present one: by then every worker has written it."""
_AT_FIRST_MS = 60 * MINUTE_MS
"""How far back the first sum goes; what was before is not in the day's chart."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What was settled in the five minutes from `at_ms`, and the most that waited (10,000: or more).

    `waiting` is null where nobody looked: no worker was awake.
    """

    at_ms: int
    done: int
    failed: int
    dead: int
    waiting: int | None


class MinuteKeeper:
    """Enters each minute once, whichever of the workers is first."""

    def __init__(self, db: Database) -> None:
        """For one worker."""
        self._db = db
        self._minute_ms = 0
        self._told = asyncio.Event()

    def tell(self) -> None:
        """The worker is awake: enter the minute if nobody has, and do not keep the caller waiting for it."""
        self._told.set()

    async def run(self) -> None:
        """Keep minutes for ever, as often as `tell` says.

        A loop of its own: to count a backlog of millions takes seconds, and dead workers are looked for each second.
        """
        while True:
            await self._told.wait()
            self._told.clear()
            try:
                await self.keep()
            except Exception as error:  # noqa: BLE001 - the next minute is another try
                log.warning("minutes: %s", error)

    async def keep(self) -> bool:
        """Enter the present minute, unless that was done; True when this worker did. Raises StorageError."""
        now_ms = self._db.clock.now_ms()
        minute_ms = now_ms - now_ms % MINUTE_MS
        if minute_ms == self._minute_ms:
            return False
        async with self._db.transaction() as tx:
            entered = await tx.one(SQL.minute_enter, minute_ms=minute_ms)
        self._minute_ms = minute_ms
        if entered is None:
            return False
        # Counted outside of the transaction that writes it: on SQLite nobody could write meanwhile.
        async with self._db.reading() as tx:
            waiting = await backlog(tx, minute_ms)
        async with self._db.transaction() as tx:
            await _write(tx, minute_ms, waiting)
        return True


async def _write(tx: Transaction, minute_ms: int, waiting: dict[str, int]) -> None:
    rows = [{"queue": ALL, "minute_ms": minute_ms, "waiting": sum(waiting.values())}]
    rows += [{"queue": name, "minute_ms": minute_ms, "waiting": count} for name, count in sorted(waiting.items())]
    await tx.many(SQL.minute_waiting, rows)
    upto_ms = minute_ms - _SETTLED_MS
    after_ms = await _summed_ms(tx, 0)
    place = {"after_ms": max(after_ms, 0) or upto_ms - _AT_FIRST_MS, "upto_ms": upto_ms}
    await tx.run(SQL.minutes_sum, **place)
    await tx.run(SQL.minutes_total, **place)
    await tx.run(SQL.minutes_idle, **place)


async def _summed_ms(tx: Transaction, since_ms: int) -> int:
    row = await tx.one(SQL.minutes_summed, since_ms=since_ms)
    return int(row["minute_ms"]) if row is not None and row["minute_ms"] is not None else -1


async def day(tx: Transaction, queue: str = ALL) -> list[Step]:
    """The last 24 hours of a queue, or of all, in 288 steps of five minutes; the last one has only begun."""
    last = tx.now_ms - tx.now_ms % STEP_MS
    first = last - DAY_MS + STEP_MS
    sums: dict[int, list[int]] = {at: [0, 0, 0] for at in range(first, last + 1, STEP_MS)}
    for row in [*await tx.all(SQL.minutes_of, queue=queue, since_ms=first), *await _young(tx, queue, first)]:
        if row["done"] is not None:
            step = sums[row["minute_ms"] - row["minute_ms"] % STEP_MS]
            for n, name in enumerate(("done", "failed", "dead")):
                step[n] += row[name]
    waited: dict[int, int] = {}
    for minute_ms, count in (await waiting_of(tx, queue, first)).items():
        at = minute_ms - minute_ms % STEP_MS
        waited[at] = max(count, waited.get(at, 0))
    return [
        Step(at_ms=at, done=done, failed=failed, dead=dead, waiting=waited.get(at))
        for at, (done, failed, dead) in sums.items()
    ]


async def _young(tx: Transaction, queue: str, since_ms: int) -> list[Row]:
    """Minutes that are not summed up yet: few, unless no worker ever kept any."""
    after_ms = max(await _summed_ms(tx, since_ms), tx.now_ms - _AT_FIRST_MS, since_ms - 1)
    return list(await tx.all(SQL.tally_after, queue=queue, after_ms=after_ms))
