"""The ringer: one thread of a process that rings bells for adopted transactions, after their commit.

A NOTIFY inside of the program's transaction would serialize every commit of a cluster, and would be
the program's to wait for. So rings go out on a connection of the ringer's own, and where no library
tells when a transaction has ended, the ringer looks at the connection's state now and then. While
nobody waits for the end of a transaction, it sleeps.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from barback.storage.adopting.places import Place, Sender

log = logging.getLogger("barback.storage")

LOOK_S = 0.004
LOOK_MAX_S = 0.1
HINT_S = 1.0
ECHO_S = (0.05, 1.0)
"""When a ring is repeated that may have gone out before its commit could be seen. Later than that, workers look."""
KEEP_OPEN_S = 30.0
LAST_S = 5.0


@dataclass
class _Watched:
    """Calls that wait for the end of a connection's transaction. Two that follow closely look like one: `hint_at`."""

    connection: object
    ended: Callable[[], bool]
    calls: list[Callable[[], None]]
    since: float
    hint_at: float
    early: bool


@dataclass
class _Open:
    """A sender that is kept for a while."""

    sender: Sender
    used_at: float = field(default_factory=time.monotonic)


class Ringer:
    """See above. Made by `ringer()`, one for each process."""

    def __init__(self) -> None:
        """The thread starts with the first ring."""
        self.pid = os.getpid()
        self._changed = threading.Condition()
        self._watched: dict[int, _Watched] = {}
        self._echoes = [(later_s, deque[tuple[float, list[Callable[[], None]]]]()) for later_s in ECHO_S]
        self._pending: dict[Place, set[str]] = {}
        self._open: dict[Place, _Open] = {}
        self._thread: threading.Thread | None = None
        self._closing = False

    def ring(self, place: Place, *names: str) -> None:
        """Ring `names` at `place`, soon. From any thread; never blocks, never raises."""
        with self._changed:
            self._pending.setdefault(place, set()).update(names)
            self._wake()

    def watch(
        self, connection: object, ended: Callable[[], bool], call: Callable[[], None], *, early: bool = False
    ) -> None:
        """Call `call` in the ringer's thread once `ended()`; and as a hint while a transaction seems very long.

        `connection` is asked once for all that wait for it, however many messages its transaction enqueues.
        `early`: it says so before others can see what was committed, so `call` comes again a little later.
        """
        now = time.monotonic()
        with self._changed:
            # Kept by the entry, so that nobody else can have its id meanwhile.
            one = self._watched.setdefault(id(connection), _Watched(connection, ended, [], now, now + HINT_S, early))
            one.calls.append(call)
            self._wake()

    def _wake(self) -> None:
        if self._thread is None and not self._closing:
            self._thread = threading.Thread(target=self._run, name="barback-ringer", daemon=True)
            self._thread.start()
            # Before executors end, where Python lets us: resolving the name of a host takes one.
            getattr(threading, "_register_atexit", atexit.register)(self.close)
        self._changed.notify()

    def close(self) -> None:
        """Ring what is due and end: at the end of a short program its last rings must still go out."""
        if self.pid != os.getpid():
            return  # a forked child, which must not even look at a lock that somebody may have held at that time
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(LAST_S)

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._closing and not self._pending:
                    self._changed.wait(self._pause_s())
                last = self._closing
            for call in self._due():
                with contextlib.suppress(Exception):
                    call()
            with self._changed:
                pending, self._pending = self._pending, {}
            for place, names in pending.items():
                self._send(place, frozenset(names))
            self._let_go(all_of_them=last)
            if last:
                return

    def _pause_s(self) -> float | None:
        now = time.monotonic()
        if self._watched:
            youngest = now - max(one.since for one in self._watched.values())
            return min(LOOK_MAX_S, max(LOOK_S, youngest / 8))
        if echoes := [waiting[0][0] for _, waiting in self._echoes if waiting]:
            return max(0.0, min(echoes) - now)
        return KEEP_OPEN_S if self._open else None

    def _due(self) -> list[Callable[[], None]]:
        now = time.monotonic()
        due: list[Callable[[], None]] = []
        with self._changed:
            for _, waiting in self._echoes:
                # At the end of the program its commits are over, and nobody will be here later.
                while waiting and (waiting[0][0] <= now or self._closing):
                    due += waiting.popleft()[1]
            for key, one in list(self._watched.items()):
                if _over(one):
                    due += self._watched.pop(key).calls
                    if one.early:
                        self._echo(one.calls, now)
                elif now >= one.hint_at:
                    one.hint_at = now + 2 * (now - one.since)
                    due += one.calls
        return due

    def _echo(self, calls: list[Callable[[], None]], now: float) -> None:
        for later_s, waiting in () if self._closing else self._echoes:
            waiting.append((now + later_s, calls))

    def _send(self, place: Place, names: frozenset[str]) -> None:
        try:
            if place not in self._open:
                self._open[place] = _Open(place.open())
            self._open[place].sender.send(names)
            self._open[place].used_at = time.monotonic()
        except Exception as error:  # noqa: BLE001 - whatever a driver raises, a ring is only a hint
            log.info("a bell could not be rung at %s (%s): workers find the work within a minute", place.name, error)
            self._shut(place)

    def _let_go(self, *, all_of_them: bool) -> None:
        now = time.monotonic()
        for place, opened in list(self._open.items()):
            if all_of_them or now - opened.used_at >= KEEP_OPEN_S:
                self._shut(place)

    def _shut(self, place: Place) -> None:
        opened = self._open.pop(place, None)
        if opened is not None:
            with contextlib.suppress(Exception):
                opened.sender.close()


def _over(watched: _Watched) -> bool:
    try:
        return watched.ended()
    except Exception:  # noqa: BLE001 - a connection that is closed has no transaction, and says so in many ways
        return True


_ringers: list[Ringer] = []


def ringer() -> Ringer:
    """The ringer of this process; a forked child has one of its own."""
    if not _ringers or _ringers[0].pid != os.getpid():
        _ringers[:] = [Ringer()]
    return _ringers[0]
