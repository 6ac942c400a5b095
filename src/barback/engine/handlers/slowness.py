"""A handler's time: after it the attempt has failed; and it is said when one keeps a transaction open for long.

Whoever waits behind it cannot know why he waits. What nobody can end from here is a handler that never awaits, or
that goes on when it is cancelled.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

from barback.engine.tasks import Task
from barback.storage import Transaction

log = logging.getLogger("barback.engine")

SLOW_S = 5.0
_WAITING = {
    "sqlite": "on SQLite nobody else can write meanwhile, in any process",
    "postgres": "what it has locked stays locked, and nothing that dies meanwhile is cleaned up",
}
_CURE = "Make the handler shorter, or reach outside in the act of an ActingTask"


class HandlerTimeoutError(TimeoutError):
    """A handler kept its transaction open for longer than it may."""


@contextlib.asynccontextmanager
async def in_its_time(tx: Transaction, task: Task[Any], count: int = 1) -> AsyncIterator[None]:
    """The time that a handler of `task` may keep `tx` open, for `count` messages. Raises HandlerTimeoutError."""
    why = f", its timeout_s; {_WAITING[tx.dialect]}. {_CURE}"
    async with told_if_slow(tx, task.name, count), bounded(task.handler_s(tx.dialect), HandlerTimeoutError, why):
        yield


@contextlib.asynccontextmanager
async def bounded(seconds: float, kind: type[TimeoutError] = TimeoutError, why: str = "") -> AsyncIterator[None]:
    """A handler's time. Too long, or cancelled by its own doing, is its failure and not the end of the worker.

    Raises `kind`, which says how long and `why`, and RuntimeError for what cancelled itself.
    """
    own, limit = asyncio.current_task(), asyncio.timeout(seconds)
    try:
        async with limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise kind(f"took longer than {seconds:g} s{why}") from error
    except asyncio.CancelledError as error:
        if own is not None and own.cancelling():
            raise
        raise RuntimeError("the handler was cancelled from inside") from error


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
        "task %s has kept its transaction open for %g s (messages: %d): %s. %s",
        task, SLOW_S, count, _WAITING[dialect], _CURE,
    )  # fmt: skip
