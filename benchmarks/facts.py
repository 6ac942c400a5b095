"""What every result file begins with: when, from which source, and on what machine."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    cpu = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1024 // 1024
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    return {
        "cores": os.cpu_count(),
        "cpu": cpu[0] if cpu else "?",
        "memory_gib": memory,
        "kernel": os.uname().release,
        "system": release.get("PRETTY_NAME", "?").strip('"'),
    }


def facts(kind: str) -> dict[str, Any]:
    """The head of a result file of this kind."""
    return {
        "kind": kind,
        "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "command": " ".join(["python -m", f"benchmarks.{kind}", *sys.argv[1:]]),
        "commit": _git("rev-parse", "--short", "HEAD")
        + ("" if not _git("status", "--porcelain", "src") else " and changes"),
        "python": platform.python_version(),
        "machine": machine(),
    }


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=False, cwd=ROOT)
    return done.stdout.strip()
