"""Topics as an operator sees them (E10): who listens to which, and how far each listener is behind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from barback.engine.operations.figures import QueueFigures, quiet
from barback.engine.topics import Topic


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """One listener: its task, and the figures of the `queue` that its messages wait in with those of other tasks."""

    task: str
    queue: QueueFigures


class TopicFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One topic: what is published is a `fact` with these `fields`; every subscription gets a message of it."""

    name: str
    fact: str
    fields: list[str]
    subscriptions: list[Subscription]


def topics(known: Iterable[Topic[Any]], queues: Sequence[QueueFigures]) -> list[TopicFigures]:
    """The topics of a program by name, each once, with their listeners by name. Asks the database nothing."""
    by_queue = {one.queue: one for one in queues}
    return [_figures(topic, by_queue) for _, topic in sorted({one.name: one for one in known}.items())]


def _figures(topic: Topic[Any], by_queue: dict[str, QueueFigures]) -> TopicFigures:
    fields = getattr(topic.fact, "__struct_fields__", ())
    listeners = [
        Subscription(task=task.name, queue=by_queue.get(task.queue) or quiet(task.queue)) for task in topic.listeners
    ]
    return TopicFigures(
        name=topic.name, fact=getattr(topic.fact, "__name__", str(topic.fact)), fields=list(fields),
        subscriptions=listeners,
    )  # fmt: skip
