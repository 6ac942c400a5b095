"""Work off everything that can run at the clock's present time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from barback.engine import Schedule, Task, Worker
from barback.storage import Database


async def run_until_quiet(db: Database, tasks: Sequence[Task[Any]], *, schedules: Sequence[Schedule] = ()) -> int:
    """A worker that fires what is due and handles what can run, then leaves; how many messages it handled.

    Messages that are not due yet stay: advance the clock and call again.
    """
    worker = Worker(db, tasks, schedules=schedules)
    handled = await worker.until_quiet()
    await worker.retire()
    return handled
