"""One statement that is its own transaction on PostgreSQL: no BEGIN, no COMMIT, one round trip instead of three."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from barback.storage.database import StorageError
from barback.storage.endings import to_the_end


class OneStatement:
    """Stands where a connection stands; lets one statement through."""

    def __init__(self, connection: Any, *, unattended: bool = False) -> None:
        """`connection` is in no transaction. `unattended`: the task that asks is one that nobody cancels."""
        self._connection = connection
        self._unattended = unattended
        self._begun = False
        self.done = False

    async def fetch(self, query: str, *values: Any) -> Any:
        """Rows."""
        return await self._only(partial(self._connection.fetch, query, *values))

    async def fetchrow(self, query: str, *values: Any) -> Any:
        """The first row, or None."""
        return await self._only(partial(self._connection.fetchrow, query, *values))

    async def execute(self, query: str, *values: Any) -> Any:
        """The status."""
        return await self._only(partial(self._connection.execute, query, *values))

    async def copy_records_to_table(self, table: str, **what: Any) -> Any:
        """The status."""
        return await self._only(partial(self._connection.copy_records_to_table, table, **what))

    async def _only(self, call: Callable[[], Awaitable[Any]]) -> Any:
        if self._begun:
            raise StorageError("a second statement in a transaction of exactly one; use transaction()")
        self._begun = True
        if self._unattended:
            answer = await call()
            self.done = True
            return answer
        running = asyncio.ensure_future(call())
        try:
            return await to_the_end(running)
        finally:
            # Also when whoever waited was cancelled while it was on its way to the disk.
            self.done = running.done() and not running.cancelled() and running.exception() is None
