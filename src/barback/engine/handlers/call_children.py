"""Child processes that call functions: one call at a time each, kept for the next, gone when their worker is.

The answer of a call that ended well is an outcome. A child that died, was killed or took too long is
an exception in the worker, as if the function had raised.
"""

from __future__ import annotations

import asyncio
import importlib
import multiprocessing
import os
import resource
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any

from barback.engine.handlers.handling import ERROR_CHARS_MAX, error_text
from barback.engine.history.spending import add_cpu_ns

# A server that imports once and forks: children are warm, and inherit none of the worker's connections.
_CONTEXT = multiprocessing.get_context("forkserver")
_END_S = 5.0


class ChildDiedError(RuntimeError):
    """The process that called the function is gone: killed, out of memory, or it left by itself."""


class CallFailedError(RuntimeError):
    """The function raised, in its child; the message says what."""


class _Child:
    """One process. Whoever asks waits in a thread."""

    def __init__(self, memory_max: int) -> None:
        ours, theirs = _CONTEXT.Pipe()
        # Nothing is ever said here: it ends when we do, however that happens.
        alive, self._alive = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(target=_serve, args=(theirs, alive, memory_max), daemon=True)
        self._process.start()
        theirs.close()
        alive.close()
        self._calls = ours
        self.stays = True
        self.cpu_ns = 0

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def ask(self, place: tuple[str, str], message: Any) -> Any:
        """What the function answered. Raises ChildDiedError and CallFailedError."""
        try:
            self._calls.send((*place, message))
            ended, answer, self.stays, self.cpu_ns = self._calls.recv()
        except (EOFError, OSError) as error:
            self._process.join(_END_S)
            code = self._process.exitcode
            how = f"was killed by {signal.Signals(-code).name}" if code and code < 0 else f"ended with code {code}"
            raise ChildDiedError(f"the process that called {place[1]} {how}") from error
        if ended:
            return answer
        raise CallFailedError(answer)

    def end(self) -> None:
        self._process.kill()
        self._process.join(_END_S)
        self._calls.close()
        self._alive.close()


class CallChildren:
    """The children of one task in one worker."""

    def __init__(self, count: int, memory_max: int) -> None:
        """At most `count` calls at once; a child larger than `memory_max` bytes is not kept."""
        self._memory_max = memory_max
        self._idle: list[_Child] = []
        self._busy: set[_Child] = set()
        self._threads = ThreadPoolExecutor(2 * count, thread_name_prefix="calls")

    async def call(self, place: tuple[str, str], message: Any) -> Any:
        """Call the function at `place` with `message`; ends the child when cancelled, so a time-out is one."""
        loop = asyncio.get_running_loop()
        child = self._take_idle() or await loop.run_in_executor(self._threads, _Child, self._memory_max)
        self._busy.add(child)
        try:
            answer = await loop.run_in_executor(self._threads, child.ask, place, message)
        except CallFailedError:
            add_cpu_ns(child.cpu_ns)
            self._put_back(child)
            raise
        except BaseException:
            self._busy.discard(child)
            self._threads.submit(child.end)
            raise
        add_cpu_ns(child.cpu_ns)
        self._put_back(child)
        return answer

    def _take_idle(self) -> _Child | None:
        while self._idle:
            child = self._idle.pop()
            if child.alive:
                return child
            child.end()
        return None

    def _put_back(self, child: _Child) -> None:
        self._busy.discard(child)
        if child.stays:
            self._idle.append(child)
        else:
            self._threads.submit(child.end)

    def close(self) -> None:
        """End them all, also those that are in a call."""
        for child in (*self._idle, *self._busy):
            child.end()
        self._idle.clear()
        self._threads.shutdown(wait=False)


def _serve(calls: Connection, alive: Connection, memory_max: int) -> None:
    """In the child: call what is asked for until nobody asks any more."""
    # Who is at the terminal or stops the service means the worker; it ends us when it does not need us.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(alive,), daemon=True).start()
    while True:
        try:
            module, name, message = calls.recv()
        except (EOFError, OSError):
            return
        except Exception as error:  # noqa: BLE001 - a payload's class that cannot be imported here
            calls.send((False, error_text(error), True, 0))
            continue
        began = time.process_time_ns()
        answer: tuple[bool, Any]
        try:
            answer = (True, _found(module, name)(message))
        except Exception as error:  # noqa: BLE001 - whatever a function raises, its message gets an outcome
            answer = (False, error_text(error))
        stays = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 <= memory_max
        try:
            calls.send((*answer, stays, time.process_time_ns() - began))
        except Exception as error:  # noqa: BLE001 - an answer that cannot be sent is no outcome
            calls.send((False, f"its answer cannot be sent: {error}"[:ERROR_CHARS_MAX], stays, 0))


def _end_with_parent(alive: Connection) -> None:
    try:
        alive.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)


def _found(module: str, name: str) -> Any:
    """What to call: a task's own function, the method of its class, or the function itself."""
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if isinstance(found, type):
        return found().call
    return getattr(found, "call", found)
