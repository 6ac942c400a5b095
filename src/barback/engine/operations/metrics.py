"""Figures for Prometheus: what the database holds, and what this process did.

`METRICS` names each with its words; docs/operations.md has the same table. The library
`prometheus-client` is needed only by those who ask.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from barback.engine.guards import breakers, broken_lines
from barback.engine.guards.breakers import BreakerState
from barback.engine.history import latencies
from barback.engine.history.latencies import Spread
from barback.engine.history.tally import Count, Spreads
from barback.engine.operations import figures
from barback.engine.operations.figures import Snapshot
from barback.engine.operations.health import Answer
from barback.storage import Database

METRICS = {
    "barback_queue_messages": "Messages by state: ready, waiting, scheduled, leased, dead; counts stop at 10,000.",
    "barback_queue_oldest_seconds": "How long the oldest message that can run has waited.",
    "barback_queue_paused": "1 while somebody has paused the queue.",
    "barback_queue_workers": "Workers that work the queue and are heard of.",
    "barback_queue_done_per_second": "Messages done in this minute and the one before, by all workers.",
    "barback_workers": "Workers by state: working, idle, silent.",
    "barback_schedule_late_seconds": "How long ago the next tick of a schedule was due; 0 when it is not late.",
    "barback_breaker_open": "1 while a breaker is open: its queue is not claimed, but for a probe.",
    "barback_breaker_lines_open": "Lines that are open of a breaker that goes by them: the others are claimed.",
    "barback_attempts_total": "Attempts that this process settled, by outcome: done, failed, dead.",
    "barback_handler_seconds_total": "Time that this process spent in handlers, by queue and task.",
    "barback_wait_seconds": "How long what this process handled had waited since it could run, by queue and task.",
    "barback_run_seconds": "How long this process took for a message, each its share of a batch, by queue and task.",
    "barback_lease_seconds": "How long one lease took, a batch or one message, by queue.",
    "barback_supervised_workers": "Worker processes of this supervisor, by what they do: working, draining.",
}
MISSING = "install prometheus-client to have metrics: pip install prometheus-client\n"
_STATES = ("ready", "waiting", "scheduled", "leased", "dead")
_OCTAVES = range(10, 38, 2)
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class OwnMetrics:
    """What this process did, counted since it began."""

    def __init__(self) -> None:
        """Raises ImportError without prometheus-client."""
        from prometheus_client import (  # noqa: PLC0415 - only who wants metrics has it
            CollectorRegistry,
            Counter,
            Gauge,
            Histogram,
            PlatformCollector,
            ProcessCollector,
        )

        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._attempts = Counter(
            *_named("barback_attempts_total"), ("queue", "task", "outcome"), registry=self.registry
        )
        self._seconds = Counter(*_named("barback_handler_seconds_total"), ("queue", "task"), registry=self.registry)
        self._leases = Histogram(*_named("barback_lease_seconds"), ("queue",), buckets=_SECONDS, registry=self.registry)
        self._spreads: defaultdict[tuple[str, str], Spreads] = defaultdict(Spreads)
        self.registry.register(_SpreadCollector(self._spreads))
        self._supervised = Gauge(*_named("barback_supervised_workers"), ("state",), registry=self.registry)

    def settled(self, queue: str, counts: dict[str, Count], wall_us: int) -> None:
        """A lease was settled; `counts` are by task."""
        self._leases.labels(queue).observe(wall_us / 1e6)
        for task, count in counts.items():
            for outcome in ("done", "failed", "dead"):
                if number := getattr(count, outcome):
                    self._attempts.labels(queue, task, outcome).inc(number)
            self._seconds.labels(queue, task).inc(count.wall_us / 1e6)
            spreads = self._spreads[queue, task]
            latencies.merge(spreads.waited, count.spreads.waited)
            latencies.merge(spreads.ran, count.spreads.ran)

    def supervised(self, working: int, draining: int) -> None:
        """How many processes a supervisor has now."""
        self._supervised.labels("working").set(working)
        self._supervised.labels("draining").set(draining)


def own_metrics() -> OwnMetrics | None:
    """Counters of this process, or None without prometheus-client."""
    try:
        return OwnMetrics()
    except ImportError:
        return None


async def page(db: Database, own: OwnMetrics | None) -> Answer:
    """What Prometheus reads: the database as it is now, and what this process did."""
    try:
        return await _page(db, own)
    except ImportError:
        return Answer(MISSING, 501)


async def _page(db: Database, own: OwnMetrics | None) -> Answer:
    from prometheus_client import (  # noqa: PLC0415 - only who wants metrics has it
        CONTENT_TYPE_LATEST,
        CollectorRegistry,
        generate_latest,
    )

    seen = await figures.watcher_of(db).look(db)
    async with db.reading() as tx:
        states, lines_open = await breakers.every(tx), await broken_lines.counts(tx)
    registry = CollectorRegistry()
    registry.register(_Collector(seen, states, lines_open))
    text = generate_latest(registry) + (generate_latest(own.registry) if own is not None else b"")
    return Answer(text.decode(), content_type=CONTENT_TYPE_LATEST)


def _named(name: str) -> tuple[str, str]:
    return name, METRICS[name]


class _SpreadCollector:
    """What our own buckets hold, in the library's shape: two octaves each, from a millisecond to a day and a half."""

    def __init__(self, spreads: Mapping[tuple[str, str], Spreads]) -> None:
        self._spreads = spreads

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import HistogramMetricFamily  # noqa: PLC0415 - only who wants metrics has it

        for name, which in (("barback_wait_seconds", "waited"), ("barback_run_seconds", "ran")):
            family = HistogramMetricFamily(*_named(name), labels=("queue", "task"))
            for labels, spreads in sorted(self._spreads.items()):
                spread: Spread = getattr(spreads, which)
                family.add_metric(labels, _steps(spread), latencies.total_us(spread) / 1e6)
            yield family


def _steps(spread: Spread) -> list[tuple[str, int]]:
    bounds = [1 << octave for octave in _OCTAVES]
    found = [
        (str(upto / 1e6), sum(n for b, n in spread.items() if latencies.bounds_of(b)[1] <= upto)) for upto in bounds
    ]
    return [*found, ("+Inf", sum(spread.values()))]


class _Collector:
    """One look, in the library's shape."""

    def __init__(self, seen: Snapshot, states: list[BreakerState], lines_open: list[tuple[str, int]]) -> None:
        self._seen, self._states, self._lines_open = seen, states, lines_open

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415 - only who wants metrics has it

        for name, labels, values in (*self._queues(), *self._others()):
            family = GaugeMetricFamily(*_named(name), labels=labels)
            for of, value in values:
                family.add_metric(of, value)
            yield family

    def _queues(self) -> Iterator[tuple[str, list[str], list[tuple[list[str], float]]]]:
        seen, queues = self._seen, self._seen.queues
        counted = [([one.queue, state], float(getattr(one, state))) for one in queues for state in _STATES]
        yield "barback_queue_messages", ["queue", "state"], counted
        ages = [(one.queue, one.oldest_ms if one.oldest_ms is not None else seen.as_of_ms) for one in queues]
        oldest = [([queue], max(0, seen.as_of_ms - at) / 1000) for queue, at in ages]
        yield "barback_queue_oldest_seconds", ["queue"], oldest
        yield "barback_queue_paused", ["queue"], [([one.queue], float(one.paused)) for one in queues]
        yield "barback_queue_workers", ["queue"], [([one.queue], float(one.workers)) for one in queues]
        yield "barback_queue_done_per_second", ["queue"], [([one.queue], one.rate_per_second) for one in queues]

    def _others(self) -> Iterator[tuple[str, list[str], list[tuple[list[str], float]]]]:
        seen = self._seen
        states = [one.state for one in seen.workers]
        working = [([state], float(states.count(state))) for state in ("working", "idle", "silent")]
        yield "barback_workers", ["state"], working
        late = [([one.name], 0 if one.paused else max(0, seen.as_of_ms - one.next_ms) / 1000) for one in seen.schedules]
        yield "barback_schedule_late_seconds", ["schedule"], late
        yield "barback_breaker_open", ["breaker"], [([one.name], float(one.holds)) for one in self._states]
        lines_open = [([name], float(count)) for name, count in self._lines_open]
        yield "barback_breaker_lines_open", ["breaker"], lines_open
