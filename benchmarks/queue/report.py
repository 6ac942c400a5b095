"""The tables of a run, in Markdown, from its result file: nothing is measured here."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from benchmarks.queue import report_more as more
from benchmarks.queue.medians import Medians, number, table
from benchmarks.queue.running import NOISY_CORES

OURS = ("barback, batch handler", "barback, handler a message", "barback, packed")


def report(result: dict[str, Any]) -> str:
    """The whole page."""
    medians = Medians(result["measurements"])
    parts = [
        _head,
        _ratios,
        _drains,
        _enqueues,
        more.latencies,
        more.keyed,
        more.tenants,
        more.snapshot,
        more.idle,
        _end,
    ]
    return "\n".join(line for part in parts for line in part(result, medians)) + "\n"


def _head(result: dict[str, Any], _medians: Medians) -> Iterator[str]:
    machine, servers = result["machine"], result["servers"]
    settings = [f"{name}={value}" for name, value in servers["postgres"].items() if name != "server_version"]
    versions = [f"{name} {version}" for name, version in result["versions"].items()]
    on = f"{machine['cores']} cores ({machine['cpu']}), {machine['memory_gib']} GiB, {machine['system']}"
    postgres = f"{servers['postgres']['server_version']} ({servers['postgres_is']}): {', '.join(settings)}"
    made = f"commit {result['commit']}, {result['took_min']:.0f} minutes. Made from the `.json` beside this page."
    parts = [
        f"# Queue benchmark, {result['at']}",
        f"`{result['command']}`, {made}",
        f"Machine: {on}, kernel {machine['kernel']}; worker, producer and server share the cores.",
        f"PostgreSQL {postgres}. Redis {servers['redis']}, RabbitMQ {servers['rabbitmq']}.",
        f"Versions: {', '.join(versions)}.",
        "Payload: about 200 bytes of JSON. Figures are medians of the rounds, each engine at the best of its sweep.",
        "What the columns mean: [README](../README.md).",
    ]
    yield from (part + "\n" for part in parts)


def _ratios(_result: dict[str, Any], medians: Medians) -> Iterator[str]:
    heads = [
        "drain, one worker: ours in its worse state ÷ the peer in its better",
        *(name.removeprefix("barback, ") for name in OURS),
    ]
    rows: list[list[str]] = []
    for engine in medians.engines:
        peer = medians.range_of(engine)
        if peer is None or engine.startswith("barback"):
            continue
        ours = [medians.range_of(name) for name in OURS]
        rows.append([engine, *("" if one is None else f"{one[0] / peer[1]:.2f}" for one in ours)])
    yield "## Ratios\n"
    yield from table(heads, rows)


DRAIN_HEADS = [
    "engine", "durable", "delivery", "1 worker, fresh /s", "analyzed /s", "2 workers, fresh /s", "analyzed /s",
    "large backlog, fresh /s", "analyzed /s", "rounds", "left", "twice", "settings",
]  # fmt: skip


def _drains(result: dict[str, Any], medians: Medians) -> Iterator[str]:
    yield "## Drain\n"
    rows = [_drain_row(engine, result, medians) for engine in medians.engines if medians.these("drain", engine)]
    yield from table(DRAIN_HEADS, rows)
    yield (
        "In brackets how many waited. *left*: not acknowledged at the end; *twice*: run more often than enqueued; "
        "sums over all rounds. Engines without a planner have no second state.\n"
    )


def _drain_row(engine: str, result: dict[str, Any], medians: Medians) -> list[str]:
    drains = medians.these("drain", engine)
    counts = sorted({record["params"]["count"] for record in drains})
    large = counts[-1] if len(counts) > 1 else -1
    cells = [medians.drain(engine, workers, state) for workers in (1, 2) for state in ("fresh", "analyzed")]
    cells += [medians.drain(engine, 1, state, large) for state in ("fresh", "analyzed")]
    rounds = len(medians.these("drain", engine, workers=1, state="fresh", count=counts[0]))
    sums = [str(sum(record["figures"][what] for record in drains)) for what in ("left", "twice")]
    about = result["engines"][engine]
    name = f"{engine} ({counts[0]:,}{f' / {large:,}' if large > 0 else ''})"
    figures = [*map(number, cells), str(rounds), *sums]
    return [name, about["durable"], about["delivery"], *figures, f"`{drains[0]['settings']}`"]


def _enqueues(_result: dict[str, Any], medians: Medians) -> Iterator[str]:
    yield "## Enqueue\n"
    rows: list[list[str]] = []
    for engine in medians.engines:
        fills = [r["figures"]["fill_per_s"] for case in ("drain", "sweep") for r in medians.these(case, engine)]
        bulk = statistics.median(fills) if fills else None
        rows.append(
            [engine, *map(number, (bulk, medians.of("per_s", "one", engine), medians.of("per_s", "callers", engine)))]
        )
    yield from table(["engine", "bulk /s", "one by one, awaited /s", "64 callers at once /s"], rows)


def _end(result: dict[str, Any], _medians: Medians) -> Iterator[str]:
    made = result["measurements"]
    noisy = [record["noise_cores"] for record in made if record.get("noise_cores", 0) > NOISY_CORES]
    missing = sorted({", ".join(key.split("|")[:2]) for key in result["not_run"]})
    yield "## What to know\n"
    yield f"- Of {len(made)} measurements, {len(noisy)} had more than {NOISY_CORES} cores taken by other work" + (
        f", up to {max(noisy)}." if noisy else "."
    )
    yield f"- {len(result['not_run'])} measurements did not fit into the time" + (
        f": {'; '.join(missing)}." if missing else "."
    )
    for record in made:
        if "error" in record:
            error = " ".join(record["error"].split())[-300:]
            yield f"- Failed: {record['case']}, {record['engine']}, {record['params']}: {error}"
