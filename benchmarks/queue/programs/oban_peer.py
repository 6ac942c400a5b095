"""Oban for Python: psycopg; jobs at once by the sweep."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
from common import Counter, Item, Peer, run
from oban import Oban, worker
from oban.schema import install
from psycopg_pool import AsyncConnectionPool

counting = Counter()


@worker(queue="default")
class Noop:
    """Nothing but counting."""

    async def process(self, job: Any) -> None:
        counting.ran(job.args["sent"])


class ObanPeer(Peer):
    """Oban, as common.py wants an engine."""

    def _pool(self, size: int) -> AsyncConnectionPool:
        return AsyncConnectionPool(self.url, min_size=1, max_size=size, open=False)

    async def install(self) -> None:
        async with self._pool(2) as pool:
            await install(pool)

    async def open(self) -> None:
        self._connections = self._pool(16)
        await self._connections.open()
        self._client = Oban(pool=self._connections, name="client")

    async def close(self) -> None:
        await self._connections.close()

    async def one(self, item: Item) -> None:
        await self._client.enqueue(Noop.new(item.payload))

    async def many(self, some: list[Item]) -> None:
        await self._client.enqueue_many([Noop.new(item.payload) for item in some])

    async def work(self, counter: Counter, stopping: asyncio.Event) -> None:
        global counting
        counting = counter
        limit = self.settings["limit"]
        queues = {"default" if not n else f"queue{n}": limit for n in range(self.options.queues)}
        async with Oban(pool=self._connections, queues=queues):
            await stopping.wait()

    async def left(self) -> int:
        async with await psycopg.AsyncConnection.connect(self.url) as connection:
            found = await connection.execute("SELECT count(*) FROM oban_jobs WHERE state <> 'completed'")
            row = await found.fetchone()
        assert row is not None
        return row[0]


if __name__ == "__main__":
    run(ObanPeer)
