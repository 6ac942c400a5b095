"""Profiles of the hot paths on PostgreSQL, here and in an older checkout, in turn.

    python -m benchmarks.profile [--beside FOLDER] [--count 100000]

For each path: processor time of server and client for a message, the server's time by statement (pg_stat_statements,
which must be installed; a commit's is mostly its wait for the disk) and the client's by function (sampled.py). Starts a
PostgreSQL of its own. Writes RESULT.json and RESULT.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks.facts import ROOT, facts
from benchmarks.noise import family_s
from benchmarks.profile.report import report
from benchmarks.queue.servers import Servers, run_sql

SAMPLED = Path(__file__).with_name("sampled.py")
BATCH = {"kind": "batch", "batch": 1000}
ROW = {"kind": "row", "batch": 500}
KEYED_S = 8.0
"""The busy key goes one by one; a profile need not wait for its end."""
STATEMENTS = """
SELECT query, calls, total_exec_time AS ms, rows FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
WHERE d.datname = current_database() AND query NOT LIKE '%pg_stat_statements%' ORDER BY total_exec_time DESC LIMIT 14
"""

Json = dict[str, Any]


class Checkout:
    """One source of the engine, with its own program of the queue benchmark."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self._programs = root / "benchmarks" / "queue" / "programs"
        self._result = folder / "profile.json"

    def start(self, url: str, verb: str, **options: Any) -> subprocess.Popen[str]:
        """The program, sampled."""
        path = os.pathsep.join([str(self.root / "src"), str(self.root), str(self._programs)])
        program = [str(SAMPLED), str(self._result), str(self._programs / "ours.py")]
        return subprocess.Popen(
            [sys.executable, *program, url, verb, json.dumps(options)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip

    def ask(self, url: str, verb: str, **options: Any) -> Json:
        """One verb to its end; its profile."""
        with self.start(url, verb, **options) as process:
            process.communicate(timeout=300)
        if process.returncode:
            raise RuntimeError(f"{self.root.name}: {verb} ended with {process.returncode}")
        return self.profile()

    def work(self, url: str, count: int, limit_s: float, **options: Any) -> tuple[int, Json]:
        """Handle `count` messages, or what is done in `limit_s`; how many, and the profile."""
        with self.start(url, "work", **options) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdout.readline()
            process.stdin.write("go\n")
            process.stdin.flush()
            done, until = 0, time.monotonic() + limit_s
            while done < count and time.monotonic() < until:
                done = int(json.loads(process.stdout.readline())["done"])
            out, _ = process.communicate(timeout=60)
            return int(json.loads(out.strip().splitlines()[-1])["done"]), self.profile()

    def profile(self) -> Json:
        """Of the last program."""
        return json.loads(self._result.read_text())


async def statements(url: str) -> list[Json]:
    """What the server was asked, the dearest first."""
    connection = await asyncpg.connect(url)
    try:
        return [dict(row) for row in await connection.fetch(STATEMENTS)]
    finally:
        await connection.close()


class Profiles:
    """Each method is a hot path."""

    def __init__(self, servers: Servers, count: int) -> None:
        self._servers, self._count, self._number = servers, count, 0

    def _fresh(self, checkout: Checkout, **options: Any) -> str:
        self._number += 1
        name = f"profile{self._number}"
        run_sql(self._servers.postgres, f"CREATE DATABASE {name}", "SELECT 1")
        url = self._servers.postgres.rpartition("/")[0] + f"/{name}"
        run_sql(url, "CREATE EXTENSION pg_stat_statements", "SELECT 1")
        checkout.ask(url, "install", **options)
        return url

    def _begin(self, url: str) -> float:
        run_sql(url, "SELECT pg_stat_statements_reset()")
        return family_s(self._servers.pids())

    def _figures(self, url: str, before_s: float, done: int, client: Json) -> Json:
        server_s = family_s(self._servers.pids()) - before_s
        return {"messages": done, "server_s": server_s, "statements": asyncio.run(statements(url)), **client}

    def enqueue(self, checkout: Checkout, verb: str, count: int, **options: Any) -> Json:
        """`bulk`, `one` or `callers`."""
        url = self._fresh(checkout, settings=BATCH)
        before_s = self._begin(url)
        client = checkout.ask(url, verb, settings=BATCH, count=count, **options)
        return self._figures(url, before_s, count, client)

    def drain(self, checkout: Checkout, settings: Json, shape: str = "plain", limit_s: float = 60.0) -> Json:
        """A backlog with statistics, by one worker."""
        options = {"settings": settings, "shape": shape}
        url = self._fresh(checkout, **options)
        checkout.ask(url, "bulk", count=self._count, **options)
        run_sql(url, "VACUUM ANALYZE")
        before_s = self._begin(url)
        done, client = checkout.work(url, self._count, limit_s, **options)
        return self._figures(url, before_s, done, client)

    def all(self, checkout: Checkout) -> dict[str, Json]:
        """Every path."""
        return {
            "Enqueue in bulk": self.enqueue(checkout, "bulk", self._count),
            "Enqueue one by one": self.enqueue(checkout, "one", 4_000),
            "64 callers of submit": self.enqueue(checkout, "callers", self._count // 2, callers=64),
            "Drain, batch handler": self.drain(checkout, BATCH),
            "Drain, a handler a message": self.drain(checkout, ROW),
            "Drain, half of it on one busy key": self.drain(checkout, BATCH, "keyed", KEYED_S),
            "Drain, 10,000 tenants": self.drain(checkout, BATCH, "tenants"),
        }


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", type=Path, help="an older checkout, which has benchmarks/queue")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--result", type=Path, default=ROOT / "benchmarks" / "results" / "profile.json")
    chosen = parser.parse_args()
    found: dict[str, dict[str, Json]] = {}
    with Servers(preload="pg_stat_statements") as servers, tempfile.TemporaryDirectory() as folder:
        profiles = Profiles(servers, chosen.count)
        roots = {"before": chosen.beside.resolve(), "now": ROOT} if chosen.beside else {"now": ROOT}
        for name, root in roots.items():
            found[name] = profiles.all(Checkout(root, Path(folder)))
        about = servers.facts()
    before = chosen.beside and subprocess.run(
        ["git", "-C", chosen.beside, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    result = {**facts("profile"), "before": before.stdout.strip() if before else None, "servers": about, "paths": found}
    chosen.result.write_text(json.dumps(result, indent=1) + "\n")
    chosen.result.with_suffix(".md").write_text(report(result))
    print(chosen.result.with_suffix(".md").read_text())


if __name__ == "__main__":
    main()
