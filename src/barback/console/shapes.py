"""What the console says and hears over the wire. Times are milliseconds since 1970 UTC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from barback.console.attention import Attention
from barback.console.traces import trace_link
from barback.engine import Task
from barback.engine.changes import Change
from barback.engine.dead import dead_letters
from barback.engine.dead.dead_letters import RETRY_MAX, ErrorGroup, Failure
from barback.engine.history.latencies import Latency
from barback.engine.operations.activity import QueueActivity
from barback.engine.operations.figures import QueueFigures, ScheduleFigures, Snapshot, WorkerFigures
from barback.engine.operations.hours import Minute, TaskFigures
from barback.engine.operations.minutes import Step
from barback.engine.operations.timings import QueueTiming, Timing, Timings
from barback.engine.operations.topic_looks import TopicFigures
from barback.engine.operations.troubles import Troubles
from barback.engine.payloads.masking import masked
from barback.engine.workers.scaling import Scaled

PAYLOAD_SHOWN_MAX = 4_096
Tasks = Mapping[str, Task[Any]]
NO_TASKS: Tasks = {}


class Overview(msgspec.Struct):
    """The whole engine at one instant. With `at_least`, counts stopped early and there is more."""

    as_of_ms: int
    queues: int
    ready: int
    waiting: int
    scheduled: int
    leased: int
    dead: int
    at_least: bool
    oldest_ms: int | None
    rate_per_second: float
    failed_last_hour: int
    died_last_hour: int
    workers_working: int
    workers_idle: int
    workers_silent: int
    breakers_open: int
    snapshots_held: int
    waited: Latency | None
    ran: Latency | None
    attention: list[Attention]
    minutes: list[Minute]


class QueueShown(QueueFigures, frozen=True, kw_only=True):
    """One queue with how long, in the last five minutes, messages waited and their handlers took."""

    waited: Latency | None
    ran: Latency | None


class QueueList(msgspec.Struct):
    """Every queue, by name."""

    as_of_ms: int
    items: list[QueueShown]


class Day(msgspec.Struct):
    """The last 24 hours in steps of five minutes, oldest first."""

    as_of_ms: int
    items: list[Step]


class ActivityList(msgspec.Struct):
    """Every queue that did anything in the last thirty minutes, by name."""

    items: list[QueueActivity]


class QueueDetail(QueueFigures, frozen=True, kw_only=True):
    """One queue with its last sixty minutes, its tasks in them, and its dead letters grouped by error.

    `timing`: how long messages waited and handlers took in that hour.
    """

    as_of_ms: int
    timing: QueueTiming
    minutes: list[Minute]
    tasks: list[TaskFigures]
    errors: list[ErrorGroup]


class DeadLetter(msgspec.Struct, kw_only=True):
    """A message that gave up. In lists `payload` is null when it is larger than 4 KiB; ask for the one.

    `closes_key`: messages of the same key wait until this one is retried or discarded, or the key released.
    """

    id: str
    queue: str
    task: str
    key: str | None
    tenant_id: str | None
    attempts: int
    reason: str
    error: str
    fingerprint: str
    enqueued_ms: int
    died_ms: int
    closes_key: bool
    payload_bytes: int
    payload: msgspec.Raw | None


class DeadLetterDetail(DeadLetter, kw_only=True):
    """One dead letter with every attempt that failed, and what operators did with it before."""

    trace_url: str | None
    failures: list[Failure]
    changes: list[Change]


class ErrorGroupList(msgspec.Struct):
    """Dead letters by error, the largest group first; of the newest 5,000."""

    items: list[ErrorGroup]


class RetryMany(msgspec.Struct, forbid_unknown_fields=True):
    """Which dead letters to send round again: those of a queue that died first, or only those of one error."""

    queue: Annotated[str, Meta(min_length=1, max_length=200)]
    fingerprint: Annotated[str, Meta(min_length=12, max_length=12)] | None = None
    limit: Annotated[int, Meta(ge=1, le=RETRY_MAX)] = RETRY_MAX


class RetriedMany(msgspec.Struct):
    """How many went round again; call again while there is `more`."""

    retried: int
    more: bool


class ReleaseKey(msgspec.Struct, forbid_unknown_fields=True):
    """The closed key that is to go on."""

    key: Annotated[str, Meta(min_length=1, max_length=500)]


class WorkerList(msgspec.Struct):
    """Every worker that has entered its name."""

    as_of_ms: int
    items: list[WorkerFigures]


class ScalingList(msgspec.Struct):
    """What supervisors decided, newest first."""

    items: list[Scaled]


class TopicList(msgspec.Struct):
    """Every topic, by name."""

    as_of_ms: int
    items: list[TopicFigures]


class ScheduleList(msgspec.Struct):
    """Every schedule, by name."""

    as_of_ms: int
    items: list[ScheduleFigures]


def overview(seen: Snapshot, needs: list[Attention], timing: Timing, troubles: Troubles) -> Overview:
    """The totals of a snapshot."""
    states = [worker.state for worker in seen.workers]
    return Overview(
        as_of_ms=seen.as_of_ms,
        queues=len(seen.queues),
        ready=sum(one.ready for one in seen.queues),
        waiting=sum(one.waiting for one in seen.queues),
        scheduled=sum(one.scheduled for one in seen.queues),
        leased=sum(one.leased for one in seen.queues),
        dead=sum(one.dead for one in seen.queues),
        at_least=any(one.at_least for one in seen.queues),
        oldest_ms=min((one.oldest_ms for one in seen.queues if one.oldest_ms is not None), default=None),
        rate_per_second=round(sum(one.rate_per_second for one in seen.queues), 2),
        failed_last_hour=sum(one.failed_last_hour for one in seen.queues),
        died_last_hour=sum(one.died_last_hour for one in seen.queues),
        workers_working=states.count("working"),
        workers_idle=states.count("idle"),
        workers_silent=states.count("silent"),
        breakers_open=len(troubles.open_breakers),
        snapshots_held=len(troubles.held),
        waited=timing.waited,
        ran=timing.ran,
        attention=needs,
        minutes=seen.minutes,
    )


def queue_list(seen: Snapshot, timings: Timings) -> QueueList:
    """Every queue, with how long things took lately where anything did."""
    return QueueList(seen.as_of_ms, [_shown(one, timings.queues.get(one.queue, _NO_TIMING)) for one in seen.queues])


def _shown(queue: QueueFigures, timing: Timing) -> QueueShown:
    return QueueShown(**msgspec.structs.asdict(queue), waited=timing.waited, ran=timing.ran)


_NO_TIMING = Timing()


def queue_detail(
    queue: QueueFigures,
    as_of_ms: int,
    hour: tuple[list[Minute], list[TaskFigures]],
    timing: QueueTiming,
    errors: list[ErrorGroup],
) -> QueueDetail:
    """The figures of a queue with everything about its last hour."""
    known, (minutes, tasks) = msgspec.structs.asdict(queue), hour
    return QueueDetail(**known, as_of_ms=as_of_ms, timing=timing, minutes=minutes, tasks=tasks, errors=errors)


def dead_letter(letter: dead_letters.DeadLetter, tasks: Tasks = NO_TASKS) -> DeadLetter:
    """A dead letter as lists show it; what `tasks` mark as secret is masked."""
    return DeadLetter(**_fields(letter, tasks, whole=False))


def dead_letter_detail(
    letter: dead_letters.DeadLetter,
    failures: list[Failure],
    changes: list[Change],
    tasks: Tasks = NO_TASKS,
    trace_url: str = "",
) -> DeadLetterDetail:
    """A dead letter with its whole payload and its history. `trace_url`: see `trace_link`."""
    link = trace_link(letter.trace, trace_url)
    return DeadLetterDetail(**_fields(letter, tasks, whole=True), trace_url=link, failures=failures, changes=changes)


def _fields(letter: dead_letters.DeadLetter, tasks: Tasks, *, whole: bool) -> dict[str, Any]:
    values = msgspec.structs.asdict(letter)
    payload, tenant, _ = values.pop("payload").encode(), values.pop("tenant"), values.pop("trace")
    shown = whole or len(payload) <= PAYLOAD_SHOWN_MAX
    return {
        **values,
        "tenant_id": tenant,
        "payload_bytes": len(payload),
        "payload": msgspec.Raw(masked(payload, tasks.get(letter.task))) if shown else None,
    }
