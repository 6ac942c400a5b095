"""Sales of an event, summed: sums that add to each other, and what an overview makes of them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from barback.foundation.money import divide

K = TypeVar("K")

MINUTE_MS = 60_000
CHART_MINUTES = 60
TOP_PRODUCTS = 10


@dataclass(slots=True)
class Sum:
    """A count with an amount in minor units."""

    count: int = 0
    minor: int = 0

    def add(self, count: int, minor: int) -> None:
        """More of it."""
        self.count += count
        self.minor += minor


@dataclass(slots=True)
class Sales:
    """What orders accepted in a stretch of time add up to: by station, by product (id and name), by minute."""

    stations: dict[str | None, Sum] = field(default_factory=dict[str | None, Sum])
    products: dict[tuple[str, str], Sum] = field(default_factory=dict[tuple[str, str], Sum])
    minutes: dict[int, Sum] = field(default_factory=dict[int, Sum])
    flagged: int = 0

    def __add__(self, other: "Sales") -> "Sales":
        """Both stretches together; neither is changed."""
        return Sales(
            _added(self.stations, other.stations),
            _added(self.products, other.products),
            _added(self.minutes, other.minutes),
            self.flagged + other.flagged,
        )

    @property
    def orders(self) -> int:
        """How many orders."""
        return sum(one.count for one in self.stations.values())

    @property
    def minor(self) -> int:
        """What they cost together, with tax."""
        return sum(one.minor for one in self.stations.values())

    @property
    def average_minor(self) -> int:
        """What one costs on average; 0 when there is none."""
        return divide(self.minor, self.orders) if self.orders else 0

    def top(self, count: int = TOP_PRODUCTS) -> list[tuple[str, Sum]]:
        """Product names with quantity and amount, what brought most first; a renamed product counts twice."""
        ranked = sorted(self.products.items(), key=lambda one: (-one[1].minor, -one[1].count, one[0]))
        return [(name, sold) for (_, name), sold in ranked[:count]]


def _added(left: dict[K, Sum], right: dict[K, Sum]) -> dict[K, Sum]:
    both = {key: Sum(one.count, one.minor) for key, one in left.items()}
    for key, one in right.items():
        both.setdefault(key, Sum()).add(one.count, one.minor)
    return both


def chart(minutes: Mapping[int, Sum], now_ms: int) -> list[tuple[int, Sum]]:
    """Each of the last CHART_MINUTES minutes with what was sold, this one last; silence is 0."""
    last = now_ms - now_ms % MINUTE_MS
    starts = range(last - (CHART_MINUTES - 1) * MINUTE_MS, last + 1, MINUTE_MS)
    return [(start, minutes.get(start, Sum())) for start in starts]


def recent(minutes: Mapping[int, Sum], now_ms: int) -> dict[int, Sum]:
    """The minutes that a chart drawn at `now_ms` or later can show."""
    return {start: sold for start, sold in minutes.items() if start > now_ms - (CHART_MINUTES + 1) * MINUTE_MS}


def csv_text(value: str) -> str:
    """Text for a cell that no spreadsheet takes for a formula."""
    return "'" + value if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
