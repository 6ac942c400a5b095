"""The cases: each takes an engine through one question and answers figures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg

from benchmarks.noise import family_s
from benchmarks.queue.engines import Engine, Settings
from benchmarks.queue.measure import MeasurementError, Programs, Workers, percentile, rate_of
from benchmarks.queue.servers import Servers, run_sql
from benchmarks.queue.stores import Stores

Figures = dict[str, Any]
DRAIN_LIMIT_S = 40.0


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

    def drain(self, engine: Engine, settings: Settings, count: int, *, workers: int = 1, analyzed: bool = False, shape: str = "plain") -> Figures:
        """A backlog of `count`, then all of it is handled by `workers` processes; then what is left is counted."""
        with self._store(engine, settings, shape=shape) as url:
            filled = self._programs.ask(engine, url, "bulk", settings, count=count, shape=shape)
            if analyzed:
                run_sql(url, "VACUUM ANALYZE")
            crew = Workers(self._programs, engine, url, settings, workers, shape=shape)
            crew.begin()
            try:
                complete = crew.until(count, DRAIN_LIMIT_S)
                finals = crew.stop()
            except MeasurementError:
                crew.kill()
                raise
            left = self._programs.ask(engine, url, "left", settings, shape=shape)["left"]
        done = sum(final["done"] for final in finals)
        figures = {"per_s": rate_of(finals), "fill_per_s": filled["per_s"], "done": done, "left": left, "twice": max(0, done - count)}
        if not complete:
            figures["incomplete"] = f"{done} of {count} in {DRAIN_LIMIT_S:.0f} s"
        if shape == "keyed" and (others := sum(final["others"] for final in finals)):
            first = min(final["first"] for final in finals if final["done"])
            last = max(final["last_other"] for final in finals)
            figures["others_per_s"] = others / max(last - first, 0.001)
        return figures

    def flow(self, engine: Engine, settings: Settings, seconds: float, *, rate: float = 0, shape: str = "plain", backlog: int = 0, held: bool = False) -> Figures:
        """One worker, one producer: by a timetable of `rate` a second or flat out. Waits count from the send.

        `backlog`: so many wait beforehand (of many tenants, when `shape` is quiet). `held`: somebody keeps a snapshot open.
        """
        filled = "tenants" if shape == "quiet" else shape
        with self._store(engine, settings, shape=filled) as url:
            if backlog:
                self._programs.ask(engine, url, "bulk", settings, count=backlog, shape=filled)
            crew = Workers(self._programs, engine, url, settings, shape=shape)
            try:
                with _snapshot(url) if held else _nothing():
                    if not backlog:  # a first moment of starting up is not what is measured
                        crew.begin()
                        time.sleep(1.0)
                    with self._programs.start(engine, url, "produce", settings, rate=rate, seconds=seconds, shape=shape) as producer:
                        if backlog:
                            time.sleep(0.5)
                            crew.begin()
                        series = _watch(crew, producer.poll, seconds)
                        out, error = producer.communicate(timeout=60)
                if producer.returncode:
                    raise MeasurementError(f"{engine.name} produce: {error.strip()[-800:]}")
                sent = int(out.rpartition('"sent": ' if '"sent": ' in out else '"sent":')[2].split(",")[0])
                waited_for = crew.until(sent + backlog, 5.0 if rate and not backlog else 0.5)
                finals = crew.stop()
            except MeasurementError:
                crew.kill()
                raise
        waits = sorted(wait for final in finals for wait in final["waits_ms"])
        third = series[len(series) // 3 :] or series
        last_third = series[2 * len(series) // 3 :] or series
        figures: Figures = {
            "sent": sent, "done": sum(final["done"] for final in finals), "sent_per_s": sent / seconds,
            "per_s": sum(third) / max(len(third), 1), "last_third_per_s": sum(last_third) / max(len(last_third), 1),
            "each_second": series,
        }  # fmt: skip
        if rate:
            figures |= {"p50_ms": percentile(waits, 0.5), "p99_ms": percentile(waits, 0.99), "max_ms": waits[-1] if waits else 0}
            figures |= {"measured": len(waits), "missing": sent - len(waits) if not waited_for or shape == "quiet" else 0}
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
                try:
                    crew.stop()
                except MeasurementError:
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
                spent["queries_a_minute"] = sum(line.startswith((mark + "statement", mark + "execute")) for line in lines)
        elif of[0].store.startswith("redis"):
            answer = self._servers.redis_ask(of[0].store, "INFO stats")
            spent["queries_a_minute"] = int(answer.split("total_commands_processed:")[1].split()[0])
        return spent


def _watch(crew: Workers, ended: Callable[[], Any], seconds: float) -> list[int]:
    """How many were handled in each second, for `seconds` or until the producer has ended."""
    series: list[int] = []
    last, at = crew.done(), time.monotonic()
    until = at + seconds + 10
    while ended() is None and time.monotonic() < until:
        at += 1.0
        time.sleep(max(0.0, at - time.monotonic()))
        done = crew.done()
        series.append(done - last)
        last = done
    return series


@contextmanager
def _nothing() -> Iterator[None]:
    yield


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
