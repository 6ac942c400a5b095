"""How transactions end, the same on both databases: once per task, to the end, and heard of only when on disk."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from barback.storage.database import StorageError

T = TypeVar("T")
log = logging.getLogger("barback.storage")


async def to_the_end(future: asyncio.Future[T]) -> T:
    """Wait for `future` even when cancelled, once or more; a cancellation goes on when it has ended.

    A COMMIT that is half done, or a lock that arrives when nobody waits any more, is no state to leave.
    """
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await _ended(future)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not future.cancelled():
            future.exception()  # looked at, so that nobody is warned of it
        raise cancelled
    return future.result()


def _ended(future: asyncio.Future[T]) -> asyncio.Future[None]:
    """Done when `future` is; cancelled it leaves that alone. What asyncio.wait does, at a third of its price."""
    ended: asyncio.Future[None] = future.get_loop().create_future()

    def end(_future: asyncio.Future[T]) -> None:
        if not ended.done():
            ended.set_result(None)

    future.add_done_callback(end)
    return ended


@contextlib.contextmanager
def one_each(working: set[asyncio.Task[Any] | None]) -> Iterator[None]:
    """Refuse a second write transaction in one task: on SQLite it would wait for the first one for ever."""
    task = asyncio.current_task()
    if task in working:
        raise StorageError("a transaction is open in this task: pass its `tx` on instead of opening another")
    working.add(task)
    try:
        yield
    finally:
        working.discard(task)


def call_all(callbacks: Sequence[Callable[[], None]]) -> None:
    """Run what waited for the commit. One that fails cannot undo the commit, so it must not look like it."""
    for call in callbacks:
        try:
            call()
        except Exception:
            log.exception("what was to happen after a commit failed; the commit stands")
