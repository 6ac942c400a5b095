"""How much of the machine other work took while something was measured, so that a noisy figure can be told."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Self

TICKS = os.sysconf("SC_CLK_TCK")


def busy_s() -> float:
    """Seconds that all cores together were busy since boot."""
    fields = list(map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]))
    return (sum(fields) - fields[3] - fields[4]) / TICKS


def family_s(roots: list[int]) -> float:
    """CPU seconds of processes and all their descendants, those that ended and were waited for included."""
    parents: dict[int, tuple[int, float]] = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            fields = (path / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(path.name)] = (int(fields[1]), sum(map(int, fields[11:15])) / TICKS)
    total = 0.0
    for pid, (_, used) in parents.items():
        one = pid
        while one and one not in roots:
            one = parents.get(one, (0, 0.0))[0]
        total += used if one else 0.0
    return total


class Noise:
    """`with Noise(pids) as noise: …`, then `noise.cores`: what processes that are none of the measured took."""

    def __init__(self, servers: list[int]) -> None:
        self._roots = [os.getpid(), *servers]
        self.cores = 0.0

    def __enter__(self) -> Self:
        self._began, self._busy, self._ours = time.monotonic(), busy_s(), family_s(self._roots)
        return self

    def __exit__(self, *_: object) -> None:
        seconds = max(time.monotonic() - self._began, 0.01)
        other = (busy_s() - self._busy) - (family_s(self._roots) - self._ours)
        self.cores = round(max(0.0, other / seconds), 2)
