"""Procrastinate: psycopg; finished jobs deleted; jobs at once by the sweep. Keys are its locks."""

from __future__ import annotations

import asyncio
from typing import Any

import procrastinate
from common import Counter, Item, Peer, run


class ProcrastinatePeer(Peer):
    """Procrastinate, as common.py wants an engine."""

    def __init__(self, url: str, options: Any) -> None:
        super().__init__(url, options)
        size = max(4, min(self.options.callers, 16))
        self._app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url, max_size=size))
        self._counter = Counter()

        @self._app.task(name="noop")
        async def noop(order: str, sent: float, note: str) -> None:
            del note
            self._counter.ran(sent, order)

        self._noop = noop

    async def install(self) -> None:
        async with self._app.open_async():
            await self._app.schema_manager.apply_schema_async()

    async def open(self) -> None:
        await self._app.open_async()

    async def close(self) -> None:
        await self._app.close_async()

    async def one(self, item: Item) -> None:
        await self._task(item).defer_async(**item.payload)

    async def many(self, some: list[Item]) -> None:
        if some[0].key is not None:
            for item in some:
                await self.one(item)
        else:
            await self._noop.batch_defer_async(*[item.payload for item in some])

    def _task(self, item: Item) -> Any:
        return self._noop if item.key is None else self._noop.configure(lock=item.key)

    async def work(self, counter: Counter, stopping: asyncio.Event) -> None:
        self._counter = counter
        queues = None if self.options.queues == 1 else [f"queue-{n}" for n in range(self.options.queues)]
        working = self._app.run_worker_async(
            queues=queues,
            concurrency=self.settings["concurrency"],
            delete_jobs="always",
            install_signal_handlers=False,
            shutdown_graceful_timeout=10,
        )
        running = asyncio.create_task(working)
        await stopping.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def left(self) -> int:
        row = await self._app.connector.execute_query_one_async("SELECT count(*) AS n FROM procrastinate_jobs")
        return row["n"]


if __name__ == "__main__":
    run(ProcrastinatePeer)
