"""The page of a profile, from its figures."""

from __future__ import annotations

from collections import Counter
from typing import Any

Json = dict[str, Any]
STATEMENTS, PLACES = 8, 10


def report(result: Json) -> str:
    """Markdown."""
    machine, postgres = result["machine"], result["servers"]["postgres"]
    before = f", before: {result['before']}" if result["before"] else ""
    cores = f"{machine['cores']} cores ({machine['cpu']})"
    parts = [
        f"# Profiles of the hot paths, {result['at']}\n",
        f"Commit {result['commit']}{before}; Python {result['python']}; {cores}.",
        f"PostgreSQL {postgres['server_version']}, its settings in the `.json` beside this page.",
        "Made by `python -m benchmarks.profile`. Microseconds a message; the server's",
        "statements by the clock (a commit waits for the disk in it), the client's functions by processor time.\n",
        "## Processor time a message\n",
        "| path | before: server | client | now: server | client |",
        "|---|---|---|---|---|",
    ]
    now, old = result["paths"]["now"], result["paths"].get("before", {})
    parts += [f"| {path} | {_costs(old.get(path))} | {_costs(now[path])} |" for path in now]
    for path in now:
        parts.append(f"\n## {path}\n")
        parts += [_detail(when, one) for when, one in (("before", old.get(path)), ("now", now[path])) if one]
    return "\n".join(parts) + "\n"


def _costs(profile: Json | None) -> str:
    if profile is None:
        return " | "
    each = profile["messages"] or 1
    return f"{profile['server_s'] / each * 1e6:,.1f} | {profile['processor_s'] / each * 1e6:,.1f}"


def _detail(when: str, profile: Json) -> str:
    each = profile["messages"] or 1
    samples = Counter[str](profile["samples"])
    total = sum(samples.values()) or 1
    places = [
        (place, count / total, count / total * profile["processor_s"] / each * 1e6)
        for place, count in samples.most_common(PLACES)
    ]
    rows = [
        f"**{when}**, {profile['messages']:,} messages\n",
        "| server: statement | calls | µs a message |\n|---|---|---|",
        *(
            f"| `{_short(one['query'])}` | {one['calls']:,} | {one['ms'] * 1000 / each:,.2f} |"
            for one in profile["statements"][:STATEMENTS]
        ),
        "\n| client: where | share | µs a message |\n|---|---|---|",
        *(f"| {place} | {share:.0%} | {each_us:,.2f} |" for place, share, each_us in places),
    ]
    return "\n".join(rows) + "\n"


def _short(query: str) -> str:
    text = " ".join(query.split()).replace("|", "\\|").replace("`", "'")
    return text if len(text) <= 90 else text[:89] + "…"
