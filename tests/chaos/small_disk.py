"""A disk of its own that is small enough to be filled: a file system in memory, where we may mount one."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

MIB = 400
HOG = "hog"


@contextlib.contextmanager
def small_disk() -> Iterator[Path | None]:
    """Its folder; None where nobody lets us mount: in a container without CAP_SYS_ADMIN, or as a user without sudo."""
    with tempfile.TemporaryDirectory(prefix="barback-disk-") as name:
        sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
        command = [*sudo, "mount", "-t", "tmpfs", "-o", f"size={MIB}m,mode=1777", "barback-chaos", name]
        if (sudo and shutil.which("sudo") is None) or subprocess.run(
            command, check=False, capture_output=True
        ).returncode:
            yield None
            return
        try:
            yield Path(name)
        finally:
            subprocess.run([*sudo, "umount", "--lazy", name], check=True)


@contextlib.contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Not a byte is free for the length of the block."""
    hog = disk / HOG
    with hog.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 20))
    try:
        yield
    finally:
        hog.unlink()
