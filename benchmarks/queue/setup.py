"""Makes the environments that the measured programs run in, outside of the repository.

    python -m benchmarks.queue.setup [--envs FOLDER] [--python PYTHON]

`FOLDER/python` has the Python peers (and matplotlib), `FOLDER/ours` what Barback needs, both with the same Python, and
`FOLDER/node` the Node peers. Everything is pinned, with hashes, by the files in `benchmarks/queue/programs`. Oban wants
Python 3.12, so the newest Python that is found is taken. Doing it again does what is missing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAMS = Path(__file__).with_name("programs")
ROOT = PROGRAMS.parents[2]
ENVS = Path(os.environ.get("BARBACK_BENCH", Path.home() / ".cache" / "barback-bench"))
OLDEST = (3, 12)


def version(python: str) -> tuple[int, ...]:
    """The version of a Python, or nothing when it is none."""
    try:
        said = subprocess.run(
            [python, "-c", "import sys; print(*sys.version_info[:3])"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ()
    return tuple(map(int, said.stdout.split()))


def newest() -> str:
    """The newest Python on this machine. Exits when there is none that Oban would take."""
    names = [shutil.which(f"python3.{minor}") for minor in (14, 13, 12)]
    homes = sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin/python3"))
    found = sorted((version(python), python) for python in [sys.executable, *filter(None, names), *map(str, homes)])
    if found[-1][0] < OLDEST:
        sys.exit("No Python 3.12 or newer was found; name one by --python.")
    return found[-1][1]


def environment(folder: Path, python: str, lock: Path) -> None:
    """A virtual environment with what `lock` says, unless it has it already."""
    mark = folder / "made-from.txt"
    if mark.exists() and mark.read_text() == lock.read_text():
        print(f"{folder}: is there")
        return
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([python, "-m", "venv", folder], check=True)
    install = [folder / "bin" / "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", lock]
    subprocess.run(install, check=True, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    mark.write_text(lock.read_text())
    print(f"{folder}: made")


def node(folder: Path) -> None:
    """The Node peers, by the Node that the repository's own tools use."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(PROGRAMS / name, folder / name)
    subprocess.run(
        [sys.executable, ROOT / "tools" / "node.py", "npm", "--silent", "--prefix", folder, "ci"], check=True
    )
    print(f"{folder}: made")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envs", type=Path, default=ENVS)
    parser.add_argument("--python", help="default: the newest that is found")
    args = parser.parse_args()
    python = args.python or newest()
    args.envs.mkdir(parents=True, exist_ok=True)
    environment(args.envs / "python", python, PROGRAMS / "python.lock")
    environment(args.envs / "ours", python, ROOT / "requirements.lock")
    node(args.envs / "node")


if __name__ == "__main__":
    main()
