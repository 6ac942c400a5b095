"""What needs a person now, worst first: pure rules over a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

import msgspec

from barback.engine.operations.figures import QueueFigures, Snapshot
from barback.engine.operations.troubles import Troubles

BEHIND_MS = 60_000

Kind = Literal[
    "held_snapshot", "open_breaker", "no_worker", "silent_worker", "behind", "late_schedule", "dead_letters", "paused"
]
_WORST_FIRST: tuple[Kind, ...] = get_args(Kind)
NOTHING = Troubles()


class Attention(msgspec.Struct, frozen=True):
    """One thing to look at. `subject` is a queue, a worker, a schedule, a breaker, or what holds a snapshot.

    `count` is messages; `since_ms` since when, and `detail` what is said of it and the cure, if that is known.

    held_snapshot: a transaction is open for so long that nothing dead can be removed. open_breaker: what it
    guards is down, and what goes by it is not claimed. no_worker: messages wait and nobody works the queue.
    silent_worker: holds messages and does not beat. behind: the oldest message that can run is older than a
    minute. late_schedule: a tick is overdue. dead_letters: messages gave up. paused: somebody paused the queue.
    """

    kind: Kind
    subject: str
    count: int
    since_ms: int | None
    detail: str | None = None


def attention(seen: Snapshot, troubles: Troubles = NOTHING) -> list[Attention]:
    """Everything that needs a person, worst first; the same kind by how much it is."""
    return sorted(_found(seen, troubles), key=lambda one: (_WORST_FIRST.index(one.kind), -one.count, one.subject))


def _found(seen: Snapshot, troubles: Troubles) -> Iterator[Attention]:
    for held in troubles.held:
        yield Attention("held_snapshot", held.subject, 0, None, f"{held.said}. Cure: {held.cure}.")
    waits = {queue.queue: queue.ready + queue.waiting + queue.scheduled for queue in seen.queues}
    for breaker in troubles.open_breakers:
        count = sum(waits.get(queue, 0) for queue in breaker.queues)
        yield Attention("open_breaker", breaker.name, count, breaker.changed_ms, breaker.error)
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
