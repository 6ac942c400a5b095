"""What an attempt spends: time on the clock, time of a processor, and the memory of its process meanwhile.

A processor's time is that of the handler's own steps: what other handlers do on the same loop while this
one waits is theirs. Work that it hands to a thread or a child process of ours is its own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Generator
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Spent:
    """What one attempt, or one batch of them, has spent so far."""

    __slots__ = ("cpu_ns", "started")

    def __init__(self) -> None:
        """From now on."""
        self.started = time.perf_counter()
        self.cpu_ns = 0

    @property
    def wall_us(self) -> int:
        """Microseconds on the clock since it began."""
        return int((time.perf_counter() - self.started) * 1_000_000)

    @property
    def cpu_us(self) -> int:
        """Microseconds of a processor so far."""
        return self.cpu_ns // 1_000

    def on(self, work: Awaitable[T]) -> Awaitable[T]:
        """Await `work`, and count the processor's time of its steps."""
        return _Metered(work, self)


SPENT: ContextVar[Spent | None] = ContextVar("barback_spent", default=None)
"""What the attempt that runs here has spent; for threads and children, which add theirs."""


def add_cpu_ns(cpu_ns: int) -> None:
    """A thread or a child worked so long for the attempt that runs here."""
    spent = SPENT.get()
    if spent is not None:
        spent.cpu_ns += cpu_ns


class _Metered(Generic[T]):
    """An awaitable that drives another step by step, with the clock of this thread in hand."""

    def __init__(self, work: Awaitable[T], spent: Spent) -> None:
        self._work = work
        self._spent = spent

    def __await__(self) -> Generator[Any, Any, T]:
        spent, steps = self._spent, self._work.__await__()
        token = SPENT.set(spent)
        step: Any = steps.send
        value: Any = None
        try:
            while True:
                began = time.thread_time_ns()
                try:
                    waits_for = step(value)
                except StopIteration as end:
                    return end.value
                finally:
                    spent.cpu_ns += time.thread_time_ns() - began
                try:
                    value = yield waits_for
                    step = steps.send
                except BaseException as error:  # noqa: BLE001 - a cancellation too belongs to what is awaited
                    value, step = error, steps.throw
        finally:
            SPENT.reset(token)


def memory_bytes() -> int:
    """What this process has in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
