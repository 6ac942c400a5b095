"""Plain functions as handlers, at the top of a module so that a process of its own finds them."""

from __future__ import annotations

import contextvars
import os
import signal
import threading
from pathlib import Path

import msgspec

from barback.engine import Cancel, Message, Outcome, ProcessTask, Queue, RetryAfter


class Dish(msgspec.Struct):
    """`does`: note, die, raise, hang, cancel, retry, leave. What is noted goes to the file `book`."""

    does: str
    book: str = ""


TABLE = contextvars.ContextVar("TABLE", default="")
GO_ON = threading.Event()
KITCHEN, STOVE = Queue("kitchen"), Queue("stove")


def note(message: Message[Dish]) -> None:
    """Process, thread and attempt, at the end of the book."""
    with Path(message.payload.book).open("a") as book:
        book.write(f"{os.getpid()} {threading.current_thread().name} {message.attempt} {TABLE.get()}\n")


def cook(message: Message[Dish]) -> Outcome | None:
    """What the dish says."""
    match message.payload.does:
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "raise":
            raise ValueError("the stove is cold")
        case "hang":
            GO_ON.wait(60)
        case "cancel":
            return Cancel("nobody ordered it")
        case "retry":
            return RetryAfter(1, "not done yet")
        case "leave":
            os._exit(3)
        case _:
            note(message)
    return None


@KITCHEN.thread_task("kitchen.cook", payload=Dish, attempts_max=2, backoff_first_ms=1)
def cook_in_a_thread(message: Message[Dish]) -> Outcome | None:
    """In a thread of the worker."""
    return cook(message)


@STOVE.process_task("stove.cook", payload=Dish, attempts_max=1, concurrency=2)
def cook_in_a_process(message: Message[Dish]) -> Outcome | None:
    """In a process of its own."""
    return cook(message)


class Oven(ProcessTask[Dish]):
    """The same as a class."""

    name = "oven.cook"
    queue = "oven"
    payload = Dish

    def call(self, message: Message[Dish]) -> None:
        """What the dish says."""
        cook(message)
