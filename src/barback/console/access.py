"""What the server hands in: who asks the console for something, and the tasks there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from barback.engine import Task, Topic
from barback.foundation.errors import Forbidden


class Operator(msgspec.Struct, frozen=True):
    """Somebody who runs this installation. `who` is what the record of changes says: `operator:<id>`.

    The server gives routes a `reader` (may look), an `operator` (may change things) or an `admin` (may
    also do what cannot be taken back); asking for one of them is how a route is closed to everybody else.
    """

    who: str
    is_admin: bool = False

    def require_admin(self, to: str) -> None:
        """For what cannot be taken back, in a route that is open to every operator. Raises AdminOnly."""
        if not self.is_admin:
            raise AdminOnly(f"Only an admin may {to}. Ask one, or have `barback user role` make you one.")


class AdminOnly(Forbidden):
    """It destroys messages for good, many at once: operators may not."""

    code = "admin_only"
    title = "Only an admin may do this"


@dataclass(frozen=True)
class TasksKnown:
    """The tasks of this installation by name; the console itself knows none."""

    by_name: Mapping[str, Task[Any]]


@dataclass(frozen=True)
class TopicsKnown:
    """The topics of this installation, with the subscriptions that were made where its program is assembled."""

    topics: Sequence[Topic[Any]]
