"""Topics over HTTP: who listens to which, and how far each listener is behind."""

from __future__ import annotations

from litestar import get

from barback.console import shapes
from barback.console.access import Operator, TopicsKnown
from barback.engine.operations import figures, topic_looks
from barback.storage import Database


@get("/console/topics", tags=["console"])
async def topics(db: Database, reader: Operator, topics_known: TopicsKnown) -> shapes.TopicList:
    """Every topic of this program, its subscriptions, and the backlog and failures of their queues."""
    del reader
    seen = await figures.watcher_of(db).look(db)
    return shapes.TopicList(seen.as_of_ms, topic_looks.topics(topics_known.topics, seen.queues))


ROUTES = [topics]
