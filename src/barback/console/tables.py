"""The console's answers as tables for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from barback.console.attention import Attention
from barback.console.redrive_shapes import RedriveFigures
from barback.console.shapes import DeadLetterDetail, QueueList
from barback.engine.changes import Change
from barback.engine.dead.dead_letters import DeadLetter, Failure
from barback.engine.fanout.batch_figures import BatchFigures
from barback.engine.operations.figures import QueueFigures, ScheduleFigures, Snapshot
from barback.foundation.clock import SystemClock

ERROR_SHOWN_MAX = 80
_MORE = {
    "held_snapshot": "{detail}",
    "open_breaker": "the breaker {subject} is open for {age}, messages waiting: {count}",
    "no_worker": "no worker works {subject}, messages waiting: {count}",
    "silent_worker": "{subject} is silent, messages held: {count}",
    "behind": "{subject} is behind: its oldest message that can run has waited {age}",
    "late_schedule": "the schedule {subject} is late by {age}",
    "dead_letters": "dead letters in {subject}: {count}",
    "paused": "{subject} is paused, messages waiting: {count}",
}


def age(since_ms: int | None, now_ms: int) -> str:
    """How long ago, in one unit: `12 s`, `5 min`, `3 h`, `4 d`; empty for never."""
    if since_ms is None:
        return ""
    seconds = max(0, now_ms - since_ms) // 1000
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def sentence(need: Attention, now_ms: int) -> str:
    """What needs a person, in words."""
    since = age(need.since_ms, now_ms)
    return _MORE[need.kind].format(subject=need.subject, count=need.count, age=since, detail=need.detail)


def took(us: int | None) -> str:
    """Microseconds in one unit: `< 1 ms`, `12 ms`, `3.4 s`, `5 min`; empty for nothing."""
    if us is None:
        return ""
    if us < 1_000_000:
        return f"{us // 1_000} ms" if us >= 1_000 else "< 1 ms"
    return f"{us / 1_000_000:.1f} s" if us < 120_000_000 else age(0, us // 1_000)


def queues(listed: QueueList, needs: Iterable[Attention]) -> None:
    """Every queue, and below it what needs a person."""
    table = _table(
        "queue", "ready", "waiting", "scheduled", "leased", "dead", "oldest", "waited p95", "ran p95", "per s",
        "failed/h", "workers", "",
    )  # fmt: skip
    for one in listed.items:
        more = "+" if one.at_least else ""
        counts = [f"{n}{more if n else ''}" for n in (one.ready, one.waiting, one.scheduled, one.leased, one.dead)]
        times = [took(timed and timed.p95_us) for timed in (one.waited, one.ran)]
        figures = [age(one.oldest_ms, listed.as_of_ms), *times, f"{one.rate_per_second:g}", str(one.failed_last_hour)]
        table.add_row(
            Text(one.queue), *counts, *figures, str(one.workers), "paused" if one.paused else "", style=_style(one)
        )
    _print(table)
    for need in needs:
        _print(Text(f"! {sentence(need, listed.as_of_ms)}"))


def _style(queue: QueueFigures) -> str | None:
    return "yellow" if queue.paused else "red" if queue.dead else None


def letters(found: Sequence[DeadLetter]) -> None:
    """Dead letters, one a line."""
    now_ms = SystemClock().now_ms()
    table = _table("id", "queue", "task", "key", "attempts", "died", "error")
    for one in found:
        mark = " (closed)" if one.closes_key else ""
        cells = (one.id, one.queue, one.task, f"{one.key or ''}{mark}", str(one.attempts), age(one.died_ms, now_ms))
        table.add_row(*(Text(cell) for cell in cells), Text(one.error[:ERROR_SHOWN_MAX]))
    _print(table)


def letter(one: DeadLetterDetail) -> None:
    """Everything about one dead letter."""
    now_ms = SystemClock().now_ms()
    facts = {
        "message": one.id,
        "task": f"{one.task} (queue {one.queue})",
        "key": f"{one.key or 'none'}{', closed until this is retried or discarded' if one.closes_key else ''}",
        "tenant": one.tenant_id or "none",
        "died": f"{age(one.died_ms, now_ms)} ago after {one.attempts} attempts ({one.reason})",
        "error": one.error,
        "payload": bytes(one.payload or b"").decode(),
    }
    table = Table(box=None, show_header=False)
    for name, value in facts.items():
        table.add_row(Text(name, style="bold"), Text(value))
    _print(table)
    attempts(one.failures, now_ms)
    if one.changes:
        changes(one.changes)


def attempts(failures: Sequence[Failure], now_ms: int) -> None:
    """Attempts that failed, and how long each took."""
    table = _table("attempt", "ago", "took", "worker", "error")
    for one in failures:
        took_us = None if one.took_ms is None else one.took_ms * 1_000
        cells = (str(one.attempt), age(one.at_ms, now_ms), took(took_us), one.worker, one.error)
        table.add_row(*(Text(cell) for cell in cells))
    _print(table)


def redrives(found: Sequence[RedriveFigures]) -> None:
    """Redrives and how far they are, one a line."""
    now_ms = SystemClock().now_ms()
    table = _table("redrive", "state", "action", "queue", "of", "went", "found", "per s", "started")
    for one in found:
        of = " ".join(
            f"{name}={value}" for name in ("task", "key", "fingerprint", "batch") if (value := getattr(one, name))
        )
        figures = (str(one.handled), f"{one.found}{'+' if one.at_least else ''}", f"{one.per_second:g}")
        cells = (one.id or "none", one.state, one.action, one.queue, of or "all", *figures, age(one.started_ms, now_ms))
        table.add_row(*(Text(cell) for cell in cells))
    _print(table)


def batches(found: Sequence[BatchFigures]) -> None:
    """Batches and how far they are, one a line."""
    now_ms = SystemClock().now_ms()
    table = _table("batch", "name", "state", "total", "waiting", "done", "dead", "cancelled", "expired", "opened")
    for one in found:
        counts = (one.total, one.waiting, one.done, one.dead, one.cancelled, one.expired)
        cells = (one.id, one.name, one.state, *map(str, counts), age(one.opened_ms, now_ms))
        table.add_row(*(Text(cell) for cell in cells), style="red" if one.dead else None)
    _print(table)


def workers(seen: Snapshot) -> None:
    """Every worker, one a line."""
    table = _table("worker", "state", "holds", "for", "heard", "started", "memory", "cpu", "queues")
    for one in seen.workers:
        times = [age(at, seen.as_of_ms) for at in (one.oldest_claim_ms, one.seen_ms, one.started_ms)]
        state = one.state if one.draining_ms is None else "draining"
        weight = (f"{one.memory_bytes >> 20} MiB", f"{one.cpu_percent:g} %")
        cells = (one.id, state, str(one.leased), *times, *weight, " ".join(one.queues))
        table.add_row(*(Text(cell) for cell in cells), style="red" if one.state == "silent" else None)
    _print(table)


def schedules(seen: Snapshot) -> None:
    """Every schedule, one a line."""
    table = _table("schedule", "when", "zone", "missed", "last fired", "next", "")
    for one in seen.schedules:
        # The next tick lies ahead: how long until then.
        cells = (one.name, one.cron, one.zone, one.missed, age(one.last_ms, seen.as_of_ms))
        ahead = "now" if one.next_ms <= seen.as_of_ms else f"in {age(seen.as_of_ms, one.next_ms)}"
        table.add_row(*(Text(cell) for cell in cells), ahead, _state(one), style="red" if one.late else None)
    _print(table)


def _state(one: ScheduleFigures) -> str:
    return "asked to run" if one.asked_ms is not None else "paused" if one.paused else "late" if one.late else ""


def changes(found: Iterable[Change]) -> None:
    """What operators changed, one a line."""
    now_ms = SystemClock().now_ms()
    table = _table("ago", "who", "action", "subject", "before", "after")
    for one in found:
        cells = (age(one.at_ms, now_ms), one.who, one.action, one.subject, _brief(one.before), _brief(one.after))
        table.add_row(*(Text(cell) for cell in cells))
    _print(table)


def _brief(value: msgspec.Raw) -> str:
    text = bytes(value).decode()
    return "" if text == "null" else text if len(text) <= ERROR_SHOWN_MAX else text[:ERROR_SHOWN_MAX] + "…"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        number = name in (
            "ready",
            "waiting",
            "scheduled",
            "leased",
            "dead",
            "went",
            "found",
            "per s",
            "failed/h",
            "waited p95",
            "ran p95",
            "workers",
            "attempts",
            "holds",
        )
        # Names and ids are copied from here into other commands: never cut, never broken.
        table.add_column(name, justify="right" if number else "left", no_wrap=name != "error", overflow="fold")
    return table


def _print(what: Table | Text) -> None:
    console = Console()
    if not console.is_terminal:
        # Into a pipe: as wide as it needs to be, for grep and cut.
        console = Console(width=1_000)
    console.print(what)


new_table, put = _table, _print
"""For the tables of other commands."""
