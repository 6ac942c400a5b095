"""Carries a plan out within its time, and writes down each measurement when it is made: a run can be resumed."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.facts import ROOT
from benchmarks.noise import Noise
from benchmarks.queue.cases import Cases, Figures
from benchmarks.queue.engines import ENGINES, Engine, Settings
from benchmarks.queue.plan import Step
from benchmarks.queue.servers import Servers

Params = dict[str, Any]
NOISY_CORES = 0.15
"""With more than this taken by others, a figure is marked."""


class Journal:
    """The measurements made so far, a line of JSON each."""

    def __init__(self, path: Path, *, resume: bool) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if not resume:
            path.unlink(missing_ok=True)
        self.records: list[dict[str, Any]] = (
            [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        )

    def add(self, record: dict[str, Any]) -> None:
        self.records.append(record)
        with self.path.open("a") as lines:
            lines.write(json.dumps(record) + "\n")

    def done(self) -> set[str]:
        return {record["key"] for record in self.records if "figures" in record}

    def best(self, engine: Engine) -> Settings:
        """The swept setting that drained fastest."""
        tried = [r for r in self.records if r["case"] == "sweep" and r["engine"] == engine.name and "figures" in r]
        tried = [r for r in tried if not r["figures"]["left"]] or tried
        fastest = max(tried, key=lambda record: record["figures"]["per_s"], default=None)
        return engine.sweep[0] if fastest is None else fastest["settings"]

    def cost(self, step: Step) -> float:
        """What the step took last time, or what the plan thinks."""
        took = [record["took_s"] for record in self.records if record["kind"] == step.kind]
        return max(took, default=step.cost_s)


class Run:
    """One run over a plan."""

    def __init__(self, cases: Cases, servers: Servers, journal: Journal) -> None:
        self._cases = cases
        self._servers = servers
        self._journal = journal
        self.not_run: list[str] = []

    def go(self, steps: list[Step], minutes: float) -> None:
        """Every step that still fits, in order."""
        began, done = time.monotonic(), self._journal.done()
        for number, step in enumerate(steps):
            if step.key in done:
                continue
            left_s = minutes * 60 - (time.monotonic() - began)
            if self._journal.cost(step) > left_s:
                self.not_run.append(step.key)
                continue
            record = self._step(step)
            self._journal.add(record)
            said = record.get("error", "") or _short(record["figures"])
            where = f"{number + 1}/{len(steps)} {left_s / 60:.1f} min left"
            print(f"{where}: {step.case}, {step.engine} {step.params}: {said}", flush=True)

    def _step(self, step: Step) -> dict[str, Any]:
        began = time.monotonic()
        settings = self._settings(step)
        record: dict[str, Any] = {
            "key": step.key, "kind": step.kind, "case": step.case, "engine": step.engine, "round": step.round,
            "params": step.params, "settings": settings,
        }  # fmt: skip
        try:
            with Noise(self._servers.pids()) as noise:
                record["figures"] = self._measure(step, settings)
            record["noise_cores"] = noise.cores
        except Exception as error:  # noqa: BLE001 - an engine that fails is a result; the others go on
            record.pop("figures", None)
            record["error"] = f"{type(error).__name__}: {error}".replace(f"{ROOT}/", "")[-1500:]
            record["where"] = traceback.format_exc(limit=-3).replace(f"{ROOT}/", "")[-800:]
        record["took_s"] = round(time.monotonic() - began, 1)
        return record

    def _settings(self, step: Step) -> Settings:
        if step.engine == "all":
            return {}
        engine = ENGINES[step.engine]
        match step.case:
            case "sweep":
                return engine.sweep[step.params["setting"]]
            case "latency" if step.params["settings"] == "quick":
                return engine.quick
            case "keyed" | "callers of keys":
                return engine.keyed or self._journal.best(engine)
            case "tenants" | "lined":
                return engine.tenants or self._journal.best(engine)
            case _:
                return self._journal.best(engine)

    def _measure(self, step: Step, settings: Settings) -> Figures:
        if step.case == "idle":
            able = [engine for engine in ENGINES.values() if "idle" in engine.also and self._servers.has(engine.store)]
            return self._cases.idle([(engine, engine.quick) for engine in able], step.params["seconds"])
        engine = ENGINES[step.engine]
        if not self._servers.has(engine.store):
            raise LookupError(f"this machine has no {engine.store}")
        return CASES[step.case](self._cases, engine, settings, step.params)


def _drain(cases: Cases, engine: Engine, settings: Settings, params: Params) -> Figures:
    """Sweep, drain and keyed differ in their parameters only. A sweep is made with statistics, where there are any."""
    state = params.get("state", "analyzed" if engine.store == "postgres" else "fresh")
    return cases.drain(
        engine, settings, params["count"], workers=params.get("workers", 1), analyzed=state == "analyzed",
        shape=params.get("shape", "plain"),
    )  # fmt: skip


def _one(cases: Cases, engine: Engine, settings: Settings, params: Params) -> Figures:
    return cases.enqueue(engine, settings, "one", params["count"])


def _callers(cases: Cases, engine: Engine, settings: Settings, params: Params) -> Figures:
    shape = params.get("shape", "plain")
    return cases.enqueue(engine, settings, "callers", params["count"], callers=params["callers"], shape=shape)


def _latency(cases: Cases, engine: Engine, settings: Settings, params: Params) -> Figures:
    return cases.flow(engine, settings, params["seconds"], rate=params["rate"])


def _tenants(cases: Cases, engine: Engine, settings: Settings, params: Params) -> Figures:
    seconds, rate, backlog = params["seconds"], params["rate"], params["count"]
    busy = cases.flow(engine, settings, seconds, rate=rate, shape="quiet", backlog=backlog)
    # The same quiet tenants with the same messages: without the noisy one, and with nothing waiting.
    calm = cases.flow(engine, settings, seconds, rate=rate, shape="quiet", backlog=backlog, noisy=False)
    idle = cases.flow(engine, settings, seconds, rate=rate, shape="quiet")
    return {**busy, "without_noisy": calm, "idle": idle}


def _snapshot(cases: Cases, engine: Engine, settings: Settings, params: Params) -> Figures:
    free = cases.flow(engine, settings, params["seconds"])
    held = cases.flow(engine, settings, params["seconds"], held=True)
    return {"free": free, "held": held, "kept": held["last_third_per_s"] / max(free["last_third_per_s"], 1)}


def _load(cases: Cases, engine: Engine, settings: Settings, params: Params) -> Figures:
    """First flat out, to know what the engine can take; then at seven tenths of it."""
    full = cases.flow(engine, settings, params["seconds"])
    most = max(1.0, min(full["per_s"], full["sent_per_s"]))
    return {"most_per_s": most, **cases.flow(engine, settings, params["seconds"], rate=int(most * 0.7))}


CASES: dict[str, Callable[[Cases, Engine, Settings, Params], Figures]] = {
    "sweep": _drain, "drain": _drain, "keyed": _drain, "lined": _drain, "one": _one, "callers": _callers,
    "callers of keys": _callers,
    "latency": _latency, "tenants": _tenants, "snapshot": _snapshot, "load": _load,
}  # fmt: skip


def _short(figures: Figures) -> str:
    wanted = (
        "per_s",
        "fill_per_s",
        "others_per_s",
        "p50_ms",
        "p99_ms",
        "kept",
        "most_per_s",
        "left",
        "twice",
        "incomplete",
    )
    parts = [
        f"{key} {figures[key]:,.4g}" if isinstance(figures[key], float) else f"{key} {figures[key]}"
        for key in wanted
        if key in figures
    ]
    return ", ".join(parts) or json.dumps(figures)[:400]
