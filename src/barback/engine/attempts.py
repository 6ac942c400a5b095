"""Which message is being handled here, and what log lines about an attempt say of it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from barback.engine.messages import Message, Stored
from barback.engine.tracing import trace_id_here

HANDLING: ContextVar[Message[Any] | None] = ContextVar("barback_handling", default=None)
"""The one message that is handled here; None outside of handlers, and in a batch of many."""

FIELDS = ("message_id", "task", "queue", "key", "attempt", "trace_id")
"""What a log line about an attempt has besides its text, as attributes of the record."""


def about_attempt(of: Message[Any] | Stored, queue: str | None = None) -> dict[str, Any]:
    """The `extra` of a log line about an attempt; without what is not known."""
    queue = of.queue if isinstance(of, Stored) else queue
    values = (of.id, of.task, queue, of.key, of.attempt, trace_id_here())
    return {name: value for name, value in zip(FIELDS, values, strict=True) if value is not None}


def about_here() -> dict[str, Any]:
    """The same of the message that is handled here; empty outside of handlers."""
    message = HANDLING.get()
    return {} if message is None else about_attempt(message)
