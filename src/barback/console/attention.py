"""What needs a person now, worst first: pure rules over a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from barback.engine.figures import QueueFigures, Snapshot

BEHIND_MS = 60_000

Kind = Literal["no_worker", "silent_worker", "behind", "late_schedule", "dead_letters", "paused"]


class Attention(msgspec.Struct, frozen=True):
    """One thing to look at. `subject` is a queue, a worker or a schedule; `count` messages; `since_ms` if known.

    no_worker: messages wait and nobody works the queue. silent_worker: holds messages and does not
    beat. behind: the oldest message that can run is older than a minute. late_schedule: a tick is
    overdue. dead_letters: messages gave up. paused: somebody paused the queue.
    """

    kind: Kind
    subject: str
    count: int
    since_ms: int | None


def attention(seen: Snapshot) -> list[Attention]:
    """Everything that needs a person, worst first; the same kind by how much it is."""
    order = ("no_worker", "silent_worker", "behind", "late_schedule", "dead_letters", "paused")
    return sorted(_found(seen), key=lambda one: (order.index(one.kind), -one.count, one.subject))


def _found(seen: Snapshot) -> Iterator[Attention]:
    for queue in seen.queues:
        yield from _of_queue(queue, seen.as_of_ms)
    for worker in seen.workers:
        if worker.state == "silent" and worker.leased:
            yield Attention("silent_worker", worker.id, worker.leased, worker.seen_ms)
    for schedule in seen.schedules:
        if schedule.late:
            yield Attention("late_schedule", schedule.name, 0, schedule.next_ms)


def _of_queue(queue: QueueFigures, now_ms: int) -> Iterator[Attention]:
    waits = queue.ready + queue.waiting
    if queue.paused:
        yield Attention("paused", queue.queue, waits, None)
    elif waits and not queue.workers:
        yield Attention("no_worker", queue.queue, waits, queue.oldest_ms)
    elif queue.oldest_ms is not None and now_ms - queue.oldest_ms > BEHIND_MS:
        yield Attention("behind", queue.queue, waits, queue.oldest_ms)
    if queue.dead:
        yield Attention("dead_letters", queue.queue, queue.dead, None)
