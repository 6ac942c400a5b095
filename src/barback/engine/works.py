"""What is handed in to be enqueued, before it is a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypedDict, TypeVar

import msgspec

from barback.engine.attempts import HANDLING
from barback.engine.fairness.limits import LINE_CHARS_MAX, Lines
from barback.engine.messages import (
    KEY_CHARS_MAX,
    PAYLOAD_BYTES_MAX,
    About,
    PayloadTooLargeError,
    Stored,
    encode_about,
)
from barback.engine.tracing import carried
from barback.foundation.ids import new_ids

P = TypeVar("P")
Origin = tuple[str | None, str | None]
"""The trace that a message belongs to, and the message whose handler enqueues it."""

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


class Work(msgspec.Struct, Generic[P], frozen=True):
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


class Kind(Protocol):
    """What a task says of all its messages; see `Task`."""

    name: ClassVar[str]
    queue: ClassVar[str]
    attempts_max: int
    priority: int
    expires_in_ms: int | None

    @property
    def in_lines(self) -> Lines | None:
        """How its messages wait in lines; None: they do not."""
        ...


_encode = msgspec.json.Encoder().encode


def rows_for(kind: Kind, works: Sequence[Work[Any]], now_ms: int) -> list[Stored]:
    """The rows for messages. Raises PayloadTooLargeError, or ValueError for a key, a line or a time that is none.

    Every microsecond here is a third of what bulk work costs in this process, so what is the same for all is said once.
    """
    origin = origin_here()
    name, queue, priority, attempts_max, lines = kind.name, kind.queue, kind.priority, kind.attempts_max, kind.in_lines
    plain = origin is None and kind.expires_in_ms is None
    rows: list[Stored] = []
    for work, new in zip(works, new_ids(len(works)), strict=True):
        payload, key = _encode(work.payload), work.key
        if len(payload) > PAYLOAD_BYTES_MAX:
            raise _too_large(kind, len(payload))
        if key is not None:
            _check_key(kind, key)
        line = None if lines is None else _line_for(kind, lines, work)
        if plain and work.expires_in_ms is None and work.batch is None and work.blob is None:
            about = None
        else:
            about = _about_for(kind, work, origin, now_ms)
        rows.append(
            Stored(
                0, queue, key, priority, work.id or new, name, work.tenant,
                0, attempts_max, now_ms, payload.decode(), line, about,
            )
        )  # fmt: skip
    return rows


def _too_large(kind: Kind, size: int) -> PayloadTooLargeError:
    return PayloadTooLargeError(
        f"expected a payload of at most {PAYLOAD_BYTES_MAX} bytes for {kind.name}, got {size}; "
        "put it into a blob store with `stow`, or store it elsewhere and enqueue a reference"
    )


def _check_key(kind: Kind, key: str) -> None:
    if len(key) > KEY_CHARS_MAX or "\0" in key:
        raise ValueError(
            f"expected a key of at most {KEY_CHARS_MAX} characters without the character zero for {kind.name}, "
            f"got {len(key)}: {key[:40]!r}"
        )


def _about_for(kind: Kind, work: Work[Any], origin: Origin | None, now_ms: int) -> str | None:
    expires_in_ms = kind.expires_in_ms if work.expires_in_ms is None else work.expires_in_ms
    if expires_in_ms is not None and expires_in_ms <= max(0, work.delay_ms):
        raise ValueError(
            f"expected `expires_in_ms` to be longer than `delay_ms` for {kind.name}, "
            f"got {expires_in_ms} and {work.delay_ms}; what is worthless when it is due need not be enqueued"
        )
    expires_ms = None if expires_in_ms is None else now_ms + expires_in_ms
    trace, parent = origin or (None, None)
    return encode_about(About(expires_ms=expires_ms, batch=work.batch, trace=trace, parent=parent, blob=work.blob))


def origin_here() -> Origin | None:
    """Where what is enqueued now comes from; None outside of handlers when nothing is traced."""
    trace, handling = carried(), HANDLING.get()
    if trace is None and handling is None:
        return None
    return trace, None if handling is None else handling.id


def _line_for(kind: Kind, lines: Lines, work: Work[Any]) -> str | None:
    """Which line `work` waits in; None: that of its tenant. Raises ValueError for what is no line."""
    line = None if lines.by is None else lines.by(work)
    if line is not None and (len(line) > LINE_CHARS_MAX or "\0" in line):
        raise ValueError(
            f"expected a line of at most {LINE_CHARS_MAX} characters without the character zero for {kind.name}, "
            f"got {len(line)}: {line[:40]!r}"
        )
    return line
