"""Says so when a handler keeps a transaction open for long: whoever waits behind it cannot know why he waits."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from barback.storage import Transaction

log = logging.getLogger("barback.engine")

SLOW_S = 5.0
_WAITING = {
    "sqlite": "on SQLite nobody else can write meanwhile, in any process",
    "postgres": "what it has locked stays locked, and nothing that dies meanwhile is cleaned up",
}


@contextlib.asynccontextmanager
async def told_if_slow(tx: Transaction, task: str, count: int = 1) -> AsyncIterator[None]:
    """A warning that names the task when the block takes longer than five seconds, and another when it has ended."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    timer = loop.call_later(SLOW_S, _tell, tx.dialect, task, count)
    try:
        yield
    finally:
        timer.cancel()
        seconds = loop.time() - began
        if seconds >= SLOW_S:
            # Also for one that blocked the event loop, of which the timer could not tell in time.
            log.warning("task %s kept its transaction open for %.1f s (messages: %d)", task, seconds, count)


def _tell(dialect: str, task: str, count: int) -> None:
    log.warning(
        "task %s has kept its transaction open for %g s (messages: %d): %s. Make the handler shorter, or reach "
        "outside in the act of an ActingTask",
        task, SLOW_S, count, _WAITING[dialect],
    )  # fmt: skip
