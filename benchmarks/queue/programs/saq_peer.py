"""SAQ on Redis (or on PostgreSQL, by its URL); jobs at once by the sweep. It has no bulk call: 50 at once."""

from __future__ import annotations

import asyncio
from typing import Any

from common import Counter, Item, Peer, run
from saq import Queue, Worker

counting = Counter()


async def noop(_ctx: Any, *, order: str, sent: float, note: str) -> None:
    del order, note
    counting.ran(sent)


class SaqPeer(Peer):
    """SAQ, as common.py wants an engine."""

    async def open(self) -> None:
        self._queue = Queue.from_url(self.url, name="bench")
        await self._queue.connect()

    async def install(self) -> None:
        await self.open()
        await self.close()

    async def close(self) -> None:
        await self._queue.disconnect()

    async def one(self, item: Item) -> None:
        await self._queue.enqueue("noop", **item.payload)

    async def many(self, some: list[Item]) -> None:
        waiting = iter(some)

        async def call() -> None:
            for item in waiting:
                await self.one(item)

        await asyncio.gather(*(call() for _ in range(50)))

    async def work(self, counter: Counter, stopping: asyncio.Event) -> None:
        global counting
        counting = counter
        queues = [self._queue] + [Queue.from_url(self.url, name=f"bench-{n}") for n in range(1, self.options.queues)]
        for queue in queues[1:]:
            await queue.connect()
        workers = [
            Worker(
                queue, functions=[("noop", noop)], concurrency=self.settings["concurrency"], shutdown_grace_period_s=2
            )
            for queue in queues
        ]
        for one in workers:
            one.SIGNALS = []
        running = [asyncio.create_task(one.start()) for one in workers]
        await stopping.wait()
        await asyncio.sleep(0.2)
        for one in workers:
            await one.stop()
        await asyncio.gather(*running, return_exceptions=True)

    async def left(self) -> int:
        return await self._queue.count("queued") + await self._queue.count("active")


if __name__ == "__main__":
    run(SaqPeer)
