"""Plain functions as handlers: in threads, or in processes of their own for what keeps a core busy.

A `ThreadTask` and a `ProcessTask` are acting tasks whose act is one call: `def render(message)`. It is
called with no transaction open, its answer and the end of the message are one commit, and after a
crash in between it is called again with the same message: make it repeatable by `message.id` (E4).
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from barback.engine.handlers.call_children import CallChildren
from barback.engine.history.spending import add_cpu_ns
from barback.engine.messages import Message, Outcome
from barback.engine.tasks import ActingTask
from barback.storage import Transaction

P = TypeVar("P")

Call = Callable[[Message[P]], Outcome | None]
STUCK_MAX = 100
"""Threads that went on after their time was up, on top of those that work: a thread cannot be ended."""


class CalledTask(ActingTask[P, Message[P], Outcome | None]):
    """What is common to tasks that are a plain function; use one of the two below."""

    def call(self, message: Message[P]) -> Outcome | None:
        """Do the work of one message. None means Done; an exception means try again later."""
        raise NotImplementedError

    async def decide(self, tx: Transaction, message: Message[P]) -> Message[P]:
        """Nothing is to be decided: the message says it all."""
        del tx
        return message

    async def record(
        self, tx: Transaction, message: Message[P], decision: Message[P], result: Outcome | None
    ) -> Outcome | None:
        """What the function answered."""
        del tx, message, decision
        return result


class ThreadTask(CalledTask[P]):
    """Calls a function in a thread, at most `concurrency` at once in each worker.

    After `act_timeout_s` the attempt has failed, but the thread goes on: give what the function waits
    for a time-out of its own, or use a ProcessTask, which can be ended.
    """

    _threads: ThreadPoolExecutor | None = None

    async def act(self, decision: Message[P]) -> Outcome | None:
        """The call, with the context variables of here."""
        if self._threads is None:
            # More than can work at once: those that hang must not take the places of others.
            self._threads = ThreadPoolExecutor(self.concurrency + STUCK_MAX, thread_name_prefix=self.name)
        context = contextvars.copy_context()

        def call() -> Outcome | None:
            began = time.thread_time_ns()
            try:
                return context.run(self.call, decision)
            finally:
                context.run(add_cpu_ns, time.thread_time_ns() - began)

        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def let_go(self) -> None:
        """End the threads that do nothing."""
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=False, cancel_futures=True)


class ProcessTask(CalledTask[P]):
    """Calls a function in a process of its own, at most `concurrency` at once in each worker.

    For work that keeps a core busy, leaks, or may crash: a child that dies, or that is ended after
    `act_timeout_s`, is a failed attempt and never the worker's death. A child that has grown beyond
    `child_memory_max` bytes after a call is replaced by a fresh one. The function is found by its
    module and name in the child, so it must stand at the top of a module.
    """

    concurrency = os.cpu_count() or 1
    child_memory_max: int = 1 << 30
    _children: CallChildren | None = None

    @property
    def place(self) -> tuple[str, str]:
        """Module and name by which a child finds what to call. Raises ValueError for what it could not find."""
        place: Any = getattr(self, "function", type(self))
        if "<locals>" in place.__qualname__:
            raise ValueError(
                f"{self.name}: expected a function at the top of a module, got {place.__qualname__}; "
                "a process of its own finds it by its module and name"
            )
        return place.__module__, place.__qualname__

    async def act(self, decision: Message[P]) -> Outcome | None:
        """The call, in a child that was idle or a new one."""
        if self._children is None:
            self._children = CallChildren(self.concurrency, self.child_memory_max)
        return await self._children.call(self.place, decision)

    async def let_go(self) -> None:
        """End the children."""
        children, self._children = self._children, None
        if children is not None:
            children.close()
