"""A supervisor: starts worker processes as work comes, drains them as it goes, to none when there is nothing.

It sleeps on the same bells as workers, so an enqueue wakes it at once, and it forks workers from a
process that has imported everything already. A worker that dies is buried at once, not after its silence.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

from barback.engine.leasing.liveness import bury_process
from barback.engine.operations import metrics
from barback.engine.operations.figures import Snapshot, Watcher
from barback.engine.operations.health import pages_at
from barback.engine.schedules import Clockwork
from barback.engine.store import SQL
from barback.engine.tasks import bell_name
from barback.engine.workers import scaling
from barback.engine.workers.scaling import Decision, Limits, Load, Scaled, Scaler
from barback.engine.workers.services import RECYCLE_CODE, Ending, Requests, keep_systemd_calm
from barback.engine.workers.worker import CONTROL_BELL
from barback.engine.workers.working import WorkOptions, beside, opened, pages_of, work_as_child
from barback.storage import Database, StorageError

log = logging.getLogger("barback.work")

LOOK_EVERY_S = 0.5
POLL_EVERY_S = 60.0
SHORT_LIFE_S = 5.0
REST_S_MIN = 0.5
REST_S_MAX = 10.0
KILL_AFTER_S = 10.0
UNKNOWN_CODE = 255
_CONTEXT = multiprocessing.get_context("forkserver")


class _Child:
    """One worker process of ours."""

    def __init__(self, options: WorkOptions) -> None:
        theirs, self._alive = _CONTEXT.Pipe(duplex=False)
        self.process = _CONTEXT.Process(target=work_as_child, args=(options, theirs), name="barback worker")
        self.process.start()
        theirs.close()
        assert self.process.pid, "it was started"
        self.pid = self.process.pid
        self.started_s = time.monotonic()
        self.killed_at_s: float | None = None
        self.asked_to_end = False

    @property
    def draining(self) -> bool:
        """Also when an operator asked it to end: another takes its place at once."""
        return self.asked_to_end or self.killed_at_s is not None

    @property
    def alive(self) -> bool:
        """Also when the process that forks is gone, which would have told us of its end (code 255: not known)."""
        gone = not self.process.is_alive()
        return not gone or (self.process.exitcode == UNKNOWN_CODE and Path(f"/proc/{self.pid}").exists())

    def drain(self, grace_s: float) -> None:
        """Ask it to stop; a second time, to stop at once."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        self.killed_at_s = time.monotonic() + grace_s + KILL_AFTER_S

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        self.process.join()
        self._alive.close()


class Supervisor:
    """Keeps between `limits.least` and `limits.most` workers of `options` at work."""

    def __init__(self, db: Database, options: WorkOptions, limits: Limits) -> None:
        """The app is loaded here too: its queues and schedules say what to listen for."""
        self._db = db
        self._app = options.load()
        # Each worker would want the same port: the supervisor answers for all.
        self._options = replace(options, http="")
        self._limits = limits
        self._scaler = Scaler(limits)
        self._capacity = scaling.capacities(self._app.tasks, limits, options.concurrency)
        self._children: list[_Child] = []
        self._listener = db.bell.listen(CONTROL_BELL, *(bell_name(queue) for queue in self._capacity))
        self.metrics = metrics.own_metrics() if options.http else None
        self._urgent = asyncio.Event()
        self._stopping = False
        self._rest_s = REST_S_MIN
        self._not_before_s = 0.0

    @property
    def workers(self) -> int:
        """How many are at work, without those that are on their way out."""
        return sum(not child.draining for child in self._children)

    def stop(self) -> None:
        """Drain every worker and end `run`."""
        self._stopping = True
        self._drain(len(self._children))
        self._wake()

    def stop_now(self) -> None:
        """Every worker gives back what it holds, at once."""
        for child in self._children:
            child.drain(0)

    async def run(self) -> None:
        """Until `stop`. Survives a database that goes away, and workers that die."""
        await self._prepare()
        while not self._stopping or self._children:
            self._urgent.clear()
            self._listener.clear()
            try:
                await self._bury_the_dead()
                self._kill_the_stuck()
                self._tell_metrics()
                rest = self._pause() if self._stopping else await self._look()
            except (StorageError, OSError, TimeoutError) as error:
                log.warning("supervisor: %s", error)
                rest = self._pause()
            await rest

    async def _prepare(self) -> None:
        modules = [
            self._options.app.partition(":")[0],
            self._options.set_up.partition(":")[0],
            "barback.engine.workers.working",
        ]
        _CONTEXT.set_forkserver_preload([*modules, *(["uvloop"] if importlib.util.find_spec("uvloop") else [])])
        await asyncio.to_thread(forkserver.ensure_running)
        await Clockwork(self._app.schedules).sync(self._db)
        async with self._db.transaction() as tx:
            await tx.many(SQL.queue_add, [{"name": name, "now_ms": tx.now_ms} for name in sorted(self._capacity)])

    async def _look(self) -> Any:
        """Look, decide, act; answers what to wait for."""
        seen = await Watcher().look(self._db)
        host = socket.gethostname()
        ours = {(host, child.pid) for child in self._children}
        names = {one.name for one in self._app.schedules}
        asked = {(one.host, one.pid) for one in seen.workers if one.draining_ms is not None}
        for child in self._children:
            child.asked_to_end = (host, child.pid) in asked
        load = scaling.load_of(seen, self._capacity, ours, names)
        decision = self._scaler.decide(load, self.workers, time.monotonic())
        await self._follow(decision, load)
        if load.nothing and self.workers == self._limits.least and not any(c.draining for c in self._children):
            return self._sleep(_next_ms(seen, self._capacity, names))
        return self._pause()

    async def _follow(self, decision: Decision, load: Load) -> None:
        before = self.workers
        if decision.wanted == before or (decision.wanted > before and time.monotonic() < self._not_before_s):
            return
        for _ in range(decision.wanted - before):
            await self._start_one()
        self._drain(before - decision.wanted)
        log.info("%d workers instead of %d: %s", decision.wanted, before, decision.reason)
        async with self._db.transaction() as tx:
            one = Scaled(
                at_ms=tx.now_ms, host=socket.gethostname(), pid=os.getpid(), before=before, after=decision.wanted,
                least=self._limits.least, most=self._limits.most, ready=load.ready, in_flight=load.in_flight,
                oldest_ms=int(load.oldest_s * 1000), reason=decision.reason,
            )  # fmt: skip
            await scaling.record(tx, one)

    async def _start_one(self) -> None:
        child = await asyncio.to_thread(_Child, self._options)
        self._children.append(child)
        asyncio.get_running_loop().add_reader(child.process.sentinel, self._ended, child.process.sentinel)

    def _drain(self, count: int) -> None:
        """The youngest first: they hold the least, and have the least in their caches."""
        working = [child for child in self._children if not child.draining]
        for child in working[::-1][: max(0, count)]:
            child.drain(self._options.grace_s)

    def _tell_metrics(self) -> None:
        if self.metrics is not None:
            self.metrics.supervised(self.workers, len(self._children) - self.workers)

    def _kill_the_stuck(self) -> None:
        for child in self._children:
            if child.killed_at_s is not None and time.monotonic() > child.killed_at_s:
                log.warning("worker %s does not end and is killed", child.pid)
                child.kill()

    async def _bury_the_dead(self) -> None:
        for child in [one for one in self._children if not one.alive]:
            self._children.remove(child)
            child.close()
            pid, code = child.pid, child.process.exitcode
            if code not in (0, RECYCLE_CODE) and not self._stopping:
                log.error("worker %d ended with code %s", pid, code)
                self._rest_after(time.monotonic() - child.started_s)
            await bury_process(self._db, pid, {task.name: task for task in self._app.tasks})

    def _rest_after(self, lived_s: float) -> None:
        """Who cannot live is not started again and again without a pause."""
        self._rest_s = min(REST_S_MAX, self._rest_s * 2) if lived_s < SHORT_LIFE_S else REST_S_MIN
        self._not_before_s = time.monotonic() + self._rest_s

    def _ended(self, sentinel: int) -> None:
        asyncio.get_running_loop().remove_reader(sentinel)
        self._wake()

    def _wake(self) -> None:
        self._urgent.set()
        self._listener.wake()

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._urgent.wait(), LOOK_EVERY_S)
        except TimeoutError:
            return

    async def _sleep(self, due_ms: int | None) -> None:
        """Until a bell, or until something is due; looks by itself once a minute, with one statement."""
        while True:
            rest_s = POLL_EVERY_S
            if due_ms is not None:
                rest_s = min(rest_s, max(0.0, (due_ms - self._db.clock.now_ms()) / 1000))
            if await self._listener.wait(rest_s) or rest_s < POLL_EVERY_S:
                return
            async with self._db.reading() as tx:
                until_ms = tx.now_ms + int(POLL_EVERY_S * 1000)
                rows = await tx.finish(SQL.work_waiting, queues=sorted(self._capacity), until_ms=until_ms)
            if any(row["waiting"] or row["leased"] for row in rows):
                return


async def supervise(
    options: WorkOptions, limits: Limits, *, parent: Callable[[Requests], Coroutine[Any, Any, None]] | None = None
) -> Ending:
    """Supervise until asked to stop; says why it ended. `parent` watches whoever started us."""
    async with opened(replace(options, pool_max=2)) as db:
        supervisor = Supervisor(db, options, limits)
        requests = Requests(supervisor.stop, supervisor.stop_now)
        requests.listen(interrupt=parent is None)
        asides: list[Coroutine[Any, Any, None]] = [keep_systemd_calm()]
        if parent is not None:
            asides.append(parent(requests))
        async with pages_at(options.http, pages_of(db, supervisor.metrics)), beside(asides):
            log.info("supervising %d to %d workers", limits.least, limits.most)
            await supervisor.run()
    return requests.ending or Ending.STOPPED


def _next_ms(seen: Snapshot, capacity: dict[str, int], schedules: set[str]) -> int | None:
    """When something becomes due by itself."""
    times = [one.next_due_ms for one in seen.queues if one.queue in capacity and not one.paused]
    times += [one.next_ms for one in seen.schedules if one.name in schedules and not one.paused]
    return min((at for at in times if at is not None), default=None)
