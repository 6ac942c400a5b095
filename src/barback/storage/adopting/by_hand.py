"""Running the engine's coroutines without an event loop, for programs that have none."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from barback.storage.database import StorageError

T = TypeVar("T")


def run_sync(coroutine: Coroutine[Any, Any, T]) -> T:
    """What `coroutine` returns, run here and now, in this thread and without a loop.

    That works for everything the engine does in the transaction of a synchronous connection, because
    there every statement answers at once. Raises StorageError when the coroutine has to wait after
    all: it was given an asynchronous connection, and wants to be awaited.
    """
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    finally:
        coroutine.close()
    raise StorageError(
        "this would have to wait: the connection is asynchronous. Await it instead, as in "
        "`await task.enqueue(barback.adopt(connection), …)`"
    )
