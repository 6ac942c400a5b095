"""PgQueuer: asyncpg; batch size by the sweep."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import asyncpg
from common import Counter, Item, Peer, run
from pgqueuer import AsyncpgDriver, AsyncpgPoolDriver, PgQueuer, Queries


class PgQueuerPeer(Peer):
    """PgQueuer, as common.py wants an engine."""

    async def install(self) -> None:
        connection = await asyncpg.connect(self.url)
        await Queries(AsyncpgDriver(connection)).install()
        await connection.close()

    async def open(self) -> None:
        if self.options.callers > 1:
            self._connection: Any = await asyncpg.create_pool(self.url, min_size=16, max_size=16)
            self._driver: Any = AsyncpgPoolDriver(self._connection)
        else:
            self._connection = await asyncpg.connect(self.url)
            self._driver = AsyncpgDriver(self._connection)
        self._queries = Queries(self._driver)

    async def close(self) -> None:
        await self._connection.close()

    async def one(self, item: Item) -> None:
        await self._queries.enqueue("noop", json.dumps(item.payload).encode())

    async def many(self, some: list[Item]) -> None:
        payloads = [json.dumps(item.payload).encode() for item in some]
        await self._queries.enqueue(["noop"] * len(some), payloads, [0] * len(some))

    async def work(self, counter: Counter, stopping: asyncio.Event) -> None:
        pgq = PgQueuer(self._driver)
        for number in range(self.options.queues):

            @pgq.entrypoint("noop" if not number else f"noop_{number}")
            async def noop(job: Any) -> None:
                counter.ran(json.loads(job.payload)["sent"])

        running = asyncio.create_task(pgq.run(batch_size=self.settings["batch"]))
        await stopping.wait()
        pgq.shutdown.set()
        await asyncio.wait_for(running, 15)

    async def left(self) -> int:
        return await self._connection.fetchval("SELECT count(*) FROM pgqueuer")


if __name__ == "__main__":
    run(PgQueuerPeer)
