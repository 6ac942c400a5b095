"""`barback topics`: who listens to which, and how far each listener is behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import typer
from rich.text import Text

from barback.console import shapes, tables
from barback.console.opening import DatabaseOption, JsonOption, look, show
from barback.engine import Topic
from barback.engine.operations import topic_looks


def add_to(app: typer.Typer, known: Callable[[], Sequence[Topic[Any]]]) -> None:
    """Add `topics`; `known` tells which there are."""

    @app.command(name="topics")
    def topics(*, database: DatabaseOption = None, as_json: JsonOption = False) -> None:  # pyright: ignore[reportUnusedFunction]
        """Every topic, its subscriptions, and the backlog and failures of their queues."""
        seen = look(database)
        found = shapes.TopicList(seen.as_of_ms, topic_looks.topics(known(), seen.queues))
        show(found, as_json, lambda: _table(found))


def _table(found: shapes.TopicList) -> None:
    table = tables.new_table(
        "topic", "task", "queue", "ready", "waiting", "scheduled", "leased", "dead", "oldest", "failed/h", "workers", ""
    )
    for topic in found.items:
        for one in topic.subscriptions:
            queue = one.queue
            more = "+" if queue.at_least else ""
            depths = (queue.ready, queue.waiting, queue.scheduled, queue.leased, queue.dead)
            counts = [f"{n}{more if n else ''}" for n in depths]
            figures = (tables.age(queue.oldest_ms, found.as_of_ms), str(queue.failed_last_hour), str(queue.workers))
            names = [Text(name) for name in (topic.name, one.task, queue.queue)]
            table.add_row(*names, *counts, *figures, "paused" if queue.paused else "")
        if not topic.subscriptions:
            table.add_row(Text(topic.name), "nobody listens")
    tables.put(table)
