"""Pushes the overview to every console that is open: one look a second for all of them, none when nobody watches."""

from __future__ import annotations

import asyncio
import logging

from barback.console import shapes
from barback.console.attention import attention
from barback.engine import figures
from barback.engine.live import Hub
from barback.storage import Database, StorageError

CHANNEL = "console:overview"
LOOK_EVERY_S = 1.0
log = logging.getLogger("barback.console")


async def push_overview(db: Database, hub: Hub) -> None:
    """Tell whoever follows the channel how things are, for ever; survives a database that goes away."""
    told = None
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        if not hub.is_followed(CHANNEL):
            continue
        try:
            seen = await figures.watcher_of(db).look(db)
        except (StorageError, OSError, TimeoutError) as error:
            log.warning("console: %s", error)
            continue
        # A look that cost much is kept for longer: it is not told twice.
        if seen is not told:
            hub.tell(CHANNEL, "overview", seen.as_of_ms, shapes.overview(seen, attention(seen)))
            told = seen
