"""Barback's engine beside its peers: all cases, interleaved, in one run on one machine.

    python -m benchmarks.queue.setup                  # once: the peers' environments, outside of the repository
    python -m benchmarks.queue --minutes 45           # as much as fits, the comparisons that count most first

Writes RESULT.json, RESULT.md and plots. `--resume` goes on with a run that was ended; `--engines` and `--cases` narrow
it; `--quick` uses tiny sizes, to see that everything works. How to read the result: benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.facts import facts
from benchmarks.queue.cases import Cases
from benchmarks.queue.engines import ENGINES
from benchmarks.queue.measure import Programs, node
from benchmarks.queue.plan import Sizes, plan
from benchmarks.queue.report import report
from benchmarks.queue.running import Journal, Run
from benchmarks.queue.servers import Servers
from benchmarks.queue.setup import ENVS
from benchmarks.queue.stores import Stores

HERE = Path(__file__).parent
PYTHON_PEERS = ("celery", "dbos", "dramatiq", "huey", "oban", "pgqueuer", "procrastinate", "saq")
NODE_PEERS = ("bullmq", "graphile-worker", "pg-boss")


def versions(envs: Path) -> dict[str, str]:
    """Of everything measured, from what is installed."""
    code = (
        f"import sys, importlib.metadata as m; print(sys.version.split()[0], *[m.version(p) for p in {PYTHON_PEERS}])"
    )
    said = subprocess.run([envs / "python" / "bin" / "python", "-c", code], capture_output=True, text=True, check=True)
    found = dict(zip(("Python", *PYTHON_PEERS), said.stdout.split(), strict=True))
    found["Node"] = subprocess.run([node(), "--version"], capture_output=True, text=True, check=True).stdout.strip()
    for name in NODE_PEERS:
        found[name] = json.loads((envs / "node" / "node_modules" / name / "package.json").read_text())["version"]
    return found


def measured(args: argparse.Namespace) -> dict[str, Any]:
    """Run the plan; the whole result."""
    journal = Journal(args.journal, resume=args.resume)
    steps = plan(Sizes(args.minutes, args.quick), args.engines, args.cases)
    began = time.monotonic()
    with Servers(args.database) as servers:
        run = Run(Cases(servers, Stores(servers, args.envs), Programs(args.envs)), servers, journal)
        try:
            run.go(steps, args.minutes)
        except KeyboardInterrupt:
            print("Ended; what was measured is written. --resume goes on.", file=sys.stderr)
        about = servers.facts()
    took_min = (
        sum(record["took_s"] for record in journal.records) / 60 if args.resume else (time.monotonic() - began) / 60
    )
    return {
        **facts("queue"),
        "minutes": args.minutes,
        "took_min": round(took_min, 1),
        "servers": about,
        "versions": versions(args.envs),
        "engines": {
            name: {
                "durable": engine.durable,
                "delivery": engine.delivery,
                "swept": engine.sweep,
                "best": journal.best(engine),
            }
            for name, engine in ENGINES.items()
        },
        "measurements": journal.records,
        "not_run": run.not_run,
    }


def names(text: str) -> set[str]:
    """Engines by parts of their names: `graphile,barback`."""
    wanted = text.lower().split(",")
    return {name for name in ENGINES if any(part in name.lower() for part in wanted)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=45, help="the time there is; chooses sizes and repetitions")
    parser.add_argument("--engines", type=names, help="parts of names, with commas; default: all")
    parser.add_argument(
        "--cases",
        type=lambda text: set(text.split(",")),
        help="drain,one,callers,latency,keyed,tenants,snapshot,idle,load",
    )
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that everything works")
    parser.add_argument("--resume", action="store_true", help="keep what the journal has")
    parser.add_argument("--database", help="a PostgreSQL to use; default: one is started for the run")
    parser.add_argument("--envs", type=Path, default=ENVS, help="where benchmarks.queue.setup made the environments")
    parser.add_argument("--result", type=Path, default=HERE.parent / "results" / "queue.json")
    parser.add_argument("--journal", type=Path, default=HERE.parents[1] / ".cache" / "benchmarks" / "queue.jsonl")
    parser.add_argument("--report", action="store_true", help="measure nothing; write page and plots of RESULT anew")
    args = parser.parse_args()
    if not (args.envs / "node").exists():
        sys.exit(f"{args.envs} is not there. Cure: python -m benchmarks.queue.setup --envs {args.envs}")
    if not args.report:
        args.result.write_text(json.dumps(measured(args), indent=1) + "\n")
    args.result.with_suffix(".md").write_text(report(json.loads(args.result.read_text())))
    subprocess.run([args.envs / "python" / "bin" / "python", HERE / "plots.py", args.result], check=True)
    print(args.result.with_suffix(".md").read_text())


if __name__ == "__main__":
    main()
