"""What is said over the wire about mending dead letters and sending many of them round again."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from barback.engine.dead.redrive import FOUND_MAX, PER_SECOND_MAX, PER_SECOND_MIN, Action, Redrive, State, Wanted

PerSecond = Annotated[float, Meta(ge=PER_SECOND_MIN, le=PER_SECOND_MAX)]
Name = Annotated[str, Meta(min_length=1, max_length=512)]


class EditLetter(msgspec.Struct, forbid_unknown_fields=True):
    """Another payload, of the type that the task expects. With `dry_run` it is only looked at."""

    payload: msgspec.Raw
    dry_run: bool = False


class StartRedrive(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which dead letters of a queue go round again (or away, with `discard`), and how many a second at most.

    Without a task, a key, the fingerprint of an error or a batch: all. With `dry_run` they are only counted.
    """

    queue: Name
    per_second: PerSecond
    action: Action = "retry"
    task: Name | None = None
    key: Name | None = None
    fingerprint: Annotated[str, Meta(min_length=12, max_length=12)] | None = None
    batch: Name | None = None
    dry_run: bool = False

    def wanted(self) -> Wanted:
        """The letters that are meant."""
        return Wanted(queue=self.queue, task=self.task, key=self.key, fingerprint=self.fingerprint, batch=self.batch)


class RedriveFigures(msgspec.Struct, kw_only=True):
    """How far a redrive is: `handled` letters went of those `found` at its start (with `at_least`: or more).

    A dry run has no `id`, and its state is `planned`.
    """

    id: str | None
    action: Action
    queue: str
    task: str | None
    key: str | None
    fingerprint: str | None
    batch: str | None
    per_second: float
    state: State | str
    found: int
    at_least: bool
    handled: int
    who: str
    started_ms: int
    ended_ms: int | None


class RedriveList(msgspec.Struct):
    """The redrives that were started last, newest first."""

    items: list[RedriveFigures]


def figures(one: Redrive) -> RedriveFigures:
    """A redrive over the wire."""
    values = {name: getattr(one, name) for name in Redrive.__struct_fields__ if name != "wanted"}
    return RedriveFigures(**values, **msgspec.structs.asdict(one.wanted), at_least=one.found >= FOUND_MAX)


def planned(asked: StartRedrive, found: int, who: str, now_ms: int) -> RedriveFigures:
    """What a dry run answers."""
    return RedriveFigures(
        **msgspec.structs.asdict(asked.wanted()), id=None, action=asked.action, per_second=asked.per_second,
        state="planned", found=found, at_least=found >= FOUND_MAX, handled=0, who=who, started_ms=now_ms, ended_ms=None,
    )  # fmt: skip
