"""A night of storms: ever new seeds, each printed, and the command that brings back the one that failed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.conformance.tools import ROOT

STORM = """
import os, pathlib, sys
past = pathlib.Path(sys.argv[1])
with past.open("a") as file:
    file.write(f"{os.environ['BARBACK_CHAOS_SEED']} {os.environ['BARBACK_CHAOS_S']}\\n")
sys.exit(7 if len(past.read_text().splitlines()) == int(sys.argv[2]) else 0)
"""


def night(past: Path, fails_at: int, hours: str) -> tuple[int, str, list[list[str]]]:
    """Exit code, what was printed, and seed and seconds of each storm; a small program stands for pytest."""
    command = [sys.executable, "-m", "tests.chaos", "--hours", hours, "--seconds", "9", "--"]
    command += [sys.executable, "-c", STORM, str(past), str(fails_at)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    return done.returncode, done.stdout, [line.split() for line in past.read_text().splitlines()]


def test_storms_go_on_with_new_seeds_until_one_fails_and_say_how_to_have_it_again(tmp_path: Path) -> None:
    code, told, storms = night(tmp_path / "past", fails_at=3, hours="1")
    assert code == 7
    seeds = [seed for seed, _ in storms]
    assert re.findall(r"storm \d: BARBACK_CHAOS_SEED=(\d+)", told) == seeds
    assert len(set(seeds)) == 3
    assert {seconds for _, seconds in storms} == {"9"}
    assert f"storm 3 failed. Again: BARBACK_CHAOS_SEED={seeds[2]} BARBACK_CHAOS_S=9" in told


def test_they_end_when_the_time_is_over(tmp_path: Path) -> None:
    code, told, storms = night(tmp_path / "past", fails_at=0, hours="0")
    assert (code, len(storms)) == (0, 1)
    assert "1 storms, nothing lost" in told
