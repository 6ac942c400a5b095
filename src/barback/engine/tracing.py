"""OpenTelemetry spans that follow a message from its enqueueing through every attempt.

On when the program has set a tracer provider of its own; otherwise, and without OpenTelemetry installed,
nothing is imported, asked or stored. The context travels with the message (`About.trace`, as a W3C
traceparent), so every attempt is in the trace of whoever enqueued it, and what a handler enqueues is in
the trace of its message. A span tells what the handler answered; its commit comes after it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from barback.engine.leases import Lease
from barback.engine.messages import Dead, Outcome, RetryAfter, Stored, about_of

T = TypeVar("T")

_PARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_SPANS: ContextVar[Mapping[str, Any] | None] = ContextVar("barback_spans", default=None)
_SCOPE = "barback"


def _api() -> Any | None:
    """The API, when the program has loaded it and set a provider that may record."""
    api: Any = sys.modules.get("opentelemetry.trace")
    if api is None:
        return None
    provider = api.get_tracer_provider()
    return None if isinstance(provider, api.NoOpTracerProvider | api.ProxyTracerProvider) else api


def trace_id_here() -> str | None:
    """The id of the trace that is going on here, in hex."""
    api = _api()
    context = None if api is None else api.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context is not None and context.is_valid else None


def carried() -> str | None:
    """The traceparent that a message takes with it; None when nothing is traced."""
    api = _api()
    context = None if api is None else api.get_current_span().get_span_context()
    if context is None or not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


@contextmanager
def sending(task: str, queue: str, count: int) -> Iterator[None]:
    """The span of enqueueing `count` messages."""
    api = _api()
    if api is None or not count:
        yield
        return
    attributes = {**_attributes(task, queue), "messaging.operation.type": "send"}
    attributes["messaging.batch.message_count"] = count
    tracer = api.get_tracer(_SCOPE)
    with tracer.start_as_current_span(f"send {queue}", kind=api.SpanKind.PRODUCER, attributes=attributes):
        yield


@contextmanager
def attempts(lease: Lease) -> Iterator[dict[str, Outcome] | None]:
    """A span for each message of a lease that is being handled; fill what it gives with the outcomes.

    Gives None when nothing is traced. Messages of a bundle that nobody has taken apart share one span.
    """
    api = _api()
    if api is None:
        yield None
        return
    outcomes: dict[str, Outcome] = {}
    spans = _begin(api, lease)
    token = _SPANS.set(spans)
    try:
        yield outcomes
    except BaseException as error:
        for span in spans.values():
            span.record_exception(error)
            _end(api, span, "undone", f"{type(error).__name__}: {error}")
        raise
    finally:
        _SPANS.reset(token)
    for id_, span in spans.items():
        outcome = outcomes.get(id_)
        error = outcome.error if isinstance(outcome, RetryAfter | Dead) else None
        _end(api, span, "Done" if outcome is None else type(outcome).__name__, error)


def _begin(api: Any, lease: Lease) -> dict[str, Any]:
    tracer = api.get_tracer(_SCOPE)
    if not lease.packs:
        return {row.id: _started(api, tracer, row) for row in lease.rows}
    return {pack.id: _started(api, tracer, pack.row(0, attempt=1), pack.size) for pack in lease.packs}


def _started(api: Any, tracer: Any, row: Stored, size: int = 1) -> Any:
    attributes = {**_attributes(row.task, row.queue), "messaging.operation.type": "process"}
    if size == 1:
        attributes["messaging.message.id"] = row.id
    else:
        attributes["messaging.batch.message_count"] = size
    for name, value in (("key", row.key), ("tenant", row.tenant), ("attempt", row.attempt)):
        if value is not None:
            attributes[f"barback.{name}"] = value
    about = about_of(row)
    if about.parent is not None:
        attributes["barback.parent"] = about.parent
    context = _context(api, about.trace)
    return tracer.start_span(f"process {row.task}", context=context, kind=api.SpanKind.CONSUMER, attributes=attributes)


def _context(api: Any, trace: str | None) -> Any:
    """Where the message came from; a trace of its own, if nobody said."""
    match = _PARENT.fullmatch(trace or "")
    if match is None:
        return api.set_span_in_context(api.INVALID_SPAN)
    trace_id, span_id, flags = (int(part, 16) for part in match.groups())
    there = api.SpanContext(trace_id, span_id, is_remote=True, trace_flags=api.TraceFlags(flags))
    return api.set_span_in_context(api.NonRecordingSpan(there))


def _attributes(task: str, queue: str) -> dict[str, Any]:
    return {"messaging.system": "barback", "messaging.destination.name": queue, "barback.task": task}


def _end(api: Any, span: Any, outcome: str, error: str | None) -> None:
    span.set_attribute("barback.outcome", outcome)
    if error is not None:
        span.set_status(api.Status(api.StatusCode.ERROR, error))
    span.end()


@contextmanager
def inside(message_id: str) -> Iterator[None]:
    """What is done here belongs to the attempt of this message."""
    spans = _SPANS.get()
    span = None if spans is None else spans.get(message_id)
    api = None if span is None else _api()
    if api is None:
        yield
        return
    with api.use_span(span, end_on_exit=False, record_exception=False, set_status_on_exception=False):
        yield


def is_on() -> bool:
    """Whether messages handled here have spans."""
    return _SPANS.get() is not None


async def attempt(lease: Lease, steps: Awaitable[Outcome]) -> Outcome:
    """The same outcome, with a span around the steps of the one message of `lease`."""
    with attempts(lease) as outcomes:
        if outcomes is None:
            return await steps
        with inside(lease.rows[0].id):
            outcome = await steps
        outcomes[lease.rows[0].id] = outcome
        return outcome
