"""What every measured Python program shares: the messages, the counting, and the talk with the harness.

A program is run as `program URL VERB OPTIONS`, with options in JSON. It answers in JSON, a line each:

- `install`, `one`, `bulk`, `callers`, `left`: one line with the figures.
- `produce`: `{"started": true}` before it begins, then one line with the figures.
- `work`: `{"ready": true}`; when it reads a line it begins; while it runs `{"done": n}` as n grows; when its
  standard input ends it stops as gracefully as the engine can, and the last line has all that was counted.

Times are CLOCK_MONOTONIC, which all processes of a machine share, in seconds.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

ORDER = "0197f2c0-0000-7000-8000-000000000000"
BUSY = "b197f2c0-0000-7000-8000-000000000000"
"""The order of every message of the busy key: its first letter says so."""
NOTE = "x" * 116
TENANTS = 10_000
KEYS = 10_000
FLAT_OUT = 500
"""Messages a call of a producer without a timetable."""
CHUNK = 1_000
"""Messages a bulk call."""


@dataclass(slots=True)
class Item:
    """One message to enqueue: about 200 bytes of JSON, perhaps with a key or a tenant."""

    payload: dict[str, Any]
    key: str | None = None
    tenant: str | None = None


@dataclass
class Options:
    """What the harness asks for. `shape`: plain, keyed (half of it on one key), tenants (90 % of one), quiet.

    calm: what the quiet tenants have of `tenants`, without the one that has the rest.
    """

    count: int = 0
    shape: str = "plain"
    rate: float = 0.0
    seconds: float = 0.0
    callers: int = 1
    queues: int = 1
    settings: dict[str, Any] = field(default_factory=dict)


def items(shape: str, count: int | None = None) -> Iterator[Item]:
    """Messages of a shape; without an end when `count` is None."""
    for n in itertools.count() if count is None else range(count):
        item = Item({"order": ORDER, "sent": 0.0, "note": NOTE})
        if shape == "keyed":
            item.key = f"key-{n % KEYS}" if n % 2 else "busy"
            item.payload["order"] = ORDER if n % 2 else BUSY
        elif shape == "tenants":
            item.tenant = "tenant-0" if n % 10 else f"tenant-{1 + n // 10 % (TENANTS - 1)}"
        elif shape == "calm":
            item.tenant = f"tenant-{1 + n % (TENANTS - 1)}"
        elif shape == "quiet":
            item.tenant = f"tenant-{random.randrange(1, TENANTS)}"
        yield item


class Counter:
    """Counts what was handled. `first_n` were handled by the first stamp (a whole batch, for batch handlers)."""

    def __init__(self) -> None:
        self.first = self.last = 0.0
        self.first_n = self.done = self.others = 0
        self.last_other = 0.0
        self.waits: list[float] = []
        self.frozen: tuple[float, int] | None = None

    def freeze(self) -> None:
        """The harness has seen all it wants: what runs from now on, as some do again while stopping, is no rate."""
        self.frozen = (self.last, self.done)

    def ran(self, sent: float = 0.0, order: str = "b") -> None:
        """One message begins to be handled; `sent` is when it was sent, where somebody asks."""
        self.last = time.monotonic()
        if not self.done:
            self.first, self.first_n = self.last, 1
        self.done += 1
        if order[0] != "b":
            self.others += 1
            self.last_other = self.last
        if sent:
            self.waits.append(self.last - sent)

    def ran_many(self, sents: list[float], orders: list[str]) -> None:
        """A batch of messages begins to be handled at once."""
        self.last = time.monotonic()
        if not self.done:
            self.first, self.first_n = self.last, len(sents)
        self.done += len(sents)
        if others := sum(order[0] != "b" for order in orders):
            self.others += others
            self.last_other = self.last
        self.waits += [self.last - sent for sent in sents if sent]

    def result(self) -> dict[str, Any]:
        """All that was counted, for the harness."""
        last, counted = self.frozen or (self.last, self.done)
        return {
            "first": self.first,
            "last": last,
            "counted": counted,
            "first_n": self.first_n,
            "done": self.done,
            "others": self.others,
            "last_other": self.last_other,
            "waits_ms": [round(wait * 1000, 3) for wait in self.waits],
        }


class Peer:
    """An engine under measurement. Subclasses say how it enqueues and how it works."""

    def __init__(self, url: str, options: Options) -> None:
        self.url = url
        self.options = options
        self.settings = options.settings

    async def install(self) -> None:
        """Make tables and queues in an empty store."""

    async def open(self) -> None:
        """Connect; before any other verb."""

    async def close(self) -> None:
        """Let go of what `open` took."""

    async def one(self, item: Item) -> None:
        """Enqueue one message; durable, as far as the engine is, on return."""
        raise NotImplementedError

    async def many(self, some: list[Item]) -> None:
        """Enqueue many in the engine's bulk call; one after the other where it has none."""
        for item in some:
            await self.one(item)

    async def work(self, counter: Counter, stopping: asyncio.Event) -> None:
        """Handle messages until `stopping`, then finish what was begun."""
        raise NotImplementedError

    async def left(self) -> int:
        """Messages that are not acknowledged."""
        raise NotImplementedError


def say(value: dict[str, Any]) -> None:
    """One line for the harness."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def talk(counter: Any, stop: Callable[[], Any]) -> None:
    """Say ready, wait for the word to begin, report progress from a thread, call `stop` when the input ends."""
    say({"ready": True})
    sys.stdin.readline()

    def report() -> None:
        said = 0
        while True:
            time.sleep(0.05)
            if counter.done != said:
                said = counter.done
                say({"done": said})

    def listen() -> None:
        while os.read(0, 4096):  # not by sys.stdin, whose lock a forked child would inherit
            pass
        counter.freeze()
        stop()

    threading.Thread(target=report, daemon=True).start()
    threading.Thread(target=listen, daemon=True).start()


async def measure(peer: Peer, verb: str) -> dict[str, Any]:
    """Carry out one verb of the harness."""
    if verb == "install":
        await peer.install()
        return {}
    await peer.open()
    try:
        if verb == "work":
            counter, stopping, loop = Counter(), asyncio.Event(), asyncio.get_running_loop()
            talk(counter, lambda: loop.call_soon_threadsafe(stopping.set))
            await peer.work(counter, stopping)
            return counter.result()
        if verb == "left":
            return {"left": await peer.left()}
        return await {"one": one, "bulk": bulk, "callers": callers, "produce": produce}[verb](peer)
    finally:
        await peer.close()


async def one(peer: Peer) -> dict[str, Any]:
    made = list(items(peer.options.shape, peer.options.count))
    began = time.monotonic()
    for item in made:
        await peer.one(item)
    return {"per_s": len(made) / (time.monotonic() - began)}


async def bulk(peer: Peer) -> dict[str, Any]:
    made = list(items(peer.options.shape, peer.options.count))
    began = time.monotonic()
    for start in range(0, len(made), CHUNK):
        await peer.many(made[start : start + CHUNK])
    return {"per_s": len(made) / (time.monotonic() - began)}


async def callers(peer: Peer) -> dict[str, Any]:
    """Many callers at once in one process, each waiting for its own message."""
    waiting = items(peer.options.shape, peer.options.count)

    async def call() -> None:
        for item in waiting:
            await peer.one(item)

    began = time.monotonic()
    await asyncio.gather(*(call() for _ in range(peer.options.callers)))
    return {"per_s": peer.options.count / (time.monotonic() - began)}


async def produce(peer: Peer) -> dict[str, Any]:
    """By a timetable of `rate` a second; without a rate as fast as calls of 500 go. One by one up to 200 a second."""
    rate, seconds = peer.options.rate, peer.options.seconds
    say({"started": True})
    source = items(peer.options.shape)
    began = time.monotonic()
    sent = late = 0
    while (now := time.monotonic() - began) < seconds:
        due = int(now * rate) - sent if rate else FLAT_OUT
        if due <= 0:
            await asyncio.sleep(min(0.005, (sent + 1) / rate - now))
            continue
        some = list(itertools.islice(source, min(due, CHUNK)))
        if rate:
            now = time.monotonic()
            for item in some:
                item.payload["sent"] = now
        if rate and rate <= 200:
            for item in some:
                item.payload["sent"] = time.monotonic()
                await peer.one(item)
        else:
            await peer.many(some)
        sent += len(some)
        late = max(late, due)
    return {"sent": sent, "per_s": sent / (time.monotonic() - began), "most_due_at_once": late}


def arguments() -> tuple[str, str, Options]:
    """URL, verb and options from the command line."""
    return sys.argv[1], sys.argv[2], Options(**json.loads(sys.argv[3]))


def run(kind: type[Peer]) -> None:
    """The program of an engine that lives on an event loop."""
    import uvloop  # noqa: PLC0415 - not every program wants it

    url, verb, options = arguments()
    say(uvloop.run(measure(kind(url, options), verb)))


__all__ = ["CHUNK", "Counter", "Item", "Options", "Peer", "arguments", "items", "measure", "run", "say", "talk"]
