"""A worker that knows only errands, a few messages to a step. Where it is to be killed, it says so.

`inside`: in its second step, after its work and before its commit, where it waits for ever. `committed`: when the
commit of its first step is on disk; it goes on. A third argument breaks it first (see tests/chaos/breaks.py).
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from tests.chaos.breaks import BREAKS
from tests.conformance.tools import say
from tests.conformance.worker_child import DEAD_AFTER_S, quicken

from barback.engine import Worker
from barback.engine.operations import errand_steps, errands, purging
from barback.storage import Transaction, open_database

PAGE = 8


def say_where(where: str) -> None:
    """Wrap the steps, so that they say that it is time."""
    step, steps = errand_steps.step, 0

    async def watched(tx: Transaction, *args: Any, **how: Any) -> Any:
        nonlocal steps
        stepped = await step(tx, *args, **how)
        steps += stepped.handled > 0
        if where == "inside" and steps == 2:
            say("inside")
            await asyncio.Event().wait()
        if where == "committed" and steps == 1:
            tx.after_commit(lambda: say("committed"))
        return stepped

    errand_steps.step = watched


async def main(url: str, where: str, broken: str) -> None:
    """Work until killed."""
    quicken()
    purging.PAGE = errand_steps.CHANGES_PAGE = PAGE
    say_where(where)
    if broken:
        BREAKS[broken]()
    db = await open_database(url)
    await Worker(db, errands.TASKS, dead_after_s=DEAD_AFTER_S).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
