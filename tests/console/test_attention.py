"""What needs a person: each kind alone, and all of them worst first."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from barback.console.attention import BEHIND_MS, Attention, attention
from barback.console.tables import age, sentence
from barback.engine.operations.figures import QueueFigures, ScheduleFigures, Snapshot, WorkerFigures

NOW_MS = 1_800_000_000_000

QUIET: dict[str, Any] = {
    "paused": False,
    "ready": 0,
    "waiting": 0,
    "scheduled": 0,
    "leased": 0,
    "dead": 0,
    "at_least": False,
    "oldest_ms": None,
    "next_due_ms": None,
    "rate_per_second": 0.0,
    "failed_last_hour": 0,
    "died_last_hour": 0,
    "workers": 1,
}


def queue(name: str = "notes", **figures: Any) -> QueueFigures:
    return QueueFigures(queue=name, **(QUIET | figures))


def worker(state: str, leased: int) -> WorkerFigures:
    return WorkerFigures(
        id="w1",
        host="h",
        pid=1,
        queues=["notes"],
        state=state,
        leased=leased,
        oldest_claim_ms=None,
        started_ms=NOW_MS,
        seen_ms=NOW_MS - 60_000,
        holds=[],
        draining_ms=None,
        memory_bytes=0,
        cpu_us=0,
        cpu_percent=0.0,
    )


def schedule(*, late: bool) -> ScheduleFigures:
    at_ms = NOW_MS - 120_000 if late else NOW_MS + 1
    return ScheduleFigures(
        name="daily",
        cron="0 4 * * *",
        zone="UTC",
        missed="once",
        next_ms=at_ms,
        last_ms=None,
        late=late,
        task="notes.note",
        queue="notes",
        paused=False,
        asked_ms=None,
    )


def seen(*parts: QueueFigures | WorkerFigures | ScheduleFigures) -> Snapshot:
    return Snapshot(
        as_of_ms=NOW_MS,
        queues=[one for one in parts if isinstance(one, QueueFigures)],
        workers=[one for one in parts if isinstance(one, WorkerFigures)],
        schedules=[one for one in parts if isinstance(one, ScheduleFigures)],
        minutes=[],
    )


CASES: list[tuple[Any, Attention | None]] = [
    (queue(), None),
    (queue(ready=5, oldest_ms=NOW_MS - BEHIND_MS), None),
    (queue(ready=5, oldest_ms=NOW_MS - BEHIND_MS - 1), Attention("behind", "notes", 5, NOW_MS - BEHIND_MS - 1)),
    (queue(waiting=3, workers=0), Attention("no_worker", "notes", 3, None)),
    (queue(workers=0), None),
    (queue(workers=0, paused=True, ready=2, oldest_ms=1), Attention("paused", "notes", 2, None)),
    (queue(dead=4), Attention("dead_letters", "notes", 4, None)),
    (worker("silent", 7), Attention("silent_worker", "w1", 7, NOW_MS - 60_000)),
    (worker("silent", 0), None),
    (worker("working", 7), None),
    (schedule(late=True), Attention("late_schedule", "daily", 0, NOW_MS - 120_000)),
    (schedule(late=False), None),
]


@pytest.mark.parametrize(("part", "expected"), CASES)
def test_each_kind(part: Any, expected: Attention | None) -> None:
    assert attention(seen(part)) == ([] if expected is None else [expected])


def test_the_worst_comes_first_and_the_most_before_the_least() -> None:
    parts = [part for part, _ in CASES if not isinstance(part, QueueFigures)]
    queues = [
        msgspec.structs.replace(part, queue=f"q{n:02}")
        for n, (part, _) in enumerate(CASES)
        if isinstance(part, QueueFigures)
    ]
    found = attention(seen(*parts, *queues, queue("many", dead=9)))
    assert [one.kind for one in found] == [
        "no_worker",
        "silent_worker",
        "behind",
        "late_schedule",
        "dead_letters",
        "dead_letters",
        "paused",
    ]
    assert [one.count for one in found if one.kind == "dead_letters"] == [9, 4]
    assert all(one.subject in sentence(one, NOW_MS) for one in found)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7_199, "119 min"), (7_200, "2 h"), (200_000, "2 d"), (-5, "0 s")],
)
def test_ages_have_one_unit(seconds: int, text: str) -> None:
    assert age(NOW_MS - seconds * 1000, NOW_MS) == text
    assert age(None, NOW_MS) == ""
