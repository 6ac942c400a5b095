"""Makes .venv and installs into it what the lock files say. `--dev` adds what the tests need. Quick when all is there.

Runs on any Python that is new enough, with nothing but the standard library: it is the first thing on a fresh machine.
"""

import argparse
import fcntl
import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NEEDS = (3, 11)


def main() -> None:
    """Bring .venv up to date with the lock file of the wanted kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="also install what the tests and checks need")
    dev = parser.parse_args().dev or (VENV / "dev.stamp").exists()  # once for tests, always for tests
    if sys.version_info < NEEDS:
        sys.exit(
            f"Barback needs Python {NEEDS[0]}.{NEEDS[1]} or newer, this is {sys.version.split()[0]}. "
            "Say which: make PYTHON=python3.12"
        )
    (ROOT / ".cache").mkdir(exist_ok=True)
    with (ROOT / ".cache" / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        install("requirements-dev.lock" if dev else "requirements.lock", VENV / ("dev.stamp" if dev else "run.stamp"))


def install(requirements: str, stamp: Path) -> None:
    """Install `requirements` and the checkout itself, unless `stamp` says that it was done."""
    state = digest(ROOT / requirements, ROOT / "pyproject.toml")
    if stamp.exists() and stamp.read_text() == state and PYTHON.exists():
        return
    if not works():
        create()
    say(f"installing {requirements} into .venv")
    pip("install", "--quiet", "--require-hashes", "--only-binary=:all:", "-r", str(ROOT / requirements))
    pip("install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    stamp.write_text(state)


def works() -> bool:
    """Whether .venv has a Python that starts; it does not when the checkout or the system's Python has moved."""
    if not PYTHON.exists():
        return False
    check = f"import sys; sys.exit(sys.version_info < {NEEDS} or sys.prefix != {str(VENV)!r})"
    return subprocess.run([PYTHON, "-c", check], check=False).returncode == 0


def create() -> None:
    """Make .venv anew. Where Python comes without `ensurepip`, the system's pip installs into it from outside."""
    say(f"making .venv with Python {sys.version.split()[0]}")
    shutil.rmtree(VENV, ignore_errors=True)
    if importlib.util.find_spec("venv") is None:
        sys.exit("Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv")
    own_pip = importlib.util.find_spec("ensurepip") is not None
    if not own_pip and importlib.util.find_spec("pip") is None:
        sys.exit("Python has neither ensurepip nor pip. On Debian or Ubuntu: apt-get install python3-venv python3-pip")
    subprocess.run([sys.executable, "-m", "venv", *([] if own_pip else ["--without-pip"]), VENV], check=True)


def pip(*arguments: str) -> None:
    """Run pip on .venv; leave with its words when it fails."""
    inside = [PYTHON, "-m", "pip"]
    has_pip = subprocess.run([*inside, "--version"], check=False, capture_output=True).returncode == 0
    command = inside if has_pip else [sys.executable, "-m", "pip", "--python", PYTHON]
    done = subprocess.run([*command, "--disable-pip-version-check", *arguments], check=False)
    if done.returncode != 0:
        sys.exit(f"pip failed ({done.returncode}); its words are above. Once cured, run the same command again.")


def digest(*paths: Path) -> str:
    """One name for the content of `paths` and the Python that reads them."""
    content = b"\0".join(path.read_bytes() for path in paths)
    return hashlib.sha256(content + sys.version.encode()).hexdigest()


def say(text: str) -> None:
    """Tell the person what takes so long."""
    sys.stdout.write(f"setup: {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
