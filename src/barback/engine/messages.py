"""What a message is, as stored and as a handler sees it, and what a handler may answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

P = TypeVar("P")

PAYLOAD_BYTES_MAX = 256 * 1024
KEY_CHARS_MAX = 512
"""What fits into an index of PostgreSQL in any script; a longer key would stop its whole queue later."""


def bell_name(queue: str) -> str:
    """The bell that is rung when there is something for `queue`."""
    return f"queue:{queue}"


class Stored(msgspec.Struct, array_like=True):
    """A message at rest. The order of the fields is the order of the columns in every statement.

    `attempt` counts claims so far; times are milliseconds since the epoch; `payload` is JSON. `line`
    is what limits and turns go by (see `lines.py`). `about` is an encoded `About`, or None: what few
    messages have.
    """

    pos: int
    queue: str
    key: str | None
    priority: int
    id: str
    task: str
    tenant: str | None
    attempt: int
    attempts_max: int
    enqueued_ms: int
    payload: str
    line: str | None = None
    about: str | None = None


class About(msgspec.Struct, frozen=True, omit_defaults=True):
    """What few messages have, kept in one column so that the others do not carry it.

    `expires_ms`: worthless from then on (E15). `batch`: the batch it belongs to (E17). `trace`: the W3C
    traceparent of whoever enqueued it. `parent`: the message whose handler enqueued it. `blob`: where
    the payload is, when it is too large for a row (E19).
    """

    expires_ms: int | None = None
    batch: str | None = None
    trace: str | None = None
    parent: str | None = None
    blob: str | None = None


NOTHING_ABOUT = About()


def encode_about(about: About) -> str | None:
    """The column's text; None when there is nothing to say."""
    return None if about == NOTHING_ABOUT else msgspec.json.encode(about).decode()


def about_of(row: Stored) -> About:
    """What is known about a message besides what all have."""
    return NOTHING_ABOUT if row.about is None else msgspec.json.decode(row.about, type=About)


class Message(msgspec.Struct, Generic[P], frozen=True):
    """A message as its handler sees it. `attempt` is 1 the first time; `expires_ms` is its deadline, if it has one."""

    id: str
    task: str
    key: str | None
    tenant: str | None
    attempt: int
    attempts_max: int
    enqueued_ms: int
    payload: P
    expires_ms: int | None = None


@dataclass(frozen=True)
class Done:
    """Finished. What a handler means when it returns nothing."""


@dataclass(frozen=True)
class RetryAfter:
    """Failed this time; try again after `delay_ms`. The attempt counts."""

    delay_ms: int
    error: str = "the handler asked for a retry"


@dataclass(frozen=True)
class Tripped(RetryAfter):
    """Failed because what the task depends on is down; what the engine makes of such an error (E16)."""


@dataclass(frozen=True)
class Snooze:
    """Not now; come back after `delay_ms`. The attempt does not count."""

    delay_ms: int


@dataclass(frozen=True)
class Cancel:
    """Not needed any more; finished without having been done, and `reason` says why."""

    reason: str


@dataclass(frozen=True)
class Dead:
    """Will never succeed as it is; goes to the dead letters with this `error`."""

    error: str


@dataclass(frozen=True)
class Expired:
    """Worthless by now; neither done nor failed. What becomes of a message whose deadline has passed (E15)."""


Outcome = Done | RetryAfter | Snooze | Cancel | Dead | Expired
DONE = Done()
EXPIRED = Expired()


class LeaseLostError(RuntimeError):
    """Somebody else holds the messages now: what was done in this transaction must not be kept."""


class PayloadTooLargeError(ValueError):
    """A payload is larger than 256 KiB; store it elsewhere and enqueue a reference."""
