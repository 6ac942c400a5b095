"""Plots of a result file, as SVG. Run by the environment that has matplotlib: `python plots.py RESULT.json`."""

from __future__ import annotations

import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "barback"
from matplotlib import pyplot as plt  # noqa: E402 - the back end is chosen before

OURS, PEER = "#b4472e", "#6b7a8f"
STYLE = {"fresh": 0.55, "analyzed": 1.0}


def save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    print(path)


def drains(records: list[dict[str, Any]], path: Path) -> None:
    """Messages a second with one worker, in both states of the planner's statistics."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    smallest: dict[str, int] = {}
    for record in records:
        if record["case"] == "drain" and record["params"]["workers"] == 1 and "figures" in record:
            count = record["params"]["count"]
            if count <= smallest.setdefault(record["engine"], count):
                found[record["engine"]][record["params"]["state"]].append(record["figures"]["per_s"])
    if not found:
        return
    medians = {
        engine: {state: statistics.median(values) for state, values in states.items()}
        for engine, states in found.items()
    }
    order = sorted(medians, key=lambda engine: max(medians[engine].values()))
    figure, axes = plt.subplots(figsize=(9, 0.42 * len(order) + 1.4))
    for place, engine in enumerate(order):
        colour = OURS if engine.startswith("barback") else PEER
        states = medians[engine]
        for shift, state in ((0.19, "fresh"), (-0.19, "analyzed")):
            if state in states:
                height, at = (0.36, place + shift) if len(states) > 1 else (0.6, place)
                axes.barh(
                    at, states[state], height=height, color=colour, alpha=STYLE[state] if len(states) > 1 else 1.0
                )
        axes.text(max(states.values()), place, f" {max(states.values()):,.0f}", va="center", fontsize=8)
    axes.set_yticks(range(len(order)), order, fontsize=8)
    axes.set_xlabel(
        "messages a second, one worker (pale: straight after the fill; full: after VACUUM ANALYZE)", fontsize=8
    )
    axes.margins(x=0.12)
    axes.spines[["top", "right"]].set_visible(False)
    save(figure, path)


def snapshots(records: list[dict[str, Any]], path: Path) -> None:
    """Messages a second over time, with and without a snapshot held."""
    found = [record for record in records if record["case"] == "snapshot" and "figures" in record]
    if not found:
        return
    figure, all_axes = plt.subplots(1, len(found), figsize=(3.2 * len(found), 2.8), squeeze=False)
    for axes, record in zip(all_axes[0], found, strict=True):
        axes.plot(record["figures"]["free"]["each_second"], color=PEER, label="undisturbed")
        axes.plot(record["figures"]["held"]["each_second"], color=OURS, label="snapshot held")
        axes.set_title(record["engine"], fontsize=9)
        axes.set_ylim(bottom=0)
        axes.tick_params(labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
    all_axes[0][0].set_ylabel("messages a second", fontsize=8)
    all_axes[0][0].set_xlabel("seconds", fontsize=8)
    all_axes[0][0].legend(fontsize=7)
    save(figure, path)


def latencies(records: list[dict[str, Any]], path: Path) -> None:
    """p50 and p99 at 100 a second; the better of the settings tried."""
    best: dict[str, tuple[float, float]] = {}
    for record in records:
        if record["case"] == "latency" and record.get("figures", {}).get("measured"):
            one = (record["figures"]["p99_ms"], record["figures"]["p50_ms"])
            best[record["engine"]] = min(one, best.get(record["engine"], one))
    if not best:
        return
    order = sorted(best, key=lambda engine: best[engine], reverse=True)
    figure, axes = plt.subplots(figsize=(9, 0.34 * len(order) + 1.4))
    for place, engine in enumerate(order):
        p99, p50 = best[engine]
        colour = OURS if engine.startswith("barback") else PEER
        axes.plot([p50, p99], [place, place], color=colour, linewidth=3, solid_capstyle="round")
        axes.plot(p50, place, "o", color=colour)
        axes.text(p99, place, f"  {p50:.1f} / {p99:.1f}", va="center", fontsize=8)
    axes.set_xscale("log")
    axes.set_yticks(range(len(order)), order, fontsize=8)
    axes.set_xlabel("milliseconds from the send to the start, p50 to p99, at 100 a second", fontsize=8)
    axes.margins(x=0.15)
    axes.spines[["top", "right"]].set_visible(False)
    save(figure, path)


def main() -> None:
    source = Path(sys.argv[1])
    records = json.loads(source.read_text())["measurements"]
    for name, draw in (("drain", drains), ("latency", latencies), ("snapshot", snapshots)):
        draw(records, source.with_name(f"{source.stem}-{name}.svg"))


if __name__ == "__main__":
    main()
