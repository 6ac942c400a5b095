"""What is handed in to be enqueued, before it is a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypedDict, TypeVar

from barback.engine.attempts import HANDLING
from barback.engine.limits import LINE_CHARS_MAX, Lines
from barback.engine.messages import About, encode_about
from barback.engine.tracing import carried

P = TypeVar("P")

DEDUPE_MS = 24 * 3_600_000
"""How long a dedupe token is remembered when nothing else is said: a day."""


class SendOptions(TypedDict, total=False):
    """What may be said of a message besides its payload; see `Task.enqueue`."""

    key: str | None
    tenant: str | None
    delay_ms: int
    dedupe: str | None
    dedupe_ms: int
    expires_in_ms: int | None


@dataclass(frozen=True)
class Work(Generic[P]):
    """One message to enqueue. `key` orders it among its like; `delay_ms` keeps it back; `id` is made if not given.

    `dedupe`: within `dedupe_ms` a second message of the task with the same text is the first one (E14).
    `expires_in_ms`: milliseconds from now after which it is worthless (E15); None: what the task says.
    `batch`: what it belongs to; said by `Batch.add`. `blob`: where its payload is; said by `stow` (E19).
    """

    payload: P
    key: str | None = None
    tenant: str | None = None
    delay_ms: int = 0
    id: str | None = None
    dedupe: str | None = None
    dedupe_ms: int = DEDUPE_MS
    expires_in_ms: int | None = None
    batch: str | None = None
    blob: str | None = None


@dataclass(frozen=True)
class Found(Generic[P]):
    """One page of what a sweep found. `after`: where the next page goes on; None: this was the last one."""

    works: Sequence[Work[P]]
    after: str | None


def about_for(task: str, work: Work[Any], expires_in_ms: int | None, now_ms: int) -> str | None:
    """What few messages have; `expires_in_ms` is what the task says. Raises ValueError for a time that is none."""
    expires_in_ms = expires_in_ms if work.expires_in_ms is None else work.expires_in_ms
    trace, parent = origin()
    if expires_in_ms is None:
        if trace is None and work.batch is None and work.blob is None:
            return None
        return encode_about(About(batch=work.batch, trace=trace, parent=parent, blob=work.blob))
    if expires_in_ms <= max(0, work.delay_ms):
        raise ValueError(
            f"expected `expires_in_ms` to be longer than `delay_ms` for {task}, "
            f"got {expires_in_ms} and {work.delay_ms}; what is worthless when it is due need not be enqueued"
        )
    return encode_about(
        About(expires_ms=now_ms + expires_in_ms, batch=work.batch, trace=trace, parent=parent, blob=work.blob)
    )


def origin() -> tuple[str | None, str | None]:
    """The trace that a message belongs to, and the message whose handler enqueues it; Nones when nothing is traced."""
    trace = carried()
    handling = None if trace is None else HANDLING.get()
    return trace, None if handling is None else handling.id


def line_for(task: str, lines: Lines, work: Work[Any]) -> str | None:
    """Which line `work` waits in; None: that of its tenant. Raises ValueError for what is no line."""
    line = None if lines.by is None else lines.by(work)
    if line is not None and (len(line) > LINE_CHARS_MAX or "\0" in line):
        raise ValueError(
            f"expected a line of at most {LINE_CHARS_MAX} characters without the character zero for {task}, "
            f"got {len(line)}: {line[:40]!r}"
        )
    return line
