"""Runs a program as it is, and samples where its processor time goes.

    python sampled.py RESULT.json PROGRAM [ARGUMENT …]

A signal every 2 ms of processor time (ITIMER_PROF) notes the stack, so that what is cheap is not made dear by being
counted. Knows nothing of this checkout, so that it profiles others as well. What imports take is left out.
"""

from __future__ import annotations

import json
import runpy
import signal
import sys
import time
from collections import Counter
from types import FrameType

EVERY_S = 0.002
LIBRARIES = {"asyncpg": "asyncpg", "asyncio": "the loop", "selectors": "the loop", "contextlib": "contextlib"}


class Sampler:
    """Samples by place, and the processor time that they stand for."""

    def __init__(self) -> None:
        self.places: Counter[str] = Counter()

    def start(self) -> None:
        """From now on."""
        signal.signal(signal.SIGPROF, self._sample)
        signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
        self._began_s = time.process_time()
        self._imports_s = 0.0
        self._last_s = self._began_s

    def _sample(self, _signal: int, frame: FrameType | None) -> None:
        now_s = time.process_time()
        passed_s, self._last_s = now_s - self._last_s, now_s
        place = place_of(frame)
        if place is None:
            self._imports_s += passed_s
        else:
            self.places[place] += 1

    def result(self) -> dict[str, object]:
        """Processor seconds without imports, and samples by place."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        used_s = time.process_time() - self._began_s - self._imports_s
        return {"processor_s": used_s, "samples": dict(self.places)}


def place_of(frame: FrameType | None) -> str | None:
    """The innermost of our own functions, with the library that it is in; None inside of an import."""
    library, place = "", ""
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name.startswith("importlib."):
            return None
        first = name.partition(".")[0]
        if not place and first == "barback":
            place = f"{name.removeprefix('barback.')}.{frame.f_code.co_name}"
        elif not place and not library:
            library = LIBRARIES.get(first, "")
        frame = frame.f_back
    if not place:
        return library or "the program around it"
    return f"{place} → {library}" if library else place


def main() -> None:
    """See above."""
    result, program, *arguments = sys.argv[1:]
    sys.argv = [program, *arguments]
    sampler = Sampler()
    sampler.start()
    try:
        runpy.run_path(program, run_name="__main__")
    finally:
        with open(result, "w") as file:  # noqa: PTH123 - no import that a profiled program has not
            json.dump(sampler.result(), file)


if __name__ == "__main__":
    main()
