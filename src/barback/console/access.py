"""What the server hands in: who asks the console for something, and the tasks there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from barback.engine import Task


class Operator(msgspec.Struct, frozen=True):
    """Somebody who runs this installation. `who` is what the record of changes says: `operator:<id>`.

    The server gives routes a `reader` (may look) or an `operator` (may change things); asking for
    either is how a route is closed to everybody else.
    """

    who: str


@dataclass(frozen=True)
class TasksKnown:
    """The tasks of this installation by name; the console itself knows none."""

    by_name: Mapping[str, Task[Any]]
