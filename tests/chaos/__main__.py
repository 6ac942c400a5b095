"""`python -m tests.chaos --hours 8`: storm after storm, each with a new seed, until the time is over or one fails.

Every seed is printed before its storm. After a failure the last lines are what pytest said and the command that
brings the same faults again.
"""

from __future__ import annotations

import argparse
import os
import random
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence

STORMS = ("tests/chaos/test_engine_storm.py", "tests/chaos/test_night_of_kills.py")


def storms(hours: float, seconds: float, command: Sequence[str]) -> int:
    """Run `command` with seed after seed for so many hours, each storm `seconds` long; how it ended as an exit code."""
    end = time.monotonic() + hours * 3600
    past = 0
    while True:
        seed = str(random.SystemRandom().randrange(10**6))
        chosen = {"BARBACK_CHAOS_SEED": seed, "BARBACK_CHAOS_S": f"{seconds:g}"}
        words = " ".join(f"{name}={value}" for name, value in chosen.items())
        sys.stdout.write(f"storm {past + 1}: {words}\n")
        sys.stdout.flush()
        done = subprocess.run(command, env=os.environ | chosen, check=False)
        if done.returncode:
            sys.stdout.write(f"storm {past + 1} failed. Again: {words} {shlex.join(command)}\n")
            return done.returncode
        past += 1
        if time.monotonic() >= end:
            sys.stdout.write(f"{past} storms, nothing lost, doubled or out of order\n")
            return 0


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument(
        "--hours", type=float, default=1.0, help="how long; the storm that has begun is seen to its end"
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="how long one storm rages on each database")
    parser.add_argument("command", nargs="*", help="what to run instead of the storms, after --")
    given = parser.parse_args()
    command = given.command or [sys.executable, "-m", "pytest", "-q", "-s", *STORMS]
    return storms(given.hours, given.seconds, command)


if __name__ == "__main__":
    sys.exit(main())
