"""Limits, pauses, paces and priorities over the wire."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from barback.engine.limits import Limited, Limits, Rate, Scope

Positive = Annotated[int, Meta(ge=1)]
Name = Annotated[str, Meta(max_length=512)]


class LimitsShown(msgspec.Struct, kw_only=True):
    """What a queue, each of its lines, or one line may do. Null: no limit. `by_operator`: not what tasks declare."""

    scope: Scope
    line: str
    concurrency: int | None
    rate: int | None
    per_seconds: float | None
    burst: int | None
    weight: int
    by_operator: bool


class LimitsList(msgspec.Struct):
    """The limits of a queue: of the whole, of each line, of single lines."""

    items: list[LimitsShown]


class SetLimits(msgspec.Struct, kw_only=True):
    """Limits that hold from now on, all of them; what is null has no limit. `line` only with the scope `line`."""

    scope: Scope = "queue"
    line: Name = ""
    concurrency: Positive | None = None
    rate: Positive | None = None
    per_seconds: Annotated[float, Meta(gt=0)] = 1.0
    burst: Positive | None = None
    weight: Annotated[int, Meta(ge=1, le=1_000)] = 1

    def limits(self) -> Limits:
        """As the engine knows them. Raises ValueError."""
        rate = None if self.rate is None else Rate(self.rate, per_s=self.per_seconds, burst=self.burst)
        return Limits(self.concurrency, rate, self.weight)


class ResetLimits(msgspec.Struct, kw_only=True):
    """Which limits go back to what the tasks declare."""

    scope: Scope = "queue"
    line: Name = ""


class Hold(msgspec.Struct, kw_only=True):
    """One of the three is held, or with `paused` false goes on."""

    key: Name | None = None
    line: Name | None = None
    tenant: Name | None = None
    paused: bool = True


class SetPriority(msgspec.Struct, kw_only=True):
    """Which waiting messages get another priority; null is any. Lower goes first."""

    priority: Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
    task: str | None = None
    key: str | None = None
    tenant: str | None = None
    message_id: str | None = None


class Changed(msgspec.Struct):
    """How many were changed; 0 when nothing had to be."""

    changed: int


def shown(one: Limited) -> LimitsShown:
    """Limits as people read them."""
    rate = one.limits.rate
    return LimitsShown(
        scope=one.scope,
        line=one.line,
        concurrency=one.limits.concurrency,
        rate=rate.n if rate else None,
        per_seconds=rate.per_s if rate else None,
        burst=rate.at_once if rate else None,
        weight=one.limits.weight,
        by_operator=one.by_operator,
    )
