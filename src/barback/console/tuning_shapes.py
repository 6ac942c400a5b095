"""Limits, pauses, paces and priorities over the wire."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from barback.engine import ActingTask, Task
from barback.engine.fairness.limits import Limited, Limits, Rate, Scope
from barback.engine.operations.tuning import Pace

A_YEAR_S = 366 * 86_400
Positive = Annotated[int, Meta(ge=1, le=2**31 - 1)]
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
    per_seconds: Annotated[float, Meta(gt=0, le=A_YEAR_S)] = 1.0
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


class PaceShown(msgspec.Struct, kw_only=True):
    """How much each worker takes at once: what an operator set (null: nothing), and what the tasks declare.

    What the tasks declare is null where this installation knows no task of the queue, and `declared_slots`
    also where its tasks only touch the database: those have a batch, the others have slots.
    """

    batch_max: int | None
    slots: int | None
    declared_batch_max: int | None
    declared_slots: int | None


class Purge(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`confirm` is the name of the queue, once more."""

    confirm: Name


class Changed(msgspec.Struct):
    """How many were changed; 0 when nothing had to be."""

    changed: int


def pace_shown(pace: Pace, tasks: Iterable[Task[Any]]) -> PaceShown:
    """What was set beside what `tasks`, those of the queue, declare."""
    known = list(tasks)
    slots = [task.concurrency for task in known if isinstance(task, ActingTask)]
    return PaceShown(
        batch_max=pace.batch_max,
        slots=pace.slots,
        declared_batch_max=None if slots else min((task.batch_max for task in known), default=None),
        declared_slots=min(slots, default=None),
    )


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
