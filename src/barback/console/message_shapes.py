"""What is said over the wire about messages wherever they are, and about keys."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from barback.console.access import TasksKnown
from barback.engine.changes import Change
from barback.engine.dead_letters import Failure
from barback.engine.key_looks import KeyLetter, KeyLook, Waiting
from barback.engine.looking import Seen
from barback.engine.masking import masked

SNOOZE_MAX_MS = 366 * 86_400_000


class MessageFigures(msgspec.Struct, kw_only=True):
    """A message where it is. `at_ms`: when it is due, was claimed, or died; `batch`, `parent`: what it belongs to.

    state: ready, waiting (behind its key), scheduled, retrying, leased (by `worker`), dead.
    """

    id: str
    queue: str
    task: str
    key: str | None
    tenant_id: str | None
    priority: int
    attempt: int
    attempts_max: int
    enqueued_ms: int
    state: str
    at_ms: int | None
    worker: str | None
    batch: str | None
    parent: str | None
    trace: str | None
    expires_ms: int | None
    payload_bytes: int


class MessageDetail(MessageFigures, kw_only=True):
    """One message with its payload, every attempt that failed, and what operators did with it.

    Fields of the payload that its type marks as secret are masked.
    """

    payload: msgspec.Raw
    failures: list[Failure]
    changes: list[Change]


class MessageList(msgspec.Struct):
    """What was found, the youngest first. `next_before_ms`: search on before it; None: that was all."""

    items: list[MessageFigures]
    next_before_ms: int | None


class SnoozeMessage(msgspec.Struct, forbid_unknown_fields=True):
    """How long it is to wait, in milliseconds."""

    ms: Annotated[int, Meta(ge=1, le=SNOOZE_MAX_MS)]


class MessageMoved(msgspec.Struct):
    """It is done."""

    id: str


class OneKey(msgspec.Struct, forbid_unknown_fields=True):
    """A key of a queue."""

    queue: Annotated[str, Meta(min_length=1, max_length=512)]
    key: Annotated[str, Meta(min_length=1, max_length=512)]


class KeyDrained(msgspec.Struct):
    """How many messages were cancelled."""

    cancelled: int


class KeyList(msgspec.Struct):
    """Closed keys first, then those with the longest lines."""

    items: list[KeyLook]


class KeyPage(msgspec.Struct, kw_only=True):
    """One key: `lane` is idle, busy or closed; its head, its line (the first fifty), its dead, and what was done."""

    queue: str
    key: str
    lane: str
    since_ms: int | None
    head: MessageFigures | None
    waiting: int
    line: list[Waiting]
    dead: list[KeyLetter]
    changes: list[Change]


def figures(seen: Seen) -> MessageFigures:
    """A message as lists show it."""
    return MessageFigures(
        id=seen.id, queue=seen.queue, task=seen.task, key=seen.key, tenant_id=seen.tenant, priority=seen.priority,
        attempt=seen.attempt, attempts_max=seen.attempts_max, enqueued_ms=seen.enqueued_ms, state=seen.state,
        at_ms=seen.at_ms, worker=seen.worker, batch=seen.about.batch, parent=seen.about.parent,
        trace=seen.about.trace, expires_ms=seen.about.expires_ms, payload_bytes=len(seen.payload.encode()),
    )  # fmt: skip


def detail(seen: Seen, known: TasksKnown, failures: list[Failure], changes: list[Change]) -> MessageDetail:
    """A message with its history, its secrets masked."""
    payload = msgspec.Raw(masked(seen.payload.encode(), known.by_name.get(seen.task)))
    fields = msgspec.structs.asdict(figures(seen))
    return MessageDetail(**fields, payload=payload, failures=failures, changes=changes)
