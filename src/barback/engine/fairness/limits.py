"""Limits (E8): how many messages of a line, or of a whole queue, run at once and start in a time.

What a task declares is the default; what an operator sets while everything runs wins until it is reset.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from barback.engine.fairness.newcomers import begin_change
from barback.storage import Row, Transaction, statements

SQL = statements(__file__, "lines.sql")

UNLIMITED = 2**31 - 1
BURST_S = 0.05
LINE_CHARS_MAX = 512
BY_TENANT, BY_EXPRESSION = 1, 2
Scope = Literal["queue", "each", "line"]


@dataclass(frozen=True)
class Rate:
    """At most `n` starts in `per_s` seconds, evenly spread; up to `burst` of them at once.

    In any stretch of t seconds at most `n * t / per_s + burst` start. `burst` is what falls due in 50 ms,
    and at least 1, when it is not given. Raises ValueError for what is no rate.
    """

    n: int
    per_s: float = 1.0
    burst: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is no rate."""
        if self.n < 1 or self.per_us < self.n or (self.burst is not None and self.burst < 1):
            raise ValueError(
                "expected a rate of n ≥ 1 in per_s > 0 seconds, at most a million a second, "
                f"with a burst ≥ 1, got {self}"
            )

    @property
    def per_us(self) -> int:
        """`per_s` in whole microseconds."""
        return round(self.per_s * 1_000_000)

    @property
    def at_once(self) -> int:
        """How many may start at the same instant after a rest."""
        return self.burst or max(1, round(BURST_S * self.n / self.per_s))


@dataclass(frozen=True)
class Limits:
    """What one line, every line, or a whole queue may do. None: no limit. `weight`: turns compared with other lines.

    Raises ValueError for what is no limit; to let nothing run, pause.
    """

    concurrency: int | None = None
    rate: Rate | None = None
    weight: int = 1

    def __post_init__(self) -> None:
        """Refuse what is no limit."""
        if self.concurrency is not None and not 1 <= self.concurrency < UNLIMITED:
            raise ValueError(f"expected a concurrency of at least 1, got {self.concurrency}; to let nothing run, pause")
        if not 1 <= self.weight <= 1_000:
            raise ValueError(f"expected a weight from 1 to 1,000, got {self.weight}")


@dataclass(frozen=True)
class Lines:
    """A queue has lines that take turns, and each may be limited.

    `by` says which line a `Work` waits in; without it, or when it answers None, the message's tenant does.
    `concurrency` and `rate` are those of each line.
    """

    by: Callable[[Any], str | None] | None = None
    concurrency: int | None = None
    rate: Rate | None = None

    @property
    def each(self) -> Limits:
        """What every line may do."""
        return Limits(self.concurrency, self.rate)


@dataclass(frozen=True)
class Limited:
    """Limits as they are in force. `by_operator`: not what the tasks declare."""

    queue: str
    scope: Scope
    line: str
    limits: Limits
    by_operator: bool


def values(limits: Limits) -> dict[str, int]:
    """The columns of `limits`."""
    rate = limits.rate
    return {
        "room": UNLIMITED if limits.concurrency is None else limits.concurrency,
        "rate_n": 0 if rate is None else rate.n,
        "per_us": 1 if rate is None else rate.per_us,
        "burst": 1 if rate is None else rate.at_once,
        "weight": limits.weight,
    }


def limits_of(columns: Row | Mapping[str, Any]) -> Limits:
    """The limits of a row."""
    room, n = int(columns["room"]), int(columns["rate_n"])
    rate = Rate(n, per_s=int(columns["per_us"]) / 1_000_000, burst=int(columns["burst"])) if n else None
    return Limits(None if room >= UNLIMITED else room, rate, int(columns["weight"]))


async def declare(tx: Transaction, queue: str, lines: Lines | None, limits: Limits | None) -> bool:
    """Write down what the tasks of `queue` declare. True when that changed anything for those who work it."""
    if lines is None and limits is None:
        return False
    await begin_change(tx, queue)
    mode = BY_EXPRESSION if lines is not None and lines.by is not None else BY_TENANT
    changed = await tx.run(SQL.queue_line, queue=queue, lined=mode, now_ms=tx.now_ms) > 0
    for scope, declared in (("each", lines.each if lines else Limits()), ("queue", limits)):
        before = await tx.one(SQL.limit_of, queue=queue, scope=scope, line="")
        text = None if declared is None else msgspec.json.encode(values(declared)).decode()
        if (before["declared"] if before is not None else None) == text:
            continue
        changed = True
        await tx.run(SQL.limit_declare, queue=queue, scope=scope, **values(declared or Limits()), declared=text)
    if changed:
        await apply(tx, queue)
    return changed


async def use_lines(tx: Transaction, queue: str) -> bool:
    """Give `queue` lines by tenant, unless it has lines. True when that is new."""
    # Everybody takes its lock before its row.
    await begin_change(tx, queue)
    return await tx.run(SQL.queue_line_new, queue=queue, now_ms=tx.now_ms) > 0


async def apply(tx: Transaction, queue: str) -> None:
    """Give every line of `queue` the limits that are in force now."""
    await tx.all(SQL.turns_lock, queue=queue)
    await tx.run(SQL.turns_relimit, queue=queue)


async def put(tx: Transaction, queue: str, scope: Scope, line: str, limits: Limits) -> None:
    """An operator's limits, until they are reset."""
    await begin_change(tx, queue)
    await tx.run(SQL.limit_put, queue=queue, scope=scope, line=line, **values(limits))
    await apply(tx, queue)


async def reset(tx: Transaction, queue: str, scope: Scope, line: str) -> bool:
    """Back to what is declared. False when no operator had set anything."""
    row = await tx.one(SQL.limit_of, queue=queue, scope=scope, line=line)
    if row is None or not row["by_operator"]:
        return False
    await begin_change(tx, queue)
    if row["declared"] is None:
        await tx.run(SQL.limit_drop, queue=queue, scope=scope, line=line)
    else:
        declared = msgspec.json.decode(str(row["declared"]), type=dict[str, int])
        await tx.run(SQL.limit_undo, queue=queue, scope=scope, line=line, **declared)
    await apply(tx, queue)
    return True


async def in_force(tx: Transaction, queue: str, scope: Scope, line: str = "") -> Limits:
    """What holds now: for a line without limits of its own those of every line."""
    row = await tx.one(SQL.limit_of, queue=queue, scope=scope, line=line)
    if row is None and scope == "line":
        row = await tx.one(SQL.limit_of, queue=queue, scope="each", line="")
    return Limits() if row is None else limits_of(row)


async def every(tx: Transaction, queue: str) -> list[Limited]:
    """All limits of a queue: of the whole, of each line, of single lines."""
    return [
        Limited(queue, row["scope"], row["line"], limits_of(row), bool(row["by_operator"]))
        for row in await tx.all(SQL.limits_of_queue, queue=queue)
    ]
