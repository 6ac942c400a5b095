"""The runners of one queue in one worker, by the kind of its tasks."""

from __future__ import annotations

from typing import Any

from barback.engine.handlers.acting import ActingRunner
from barback.engine.handlers.runners import Runner
from barback.engine.handlers.shifts import Shift
from barback.engine.leasing import claims
from barback.engine.tasks import ActingTask, Task


def runners_of(shift: Shift, queue: str, tasks: list[Task[Any]]) -> list[Runner]:
    """Who works `queue` in one worker. Raises ValueError when its tasks are of both kinds."""
    acting = [isinstance(task, ActingTask) for task in tasks]
    if any(acting) and not all(acting):
        raise ValueError(f"queue {queue} mixes tasks that act outside with tasks that do not; give them a queue each")
    if all(acting):
        return [ActingRunner(shift, queue, tasks)]
    made = [Runner(shift, queue, tasks) for _ in range(shift.concurrency.get(queue, 1))]
    for number, runner in enumerate(made[1:], 2):
        runner.hand = f"{queue}#{number}"
    return made


async def drained(runner: Runner) -> int:
    """Handle all that can run now; how many messages it was."""
    count = 0
    while True:
        lease = await runner.claim()
        if lease is None:
            return count
        while lease is not None:
            count += lease.size
            if isinstance(runner, ActingRunner):
                async with runner.database.transaction() as tx:
                    singles = await claims.split(tx, lease)
                for single in singles:
                    await runner.see_through(single)
                lease = None
            else:
                lease = await runner.work(lease)
