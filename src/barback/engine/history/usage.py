"""The metering ledger (E18): what attempts used, by hour, task and tenant.

- An *attempt* is one handling of one message that came to an outcome.
- `wall_us`: microseconds from the beginning of its handling until it was settled. A batch is shared
  equally among its messages.
- `cpu_us`: microseconds of a processor that its own steps took, with its thread or child process.
- `memory_kib_s`: KiB of the worker's resident memory times seconds, shared among what the worker held.

A worker gathers, and writes every ten seconds (with more than a thousand tasks and tenants every minute),
when it falls idle and when it stops; what a killed worker had not written is not counted.
"""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from barback.engine.history.spending import Spent, memory_bytes
from barback.engine.leases import Lease
from barback.engine.messages import Cancel, Dead, Done, Expired, Outcome, RetryAfter, Snooze, Stored
from barback.storage import Database, Row, Transaction, statements

SQL = statements(__file__, "usage.sql")

HOUR_MS = 3_600_000
WRITE_EVERY_S = 10.0
WRITE_MANY_EVERY_S = 60.0
MANY = 1_000
"""Tasks and tenants from which on a worker writes less often: each is a row every time."""
FOLD_MAX = 1_000
_MEMORY_EVERY_S = 1.0

Shares = Mapping[tuple[str, str | None], int]
"""How many messages of a lease belong to each task and tenant."""


class Used(msgspec.Struct, kw_only=True):
    """What the attempts of some task and tenant came to, and what they spent. Empty names stand for all."""

    task: str = ""
    tenant: str = ""
    done: int = 0
    failed: int = 0
    dead: int = 0
    cancelled: int = 0
    snoozed: int = 0
    expired: int = 0
    wall_us: int = 0
    cpu_us: int = 0
    memory_kib_s: int = 0

    @property
    def attempts(self) -> int:
        """How many there were."""
        return self.done + self.failed + self.dead + self.cancelled + self.snoozed + self.expired


_SUMMED = tuple(name for name in Used.__struct_fields__ if name not in ("task", "tenant"))
_COUNTED = {RetryAfter: "failed", Dead: "dead", Cancel: "cancelled", Snooze: "snoozed", Expired: "expired"}


def shares_of(lease: Lease) -> Shares:
    """How many messages of each task and tenant a lease holds."""
    if not lease.packs:
        return Counter((row.task, row.tenant) for row in lease.rows)
    shares: Counter[tuple[str, str | None]] = Counter()
    for pack in lease.packs:
        shares[pack.task, pack.tenant] += pack.size
    return shares


def _counted(row: Stored, outcome: Outcome) -> str:
    for kind, name in _COUNTED.items():
        if isinstance(outcome, kind):
            return "dead" if name == "failed" and row.attempt >= row.attempts_max else name
    return "done"


class Meter:
    """What the attempts of one worker used that is not in the database yet."""

    def __init__(self) -> None:
        """Starts empty."""
        self._used: dict[tuple[int, str, str], Used] = {}
        self._written_at = time.monotonic()
        self._memory_kib = 0
        self._memory_at = 0.0

    def settled(
        self, lease: Lease, shares: Shares, outcomes: Mapping[str, Outcome], now_ms: int, spent: Spent, held: int
    ) -> None:
        """Count the attempts of a lease; `held` is how many leases the worker holds, this one among them."""
        hour_ms, size = now_ms - now_ms % HOUR_MS, lease.size
        wall_us, cpu_us = spent.wall_us, spent.cpu_us
        memory = self._resident_kib() * wall_us // max(1, held) // 1_000_000
        for (task, tenant), n in shares.items():
            used = self._of(hour_ms, task, tenant)
            used.done += n
            used.wall_us += wall_us * n // size
            used.cpu_us += cpu_us * n // size
            used.memory_kib_s += memory * n // size
        if not outcomes:
            return
        rows = [lease.packed(id_) for id_ in outcomes] if lease.packs else lease.rows
        for row in rows:
            outcome = outcomes.get(row.id)
            if outcome is not None and not isinstance(outcome, Done):
                used = self._of(hour_ms, row.task, row.tenant)
                name = _counted(row, outcome)
                used.done -= 1
                setattr(used, name, getattr(used, name) + 1)

    def _of(self, hour_ms: int, task: str, tenant: str | None) -> Used:
        key = (hour_ms, task, tenant or "")
        used = self._used.get(key)
        if used is None:
            used = self._used[key] = Used(task=task, tenant=tenant or "")
        return used

    def _resident_kib(self) -> int:
        now = time.monotonic()
        if now >= self._memory_at:
            self._memory_kib, self._memory_at = _resident_kib(), now + _MEMORY_EVERY_S
        return self._memory_kib

    async def flush(self, db: Database, *, at_once: bool = False) -> None:
        """Append what has gathered, if it is time, in a transaction of its own. Raises StorageError, and keeps it."""
        every_s = WRITE_EVERY_S if len(self._used) <= MANY else WRITE_MANY_EVERY_S
        if not self._used or (not at_once and time.monotonic() < self._written_at + every_s):
            return
        written, self._used = self._used, {}
        self._written_at = time.monotonic()
        rows = [{"hour_ms": hour_ms, **msgspec.structs.asdict(used)} for (hour_ms, _, _), used in written.items()]
        try:
            async with db.transaction() as tx:
                await tx.bulk(SQL.usage_append, rows)
        except BaseException:
            self._take_back(written)
            raise

    def _take_back(self, written: dict[tuple[int, str, str], Used]) -> None:
        for (hour_ms, task, tenant), used in written.items():
            add(self._of(hour_ms, task, tenant), used)


def _resident_kib() -> int:
    try:
        return memory_bytes() // 1024
    except OSError:  # not on Linux: the most it ever was
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def add(to: Used, more: Used) -> None:
    """Sum everything that is counted."""
    for name in _SUMMED:
        setattr(to, name, getattr(to, name) + getattr(more, name))


async def fold(tx: Transaction, limit: int = FOLD_MAX) -> int:
    """Put up to `limit` appended rows into the ledger, one row an hour, task and tenant; returns how many."""
    rows = await tx.all(SQL.usage_take, n=limit)
    folded: dict[tuple[int, str, str], Used] = {}
    for row in rows:
        used = _used(row)
        key = (int(row["hour_ms"]), used.task, used.tenant)
        if key in folded:
            add(folded[key], used)
        else:
            folded[key] = used
    # In order, so that two who fold at once do not wait for each other for ever.
    await tx.many(
        SQL.usage_fold, [{"hour_ms": key[0], **msgspec.structs.asdict(used)} for key, used in sorted(folded.items())]
    )
    return len(rows)


async def used(
    tx: Transaction,
    from_ms: int,
    until_ms: int,
    *,
    by_task: bool = True,
    by_tenant: bool = False,
    tenant: str | None = None,
    limit: int = 1_000,
) -> list[Used]:
    """What was used in the hours that began in that time, those that took longest first, at most `limit`.

    `tenant`: only of this one; "" is what belongs to none.
    """
    place: dict[str, Any] = {"from_ms": from_ms, "until_ms": until_ms, "tenant": tenant, "n": limit}
    return [_used(row) for row in await tx.all(SQL.usage_sum, by_task=int(by_task), by_tenant=int(by_tenant), **place)]


def _used(row: Row) -> Used:
    return Used(**{name: row[name] for name in Used.__struct_fields__})
