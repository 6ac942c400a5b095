"""Builds web/ into src/barback/server/static. Does nothing when neither the sources nor the tools have changed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import node

ROOT = Path(__file__).resolve().parent.parent
NOT_SOURCES = {"node_modules", "dist", "test-results", "tests", ".vite"}


def build(root: Path = ROOT) -> None:
    """Build when needed. A tree without web/package.json (a part of the checkout) has nothing to build."""
    web, static = root / "web", root / "src" / "barback" / "server" / "static"
    if not (web / "package.json").exists():
        return
    (root / ".cache").mkdir(exist_ok=True)
    with (root / ".cache" / "webapp.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = static / ".stamp"
        state = _state(web)
        if stamp.exists() and stamp.read_text() == state:
            return
        install(web)
        sys.stdout.write("web: building the web app\n")
        sys.stdout.flush()
        stamp.unlink(missing_ok=True)
        node.run("npm", "run", "--silent", "build", "--", "--logLevel", "warn", cwd=web, root=root)
        stamp.write_text(state)


def install(web: Path = ROOT / "web") -> None:
    """`npm ci`, unless node_modules holds what the lock file says."""
    wanted, there = _packages(web / "package-lock.json"), _packages(web / "node_modules" / ".package-lock.json")
    needed = {name: one for name, one in wanted.items() if name and not one.get("optional")}
    # Hashes, not only versions: a wrong one in the lock file must show here, not first in somebody's fresh clone.
    same = all(
        one.get(part) == wanted.get(name, {}).get(part)
        for name, one in there.items()
        for part in ("version", "integrity")
    )
    if there and same and needed.keys() <= there.keys():
        return
    sys.stdout.write("web: installing packages\n")
    sys.stdout.flush()
    node.run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", cwd=web, root=web.parent)


def _packages(lock: Path) -> dict[str, dict[str, Any]]:
    """The packages a lock file names; none when there is no such file."""
    return json.loads(lock.read_text()).get("packages", {}) if lock.exists() else {}


def _state(web: Path) -> str:
    """One name for the content of all sources."""
    total = hashlib.sha256()
    for path in sorted(web.rglob("*")):
        if path.is_file() and not NOT_SOURCES & set(path.relative_to(web).parts):
            total.update(f"{path.relative_to(web)}\0".encode())
            total.update(path.read_bytes())
    return total.hexdigest()


if __name__ == "__main__":
    try:
        install() if sys.argv[1:] == ["install"] else build()
    except subprocess.CalledProcessError as failure:
        sys.exit(f"web: `{' '.join(map(str, failure.cmd[1:3]))}` failed; its words are above")
