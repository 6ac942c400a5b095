"""Huey on SQLite, fsynced at every commit. It deletes a task when it takes it: at most once, whatever happens then."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

from common import Counter, Item, Peer, arguments, measure, say, talk
from huey import SqliteHuey
from huey.consumer import Consumer

counting = Counter()
lock = threading.Lock()


class HueyPeer(Peer):
    """Huey, as common.py wants an engine; its consumer has threads of its own."""

    def __init__(self, url: str, options: Any) -> None:
        super().__init__(url, options)
        self._huey = SqliteHuey("bench", filename=url.removeprefix("sqlite:///"), fsync=True, results=False)

        @self._huey.task(name="noop")
        def noop(order: str, sent: float, note: str) -> None:
            del order, note
            with lock:
                counting.ran(sent)

        self._noop = noop

    async def one(self, item: Item) -> None:
        self._noop(**item.payload)

    def work_here(self) -> None:
        """A consumer of its own threads, which looks every 2 ms when there is nothing."""
        logging.disable(logging.ERROR)
        stopping = threading.Event()
        talk(counting, stopping.set)
        consumer = Consumer(
            self._huey, workers=self.settings["workers"], periodic=False, initial_delay=0.002, backoff=1.0,
            max_delay=0.002, check_worker_health=False,
        )  # fmt: skip
        consumer.start()
        stopping.wait()
        consumer.stop(graceful=True)

    async def left(self) -> int:
        return self._huey.pending_count()


if __name__ == "__main__":
    url, verb, options = arguments()
    peer = HueyPeer(url, options)
    if verb == "work":
        peer.work_here()
        say(counting.result())
    else:
        say(asyncio.run(measure(peer, verb)))
