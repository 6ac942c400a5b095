"""What tasks that share a queue declare together: the same breaker, lines and limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from barback.engine.fairness.limits import Limits, Lines
from barback.engine.guards.breakers import Breaker
from barback.engine.tasks import Task


def breakers_of(tasks: Iterable[Task[Any]]) -> dict[str, Breaker]:
    """The breaker of each queue that has one. Raises ValueError when a queue has two, or a name two meanings."""
    by_queue: dict[str, Breaker] = {}
    by_name: dict[str, Breaker] = {}
    listed = list(tasks)
    for task in listed:
        if task.breaker is not None:
            by_queue.setdefault(task.queue, task.breaker)
            if by_name.setdefault(task.breaker.name, task.breaker) != task.breaker:
                raise ValueError(
                    f"the breaker {task.breaker.name} is declared with different numbers; share one object"
                )
    for task in listed:
        if task.breaker is not None and task.breaker.per is not None:
            _check_lines(task, task.breaker)
        if task.queue in by_queue and task.breaker != by_queue[task.queue]:
            raise ValueError(
                f"the tasks of queue {task.queue} do not share one breaker: {task.name} has "
                f"{task.breaker.name if task.breaker else 'none'}, another has {by_queue[task.queue].name}; "
                "give them a queue each, or all of them the same breaker"
            )
    return by_queue


def _check_lines(task: Task[Any], breaker: Breaker) -> None:
    lines = task.in_lines
    if lines is None:
        raise ValueError(
            f"the breaker {breaker.name} of {task.name} goes per line, and the task has no `lines`; "
            "give it some, or say in `per` which line a message waits in"
        )
    if callable(breaker.per) and lines.by is not breaker.per:
        raise ValueError(
            f"the breaker {breaker.name} of {task.name} goes per a line of its own, and the task has other `lines`; "
            'say the line in `Lines(by=…)` and `per="line"` in the breaker'
        )


def lines_and_limits_of(queue: str, tasks: Sequence[Task[Any]]) -> tuple[Lines | None, Limits | None]:
    """The lines and limits that the tasks of one queue declare. Raises ValueError when they do not agree."""
    found: list[Any] = []
    for name, of in (("lines", "in_lines"), ("limits", "limits")):
        said = [getattr(task, of) for task in tasks if getattr(task, of) is not None]
        if any(one != said[0] for one in said):
            raise ValueError(
                f"the tasks of queue {queue} declare different {name}: {said}; they are the queue's: declare the same"
            )
        found.append(said[0] if said else None)
    return found[0], found[1]
