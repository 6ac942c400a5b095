"""A worker: the runners of its queues, its heart, its watch over others, and its schedules, in one process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from barback.engine.changes import CONTROL_BELL
from barback.engine.fairness import limits
from barback.engine.fanout.batch_folding import Folder
from barback.engine.fanout.sweeps import Sweep
from barback.engine.guards import breakers
from barback.engine.handlers import declarations
from barback.engine.handlers.shifts import Shift
from barback.engine.history.tally import Count
from barback.engine.leasing.liveness import DEAD_AFTER_S, Heart, Watch
from barback.engine.operations.minutes import MinuteKeeper
from barback.engine.queues import Queue
from barback.engine.schedules import Clockwork, Schedule
from barback.engine.store import SQL
from barback.engine.tasks import Task
from barback.engine.topics import Topic
from barback.engine.workers.apps import App, app_of
from barback.engine.workers.draining import Draining
from barback.engine.workers.queue_runners import drained, runners_of
from barback.engine.workers.services import vitals
from barback.storage import Database, StorageError

log = logging.getLogger("barback.engine")

LOOK_EVERY_S, POLL_EVERY_S, DRAIN_GRACE_S = 1.0, 60.0, 30.0
# A bell rings for every worker and one of them gets the message: the others stay awake for a moment, or
# nobody would notice that it died.
LINGER_LOOKS = 3


class Worker:
    """Handles messages of `tasks` until told to stop. Any number may run, in any number of processes.

    A queue's tasks are either all transactional (TransactionalTask, BatchTask) or all ActingTasks. It does
    what it is given and nothing else: some worker of the program should be made by `Worker.of`, or be a
    `barback work`, or what is old is never forgotten.
    """

    def __init__(
        self,
        db: Database,
        tasks: Sequence[Task[Any]],
        *,
        schedules: Sequence[Schedule] = (),
        concurrency: Mapping[str, int] | None = None,
        dead_after_s: float = DEAD_AFTER_S,
        drain_grace_s: float = DRAIN_GRACE_S,
    ) -> None:
        """`concurrency`: by queue, acting messages or transactions at once, here.

        `drain_grace_s`: seconds that what it holds may take when an operator asks it to end.

        Raises ValueError when two tasks share a name, a queue mixes kinds or has two breakers, or
        `concurrency` names no queue.
        """
        self._db = db
        by_name = {task.name: task for task in tasks}
        if len(by_name) != len(tasks):
            raise ValueError("expected every task to have a name of its own")
        self._queues: dict[str, list[Task[Any]]] = {}
        for task in tasks:
            self._queues.setdefault(task.queue, []).append(task)
        self._breakers = declarations.breakers_of(tasks)
        self._heart = Heart(db.url, list(self._queues), vitals)
        wanted = dict(concurrency or {})
        if unknown := sorted(wanted.keys() - self._queues.keys()):
            raise ValueError(f"concurrency: no task has the queue {unknown[0]}; it is one of {sorted(self._queues)}")
        self._awake = asyncio.Event()
        self._shift = Shift(db, self._heart, by_name, concurrency=wanted, on_busy=self._awake.set)
        self._runners = [one for queue, its in self._queues.items() for one in runners_of(self._shift, queue, its)]
        self._declared = {queue: declarations.lines_and_limits_of(queue, its) for queue, its in self._queues.items()}
        self._draining = Draining(db, self._shift, drain_grace_s)
        self._watch = Watch(db, self._heart, by_name, dead_after_s)
        self._clockwork = Clockwork(schedules)
        self._folder, self._minutes = Folder(db), MinuteKeeper(db)
        # From now on, not from when `run` comes to it: a pause in between must not wait for the next poll.
        self._control = db.bell.listen(CONTROL_BELL)

    @classmethod
    def of(
        cls,
        db: Database,
        *parts: App | Queue | Task[Any] | Schedule | Sweep[Any] | Topic[Any],
        concurrency: Mapping[str, int] | None = None,
    ) -> Worker:
        """A worker for everything in `parts`, as `barback work --app` has one, and for the engine's own upkeep.

        The upkeep forgets what is old, and does what operators asked for: redrives, purges, drains.
        """
        app = app_of(*parts)
        return cls(db, app.tasks, schedules=app.schedules, concurrency=concurrency)

    @property
    def name(self) -> str:
        """This worker's name in the table of workers; changes if it was given up for dead."""
        return self._heart.worker

    def watch(self, settled: Callable[[str, dict[str, Count], int], None]) -> None:
        """Tell `settled` of every lease: its queue, what became of its messages by task, microseconds."""
        self._shift.tally.watch = settled

    def stop(self, grace_s: float | None = None) -> None:
        """Finish what has begun, give the rest back, end `run`; after `grace_s` seconds as `hand_back` does."""
        if grace_s is not None:
            asyncio.get_running_loop().call_later(grace_s, self.hand_back)
        self._shift.stopping = True
        self._awake.set()
        self._wake_runners()

    def hand_back(self) -> None:
        """Stop at once: what has begun is interrupted and given back, to run elsewhere with no attempt counted."""
        self.stop()
        for runner in self._runners:
            runner.hand_back()

    async def start(self) -> None:
        """Make our rows: queues, schedules, this worker."""
        async with self._db.transaction() as tx:
            await tx.many(SQL.queue_add, [{"name": name, "now_ms": tx.now_ms} for name in sorted(self._queues)])
            await breakers.declare(tx, self._breakers)
            for queue, declared in sorted(self._declared.items()):
                if await limits.declare(tx, queue, *declared):
                    tx.after_commit(partial(self._db.bell.ring, CONTROL_BELL))
        await self._clockwork.sync(self._db)
        await self._heart.register(self._db)
        await self._refresh()

    async def run(self) -> None:
        """Work until `stop`. Survives a database that goes away for a while."""
        await self.start()
        self._heart.start()
        loops = [self._look_after_others(), self._tick(), self._listen_for_control(), self._folder.run()]
        loops += [self._minutes.run(), self._draining.run(self.stop, self.hand_back)]
        helpers = [asyncio.create_task(one) for one in loops]
        runs = [asyncio.create_task(runner.run()) for runner in self._runners]
        try:
            await asyncio.gather(*runs)
        finally:
            # When one ended badly none may go on alone, without a heart.
            self.stop()
            for one in (*helpers, *runs):
                one.cancel()
            await asyncio.gather(*helpers, *runs, return_exceptions=True)
            await self._leave()

    async def _leave(self) -> None:
        # In a thread: the heart may be waiting for its turn to write behind a transaction of this very loop.
        await asyncio.to_thread(self._heart.stop)
        for task in self._shift.tasks.values():
            await task.let_go()
        with contextlib.suppress(StorageError, OSError):
            await self._flush()
            async with self._db.transaction() as tx:
                await tx.run(SQL.worker_remove, id=self._heart.worker)

    def _wake_runners(self) -> None:
        for runner in self._runners:
            runner.listener.wake()

    async def _look_after_others(self) -> None:
        """Every second while anybody holds messages or a bell rang lately; else one look a minute (E13)."""
        quiet_looks, refreshed = 0, time.monotonic()
        while True:
            try:
                if self._heart.lost:
                    await self._heart.revive(self._db, self._heart.worker)
                if self._heart.asked_to_end != self._shift.draining:
                    await self._draining.look(self._wake_runners)
                await self._shift.meter.flush(self._db)
                self._minutes.tell()
                if await self._watch.look() or self._heart.holding or self._awake.is_set():
                    self._awake.clear()
                    quiet_looks = 0
                elif (quiet_looks := quiet_looks + 1) >= LINGER_LOOKS:
                    await self._fall_asleep()
                    quiet_looks, refreshed = 0, time.monotonic()
                if time.monotonic() - refreshed >= POLL_EVERY_S:
                    await self._refresh()
                    refreshed = time.monotonic()
            except Exception as error:  # noqa: BLE001 - see _note
                _note("watch", error)
            await asyncio.sleep(LOOK_EVERY_S)

    async def _flush(self) -> None:
        """Write down what was counted and metered."""
        await self._shift.tally.flush(self._db, self._heart.worker)
        await self._shift.meter.flush(self._db, at_once=True)

    async def _fall_asleep(self) -> None:
        """Write down what was counted, look once more, and sleep until there is something to do."""
        await self._flush()
        await self._refresh()
        while not self._awake.is_set():
            try:
                await asyncio.wait_for(self._awake.wait(), POLL_EVERY_S)
            except TimeoutError:
                await self._refresh()

    async def _refresh(self) -> None:
        """The slow truth behind the bells: what is paused, what waits, who holds anything."""
        async with self._db.reading() as tx:
            until_ms = tx.now_ms + int(POLL_EVERY_S * 1000)
            rows = await tx.finish(SQL.work_waiting, queues=sorted(self._queues), until_ms=until_ms)
        self._shift.paused = {str(row["name"]) for row in rows if row["paused"]}
        known = {str(row["name"]): row for row in rows}
        if any(row["leased"] for row in rows):
            self._awake.set()
        for runner in self._runners:
            if (row := known.get(runner.queue)) is not None:
                runner.adjust(row["batch_max"], row["slots"], lined=bool(row["lined"]))
                if row["waiting"]:
                    runner.listener.wake()
        if any(row["unfolded"] for row in rows):
            self._folder.listener.wake()

    async def _listen_for_control(self) -> None:
        while True:
            await self._control.wait(3_600)
            self._control.clear()
            self._clockwork.look()
            try:
                await self._refresh()
                await self._draining.look(self._wake_runners)
            except Exception as error:  # noqa: BLE001 - see _note
                _note("control", error)

    async def _tick(self) -> None:
        """Fire schedules when they are due; sleeps until the next one."""
        while True:
            try:
                due_ms = await self._clockwork.next_ms(self._db)
                if due_ms is None:
                    return
                wait_s = (due_ms - self._db.clock.now_ms()) / 1000
                if wait_s > 0:
                    await self._clockwork.rest(min(wait_s, POLL_EVERY_S))
                    continue
                async with self._db.transaction() as tx:
                    fired = await self._clockwork.fire(tx, self.name)
                if not fired:
                    # Another node is just firing it, or it cannot be fired at all.
                    await asyncio.sleep(LOOK_EVERY_S)
            except Exception as error:  # noqa: BLE001 - see _note
                _note("schedules", error)
                await asyncio.sleep(LOOK_EVERY_S)

    async def until_quiet(self) -> int:
        """Work until nothing can run at the clock's present time; returns how many messages ran. For tests."""
        if not self._heart.worker:
            await self.start()
        handled = 0
        async with self._db.transaction() as tx:
            await self._clockwork.fire(tx, self.name)
        while True:
            before = handled
            for runner in self._runners:
                handled += await drained(runner)
            if handled == before and not await self._folder.fold_all():
                await self._flush()
                return handled

    async def retire(self) -> None:
        """Leave the table of workers after the last `until_quiet`; `run` does so by itself."""
        await self._leave()

    async def watch_once(self) -> bool:
        """One look at the other workers, as `run` does every second. For tests and supervisors."""
        return await self._watch.look()


def _note(what: str, error: Exception) -> None:
    """Whatever it is, a loop that looks after others does not end of it."""
    log.warning("%s: %s", what, error, exc_info=None if isinstance(error, StorageError | OSError) else error)
