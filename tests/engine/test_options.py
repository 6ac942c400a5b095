"""Options of a decorator are told by type and name: a mistake is an error at its line, a function stays a function."""

from __future__ import annotations

import pytest

from barback.engine import Message, Queue
from barback.engine.queues import CallOptions, TaskOptions
from barback.engine.tasks import ActingTask, Task
from barback.storage import Transaction


def test_every_attribute_that_a_task_may_set_is_an_option() -> None:
    """A new attribute of Task that no decorator takes would be found here."""
    said_otherwise = {"name", "queue", "payload"}
    assert set(TaskOptions.__annotations__) - {"trips", "on_expired"} == set(Task.__annotations__) - said_otherwise
    assert set(CallOptions.__annotations__) - set(TaskOptions.__annotations__) == set(ActingTask.__annotations__)


@pytest.mark.parametrize("option", ["attempts", "concurrency", "enqueue", "name_"])
def test_what_is_no_option_is_refused_with_those_there_are(option: str) -> None:
    queue = Queue("mail")
    with pytest.raises(TypeError, match=rf"unknown option '{option}' for task mail.send; expected one of attempts_max"):

        @queue.task("mail.send", payload=str, **{option: 3})
        async def send(tx: Transaction, message: Message[str]) -> None: ...

    assert queue.tasks == []


def test_functions_among_the_options_take_what_their_promise_says() -> None:
    queue = Queue("mail")

    @queue.task("mail.send", payload=str, trips=lambda error: isinstance(error, OSError))
    async def send(tx: Transaction, message: Message[str]) -> None: ...

    assert send.trips(OSError())
    assert not send.trips(ValueError())
