"""The time of one message: latency at 100 a second, one by one, and what it consists of.

    python -m benchmarks.message [--beside FOLDER] [--rounds 5] [--seconds 6]

`--beside` is another checkout, measured in turn with this one. Starts a PostgreSQL of its own. Per message it tells
statements and round trips of the worker and of the producer (by name, in order, with the time each took; this part runs
in one process, by itself), and commits that waited for the disk (PostgreSQL: `wal_sync` of pg_stat_wal, both together).
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
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import asyncpg

from barback.engine import MIGRATIONS, Queue, Work, Worker, submit
from barback.storage import Database, migrate, open_database
from benchmarks.queue.servers import Servers, run_sql

HERE = Path(__file__).parents[1]
ROWS = {"kind": "row", "batch": 100}


def program(root: Path, url: str, verb: str, **options: Any) -> subprocess.Popen[str]:
    """Our program of the queue benchmark, from the checkout `root`."""
    programs = root / "benchmarks" / "queue" / "programs"
    path = os.pathsep.join([str(root / "src"), str(root), str(programs)])
    return subprocess.Popen(
        [sys.executable, str(programs / "ours.py"), url, verb, json.dumps({"settings": ROWS, **options})],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip


def ask(root: Path, url: str, verb: str, **options: Any) -> dict[str, Any]:
    """One verb to its end."""
    out, _ = program(root, url, verb, **options).communicate(timeout=300)
    return json.loads(out.strip().splitlines()[-1])


class Stores:
    """A fresh database for each measurement."""

    def __init__(self, servers: Servers, folder: Path) -> None:
        self._servers, self._folder, self._number = servers, folder, 0

    def fresh(self, dialect: str) -> str:
        self._number += 1
        if dialect == "sqlite":
            return f"sqlite:///{self._folder}/one{self._number}.db"
        name = f"one{self._number}"
        run_sql(self._servers.postgres, f"CREATE DATABASE {name}", "SELECT 1")
        return self._servers.postgres.rpartition("/")[0] + f"/{name}"

    def syncs(self) -> int:
        """How often the log was written to the disk."""
        return run_sql(self._servers.postgres, "SELECT pg_stat_clear_snapshot()", "SELECT wal_sync FROM pg_stat_wal")


def latency(root: Path, url: str, seconds: float) -> dict[str, float]:
    """At 100 a second, from just before the send to the handler's start."""
    ask(root, url, "install")
    worker = program(root, url, "work")
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdout.readline()
    worker.stdin.write("go\n")
    worker.stdin.flush()
    time.sleep(1.0)
    sent = ask(root, url, "produce", rate=100, seconds=seconds)["sent"]
    time.sleep(0.5)
    out, _ = worker.communicate()
    waits = sorted(json.loads(out.strip().splitlines()[-1])["waits_ms"])
    if len(waits) != sent:
        print(f"  {sent - len(waits)} of {sent} did not come")
    return {"p50": waits[len(waits) // 2], "p99": waits[int(len(waits) * 0.99)], "sent": sent}


def one_by_one(root: Path, url: str, count: int) -> float:
    """Awaited, a second."""
    ask(root, url, "install")
    return ask(root, url, "one", count=count)["per_s"]


Step = tuple[str, float, float]
"""What was executed, when it began and when it ended."""


class Course:
    """Everything that this process asks of PostgreSQL for one message, and when its handler began."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.handled = asyncio.Event()
        self.queue = Queue("one")
        self.task = self.queue.task("one.noop", payload=dict)(self._handle)
        for method in ("execute", "fetch", "fetchrow", "executemany"):
            self._note(method)

    def _note(self, method: str) -> None:
        inner = getattr(asyncpg.Connection, method)

        async def noted(connection: Any, query: str, *args: Any, **more: Any) -> Any:
            began = time.perf_counter()
            try:
                return await inner(connection, query, *args, **more)
            finally:
                self.steps.append((" ".join(query.split())[:60], began, time.perf_counter()))

        setattr(asyncpg.Connection, method, noted)

    async def _handle(self, _tx: Any, _message: Any) -> None:
        now = time.perf_counter()
        self.steps.append(("-- the handler begins", now, now))
        self.handled.set()

    async def one(self, db: Database) -> list[Step]:
        """Its steps, in ms after the send."""
        self.handled.clear()
        self.steps.clear()
        began = time.perf_counter()
        await submit(db, self.task, Work({"note": "x" * 190}))
        self.steps.append(("-- submitted", began, time.perf_counter()))
        await self.handled.wait()
        await asyncio.sleep(0.02)
        ordered = sorted(self.steps, key=lambda step: step[2])
        return [(text, (begin - began) * 1000, (end - began) * 1000) for text, begin, end in ordered]


async def timeline(url: str, count: int = 200) -> dict[str, list[Step]]:
    """The steps of `count` messages, by the course that they took."""
    course = Course()
    producing, working = await open_database(url), await open_database(url)
    await migrate(producing, [MIGRATIONS])
    worker = Worker(working, course.queue.tasks)
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(1.5)
    found: dict[str, list[Step]] = defaultdict(list)
    for _ in range(count):
        steps = await course.one(producing)
        found["\n".join(text for text, _, _ in steps)].extend(steps)
    worker.stop()
    await running
    await producing.close()
    await working.close()
    return found


def tell(steps: dict[str, list[Step]], count: int = 200) -> None:
    """The commonest course of one message, medians."""
    course, rows = max(steps.items(), key=lambda item: len(item[1]))
    names = course.split("\n")
    times = len(rows) // len(names)
    print(f"One message on PostgreSQL, {times} of {count} went so (median ms after the send: begin, end)")
    for n, name in enumerate(names):
        same = rows[n :: len(names)]
        begin, end = (statistics.median(row[i] for row in same) for i in (1, 2))
        print(f"  {begin:6.2f} {end:6.2f}  {name}")


def measure(stores: Stores, roots: list[Path], dialect: str, chosen: argparse.Namespace) -> None:
    """Rounds in which the checkouts take turns; medians, and every round."""
    measured: dict[Path, list[dict[str, float]]] = {root: [] for root in roots}
    for number in range(chosen.rounds):
        for root in roots if number % 2 else reversed(roots):
            found: dict[str, float] = {}
            if chosen.only in (None, "latency"):
                before = stores.syncs()
                found = latency(root, stores.fresh(dialect), chosen.seconds)
                found["syncs a message"] = (stores.syncs() - before) / found.pop("sent")
            if chosen.only in (None, "one"):
                found["one by one"] = one_by_one(root, stores.fresh(dialect), chosen.count)
            measured[root].append(found)
    for root, every in measured.items():
        print(f"{dialect}, {'here' if root == HERE else root.name}")
        for name in every[0]:
            each = [one[name] for one in every]
            print(f"  {name}: median {statistics.median(each):.2f}  ({' '.join(f'{e:.2f}' for e in each)})")


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--only", choices=["timeline", "latency", "one"])
    parser.add_argument("--databases", nargs="+", default=["postgres", "sqlite"])
    chosen = parser.parse_args()
    roots = [HERE, *([chosen.beside.resolve()] if chosen.beside else [])]
    with Servers() as servers, tempfile.TemporaryDirectory() as folder:
        stores = Stores(servers, Path(folder))
        if chosen.only in (None, "timeline"):
            tell(asyncio.run(timeline(stores.fresh("postgres"))))
        for dialect in chosen.databases if chosen.only != "timeline" else ():
            measure(stores, roots, dialect, chosen)


if __name__ == "__main__":
    main()
