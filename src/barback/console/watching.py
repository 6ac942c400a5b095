"""Pushes the overview to every console that is open: one look a second for all of them, none when nobody watches."""

from __future__ import annotations

import asyncio
import logging

from barback.console import shapes
from barback.console.attention import attention
from barback.engine.live import Hub
from barback.engine.operations import figures
from barback.engine.operations.figures import Snapshot
from barback.engine.operations.timings import timings_of
from barback.engine.operations.troubles import troubles_of
from barback.storage import Database, StorageError

CHANNEL = "console:overview"
LOOK_EVERY_S = 1.0
log = logging.getLogger("barback.console")


async def glance(db: Database, seen: Snapshot | None = None) -> shapes.Overview:
    """Everything at a glance and what needs a person now, from looks that all who watch share."""
    seen = seen or await figures.watcher_of(db).look(db)
    troubles = await troubles_of(db).look(db)
    timing = (await timings_of(db).look(db)).all
    return shapes.overview(seen, attention(seen, troubles), timing, troubles)


async def push_overview(db: Database, hub: Hub) -> None:
    """Tell whoever follows the channel how things are, for ever; survives a database that goes away."""
    told = None
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        if not hub.is_followed(CHANNEL):
            continue
        try:
            seen = await figures.watcher_of(db).look(db)
            now = None if seen is told else await glance(db, seen)
        except (StorageError, OSError, TimeoutError) as error:
            log.warning("console: %s", error)
            continue
        # A look that cost much is kept for longer: it is not told twice.
        if now is not None:
            hub.tell(CHANNEL, "overview", now.as_of_ms, now)
            told = seen
