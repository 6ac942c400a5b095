"""The second half of the page: latency, keys, tenants, a held snapshot, idle workers."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from benchmarks.queue.medians import Medians, number, table


def latencies(_result: dict[str, Any], medians: Medians) -> Iterator[str]:
    yield "## Latency\n"
    rows: list[list[str]] = []
    for engine in medians.engines:
        found = [r for r in medians.these("latency", engine) if r["figures"]["measured"]]
        best = min(found, key=lambda r: (r["figures"]["missing"], r["figures"]["p99_ms"]), default=None)
        load = medians.these("load", engine)
        row = [engine]
        row += (
            ["", "", "", ""]
            if best is None
            else [
                number(best["figures"]["p50_ms"], 1),
                number(best["figures"]["p99_ms"], 1),
                str(best["figures"]["missing"]),
                f"`{best['settings']}`",
            ]
        )
        row += (
            ["", "", ""]
            if not load
            else [
                number(load[0]["figures"][key], digits)
                for key, digits in (("most_per_s", 0), ("p50_ms", 1), ("p99_ms", 1))
            ]
        )
        rows.append(row)
    yield from table(
        [
            "engine",
            "100/s: p50 ms",
            "p99 ms",
            "missing",
            "settings",
            "most at once sent and handled /s",
            "at 70 % of it: p50 ms",
            "p99 ms",
        ],
        rows,
    )


KEYED_HEADS = [
    "engine", "other keys, fresh /s", "analyzed /s", "all, fresh /s", "analyzed /s", "other keys ÷ unkeyed drain",
    "16 callers, unkeyed /s", "keyed /s", "ratio", "left", "not done",
]  # fmt: skip


def keyed(_result: dict[str, Any], medians: Medians) -> Iterator[str]:
    yield "## Order per key: half of the backlog on one busy key\n"
    rows = [_keyed_row(engine, medians) for engine in medians.engines]
    yield from table(KEYED_HEADS, rows)


def _keyed_row(engine: str, medians: Medians) -> list[str]:
    plain = medians.range_of(engine)
    records = medians.these("keyed", engine)
    others = [medians.of("others_per_s", "keyed", engine, state=state) for state in ("fresh", "analyzed")]
    whole = [medians.of("per_s", "keyed", engine, state=state) for state in ("fresh", "analyzed")]
    known = [value for value in others if value is not None]
    ratio = min(known) / plain[0] if known and plain else None
    calls = [medians.of("per_s", "callers of keys", engine, shape=shape) for shape in ("plain", "keyed")]
    fast = calls[1] / calls[0] if calls[0] and calls[1] else None
    left = str(sum(record["figures"]["left"] for record in records)) if records else ""
    not_done = sorted({one["figures"]["incomplete"] for one in records if "incomplete" in one["figures"]})
    figures = [*map(number, [*others, *whole]), number(ratio, 2), *map(number, calls), number(fast, 2)]
    return [engine, *figures, left, "; ".join(not_done)]


TENANTS_HEADS = [
    "engine", "drain, fresh /s", "analyzed /s", "÷ drain without tenants", "backlog", "quiet tenants' wait p50 ms",
    "p99 ms", "without the noisy one p50 ms", "p99 ms", "nothing waiting p50 ms", "p99 ms", "measured",
]  # fmt: skip


def tenants(_result: dict[str, Any], medians: Medians) -> Iterator[str]:
    yield "## 10,000 tenants, one with nine tenths of the backlog\n"
    yield from table(TENANTS_HEADS, [_tenants_row(engine, medians) for engine in medians.engines])
    yield "Quiet tenants send 100 a second while the backlog is drained. Who has no turns makes them wait for it.\n"
    yield (
        "Without the noisy one: the same backlog of the quiet tenants, and nothing of the one that has nine tenths. "
        "Nothing waiting: the same messages and no backlog.\n"
    )


def _tenants_row(engine: str, medians: Medians) -> list[str]:
    plain = medians.range_of(engine)
    drains = [medians.of("per_s", "lined", engine, state=state) for state in ("fresh", "analyzed")]
    known = [value for value in drains if value is not None]
    cells = [engine, *map(number, drains), number(min(known) / plain[0] if known and plain else None, 2)]
    for record in medians.these("tenants", engine):
        figures = record["figures"]
        runs = (figures, figures.get("without_noisy", {}), figures.get("idle", {}))
        waits = [number(run.get(key), 1) for run in runs for key in ("p50_ms", "p99_ms")]
        return [*cells, f"{record['params']['count']:,}", *waits, f"{figures['measured']} of {figures['sent']}"]
    return [*cells, *[""] * 8]


def snapshot(_result: dict[str, Any], medians: Medians) -> Iterator[str]:
    yield "## A snapshot held open while messages flow\n"
    rows: list[list[str]] = []
    for engine in medians.engines:
        for record in medians.these("snapshot", engine):
            free, held = record["figures"]["free"], record["figures"]["held"]
            first = held["each_second"][: max(1, len(held["each_second"]) // 3)]
            rows.append(
                [
                    engine,
                    f"{record['params']['seconds']:.0f}",
                    *map(number, (free["last_third_per_s"], statistics.mean(first), held["last_third_per_s"])),
                    number(record["figures"]["kept"], 2),
                ]
            )
    yield from table(
        [
            "engine",
            "seconds",
            "undisturbed, last third /s",
            "held, first third /s",
            "held, last third /s",
            "held ÷ undisturbed",
        ],
        rows,
    )


def idle(_result: dict[str, Any], medians: Medians) -> Iterator[str]:
    yield "## Idle: a worker on 100 empty queues\n"
    rows = [
        [engine, number(figures.get("queries_a_minute")), number(figures["cpu_ms_a_minute"])]
        for record in medians.these("idle", "all")
        for engine, figures in record["figures"].items()
    ]
    yield from table(["engine", "statements or commands a minute", "CPU ms a minute"], rows)
