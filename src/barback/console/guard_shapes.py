"""Breakers and what was used, over the wire. Times are milliseconds since 1970 UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from barback.engine.changes import Change
from barback.engine.guards.breakers import BreakerState
from barback.engine.history.costs import Cost
from barback.engine.history.usage import Used
from barback.foundation.errors import FieldProblem, Invalid

YEARS = range(1970, 9999)


class BreakerList(msgspec.Struct):
    """Every breaker, by name, each followed by those of its lines that are open or forced (at most 1,000)."""

    as_of_ms: int
    items: list[BreakerState]


class BreakerDetail(msgspec.Struct):
    """One breaker, its lines that are open or forced (at most 1,000), and its last 50 changes, newest first."""

    as_of_ms: int
    breaker: BreakerState
    lines: list[BreakerState]
    changes: list[Change]


class UsageList(msgspec.Struct):
    """What attempts used in one month (UTC) as of `as_of_ms`, those that took longest first; at most 1,000 items."""

    as_of_ms: int
    month: str
    from_ms: int
    until_ms: int
    items: list[Used]


class ListedCost(msgspec.Struct):
    """One price list. Amounts are US dollars as text, such as 3.07; `compute_usd` is time and memory."""

    name: str
    plan: str
    as_of: str
    sources: list[str]
    attempts_usd: str
    compute_usd: str
    queue_usd: str
    total_usd: str


class CostList(msgspec.Struct):
    """What the work of one month (UTC) would have cost elsewhere with so much memory a message, the cheapest first."""

    as_of_ms: int
    month: str
    memory_mib: int
    attempts: int
    items: list[ListedCost]


class BadMonth(Invalid):
    """The month is not written like 2026-11."""

    code = "bad_month"
    title = "Not a month"


def month_of(month: str | None, now_ms: int) -> tuple[str, int, int]:
    """The month (the present one, if None) with its first millisecond and the first after it. Raises BadMonth."""
    if month is None:
        month = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m")
    match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", month, re.ASCII)
    if match is None or int(match[1]) not in YEARS:
        problem = FieldProblem("month", month[:20], "not a month", "write year and month like 2026-11")
        raise BadMonth(f"{month[:20]} is not a month; write it like 2026-11.", fields=[problem])
    year, number = int(match[1]), int(match[2])
    first = datetime(year, number, 1, tzinfo=UTC)
    after = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
    return month, int(first.timestamp() * 1000), int(after.timestamp() * 1000)


def listed(cost: Cost) -> ListedCost:
    """A cost as it is told."""
    return ListedCost(
        name=cost.name,
        plan=cost.plan,
        as_of=cost.as_of,
        sources=cost.sources,
        attempts_usd=str(cost.attempts),
        compute_usd=str(cost.compute),
        queue_usd=str(cost.queue),
        total_usd=str(cost.total),
    )
