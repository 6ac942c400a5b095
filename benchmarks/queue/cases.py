"""The cases: each takes an engine through one question and answers figures."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

import asyncpg

from benchmarks.noise import family_s
from benchmarks.queue.engines import Engine, Settings
from benchmarks.queue.measure import MeasurementError, Programs, Workers, percentile, rate_of
from benchmarks.queue.servers import Servers, run_sql
from benchmarks.queue.stores import Stores

Figures = dict[str, Any]
DRAIN_LIMIT_S = 40.0
KEYED_LIMIT_S = 15.0
"""A busy key goes one by one; its rate and that of the others show long before it is through."""


class Cases:
    """Each method is a case."""

    def __init__(self, servers: Servers, stores: Stores, programs: Programs) -> None:
        self._servers = servers
        self._stores = stores
        self._programs = programs

    @contextmanager
    def _store(self, engine: Engine, settings: Settings, **options: Any) -> Iterator[str]:
        url = self._stores.fresh(engine)
        try:
            self._programs.ask(engine, url, "install", settings, **options)
            self._stores.settle(engine)
            yield url
        finally:
            self._stores.gone(engine, url)

    def enqueue(self, engine: Engine, settings: Settings, how: str, count: int, **options: Any) -> Figures:
        """`one`, `bulk` or `callers`; messages a second. Counts that they all are there."""
        with self._store(engine, settings, **options) as url:
            figures = self._programs.ask(engine, url, how, settings, count=count, **options)
            left = self._programs.ask(engine, url, "left", settings, **options)["left"]
        if left < (1 if settings.get("kind") == "packed" else count):
            raise MeasurementError(f"{engine.name}: {count} were enqueued, {left} are there")
        return figures

    def drain(
        self,
        engine: Engine,
        settings: Settings,
        count: int,
        *,
        workers: int = 1,
        analyzed: bool = False,
        shape: str = "plain",
    ) -> Figures:
        """A backlog of `count`, then all of it is handled by `workers` processes; then what is left is counted."""
        with self._store(engine, settings, shape=shape) as url:
            filled = self._programs.ask(engine, url, "bulk", settings, count=count, shape=shape)
            if analyzed:
                run_sql(url, "VACUUM ANALYZE")
            crew = Workers(self._programs, engine, url, settings, workers, shape=shape)
            try:
                crew.begin()
                limit_s = KEYED_LIMIT_S if shape == "keyed" else DRAIN_LIMIT_S
                complete = crew.until(count, limit_s)
                finals = crew.stop()
            finally:
                crew.kill()
            left = self._programs.ask(engine, url, "left", settings, shape=shape)["left"]
        done = sum(final["done"] for final in finals)
        figures = {
            "per_s": rate_of(finals),
            "fill_per_s": filled["per_s"],
            "done": done,
            "left": left,
            "twice": max(0, done - count),
        }
        if not complete:
            figures["incomplete"] = f"{done} of {count} in {limit_s:.0f} s"
        if shape == "keyed" and (others := sum(final["others"] for final in finals)):
            first = min(final["first"] for final in finals if final["done"])
            last = max(final["last_other"] for final in finals)
            figures["others_per_s"] = others / max(last - first, 0.001)
        return figures

    def flow(
        self,
        engine: Engine,
        settings: Settings,
        seconds: float,
        *,
        rate: float = 0,
        shape: str = "plain",
        backlog: int = 0,
        held: bool = False,
        noisy: bool = True,
    ) -> Figures:
        """One worker, one producer: by a timetable of `rate` a second or flat out. Waits count from the send.

        `backlog`: so many wait beforehand; when `shape` is quiet, of many tenants, nine tenths of them of one; not
        `noisy`: without that one, and without what it would have. `held`: somebody keeps a snapshot open all the time.
        """
        filled = ("tenants" if noisy else "calm") if shape == "quiet" else shape
        backlog = backlog if noisy else backlog // 10
        with self._store(engine, settings, shape=filled) as url:
            if backlog:
                self._programs.ask(engine, url, "bulk", settings, count=backlog, shape=filled)
            crew = Workers(self._programs, engine, url, settings, shape=shape)
            try:
                with _snapshot(url) if held else nullcontext():
                    producing = {"rate": rate, "seconds": seconds, "shape": shape}
                    producer = self._programs.start(engine, url, "produce", settings, **producing)
                    series, sent = _together(crew, producer, seconds)
                complete = crew.until(sent + backlog, 20.0 if backlog else 5.0 if rate else 0.5)
                finals = crew.stop()
            finally:
                crew.kill()
        figures: Figures = {
            "sent": sent, "done": sum(final["done"] for final in finals), "sent_per_s": sent / seconds,
            "per_s": _mean(series[len(series) // 3 :]), "last_third_per_s": _mean(series[2 * len(series) // 3 :]),
            "each_second": series,
        }  # fmt: skip
        if rate:
            waits = sorted(wait for final in finals for wait in final["waits_ms"])
            figures |= {f"p{share}_ms": percentile(waits, share / 100) for share in (50, 99)}
            figures |= {"measured": len(waits), "missing": 0 if complete else sent - len(waits)}
        return figures

    def idle(self, engines: list[tuple[Engine, Settings]], seconds: float, queues: int = 100) -> dict[str, Figures]:
        """A worker on empty queues, all engines at once: statements and commands a minute, CPU a minute."""
        urls = [self._stores.fresh(engine) for engine, _ in engines]
        crews: list[Workers] = []
        try:
            for (engine, settings), url in zip(engines, urls, strict=True):
                self._programs.ask(engine, url, "install", settings, queues=queues)
                if engine.store == "postgres":
                    run_sql(url, f"ALTER DATABASE {url.rpartition('/')[2]} SET log_statement = 'all'")
                crews.append(Workers(self._programs, engine, url, settings, queues=queues))
                crews[-1].begin()
            time.sleep(10)
            before = [self._spent(*one) for one in zip(engines, urls, crews, strict=True)]
            time.sleep(seconds)
            after = [self._spent(*one) for one in zip(engines, urls, crews, strict=True)]
        finally:
            for crew in crews:
                with suppress(MeasurementError):
                    crew.stop()
                crew.kill()
            for (engine, _), url in zip(engines, urls, strict=True):
                self._stores.gone(engine, url)
        minute = 60 / seconds
        return {
            engine.name: {key: round((end[key] - begin[key]) * minute, 1) for key in end}
            for (engine, _), begin, end in zip(engines, before, after, strict=True)
        }

    def _spent(self, of: tuple[Engine, Settings], url: str, crew: Workers) -> dict[str, float]:
        spent = {"cpu_ms_a_minute": family_s(crew.pids) * 1000}
        if of[0].store == "postgres" and self._servers.log is not None:
            mark = f"{url.rpartition('/')[2]}|LOG:  "
            with self._servers.log.open(errors="replace") as lines:
                spent["queries_a_minute"] = sum(
                    line.startswith((mark + "statement", mark + "execute")) for line in lines
                )
        elif of[0].store.startswith("redis"):
            answer = self._servers.redis_ask(of[0].store, "INFO stats")
            spent["queries_a_minute"] = int(answer.split("total_commands_processed:")[1].split()[0])
        return spent


def _together(crew: Workers, producer: subprocess.Popen[str], seconds: float) -> tuple[list[int], int]:
    """Let both run; how many were handled in each second, and how many were sent. Raises MeasurementError."""
    assert producer.stdout is not None
    producer.stdout.readline()  # it has started
    crew.begin()
    series: list[int] = []
    last, at = crew.done(), time.monotonic()
    until = at + seconds + 20
    while producer.poll() is None:
        if time.monotonic() > until:
            producer.kill()
            raise MeasurementError(f"the producer did not end {seconds + 20:.0f} seconds after its beginning")
        at += 1.0
        time.sleep(max(0.0, at - time.monotonic()))
        done = crew.done()
        series.append(done - last)
        last = done
    out, error = producer.communicate(timeout=20)
    if producer.returncode:
        raise MeasurementError(f"produce: {error.strip()[-800:]}")
    # The first second is starting up, the last one is not whole.
    return series[1:-1] or series, int(json.loads(out.strip().splitlines()[-1])["sent"])


def _mean(values: list[int]) -> float:
    return sum(values) / len(values) if values else 0.0


@contextmanager
def _snapshot(url: str) -> Iterator[None]:
    """Somebody has begun to read and does not end: no dead row may be removed while this lasts."""
    loop = asyncio.new_event_loop()
    connection = loop.run_until_complete(asyncpg.connect(url))
    try:
        loop.run_until_complete(connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ"))
        loop.run_until_complete(connection.fetchval("SELECT count(*) FROM pg_class"))
        yield
    finally:
        loop.run_until_complete(connection.close())
        loop.close()
