"""The tables of a run, in Markdown, from its result file: nothing is measured here."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from benchmarks.queue.running import NOISY_CORES

Records = list[dict[str, Any]]
OURS = ("barback, batch handler", "barback, handler a message", "barback, packed")


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


def report(result: dict[str, Any]) -> str:
    """The whole page."""
    medians = Medians(result["measurements"])
    parts = [_head, _ratios, _drains, _enqueues, _latencies, _keyed, _tenants, _snapshot, _idle, _end]
    return "\n".join(line for part in parts for line in part(result, medians)) + "\n"


def _head(result: dict[str, Any], _medians: Medians) -> Iterator[str]:
    machine, postgres = result["machine"], result["servers"]["postgres"]
    yield f"# Queue benchmark, {result['at']}\n"
    yield f"`{result['command']}`, commit {result['commit']}, {result['took_min']:.0f} minutes. Made from the `.json` beside this page.\n"
    yield (
        f"Machine: {machine['cores']} cores ({machine['cpu']}), {machine['memory_gib']} GiB, {machine['system']}, kernel {machine['kernel']}; "
        "worker, producer and server share the cores.\n"
    )
    settings = ", ".join(f"{name}={value}" for name, value in postgres.items() if name != "server_version")
    yield f"PostgreSQL {postgres['server_version']} ({result['servers']['postgres_is']}): {settings}. Redis {result['servers']['redis']}, RabbitMQ {result['servers']['rabbitmq']}.\n"
    yield "Versions: " + ", ".join(f"{name} {version}" for name, version in result["versions"].items()) + ".\n"
    yield "Payload: about 200 bytes of JSON. Figures are medians of the rounds; each engine at the best of its sweep. What the columns mean: [README](../README.md).\n"


def _ratios(_result: dict[str, Any], medians: Medians) -> Iterator[str]:
    heads = ["drain, one worker: ours in its worse state ÷ the peer in its better", *(name.removeprefix("barback, ") for name in OURS)]
    rows: list[list[str]] = []
    for engine in medians.engines:
        peer = medians.range_of(engine)
        if peer is None or engine.startswith("barback"):
            continue
        ours = [medians.range_of(name) for name in OURS]
        rows.append([engine, *("" if one is None else f"{one[0] / peer[1]:.2f}" for one in ours)])
    yield "## Ratios\n"
    yield from table(heads, rows)


def _drains(result: dict[str, Any], medians: Medians) -> Iterator[str]:
    yield "## Drain\n"
    heads = ["engine", "durable", "delivery", "1 worker, fresh /s", "analyzed /s", "2 workers, fresh /s", "analyzed /s", "large backlog, fresh /s", "analyzed /s", "rounds", "left", "twice", "settings"]
    rows: list[list[str]] = []
    for engine in medians.engines:
        all_of_it = medians.these("drain", engine)
        if not all_of_it:
            continue
        about = result["engines"][engine]
        counts = sorted({r["params"]["count"] for r in all_of_it})
        large = counts[-1] if len(counts) > 1 else -1
        cells = [medians.drain(engine, workers, state) for workers in (1, 2) for state in ("fresh", "analyzed")]
        cells += [medians.drain(engine, 1, state, large) for state in ("fresh", "analyzed")]
        rounds = len(medians.these("drain", engine, workers=1, state="fresh", count=counts[0]))
        sums = [str(sum(r["figures"][what] for r in all_of_it)) for what in ("left", "twice")]
        name = f"{engine} ({counts[0]:,}{f' / {large:,}' if large > 0 else ''})"
        rows.append([name, about["durable"], about["delivery"], *map(number, cells), str(rounds), *sums, f"`{all_of_it[0]['settings']}`"])
    yield from table(heads, rows)
    yield "In brackets how many waited. *left*: not acknowledged at the end; *twice*: run more often than enqueued; sums over all rounds. Engines without a planner have no second state.\n"


def _enqueues(_result: dict[str, Any], medians: Medians) -> Iterator[str]:
    yield "## Enqueue\n"
    rows: list[list[str]] = []
    for engine in medians.engines:
        fills = [r["figures"]["fill_per_s"] for case in ("drain", "sweep") for r in medians.these(case, engine)]
        bulk = statistics.median(fills) if fills else None
        rows.append([engine, *map(number, (bulk, medians.of("per_s", "one", engine), medians.of("per_s", "callers", engine)))])
    yield from table(["engine", "bulk /s", "one by one, awaited /s", "64 callers at once /s"], rows)


def _latencies(_result: dict[str, Any], medians: Medians) -> Iterator[str]:
    yield "## Latency\n"
    rows: list[list[str]] = []
    for engine in medians.engines:
        found = [r for r in medians.these("latency", engine) if r["figures"]["measured"]]
        best = min(found, key=lambda r: (r["figures"]["missing"], r["figures"]["p99_ms"]), default=None)
        load = medians.these("load", engine)
        row = [engine]
        row += ["", "", "", ""] if best is None else [number(best["figures"]["p50_ms"], 1), number(best["figures"]["p99_ms"], 1), str(best["figures"]["missing"]), f"`{best['settings']}`"]
        row += ["", "", ""] if not load else [number(load[0]["figures"][key], digits) for key, digits in (("most_per_s", 0), ("p50_ms", 1), ("p99_ms", 1))]
        rows.append(row)
    yield from table(["engine", "100/s: p50 ms", "p99 ms", "missing", "settings", "most at once sent and handled /s", "at 70 % of it: p50 ms", "p99 ms"], rows)


def _keyed(_result: dict[str, Any], medians: Medians) -> Iterator[str]:
    yield "## Order per key: half of the backlog on one busy key\n"
    rows: list[list[str]] = []
    for engine in medians.engines:
        plain = medians.range_of(engine)
        others = [medians.of("others_per_s", "keyed", engine, state=state) for state in ("fresh", "analyzed")]
        whole = [medians.of("per_s", "keyed", engine, state=state) for state in ("fresh", "analyzed")]
        known = [value for value in others if value is not None]
        ratio = min(known) / plain[0] if known and plain else None
        calls = [medians.of("per_s", "callers of keys", engine, shape=shape) for shape in ("plain", "keyed")]
        fast = calls[1] / calls[0] if calls[0] and calls[1] else None
        bad = sum(r["figures"]["left"] for r in medians.these("keyed", engine))
        note = "; ".join(sorted({r["figures"]["incomplete"] for r in medians.these("keyed", engine) if "incomplete" in r["figures"]}))
        if known or calls[0]:
            rows.append([engine, *map(number, [*others, *whole]), number(ratio, 2), *map(number, calls), number(fast, 2), str(bad), note])
    heads = ["engine", "other keys, fresh /s", "analyzed /s", "all, fresh /s", "analyzed /s", "other keys ÷ unkeyed drain", "16 callers, unkeyed /s", "keyed /s", "ratio", "left", "not done"]
    yield from table(heads, rows)


def _tenants(_result: dict[str, Any], medians: Medians) -> Iterator[str]:
    yield "## 10,000 tenants, one with nine tenths of the backlog\n"
    rows: list[list[str]] = []
    for engine in medians.engines:
        for record in medians.these("tenants", engine):
            figures = record["figures"]
            idle = min((r["figures"]["p99_ms"] for r in medians.these("latency", engine)), default=None)
            rows.append([f"{engine} ({record['params']['count']:,})", number(figures["per_s"]), number(figures["p50_ms"], 1), number(figures["p99_ms"], 1), number(idle, 1), f"{figures['measured']} of {figures['sent']}"])
    yield from table(["engine (backlog)", "handled /s", "quiet tenants' wait p50 ms", "p99 ms", "p99 when idle, ms", "measured"], rows)
    yield "Quiet tenants send 100 a second while the backlog is drained. Who has no turns makes them wait for it.\n"


def _snapshot(_result: dict[str, Any], medians: Medians) -> Iterator[str]:
    yield "## A snapshot held open while messages flow\n"
    rows: list[list[str]] = []
    for engine in medians.engines:
        for record in medians.these("snapshot", engine):
            free, held = record["figures"]["free"], record["figures"]["held"]
            first = held["each_second"][: max(1, len(held["each_second"]) // 3)]
            rows.append([engine, f"{record['params']['seconds']:.0f}", *map(number, (free["last_third_per_s"], statistics.mean(first), held["last_third_per_s"])), number(record["figures"]["kept"], 2)])
    yield from table(["engine", "seconds", "undisturbed, last third /s", "held, first third /s", "held, last third /s", "held ÷ undisturbed"], rows)


def _idle(_result: dict[str, Any], medians: Medians) -> Iterator[str]:
    yield "## Idle: a worker on 100 empty queues\n"
    rows = [
        [engine, number(figures.get("queries_a_minute")), number(figures["cpu_ms_a_minute"])]
        for record in medians.these("idle", "all")
        for engine, figures in record["figures"].items()
    ]
    yield from table(["engine", "statements or commands a minute", "CPU ms a minute"], rows)


def _end(result: dict[str, Any], _medians: Medians) -> Iterator[str]:
    failed = [record for record in result["measurements"] if "error" in record]
    noisy = [record for record in result["measurements"] if record.get("noise_cores", 0) > NOISY_CORES]
    yield "## What to know\n"
    yield f"- {len(noisy)} of {len(result['measurements'])} measurements had more than {NOISY_CORES} cores taken by other work" + (f", up to {max(r['noise_cores'] for r in noisy)}." if noisy else ".")
    yield f"- {len(result['not_run'])} measurements did not fit into the time" + (": " + "; ".join(sorted({key.rpartition('|')[0].replace("|", ", ") for key in result["not_run"]})) if result["not_run"] else "") + "."
    yield from (f"- failed: {r['case']}, {r['engine']}, {r['params']}: {' '.join(r['error'].split())[-300:]}" for r in failed)
