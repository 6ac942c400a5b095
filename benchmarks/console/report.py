"""The page of a run, in Markdown, from its result: nothing is measured here."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

GOAL_MS = 300


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of them stay below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def costs(spells: list[dict[str, Any]]) -> list[float]:
    """What watching cost, for each watched spell: the share it was below the mean of the spells beside it."""
    found: list[float] = []
    for before, watched, after in zip(spells, spells[1:], spells[2:], strict=False):
        if watched["watched"] and not before["watched"] and not after["watched"]:
            found.append(1 - watched["per_s"] / ((before["per_s"] + after["per_s"]) / 2))
    return found


def report(result: dict[str, Any]) -> str:
    """The whole page."""
    return "\n".join(line for part in (_head, _pages, _live, _cost) for line in part(result)) + "\n"


def _head(result: dict[str, Any]) -> Iterator[str]:
    machine, postgres = result["machine"], result["servers"]["postgres"]
    on = f"{machine['cores']} cores ({machine['cpu']}), {machine['memory_gib']} GiB, {machine['system']}"
    took = f"{result['took_min']} minutes, of which the fill {result['fill_s']} s"
    yield f"# The console under load, {result['at']}\n"
    yield f"`{result['command']}`, commit {result['commit']}, {took}.\n"
    yield f"{result['queues']} queues; {result['messages']:,} messages that wait or are dead, and a day of history."
    yield f"While pages are opened {result['rate']:,} a second flow through {result['flow_queues']} queues, and"
    yield f"others look: {', '.join(result['watchers'])}.\n"
    yield f"Machine: {on}. PostgreSQL {postgres['server_version']}, server, workers, producer and browsers share it."
    yield f"Other work took {result['noise_cores']} cores.\n"


def _pages(result: dict[str, Any]) -> Iterator[str]:
    yield "## How soon a page has its data\n"
    yield "Everything that a browser asks for when it opens the page, at once, until the last answer is there."
    yield "*Cold*: nobody had looked for a while. *Chromium*: the page loaded anew, its program included, until it"
    yield "has its data.\n"
    yield "| page | requests | opened | p50 ms | p95 ms | p99 ms | cold p50 | cold worst | Chromium p50 | worst |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    slow: list[str] = []
    for name, took in result["pages_ms"].items():
        first, chromium = result["cold_ms"].get(name, []), result["browser_ms"].get(name, [])
        cells = [f"{percentile(took, share):.0f}" for share in (0.5, 0.95, 0.99)]
        cells += [f"{statistics.median(first):.0f}", f"{max(first):.0f}"] if first else ["", ""]
        cells += [f"{statistics.median(chromium):.0f}", f"{max(chromium):.0f}"] if chromium else ["", ""]
        yield f"| {name} | {len(result['asks'][name])} | {len(took)} | {' | '.join(cells)} |"
        slow += [name] if percentile(took, 0.95) >= GOAL_MS else []
    for name, refusal in result["refused"].items():
        yield f"\n{name} was refused what it asked for: `{refusal}`"
    yield f"\nThe goal is {GOAL_MS} ms at p95: " + (
        f"**missed** by {', '.join(slow)}.\n" if slow else "every page has it.\n"
    )


def _live(result: dict[str, Any]) -> Iterator[str]:
    ages, gaps = result["news_age_ms"], result["news_gap_ms"]
    yield "## How live it is\n"
    yield f"{len(ages)} news, every {percentile(gaps, 0.5):.0f} ms (p95 {percentile(gaps, 0.95):.0f});"
    yield f"it was {percentile(ages, 0.5):.0f} ms old when it came (p95 {percentile(ages, 0.95):.0f}).\n"


def _cost(result: dict[str, Any]) -> Iterator[str]:
    spells = result["drain"]
    alone, watched = ([one["per_s"] for one in spells if one["watched"] is is_] for is_ in (False, True))
    found = costs(spells)
    yield "## What watching costs\n"
    if not found:
        yield "The backlog was too small for this.\n"
        return
    quarters = statistics.quantiles(found, n=4) if len(found) > 1 else found * 3
    yield "One worker drains flat out, message by message. In turns of a few seconds nobody watches, and they do."
    yield f"Alone {statistics.median(alone):,.0f} a second, watched {statistics.median(watched):,.0f} (medians of"
    yield f"{len(alone)} and {len(watched)}). Each watched spell against the two beside it: watching costs"
    yield f"**{statistics.median(found):.1%}**, half of the spells between {quarters[0]:.1%} and {quarters[2]:.1%}."
    yield "The goal is 5 %.\n"
