"""Group commit: callers that come while a commit is on its way share the next one.

An fsync costs the same for one row and for five hundred, so under load a caller waits for at most two
commits and everybody's share of one becomes small.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from barback.storage import Database, StorageError, Transaction

I = TypeVar("I")  # noqa: E741 - an item
R = TypeVar("R")


class GroupCommit(Generic[I, R]):
    """Runs `work(tx, items)` for groups of items; each caller gets the result of its own item."""

    def __init__(
        self,
        db: Database,
        work: Callable[[Transaction, list[I]], Awaitable[Sequence[R]]],
        *,
        group_max: int = 500,
        is_one_statement: Callable[[list[I]], bool] = lambda _items: False,
    ) -> None:
        """`work` answers one result for each item, in order.

        `is_one_statement`: for which items `work` executes exactly one statement, which then is its
        own transaction and saves two round trips.
        """
        self._db = db
        self._work = work
        self._group_max = group_max
        self._is_one_statement = is_one_statement
        self._waiting: deque[tuple[I, asyncio.Future[R]]] = deque()
        self._running = False

    async def submit(self, item: I) -> R:
        """The result for `item`, once it is on disk. Raises what `work` raises for it, or StorageError."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        self._waiting.append((item, future))
        if not self._running:
            self._running = True
            self._task = loop.create_task(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                group = [self._waiting.popleft() for _ in range(min(self._group_max, len(self._waiting)))]
                await self._commit(group)
        finally:
            self._running = False

    async def _commit(self, group: list[tuple[I, asyncio.Future[R]]]) -> None:
        try:
            single = self._is_one_statement([item for item, _ in group])
            # Nobody cancels this task: whoever submits waits for a future of his own.
            async with self._db.single(unattended=True) if single else self._db.transaction() as tx:
                results = await self._results(tx, group)
        except Exception as error:  # noqa: BLE001 - it belongs to whoever submitted the item
            poisoned = not (isinstance(error, StorageError) and error.transient)
            if poisoned and len(group) > 1:
                # Somebody's item is bad, and nothing was kept: halves find out whose it is.
                half = len(group) // 2
                await self._commit(group[:half])
                await self._commit(group[half:])
                return
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(group, results, strict=True):
            if not future.done():
                future.set_result(result)

    async def _results(self, tx: Transaction, group: list[tuple[I, asyncio.Future[R]]]) -> Sequence[R]:
        results = await self._work(tx, [item for item, _ in group])
        if len(results) != len(group):
            raise ValueError(f"expected {len(group)} results, one for each item, got {len(results)}")
        return results
