"""DBOS: a no-op workflow on PostgreSQL or SQLite, polled every 50 ms; workflows at once by the sweep.

It has no bulk call: 16 threads enqueue.
"""

from __future__ import annotations

import sys

try:  # SQLite older than 3.42 lacks what DBOS needs
    import pysqlite3

    sys.modules["sqlite3"] = pysqlite3
except ImportError:
    pass

import asyncio
from typing import Any

import sqlalchemy
from common import Counter, Item, Peer, run
from dbos import DBOS, DBOSClient

counting = Counter()


@DBOS.workflow(name="noop")
async def noop(payload: dict[str, Any]) -> None:
    counting.ran(payload["sent"])


class DbosPeer(Peer):
    """DBOS, as common.py wants an engine."""

    def _launch(self, executor: str) -> None:
        DBOS(
            config={
                "name": "bench",
                "system_database_url": self.url,
                "log_level": "ERROR",
                "application_version": "1",
                "executor_id": executor,
            }
        )
        DBOS.launch()

    async def install(self) -> None:
        await asyncio.to_thread(self._launch, "install")
        await asyncio.to_thread(DBOS.register_queue, "bench", polling_interval_sec=0.05)
        await asyncio.to_thread(DBOS.destroy)

    async def open(self) -> None:
        self._client = await asyncio.to_thread(DBOSClient, system_database_url=self.url)

    async def close(self) -> None:
        self._client.destroy()

    def _send(self, item: Item) -> None:
        self._client.enqueue({"queue_name": "bench", "workflow_name": "noop", "app_version": "1"}, item.payload)

    async def one(self, item: Item) -> None:
        await asyncio.to_thread(self._send, item)

    async def many(self, some: list[Item]) -> None:
        waiting = iter(some)

        def call() -> None:
            for item in waiting:
                self._send(item)

        await asyncio.gather(*(asyncio.to_thread(call) for _ in range(16)))

    async def work(self, counter: Counter, stopping: asyncio.Event) -> None:
        global counting
        counting = counter
        self._launch(f"worker-{id(self)}")
        for number in range(self.options.queues):
            await DBOS.register_queue_async(
                "bench" if not number else f"bench-{number}",
                worker_concurrency=self.settings["concurrency"],
                polling_interval_sec=0.05,
            )
        await stopping.wait()
        await asyncio.sleep(0.3)
        await asyncio.to_thread(DBOS.destroy)

    async def left(self) -> int:
        engine = sqlalchemy.create_engine(self.url.replace("postgresql://", "postgresql+psycopg://"))
        schema = "dbos." if self.url.startswith("postgresql") else ""
        statement = f"SELECT count(*) FROM {schema}workflow_status WHERE status NOT IN ('SUCCESS', 'ERROR')"
        with engine.connect() as connection:
            return connection.execute(sqlalchemy.text(statement)).scalar_one()


if __name__ == "__main__":
    run(DbosPeer)
