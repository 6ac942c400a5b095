"""Queues as places to hang functions on: each decorator makes a task of one kind."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict, TypeVar, Unpack, cast

from barback.engine.blobs.stores import Blobs
from barback.engine.fairness.limits import Limits, Lines
from barback.engine.guards.breakers import Breaker
from barback.engine.handlers.calling import Call, ProcessTask, ThreadTask
from barback.engine.messages import Message, Outcome
from barback.engine.tasks import BatchTask, HeadFailure, Task, TransactionalTask
from barback.storage import Transaction

P = TypeVar("P")

FUNCTIONS = ("on_expired", "trips")
"""Options that are functions."""

Handle = Callable[[Transaction, Message[P]], Awaitable[Outcome | None]]
HandleBatch = Callable[[Transaction, Sequence[Message[P]]], Awaitable[Sequence[Outcome] | None]]


class TaskOptions(TypedDict, total=False):
    """What a decorator takes besides name and payload: attributes of `Task`, where each is told."""

    attempts_max: int
    batch_max: int
    on_head_failure: HeadFailure
    priority: int
    lines: Lines | None
    limits: Limits | None
    backoff_first_ms: int
    backoff_max_ms: int
    timeout_s: float | None
    expires_in_ms: int | None
    blobs: Blobs | None
    breaker: Breaker | None
    trips: Callable[[Exception], bool]
    on_expired: Callable[[Transaction, Message[Any]], Awaitable[None]]


class CallOptions(TaskOptions, total=False):
    """The same for plain functions: how many at once in each worker, and seconds after which a call has failed."""

    concurrency: int
    act_timeout_s: float


@dataclass
class Queue:
    """A queue, as a place to hang plain functions on: `@queue.task("mail.send", payload=Mail)`.

    `lines` gives it fair turns and limits among its lines, `limits` are those of the queue as a whole.
    """

    name: str
    tasks: list[Task[Any]] = field(default_factory=list[Task[Any]])
    lines: Lines | None = None
    limits: Limits | None = None

    def task(
        self, name: str, payload: type[P], **options: Unpack[TaskOptions]
    ) -> Callable[[Handle[P]], TransactionalTask[P]]:
        """Make a TransactionalTask of an `async def handle(tx, message)`; options are Task's attributes."""

        def make(function: Handle[P]) -> TransactionalTask[P]:
            if len(inspect.signature(function).parameters) == 1:
                raise TypeError(
                    f"expected an `async def handle(tx, message)` for {name}, got {function!r}; a plain function goes "
                    "with queue.thread_task, or with queue.process_task when it keeps a core busy"
                )

            async def handle(_self: Any, tx: Transaction, message: Message[P]) -> Outcome | None:
                return await function(tx, message)

            return self._made(
                TransactionalTask, name, payload, options, {"handle": handle, "__doc__": function.__doc__}
            )

        return make

    def batch_task(
        self, name: str, payload: type[P], **options: Unpack[TaskOptions]
    ) -> Callable[[HandleBatch[P]], BatchTask[P]]:
        """Make a BatchTask of an `async def handle_batch(tx, messages)`."""

        def make(function: HandleBatch[P]) -> BatchTask[P]:
            async def handle_batch(
                _self: Any, tx: Transaction, messages: Sequence[Message[P]]
            ) -> Sequence[Outcome] | None:
                return await function(tx, messages)

            body = {"handle_batch": handle_batch, "__doc__": function.__doc__}
            return self._made(BatchTask, name, payload, options, body)

        return make

    def thread_task(
        self, name: str, payload: type[P], **options: Unpack[CallOptions]
    ) -> Callable[[Call[P]], ThreadTask[P]]:
        """Make a ThreadTask of a plain `def function(message)`: it is called in a thread."""

        def make(function: Call[P]) -> ThreadTask[P]:
            return self._made(ThreadTask, name, payload, options, _called(function))

        return make

    def process_task(
        self, name: str, payload: type[P], **options: Unpack[CallOptions]
    ) -> Callable[[Call[P]], ProcessTask[P]]:
        """Make a ProcessTask of a plain `def function(message)`: it is called in a process of its own.

        Raises ValueError for a function that is not at the top of a module.
        """

        def make(function: Call[P]) -> ProcessTask[P]:
            made = self._made(ProcessTask, name, payload, options, _called(function))
            _ = made.place  # now, at the line that is wrong, not when the first message comes
            return made

        return make

    def _made(self, kind: Any, name: str, payload: Any, options: TaskOptions, body: dict[str, Any]) -> Any:
        known = (CallOptions if "concurrency" in dir(kind) else TaskOptions).__annotations__
        if unknown := [option for option in options if option not in known]:
            raise TypeError(
                f"unknown option {unknown[0]!r} for task {name}; expected one of {', '.join(sorted(known))}"
            )
        given = {
            option: staticmethod(value) if option in FUNCTIONS else value
            for option, value in cast("dict[str, Any]", options).items()
        }
        of_queue = {"name": name, "queue": self.name, "lines": self.lines, "limits": self.limits, "payload": payload}
        made = type(kind.__name__, (kind,), {**of_queue, **given, **body})()
        self.tasks.append(made)
        return made


def _called(function: Callable[[Message[Any]], Any]) -> dict[str, Any]:
    """The body of a class whose call is `function`. Raises TypeError for a coroutine function."""
    if inspect.iscoroutinefunction(function):
        raise TypeError(
            f"expected a plain function, got the coroutine function {function.__qualname__}; use queue.task"
        )
    return {"function": staticmethod(function), "call": staticmethod(function), "__doc__": function.__doc__}
