"""Medians over the rounds of a run, and tables of them."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

Records = list[dict[str, Any]]


class Medians:
    """Asked by case, engine and parameters; answers medians over rounds, or None for what was not measured."""

    def __init__(self, records: Records) -> None:
        self._by: dict[tuple[str, str], Records] = defaultdict(list)
        for record in records:
            if "figures" in record:
                self._by[record["case"], record["engine"]].append(record)
        self.engines = list(dict.fromkeys(record["engine"] for record in records if record["engine"] != "all"))

    def these(self, case: str, engine: str, **params: Any) -> Records:
        return [r for r in self._by[case, engine] if params.items() <= r["params"].items()]

    def of(self, figure: str, case: str, engine: str, **params: Any) -> float | None:
        found = [r["figures"][figure] for r in self.these(case, engine, **params) if figure in r["figures"]]
        return statistics.median(found) if found else None

    def drain(self, engine: str, workers: int, state: str, count: int | None = None) -> float | None:
        """Of the small backlog, or of another one."""
        counts = sorted({r["params"]["count"] for r in self.these("drain", engine, workers=workers)})
        if not counts or (count is not None and count not in counts):
            return None
        return self.of("per_s", "drain", engine, workers=workers, state=state, count=count or counts[0])

    def range_of(self, engine: str, workers: int = 1) -> tuple[float, float] | None:
        """Worse and better of the two states of the planner, at all backlogs."""
        found = [
            value
            for state in ("fresh", "analyzed")
            for count in {r["params"]["count"] for r in self.these("drain", engine, workers=workers, state=state)}
            if (value := self.drain(engine, workers, state, count)) is not None
        ]
        return (min(found), max(found)) if found else None


def number(value: float | None, digits: int = 0) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def table(heads: list[str], rows: list[list[str]]) -> Iterator[str]:
    """A Markdown table without the rows that say nothing."""
    rows = [row for row in rows if any(row[1:])]
    if rows:
        yield "| " + " | ".join(heads) + " |"
        yield "|" + "---|" * len(heads)
        yield from ("| " + " | ".join(row) + " |" for row in rows)
        yield ""
