"""What a process owes whoever runs it: signals, word to systemd, a limit on memory, an end that does end.

SIGTERM and SIGINT ask to stop, a second one to stop at once. SIGHUP asks to stop and start anew in the
same process id, with new code and settings. SIGUSR1 asks what it is doing, for the log.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import logging
import os
import re
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

from barback.engine.history.spending import memory_bytes
from barback.engine.leasing.liveness import Vitals

log = logging.getLogger("barback.work")

RECYCLE_CODE = 75
"""How a worker of a supervisor ends that has grown too large: a fresh one is wanted at once."""
LOOK_AT_MEMORY_S = 2.0
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class Ending(enum.Enum):
    """Why a service ended."""

    STOPPED = "stopped"
    RELOAD = "reload"
    RECYCLE = "recycle"


def bytes_of(text: str) -> int:
    """`512M` → bytes; K, M and G are powers of 1024. Raises ValueError."""
    match = re.fullmatch(r"(\d+)([KMG]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if match is None:
        raise ValueError(f"expected a size such as 512M or 2G, got {text!r}")
    return int(match[1]) * _UNITS[match[2].upper()]


def vitals() -> Vitals:
    """What this process has in memory now, where that can be known, and the processor time it has used."""
    try:
        memory = memory_bytes()
    except OSError:  # not on Linux
        memory = 0
    return Vitals(memory, time.process_time_ns() // 1_000)


class Requests:
    """What was asked of this process by signals, or by its own size."""

    def __init__(self, on_stop: Callable[[], None], on_now: Callable[[], None]) -> None:
        """`on_stop` is called once, `on_now` at every further request to stop."""
        self.ending: Ending | None = None
        self._on_stop, self._on_now = on_stop, on_now

    def listen(self, *, interrupt: bool = True) -> None:
        """Hear signals. Without `interrupt`, Ctrl-C is left to whoever started us: it goes to the whole group."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.stop)
        loop.add_signal_handler(signal.SIGINT, self.stop if interrupt else _leave_it)
        loop.add_signal_handler(signal.SIGHUP, self.ask, Ending.RELOAD)
        loop.add_signal_handler(signal.SIGUSR1, tell_what_we_do)

    def stop(self) -> None:
        """Stop; the second time at once."""
        if self.ending is None:
            self.ask(Ending.STOPPED)
        else:
            self.ending = Ending.STOPPED
            self._on_now()

    def ask(self, ending: Ending) -> None:
        """Stop for this reason, unless we are stopping already."""
        if self.ending is None:
            self.ending = ending
            log.info("stopping, because of: %s", ending.value)
            tell_systemd("STOPPING=1" if ending is Ending.STOPPED else "STATUS=starting anew")
            self._on_stop()

    async def watch_memory(self, most: int) -> None:
        """Ask for a fresh process when this one is larger than `most` bytes."""
        while (now := memory_bytes()) <= most:  # noqa: ASYNC110 - nobody tells when memory grows
            await asyncio.sleep(LOOK_AT_MEMORY_S)
        log.warning("%d MiB of memory are in use and %d are allowed", now >> 20, most >> 20)
        self.ask(Ending.RECYCLE)


def _leave_it() -> None:
    """Somebody else tells us."""


def tell_what_we_do() -> None:
    """To the log: where every task of the loop and every thread is."""
    for task in asyncio.all_tasks():
        where = task.get_stack(limit=1)
        line = f"{where[0].f_code.co_filename}:{where[0].f_lineno}" if where else "ended"
        log.warning("task %s at %s", task.get_name(), line)
    frames: dict[int, Any] = sys._current_frames()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # there is no other way
    for thread in threading.enumerate():
        if thread.ident in frames:
            log.warning("thread %s\n%s", thread.name, "".join(traceback.format_stack(frames[thread.ident])[-4:]))


def tell_systemd(words: str) -> None:
    """One datagram in the protocol of sd_notify, if systemd, or anything like it, wants to hear."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
            to.connect("\0" + address[1:] if address.startswith("@") else address)
            to.send(words.encode())


async def keep_systemd_calm() -> None:
    """A sign of life twice in each WatchdogSec; a loop that is stuck gives none and is restarted."""
    tell_systemd("READY=1")
    every_us = int(os.environ.get("WATCHDOG_USEC", "0"))
    while every_us:
        tell_systemd("WATCHDOG=1")
        await asyncio.sleep(every_us / 2_000_000)


def finish(ending: Ending, *, in_place: bool) -> NoReturn:
    """End the process, also when a thread hangs; or begin it anew in its place, with the same process id."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    if ending is not Ending.STOPPED and in_place:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves, as we were started
    os._exit(0 if ending is Ending.STOPPED else RECYCLE_CODE)
