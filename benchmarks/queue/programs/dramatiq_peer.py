"""Dramatiq on RabbitMQ: durable queue, publisher confirms; threads by the sweep."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import dramatiq
from common import Counter, Item, Peer, arguments, measure, say, talk
from dramatiq.brokers.rabbitmq import RabbitmqBroker

counting = Counter()
lock = threading.Lock()


class DramatiqPeer(Peer):
    """Dramatiq, as common.py wants an engine; its worker has threads of its own."""

    def __init__(self, url: str, options: Any) -> None:
        super().__init__(url, options)
        address, _, self._queue = url.partition("#")
        self._broker = RabbitmqBroker(url=address, confirm_delivery=True, middleware=[])
        dramatiq.set_broker(self._broker)

        def noop(order: str, sent: float, note: str) -> None:
            del order, note
            with lock:
                counting.ran(sent)

        self._noop = dramatiq.actor(noop, queue_name=self._queue, broker=self._broker)
        for number in range(1, self.options.queues):
            name = f"{self._queue}-{number}"
            dramatiq.actor(noop, actor_name=name, queue_name=name, broker=self._broker)

    async def install(self) -> None:
        self._broker.declare_queue(self._queue, ensure=True)

    async def close(self) -> None:
        self._broker.close()

    async def one(self, item: Item) -> None:
        self._noop.send(**item.payload)

    def work_here(self) -> None:
        """Until the input ends; then its worker stops and acknowledges."""
        stopping = threading.Event()
        talk(counting, stopping.set)
        worker = dramatiq.Worker(self._broker, worker_threads=self.settings["threads"], worker_timeout=100)
        worker.start()
        stopping.wait()
        worker.stop(timeout=10_000)

    async def left(self) -> int:
        self._broker.declare_queue(self._queue, ensure=True)
        return sum(self._broker.get_queue_message_counts(self._queue))


if __name__ == "__main__":
    url, verb, options = arguments()
    peer = DramatiqPeer(url, options)
    if verb == "work":
        peer.work_here()
        peer._broker.close()
        say(counting.result())
    else:
        say(asyncio.run(measure(peer, verb)))
