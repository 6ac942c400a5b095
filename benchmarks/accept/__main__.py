"""Orders accepted per second, durably, against a no-op on the same server in the same run.

    python -m benchmarks.accept [--database URL]... [--seconds 5] [--rounds 3] [--connections 16,64,256]

One server process on one core, the load on the other (where there are two). Every request carries one
order of about 600 bytes: three lines, four modifiers. Both handlers authenticate and validate; the
durable one answers after the commit is on disk. Then, with a worker running, it measures the time
from the answer to the processed order at half load.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
import uvloop

from barback.storage import Database, Statement, open_database
from benchmarks import load
from benchmarks.accept.setup import Bench, prepare
from benchmarks.facts import facts

HERE = Path(__file__).parent


def start(url: str, port: int, *extra: str, core: int) -> subprocess.Popen[bytes]:
    pin = ["taskset", "-c", str(core)] if (os.cpu_count() or 1) > 1 else []
    command = [*pin, sys.executable, str(HERE / "serve.py"), url, str(port), *extra]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent.parent)}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"ready", "the server did not start"
    return process


def stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.wait(timeout=30)


async def measure(bench: Bench, port: int, connections: list[int], seconds: float, rounds: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for count in connections:
        figures: dict[str, list[load.Result]] = {"noop": [], "durable": []}
        for _ in range(rounds):
            for kind, path in (("noop", "/v1/noop"), ("durable", "/v1/orders")):
                make = bench.maker(path)
                figures[kind].append(await load.run("127.0.0.1", port, make, connections=count, seconds=seconds))
        row: dict[str, Any] = {"connections": count}
        for kind, results in figures.items():
            assert not any(result.other for result in results), f"{kind}: answers that were not 202"
            row[f"{kind}_per_s"] = round(statistics.median(r.per_second for r in results))
            row[f"{kind}_p50_ms"] = round(statistics.median(r.percentile(0.5) for r in results), 2)
            row[f"{kind}_p99_ms"] = round(statistics.median(r.percentile(0.99) for r in results), 2)
        row["ratio"] = round(row["durable_per_s"] / row["noop_per_s"], 2)
        rows.append(row)
        print(json.dumps(row), flush=True)
    return rows


_PROCESSED = Statement(
    "processed",
    dict.fromkeys(
        ("sqlite", "postgres"),
        "SELECT processed_ms - accepted_ms AS ms FROM orders WHERE state = 'processed' AND accepted_ms >= :since_ms",
    ),
)
_WAITING = Statement(
    "waiting", dict.fromkeys(("sqlite", "postgres"), "SELECT count(*) AS n FROM orders WHERE state = 'accepted'")
)


async def latency(bench: Bench, url: str, port: int, rate: float, seconds: float) -> dict[str, Any]:
    """From the answer to the processed order, at a steady `rate`, with one worker process."""
    db = await open_database(url, bells=False)
    worker = start(url, port, "work", core=1)
    try:
        await _until_processed(db)  # what the measurements before have left
        since_ms = db.clock.now_ms()
        result = await load.run(
            "127.0.0.1", port, bench.maker("/v1/orders"), connections=16, seconds=seconds, rate=rate
        )
        await _until_processed(db)
        async with db.reading() as tx:
            found = sorted(row["ms"] for row in await tx.all(_PROCESSED, since_ms=since_ms))
    finally:
        stop(worker)
        await db.close()
    assert len(found) == result.ok, f"{result.ok} orders were accepted, {len(found)} processed"
    row = {
        "rate_per_s": round(rate),
        "accepted_per_s": round(result.per_second),
        "accept_p50_ms": round(result.percentile(0.5), 2),
        "accept_p99_ms": round(result.percentile(0.99), 2),
        "processed_p50_ms": found[len(found) // 2],
        "processed_p99_ms": found[int(len(found) * 0.99)],
    }
    print(json.dumps(row), flush=True)
    return row


async def _until_processed(db: Database) -> None:
    while True:
        async with db.reading() as tx:
            row = await tx.one(_WAITING)
        if row is not None and row["n"] == 0:
            return
        await asyncio.sleep(0.2)


async def one(url: str, args: argparse.Namespace) -> dict[str, Any]:
    port = 8791
    server = start(url, port, core=0)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/v1", timeout=60) as client:
            bench = await prepare(client)
        rows = await measure(bench, port, args.connections, args.seconds, args.rounds)
        rate = args.rate or min(row["durable_per_s"] for row in rows) / 2
        processed = await latency(bench, url, port, rate, args.seconds)
        return {"database": url.split(":", maxsplit=1)[0], "rows": rows, "latency": processed}
    finally:
        stop(server)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", action="append", default=[])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=lambda text: list(map(int, text.split(","))), default=[16, 64, 256])
    parser.add_argument(
        "--rate", type=float, default=0, help="orders a second for the latency; default: half of what was reached"
    )
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})
    with tempfile.TemporaryDirectory() as folder:
        urls = args.database or [f"sqlite:///{folder}/bench.db"]
        results = [uvloop.run(one(url, args)) for url in urls]
    if args.json:
        args.json.write_text(json.dumps({**facts("accept"), "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
