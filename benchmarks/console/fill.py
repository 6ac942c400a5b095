"""Hundreds of queues, millions of messages in every state, and a day of history: the statements of fill.sql."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg

FLOW = [f"flow.{n:02}" for n in range(20)]
"""What the producer fills and the worker empties while pages are opened; nothing waits there at first."""
BULK = [f"bulk.{n}" for n in range(4)]
"""What the worker drains while it is measured what watching costs."""
PREFIXES = (
    "mail",
    "orders",
    "receipts",
    "webhooks",
    "stock",
    "payouts",
    "search",
    "images",
    "reports",
    "loyalty",
    "sms",
)
CHUNK = 250_000
"""Rows a statement: a checkpoint can come in between."""

SETTLED = (
    "ready",
    "parked",
    "later",
    "line",
    "dead",
    "failure",
    "arrival",
    "lane",
    "tally",
    "usage",
    "change",
    "batch",
)

Work = Callable[[Any], Awaitable[None]]


def queue_names(count: int) -> list[str]:
    """Queues that nobody empties: so many that there are `count` in all."""
    rest = count - len(FLOW) - len(BULK)
    return [f"{PREFIXES[n % len(PREFIXES)]}.{n // len(PREFIXES):02}" for n in range(rest)]


class Filling:
    """Fills one migrated, empty database. `took` has the seconds of each part."""

    def __init__(self, queues: int, messages: int) -> None:
        self.names = queue_names(queues)
        self._messages = messages
        self._now_ms = round(time.time() * 1000)
        self.took: dict[str, float] = {}
        text = Path(__file__).with_name("fill.sql").read_text()
        parts = re.split(r"^-- (first|after|history|last|waits: \w+ [\d.]+)$", text, flags=re.MULTILINE)
        self._parts = dict(zip(parts[1::2], parts[2::2], strict=True))

    async def fill(self, url: str) -> None:
        """All of it; what does not depend on each other two at a time."""
        await in_lanes(url, [partial(self._run, "first")])
        waits = [name for name in self._parts if name.startswith("waits")]
        await in_lanes(url, [partial(self._waits, name) for name in waits])
        await in_lanes(url, [partial(self._run, "after"), partial(self._run, "history")])
        await in_lanes(url, [partial(self._run, "last")])
        # As autovacuum would have done by the time that so much is there; otherwise it does it while we measure.
        await in_lanes(url, [partial(_settle, table) for table in SETTLED])

    async def _run(self, name: str, connection: Any) -> None:
        began = time.monotonic()
        await connection.execute(self._told(name))
        self.took[name] = round(time.monotonic() - began, 1)

    async def _waits(self, name: str, connection: Any) -> None:
        began, (_, kind, share) = time.monotonic(), name.split()
        count = round(float(share) * self._messages)
        for first in range(1, count + 1, CHUNK):
            await connection.execute(self._told(name, first=first, last=min(count, first + CHUNK - 1), all=count))
        self.took[kind] = round(time.monotonic() - began, 1)

    def _told(self, name: str, **numbers: int) -> str:
        lists = {"names": self.names, "lined": self.names[:20], "bulk": BULK, "others": [*FLOW, *BULK]}
        values = {key: "ARRAY[" + ",".join(f"'{one}'" for one in some) + "]" for key, some in lists.items()}
        values |= {"now": f"{self._now_ms}::bigint", **{key: f"{number}::bigint" for key, number in numbers.items()}}
        known = "|".join(values)
        return re.sub(rf"(?<!:):({known})\b", lambda found: values[found[1]], self._parts[name])


async def _settle(table: str, connection: Any) -> None:
    await connection.execute(f"VACUUM (ANALYZE) engine_{table}")


async def in_lanes(url: str, works: Sequence[Work]) -> None:
    """Two at a time, begun in the order in which they are given, each on one of two connections."""
    waiting = iter(works)

    async def lane() -> None:
        connection = await asyncpg.connect(url, command_timeout=1_200)
        try:
            for work in waiting:
                await work(connection)
        finally:
            await connection.close()

    await asyncio.gather(lane(), lane())
