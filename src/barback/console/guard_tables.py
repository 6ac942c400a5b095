"""Breakers and usage as tables for people at a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from barback.console.guard_shapes import BreakerDetail, BreakerList, CostList, UsageList
from barback.console.tables import age, changes
from barback.engine.guards.breakers import BreakerState


def breakers(seen: BreakerList) -> None:
    """Every breaker, and those of its lines that are held, one below the other."""
    counts = Counter(one.name for one in seen.items if one.line is not None and one.holds)
    rows = [
        (
            one.name if one.line is None else f"  {one.line or '(no line)'}",
            f"{one.forced or one.state}{' (forced)' if one.forced else ''}",
            age(one.changed_ms, seen.as_of_ms),
            _then(one, seen.as_of_ms, counts[one.name]),
            " ".join(one.queues),
            one.error or "",
        )
        for one in seen.items
    ]
    _print(("breaker", "state", "for", "then", "queues", "last error"), rows, right=())


def breaker(seen: BreakerDetail) -> None:
    """One breaker with its lines, and its history below."""
    breakers(BreakerList(seen.as_of_ms, [seen.breaker, *seen.lines]))
    changes(seen.changes)


def _then(one: BreakerState, now_ms: int, lines_open: int) -> str:
    if one.forced is not None:
        return "until it is reset"
    if one.by_line and one.line is None:
        return f"by line, {lines_open} open"
    if one.state == "closed":
        return f"{one.failures} of {one.failures_max} failures"
    if one.prober is not None:
        return f"{one.prober} probes"
    return "a probe is due" if one.until_ms <= now_ms else f"probe in {age(now_ms, one.until_ms)}"


def usage(seen: UsageList) -> None:
    """What was used, one task or tenant a line."""
    rows = [
        (
            one.task or "all",
            one.tenant or "",
            *(str(n) for n in (one.attempts, one.done, one.failed, one.dead, one.expired)),
            *(f"{us / 1_000_000:.1f}" for us in (one.wall_us, one.cpu_us)),
            f"{one.memory_kib_s / 1024 / 1024:.2f}",
        )
        for one in seen.items
    ]
    columns = ("task", "tenant", "attempts", "done", "failed", "dead", "expired", "time s", "processor s", "GiB s")
    _print(columns, rows, right=columns[2:])


def costs(seen: CostList) -> None:
    """What it would have cost, one price list a line."""
    rows = [
        (one.name, one.attempts_usd, one.compute_usd, one.queue_usd, one.total_usd, one.as_of, one.plan)
        for one in seen.items
    ]
    columns = ("price list", "attempts $", "compute $", "queue $", "total $", "as of", "plan")
    _print(columns, rows, right=columns[1:5])


def _print(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console()
    # Into a pipe: as wide as it needs to be, for grep and cut.
    (console if console.is_terminal else Console(width=1_000)).print(table)
