"""What the runners of one worker share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from barback.engine.liveness import Heart
from barback.engine.tally import Tally
from barback.engine.tasks import Task
from barback.engine.usage import Meter
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
    concurrency: Mapping[str, int] = field(default_factory=dict[str, int])
    on_busy: Callable[[], None] = _nothing
