"""How fast a worker drains while people watch, and while nobody does: in turns, a few seconds each."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Iterable
from typing import Any

from benchmarks.console.watching import Watchers

SETTLE_S = 1.0
SPELL_S = 5.0
WARM_S = 4.0


class Drain:
    """Reads what the worker says it has done."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.at, self.done = 0.0, 0
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        assert self._process.stdout is not None
        while line := await loop.run_in_executor(None, self._process.stdout.readline):
            at, done = line.split()
            self.at, self.done = float(at), int(done)

    async def rate(self, seconds: float) -> float:
        """Messages a second, over so long."""
        at, done = self.at, self.done
        await asyncio.sleep(seconds)
        return (self.done - done) / max(self.at - at, 0.001)

    def end(self) -> None:
        """Read no more."""
        self._reading.cancel()


async def drained(
    process: subprocess.Popen[bytes], watchers: Iterable[Watchers], seconds: float
) -> list[dict[str, Any]]:
    """Spells without and with watchers, in turns; each has its rate. Ends early when nothing is left to drain."""
    drain, until = Drain(process), time.monotonic() + seconds
    await asyncio.sleep(WARM_S)
    spells: list[dict[str, Any]] = []
    for people in watchers:
        if time.monotonic() + 2 * (SETTLE_S + SPELL_S) > until:
            break
        await asyncio.sleep(SETTLE_S)
        spells.append({"watched": False, "per_s": round(await drain.rate(SPELL_S))})
        async with people:
            await asyncio.sleep(SETTLE_S)
            spells.append({"watched": True, "per_s": round(await drain.rate(SPELL_S)), "asked": people.asked})
        if not spells[-1]["per_s"]:
            break
    drain.end()
    # The last two were cut short when the backlog was.
    return [spell for spell in spells if spell["per_s"] > 0]
