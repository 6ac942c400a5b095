"""Celery: late acknowledgement, results ignored; pool by the sweep. RabbitMQ: durable queue, publisher confirms."""

from __future__ import annotations

import asyncio
import contextlib
import mmap
import os
import signal
import struct
import time
from typing import Any

import celery
from celery.signals import worker_process_init
from common import Item, Peer, arguments, measure, say, talk

SLOTS = 16
SLOT = struct.Struct("dddq")


class SharedCounter:
    """Counts in memory that the children of a prefork pool share."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, SLOTS * SLOT.size)
        self._slot = 0
        self._frozen: tuple[float, int] | None = None
        self.waits: list[float] = []

    def freeze(self) -> None:
        self._frozen = (max(self._read(slot)[1] for slot in range(SLOTS)), self.done)

    def ran(self, sent: float) -> None:
        now = time.monotonic()
        first, _, _, done = self._read(self._slot)
        SLOT.pack_into(self._memory, self._slot * SLOT.size, first if done else now, now, 0.0, done + 1)
        if sent:
            self.waits.append(now - sent)

    def choose(self) -> None:
        """In a new child: a slot of its own."""
        self._slot = os.getpid() % SLOTS

    def _read(self, slot: int) -> tuple[float, float, float, int]:
        return SLOT.unpack_from(self._memory, slot * SLOT.size)

    @property
    def done(self) -> int:
        return sum(self._read(slot)[3] for slot in range(SLOTS))

    def result(self) -> dict[str, Any]:
        used = [self._read(slot) for slot in range(SLOTS) if self._read(slot)[3]]
        last, counted = self._frozen or (max((slot[1] for slot in used), default=0.0), self.done)
        return {
            "first": min((slot[0] for slot in used), default=0.0),
            "last": last,
            "counted": counted,
            "first_n": 1,
            "others": 0,
            "last_other": 0.0,
            "done": self.done,
            "waits_ms": [round(wait * 1000, 3) for wait in self.waits],
        }


counting = SharedCounter()


class CeleryPeer(Peer):
    """Celery, as common.py wants an engine; its worker runs on the main thread."""

    def __init__(self, url: str, options: Any) -> None:
        super().__init__(url, options)
        broker, _, self._queue = url.partition("#")
        self._app = celery.Celery("bench", broker=broker)
        self._app.conf.update(
            task_ignore_result=True,
            task_acks_late=True,
            worker_prefetch_multiplier=self.settings.get("prefetch", 4),
            task_default_queue=self._queue,
            broker_transport_options={"confirm_publish": True} if broker.startswith("amqp") else {},
            broker_connection_retry_on_startup=True,
            worker_hijack_root_logger=False,
            worker_redirect_stdouts=False,
            worker_enable_remote_control=False,
            worker_send_task_events=False,
        )

        @self._app.task(name="noop")
        def noop(order: str, sent: float, note: str) -> None:
            del order, note
            counting.ran(sent)

        self._noop = noop

    async def install(self) -> None:
        with self._app.connection_for_write() as connection:
            self._app.amqp.queues[self._queue](connection.default_channel).declare()

    async def one(self, item: Item) -> None:
        self._noop.apply_async(kwargs=item.payload)

    def work_here(self) -> None:
        """On the main thread, as Celery wants it."""
        pool, size = self.settings["pool"], self.settings.get("size", 1)
        worker_process_init.connect(lambda **_: counting.choose(), weak=False)
        talk(counting, lambda: os.kill(os.getpid(), signal.SIGTERM))
        queues = [self._queue] + [f"{self._queue}-{n}" for n in range(1, self.options.queues)]
        worker = self._app.Worker(pool=pool, concurrency=size, loglevel="ERROR", queues=queues, without_mingle=True,
                                  without_gossip=True, without_heartbeat=True)  # fmt: skip
        worker.start()

    async def left(self) -> int:
        with self._app.connection_for_write() as connection:
            if self.url.startswith("redis"):
                client = connection.default_channel.client
                return client.llen(self._queue) + client.hlen("unacked")
            return connection.default_channel.queue_declare(self._queue, passive=True).message_count


if __name__ == "__main__":
    url, verb, options = arguments()
    peer = CeleryPeer(url, options)
    if verb == "work":
        with contextlib.suppress(SystemExit):
            peer.work_here()
        say(counting.result())
    else:
        say(asyncio.run(measure(peer, verb)))
