"""What is said over the wire about long work that operators asked for: errands, and redrives of dead letters."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from barback.engine.dead.redrive import FOUND_MAX, Redrive
from barback.engine.operations.errands import Errand, State

Kind = Literal["purge", "drain", "cancel", "run_now", "snooze", "redrive", "discard"]


class ErrandFigures(msgspec.Struct, kw_only=True):
    """How far something long is that an operator asked for; workers do it, whoever looks or not.

    `question`: the queue that is purged, the tenant that is drained, or the search. `found` messages were counted at
    its start (with `at_least`: or more), `handled` were changed by now, `left_alone` were found and could not be.
    `per_second`: how fast it may go, if it has a rate. `error`: why it failed.
    """

    id: str
    kind: Kind
    question: str
    state: State
    found: int
    at_least: bool
    handled: int
    left_alone: int
    per_second: float | None
    error: str | None
    who: str
    started_ms: int
    ended_ms: int | None


class ErrandList(msgspec.Struct):
    """What is under way, then what ended lately, the newest first."""

    items: list[ErrandFigures]


def figures(one: Errand) -> ErrandFigures:
    """An errand over the wire."""
    return ErrandFigures(**msgspec.structs.asdict(one), per_second=None)


def redrive_figures(one: Redrive) -> ErrandFigures:
    """A redrive as one errand among others; its question is written as a search of dead letters."""
    wanted = {name: value for name, value in msgspec.structs.asdict(one.wanted).items() if value is not None}
    same: dict[str, Any] = {
        name: getattr(one, name)
        for name in ("id", "state", "found", "handled", "per_second", "who", "started_ms", "ended_ms")
    }
    return ErrandFigures(
        kind="redrive" if one.action == "retry" else "discard",
        question=" ".join(f"{name}:{value}" for name, value in wanted.items()),
        at_least=one.found >= FOUND_MAX, left_alone=0, error=None, **same,
    )  # fmt: skip


def in_order(found: list[ErrandFigures]) -> list[ErrandFigures]:
    """Those that are under way first, then the newest."""
    return sorted(found, key=lambda one: (one.state == "running", one.started_ms, one.id), reverse=True)
