"""What is run, in which order: the comparisons that count most first, as much as the time allows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from benchmarks.queue.engines import ENGINES, FIRST, Engine

PACKED = ["barback, packed"]
EMBEDDED = [name for name, engine in ENGINES.items() if engine.store == "sqlite"]
OTHERS = [name for name in ENGINES if name not in {*FIRST, *PACKED, *EMBEDDED}]
STATES = ("fresh", "analyzed")


@dataclass(frozen=True)
class Step:
    """One measurement: a case, an engine, its parameters, and which repetition it is."""

    case: str
    engine: str
    round: int = 0
    params: dict[str, Any] = field(default_factory=dict[str, Any])
    cost_s: float = 5.0

    @property
    def kind(self) -> str:
        """The same for all rounds of one measurement."""
        return f"{self.case}|{self.engine}|{json.dumps(self.params, sort_keys=True)}"

    @property
    def key(self) -> str:
        return f"{self.kind}|{self.round}"


@dataclass(frozen=True)
class Sizes:
    """How large and how often, by the minutes there are. `quick` is for seeing that everything works."""

    minutes: float
    quick: bool = False

    @property
    def backlog(self) -> int:
        return 3_000 if self.quick else 50_000 if self.minutes >= 12 else 20_000

    @property
    def large(self) -> int:
        return 5_000 if self.quick else 200_000 if self.minutes >= 20 else 100_000

    @property
    def rounds(self) -> int:
        return 1 if self.quick or self.minutes < 12 else 3

    def held_s(self, engine: Engine) -> float:
        """Ours the two minutes of the goal where there is time: what grows with dead rows shows late."""
        if self.quick:
            return 3.0
        return 120.0 if engine.ours and self.minutes >= 40 else min(120.0, self.minutes * 0.6)

    @property
    def idle_s(self) -> float:
        return 5.0 if self.quick else 60.0 if self.minutes >= 40 else 30.0

    @property
    def flow_s(self) -> float:
        return 2.0 if self.quick else 5.0

    def count(self, engine: Engine, most: int = 0) -> int:
        """How many messages for an engine, so that a slow one takes seconds too."""
        return max(200, min(most or self.backlog, int(engine.speed * 2.5)))


def plan(sizes: Sizes, engines: set[str] | None = None, cases: set[str] | None = None) -> list[Step]:
    """All steps in order of importance; `engines` and `cases` narrow it."""
    steps = {step.key: step for block in _blocks(sizes) for step in block}.values()
    return [
        step
        for step in steps
        if (cases is None or step.case in cases or step.case == "sweep")
        and (engines is None or step.engine in engines or step.engine == "all")
    ]


def _blocks(sizes: Sizes) -> Iterator[Iterable[Step]]:
    row = FIRST + PACKED
    yield _sweeps(sizes, row)
    yield _drains(sizes, row, range(1))
    yield _drains(sizes, row, range(1, min(2, sizes.rounds)))
    yield _ones(sizes, FIRST, range(1))
    yield _latencies(sizes, FIRST)
    # These ask for the best of a sweep, and are compared with a drain at it: without a sweep it is the first setting.
    swept = [name for name in [*EMBEDDED, *OTHERS] if _asks_for_best(ENGINES[name])]
    yield _sweeps(sizes, swept)
    yield _drains(sizes, swept, range(1))
    yield _keyed(sizes)
    yield _tenants(sizes)
    yield _snapshots(sizes)
    yield [Step("idle", "all", 0, {"seconds": sizes.idle_s}, sizes.idle_s + 40)]
    for names in (EMBEDDED, OTHERS):
        yield _sweeps(sizes, names)
        yield _drains(sizes, names, range(1))
        yield _ones(sizes, [name for name in names if "bulk only" not in ENGINES[name].also], range(1))
    yield _latencies(sizes, [name for name in [*EMBEDDED, *OTHERS] if "bulk only" not in ENGINES[name].also])
    yield _drains(sizes, row, range(1), workers=2)
    yield _drains(sizes, row, range(1), most=sizes.large)
    yield _drains(sizes, row, range(2, sizes.rounds))
    yield _ones(sizes, FIRST, range(1, sizes.rounds))
    yield [Step("load", name, 0, {"seconds": sizes.flow_s}, 2 * sizes.flow_s + 8) for name in _that("flow")]
    yield _drains(sizes, EMBEDDED, range(1), workers=2)
    yield _drains(sizes, OTHERS, range(1), workers=2)
    yield _drains(sizes, row, range(1, sizes.rounds), workers=2)
    yield _drains(sizes, [*EMBEDDED, *OTHERS], range(1, sizes.rounds))


def _asks_for_best(engine: Engine) -> bool:
    return ("keyed" in engine.also and not engine.keyed) or ("tenants" in engine.also and not engine.tenants)


def _that(can: str) -> list[str]:
    return [name for name, engine in ENGINES.items() if can in engine.also]


def _snapshots(sizes: Sizes) -> Iterator[Step]:
    for name in _that("snapshot"):
        held_s = sizes.held_s(ENGINES[name])
        yield Step("snapshot", name, 0, {"seconds": held_s}, 2 * held_s + 12)


def _drain_cost(engine: Engine, count: int) -> float:
    return 3.0 + count / engine.speed * 1.5 + count / min(40_000, engine.speed * 4)


def _sweeps(sizes: Sizes, names: list[str]) -> Iterator[Step]:
    """Each setting once, after VACUUM ANALYZE where there is such a thing."""
    for name in names:
        engine = ENGINES[name]
        count = min(sizes.count(engine, sizes.backlog // 2), max(500, engine.speed))
        for setting in range(len(engine.sweep)):
            yield Step("sweep", name, 0, {"setting": setting, "count": count}, _drain_cost(engine, count))


def _drains(
    sizes: Sizes, names: list[str], rounds: Iterable[int], *, workers: int = 1, most: int = 0
) -> Iterator[Step]:
    """Rounds outside, engines inside: neighbours in time are compared."""
    for number in rounds:
        for state in STATES:
            for name in names:
                engine = ENGINES[name]
                if state == "analyzed" and engine.store != "postgres":
                    continue
                count = sizes.count(engine, most)
                params = {"count": count, "workers": workers, "state": state}
                if not most or count > sizes.backlog:
                    yield Step("drain", name, number, params, _drain_cost(engine, count))


def _ones(sizes: Sizes, names: list[str], rounds: Iterable[int]) -> Iterator[Step]:
    count = 200 if sizes.quick else 2_000
    for number in rounds:
        for name in names:
            few = count if ENGINES[name].speed > 1_000 else count // 4
            yield Step("one", name, number, {"count": few}, 4 + few / 700)
        for name in names:
            if "callers" in ENGINES[name].also:
                yield Step("callers", name, number, {"count": count * 5, "callers": 64}, 6)


def _latencies(sizes: Sizes, names: list[str]) -> Iterator[Step]:
    """With settings meant for waiting; the first ones also with those that drain best: the better one counts."""
    for name in names:
        for which in ("quick", "best") if name in FIRST or ENGINES[name].ours else ("quick",):
            yield Step("latency", name, 0, {"rate": 100, "seconds": sizes.flow_s, "settings": which}, sizes.flow_s + 5)


def _keyed(sizes: Sizes) -> Iterator[Step]:
    for state in STATES:
        for name in _that("keyed"):
            engine = ENGINES[name]
            if state == "fresh" or engine.store == "postgres":
                # All that the goal names for ours: a part of a second is no figure.
                count = sizes.large if engine.ours else sizes.count(engine)
                params = {"count": count, "state": state, "shape": "keyed"}
                yield Step("keyed", name, 0, params, 22)
    count = 1_000 if sizes.quick else 10_000
    for name in _that("keyed"):
        for shape in ("plain", "keyed"):
            few = count if ENGINES[name].speed > 1_000 else count // 5
            params = {"count": few, "callers": 16, "shape": shape}
            yield Step("callers of keys", name, 0, params, 5 + few / 2_000)


def _tenants(sizes: Sizes) -> Iterator[Step]:
    """The backlog must outlast the quiet ones' messages, or nobody stands in their way."""
    for name in _that("tenants"):
        speed = ENGINES[name].speed
        count = min(sizes.backlog * 4, speed * 5)
        params = {"count": count, "rate": 100, "seconds": sizes.flow_s / 2}
        yield Step("tenants", name, 0, params, 27 + count / speed * 3)
    for state in STATES:
        for name in _that("tenants"):
            engine = ENGINES[name]
            if state == "fresh" or engine.store == "postgres":
                count = sizes.count(engine)
                params = {"count": count, "state": state, "shape": "tenants"}
                yield Step("lined", name, 0, params, _drain_cost(engine, count))
