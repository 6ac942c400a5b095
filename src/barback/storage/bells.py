"""Bells: tell sleeping processes that there is work, without polling and outside anybody's commit.

A ring is a hint, never a promise: whoever listens looks in the database, and also looks by itself
now and then. Rings are coalesced: one goes out at once, further ones within `INTERVAL_S` share the
next (a NOTIFY for each row would serialize every commit of a PostgreSQL cluster).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable

INTERVAL_S = 0.005

Sender = Callable[[frozenset[str]], None]


class Listener:
    """Somebody who waits for one or more names to be rung."""

    def __init__(self, bell: Bell, names: frozenset[str]) -> None:
        """Made by `Bell.listen`."""
        self._bell = bell
        self.names = names
        self._event = asyncio.Event()

    def wake(self) -> None:
        """Ring this listener alone."""
        self._event.set()

    def clear(self) -> None:
        """Forget rings so far; call before looking, so that a ring while looking is kept."""
        self._event.clear()

    async def wait(self, timeout_s: float) -> bool:
        """True when rung within `timeout_s` seconds."""
        if self._event.is_set():
            return True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        return self._event.is_set()

    def close(self) -> None:
        """Stop listening."""
        self._bell.forget(self)


class Bell:
    """The bells of one process: local listeners at once, other processes through `send`."""

    def __init__(self) -> None:
        """No other process is told until `connect` gives a sender."""
        self._listeners: dict[str, set[Listener]] = {}
        self._send: Sender | None = None
        self._pending: set[str] = set()
        self._scheduled = False
        self._last_sent = 0.0

    def connect(self, send: Sender) -> None:
        """From now on other processes are told by calling `send` with the names."""
        self._send = send

    def listen(self, *names: str) -> Listener:
        """A listener for `names`; close it when done."""
        listener = Listener(self, frozenset(names))
        for name in names:
            self._listeners.setdefault(name, set()).add(listener)
        return listener

    def forget(self, listener: Listener) -> None:
        """Undo `listen`."""
        for name in listener.names:
            self._listeners.get(name, set()).discard(listener)

    def ring(self, *names: str) -> None:
        """Wake whoever waits for `names`, here and in other processes. Returns at once."""
        self.heard(names)
        if self._send is None:
            return
        self._pending.update(names)
        if not self._scheduled:
            loop = asyncio.get_running_loop()
            self._scheduled = True
            loop.call_at(max(loop.time(), self._last_sent + INTERVAL_S), self._flush)

    def heard(self, names: Iterable[str]) -> None:
        """Wake local listeners only: a ring that came from elsewhere."""
        for name in names:
            for listener in self._listeners.get(name, ()):
                listener.wake()

    def everybody(self) -> None:
        """Wake every local listener: after a connection was lost, rings may have been missed."""
        self.heard(list(self._listeners))

    def send_now(self) -> None:
        """Send what waits to be sent; before closing, or the last rings of a short process go unheard."""
        if self._pending:
            self._flush()

    def _flush(self) -> None:
        self._scheduled = False
        self._last_sent = asyncio.get_running_loop().time()
        names, self._pending = frozenset(self._pending), set()
        if self._send is not None and names:
            self._send(names)
