"""What the runners of one worker share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from barback.engine.history.tally import Tally
from barback.engine.history.usage import Meter
from barback.engine.leasing.liveness import Heart
from barback.engine.tasks import Task
from barback.storage import Database


def _nothing() -> None:
    """What a runner that nobody watches tells when it is busy."""


@dataclass
class Shift:
    """What the runners of one worker share."""

    db: Database
    heart: Heart
    tasks: Mapping[str, Task[Any]]
    tally: Tally = field(default_factory=Tally)
    meter: Meter = field(default_factory=Meter)
    paused: set[str] = field(default_factory=set[str])
    stopping: bool = False
    draining: bool = False
    concurrency: Mapping[str, int] = field(default_factory=dict[str, int])
    on_busy: Callable[[], None] = _nothing

    def is_calm(self) -> bool:
        """Whether a claim of this worker may be one that a crash of the machine undoes (see `leasing/relaxed.py`)."""
        careful_until_ms = self.heart.careful_until_ms
        return (
            self.db.dialect == "sqlite" and careful_until_ms is not None and self.db.clock.now_ms() >= careful_until_ms
        )

    def holds(self, queue: str) -> bool:
        """Whether nothing of `queue` is to be claimed: it is paused, or the worker was asked to end."""
        return self.draining or queue in self.paused
