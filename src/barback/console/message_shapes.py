"""What is said over the wire about messages wherever they are, and about keys."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from barback.console.access import TasksKnown
from barback.console.search_words import LINE_CHARS_MAX
from barback.console.traces import trace_link
from barback.engine.changes import Change
from barback.engine.dead.dead_letters import Failure
from barback.engine.operations.key_looks import KeyDetail, KeyLetter, KeyLook, Waiting
from barback.engine.operations.looking import Seen, Shown
from barback.engine.payloads.masking import masked

SNOOZE_MAX_MS = 366 * 86_400_000


class MessageFigures(msgspec.Struct, kw_only=True):
    """A message where it is. `at_ms`: when it is due, was claimed, or died; `batch`, `parent`: what it belongs to.

    state: ready, waiting (behind its key), scheduled, retrying, leased (by `worker`), dead, cancelled.
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
    error: str | None
    payload_bytes: int


class MessageDetail(MessageFigures, kw_only=True):
    """One message with its payload, every attempt that failed, and what operators did with it.

    Fields of the payload that its type marks as secret are masked.
    """

    payload: msgspec.Raw
    trace_url: str | None
    failures: list[Failure]
    changes: list[Change]


class MessageKin(msgspec.Struct, kw_only=True):
    """What enqueued a message and what it enqueued. `parent` is null when the one with `parent_id` is done.

    With `more` not all of the children are told: search for `parent:ID`.
    """

    parent_id: str | None
    parent: MessageFigures | None
    children: list[MessageFigures]
    more: bool


class MessageAsTest(msgspec.Struct):
    """A test in Python, to be put into a file."""

    text: str


class MessageList(msgspec.Struct):
    """What was found, the youngest first. `next`: the cursor of the next page; None: that was all.

    `looked`: at how many messages the search looked; `whole`: whether there are no more of that queue and state.
    """

    items: list[MessageFigures]
    next: str | None
    looked: int
    whole: bool


class MessageCount(msgspec.Struct):
    """How many messages a search finds; with `at_least` counting stopped there."""

    found: int
    at_least: bool


class ChangeMessages(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to become of all that a search finds. `ms`: for how long, when they are put off."""

    q: Annotated[str, Meta(min_length=1, max_length=LINE_CHARS_MAX)]
    action: Literal["cancel", "run_now", "snooze"]
    ms: Annotated[int, Meta(ge=1, le=SNOOZE_MAX_MS)] = 3_600_000


class SearchWords(msgspec.Struct):
    """What a search can be made of: filters, and values of some of them."""

    names: list[str]
    states: list[str]
    queues: list[str]
    tasks: list[str]


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
    paused: bool
    head: MessageFigures | None
    waiting: int
    line: list[Waiting]
    dead: list[KeyLetter]
    changes: list[Change]


def key_page(found: KeyDetail, changes: list[Change]) -> KeyPage:
    """A key with what was done with it."""
    return KeyPage(
        queue=found.queue, key=found.key, lane=found.lane, since_ms=found.since_ms, paused=found.paused,
        waiting=found.waiting, line=found.line,
        head=None if found.head is None else figures(found.head), dead=found.dead, changes=changes,
    )  # fmt: skip


def figures(seen: Seen) -> MessageFigures:
    """A message as lists show it."""
    return MessageFigures(
        id=seen.id, queue=seen.queue, task=seen.task, key=seen.key, tenant_id=seen.tenant, priority=seen.priority,
        attempt=seen.attempt, attempts_max=seen.attempts_max, enqueued_ms=seen.enqueued_ms, state=seen.state,
        at_ms=seen.at_ms, worker=seen.worker, batch=seen.about.batch, parent=seen.about.parent,
        trace=seen.about.trace, expires_ms=seen.about.expires_ms, error=seen.error,
        payload_bytes=len(seen.payload.encode()),
    )  # fmt: skip


def payload_for(known: TasksKnown) -> Shown:
    """How a payload is shown to those who look through the server: with its secrets masked."""
    return lambda seen: masked(seen.payload.encode(), known.by_name.get(seen.task)).decode()


def detail(
    seen: Seen, known: TasksKnown, failures: list[Failure], changes: list[Change], trace_url: str = ""
) -> MessageDetail:
    """A message with its history, its secrets masked. `trace_url`: where its trace is, with {trace_id} in it."""
    payload = msgspec.Raw(payload_for(known)(seen).encode())
    fields = msgspec.structs.asdict(figures(seen))
    link = trace_link(seen.about.trace, trace_url)
    return MessageDetail(**fields, payload=payload, trace_url=link, failures=failures, changes=changes)
