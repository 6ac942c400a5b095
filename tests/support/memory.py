"""Where the tests' files lie: in memory, if the machine has plenty, because every commit waits for its disk.

Nothing of what a commit asks for is switched off; the disk below it is only quicker. A PostgreSQL database takes
0.03 s of a processor to copy there and 0.4 s on a disk, and the tests make a thousand.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
BYTES_MIN = 4 << 30
NAME = "barback-tests-"


def lie_in_memory() -> Path | None:
    """Temporary files lie in a folder of memory from now on, also those of programs started by us; None: on the disk.

    A container's shared memory is often too small, or nothing may be started from it: then all stays on the disk.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        return None  # who started us has done it, and ends it
    if not MEMORY.is_dir() or os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
        return None
    for left in MEMORY.glob(f"{NAME}*"):  # by a run that was killed
        if not Path(f"/proc/{left.name.removeprefix(NAME)}").exists():
            shutil.rmtree(left, ignore_errors=True)
    if shutil.disk_usage(MEMORY).free < BYTES_MIN:
        return None
    folder = MEMORY / f"{NAME}{os.getpid()}"
    folder.mkdir(mode=0o755)  # PostgreSQL passes through as another user when we are root
    os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = None
    return folder
