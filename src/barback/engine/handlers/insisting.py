"""Going on until the database lets us: what has been handled must not be left lying."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from barback.engine.handlers.shifts import Shift
from barback.engine.messages import LeaseLostError
from barback.storage import StorageError

log = logging.getLogger("barback.engine")

STORAGE_PAUSE_S = 0.2
STORAGE_PAUSE_MAX_S = 5.0


async def until_settled(shift: Shift, queue: str, settle: Callable[[], Awaitable[None]]) -> None:
    """Call `settle` until it goes through or the lease is not ours any more. Raises StorageError if the shift ends."""
    pause_s = STORAGE_PAUSE_S
    while True:
        try:
            return await settle()
        except LeaseLostError as error:
            log.warning("%s", error)
            return None
        except (StorageError, OSError) as error:
            if shift.stopping:
                raise
            log.warning("queue %s: %s; trying again in %.1f s", queue, error, pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(STORAGE_PAUSE_MAX_S, pause_s * 2)
