"""Enqueue and drain, against peers on the same PostgreSQL, interleaved in one run.

    python -m benchmarks.queue --database postgresql://user@host/name [--rounds 3] [--backlog 50000] [--json FILE]

The database named is only used to create others: every measurement has a fresh one. Drains are measured
straight after the fill and after VACUUM ANALYZE, because the planner's statistics move such figures by
several times. The ratio that counts is ours in its worse state over the peer in its better one.
Peers are installed by hand, once: `benchmarks/queue/peers/README.md`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import asyncpg

HERE = Path(__file__).parent
PEERS_PYTHON = os.environ.get("PEERS_PYTHON", sys.executable)
ENGINES: dict[str, list[str]] = {
    "barback": [sys.executable, str(HERE / "ours.py")],
    "graphile-worker": ["node", str(HERE / "peers" / "graphile_peer.mjs")],
    "pgqueuer": [PEERS_PYTHON, str(HERE / "peers" / "pgqueuer_peer.py")],
    "procrastinate": [PEERS_PYTHON, str(HERE / "peers" / "procrastinate_peer.py")],
}
SLOW = {"procrastinate": 0.1}
"""Shares of the backlog for engines that would take minutes."""


def verb(engine: str, url: str, name: str, count: int) -> dict[str, Any]:
    """Run one verb in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent.parent)}
    command = [*ENGINES[engine], url, name, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment, check=False)
    if done.returncode:
        raise RuntimeError(f"{engine} {name} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


async def fresh(admin: str) -> str:
    """A new, empty database."""
    connection = await asyncpg.connect(admin)
    name = f"bench_{uuid.uuid4().hex[:10]}"
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return admin.rpartition("/")[0] + "/" + name


async def gone(admin: str, url: str) -> None:
    connection = await asyncpg.connect(admin)
    await connection.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")
    await connection.close()


async def vacuum(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


async def measure(admin: str, engine: str, backlog: int) -> dict[str, float]:
    """One round of one engine."""
    backlog = int(backlog * SLOW.get(engine, 1))
    figures: dict[str, float] = {}
    url = await fresh(admin)
    figures["one"] = verb(engine, url, "one", int(2000 * SLOW.get(engine, 1)))["per_s"]
    await gone(admin, url)
    for state in ("fresh", "analyzed"):
        url = await fresh(admin)
        figures["bulk"] = verb(engine, url, "bulk", backlog)["per_s"]
        if state == "analyzed":
            await vacuum(url)
        drained = verb(engine, url, "drain", backlog)
        assert not drained.get("left"), f"{engine} left {drained['left']} rows un-acknowledged"
        figures[f"drain_{state}"] = drained["per_s"]
        await gone(admin, url)
    return figures


async def run(args: argparse.Namespace) -> dict[str, Any]:
    rounds: dict[str, list[dict[str, float]]] = {engine: [] for engine in args.engines}
    for number in range(args.rounds):
        for engine in args.engines:
            figures = await measure(args.database, engine, args.backlog)
            rounds[engine].append(figures)
            print(number + 1, engine, {key: round(value) for key, value in figures.items()}, flush=True)
    return {
        engine: {key: round(statistics.median(one[key] for one in its)) for key in its[0]}
        for engine, its in rounds.items()
    }


def table(medians: dict[str, Any]) -> str:
    """Markdown, ours over each peer's better state at the end."""
    ours = medians["barback"]
    heads = "enqueue one by one /s | enqueue in bulk /s | drain, fresh /s | drain, analyzed /s"
    lines = [f"| engine | {heads} | ours ÷ it: one, bulk, drain |", "|---|---|---|---|---|---|"]
    for engine, m in medians.items():
        worse = min(ours["drain_fresh"], ours["drain_analyzed"])
        ratios = (ours["one"] / m["one"], ours["bulk"] / m["bulk"], worse / max(m["drain_fresh"], m["drain_analyzed"]))
        cells = [f"{m[key]:,}" for key in ("one", "bulk", "drain_fresh", "drain_analyzed")]
        lines.append(f"| {engine} | {' | '.join(cells)} | {', '.join(f'{ratio:.2f}' for ratio in ratios)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--backlog", type=int, default=50_000)
    parser.add_argument("--engines", type=lambda text: text.split(","), default=list(ENGINES))
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    medians = asyncio.run(run(args))
    print(table(medians))
    if args.json:
        facts = {"at": time.strftime("%Y-%m-%d"), "cores": os.cpu_count(), "rounds": args.rounds}
        args.json.write_text(json.dumps({**facts, "backlog": args.backlog, "medians": medians}, indent=1) + "\n")


if __name__ == "__main__":
    main()
