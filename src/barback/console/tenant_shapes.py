"""Tenants over the wire."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from barback.console.tuning_shapes import LimitsShown, Name, shown
from barback.engine.changes import Change
from barback.engine.operations.tenant_looks import TenantDepth, TenantInQueue


class TenantQueue(TenantDepth, kw_only=True):
    """One tenant in one queue. Without `line` it cannot be held there by itself: the tasks name the queue's lines."""

    queue: str
    line: bool
    held: bool
    limits: LimitsShown | None


class TenantPage(msgspec.Struct):
    """One tenant in each queue that it has work in or is held in, and what operators did with it."""

    tenant: str
    as_of_ms: int
    queues: list[TenantQueue]
    changes: list[Change]


class HoldTenant(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Hold a tenant, or with `paused` false let it go on; `queue` null: wherever it has work now."""

    tenant: Annotated[str, Meta(min_length=1, max_length=512)]
    queue: Name | None = None
    paused: bool = True


class DrainTenant(msgspec.Struct, forbid_unknown_fields=True):
    """Which tenant; `confirm` is its name, once more."""

    tenant: Annotated[str, Meta(min_length=1, max_length=512)]
    confirm: Annotated[str, Meta(min_length=1, max_length=512)]


def tenant_queue(one: TenantInQueue) -> TenantQueue:
    """As it is shown."""
    values: dict[str, Any] = msgspec.structs.asdict(one)
    values["limits"] = None if one.limits is None else shown(one.limits)
    return TenantQueue(**values)
