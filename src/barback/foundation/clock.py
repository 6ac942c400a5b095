"""One clock for the whole program, so that tests can set the time by hand."""

import time
from typing import Protocol, runtime_checkable


@runtime_checkable
class Clock(Protocol):
    """Tells the time. Everything that needs "now" gets it as an argument that came from one of these."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, UTC."""
        return time.time_ns() // 1_000_000


class HandClock:
    """A clock that moves only when told to; for tests and for replaying a night."""

    def __init__(self, now_ms: int = 1_767_225_600_000) -> None:
        """Start at `now_ms` (default: 2026-01-01T00:00:00Z)."""
        self._now_ms = now_ms

    def now_ms(self) -> int:
        """The instant the clock was last set to."""
        return self._now_ms

    def advance(self, ms: int) -> int:
        """Move on by `ms` milliseconds (negative: a clock step back) and return the new instant."""
        self._now_ms += ms
        return self._now_ms
