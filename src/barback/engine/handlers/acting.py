"""The runner for tasks that reach outside: decide → act → record, many messages side by side.

Each message has a lease of its own, so one that is slow holds nobody up. A crash between any two
steps runs the message again: `decide` sees what it wrote down and `act` repeats with the same key.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, cast

import msgspec

from barback.engine import store
from barback.engine.attempts import HANDLING, about_attempt
from barback.engine.bulk import batch_counts
from barback.engine.guards.deadlines import is_late
from barback.engine.handlers.gates import Noted
from barback.engine.handlers.handling import belongs_to_the_engine, error_text, failed, outcome_of
from barback.engine.handlers.runners import STORAGE_PAUSE_S, Runner
from barback.engine.handlers.shifts import Shift
from barback.engine.handlers.slowness import bounded, in_its_time
from barback.engine.history.spending import Spent
from barback.engine.leases import Lease
from barback.engine.leasing import claims
from barback.engine.messages import (
    EXPIRED,
    Cancel,
    Dead,
    Done,
    Expired,
    LeaseLostError,
    Message,
    Outcome,
    RetryAfter,
    Snooze,
)
from barback.engine.payloads import blob_payloads
from barback.engine.store import SQL
from barback.engine.tasks import ActingTask, Task
from barback.engine.tracing import attempt
from barback.storage import StorageError, Transaction

log = logging.getLogger("barback.engine")


class ActingRunner(Runner):
    """Works one queue of ActingTasks."""

    relaxes = False

    def __init__(self, shift: Shift, queue: str, tasks: list[Task[Any]]) -> None:
        """At most the smallest `concurrency` of the tasks at once."""
        super().__init__(shift, queue, tasks)
        declared = min(task.concurrency for task in tasks if isinstance(task, ActingTask))
        self._own_slots = self._slots = shift.concurrency.get(queue, declared)
        self._running: set[asyncio.Task[None]] = set()
        self._leases: dict[asyncio.Task[None], Lease] = {}
        self._interrupted: list[Lease] = []
        self._by_itself: asyncio.Task[None] | None = None

    def adjust(self, batch_max: int | None, slots: int | None, *, lined: bool) -> None:
        """What an operator set for the queue; None: what its tasks say."""
        super().adjust(batch_max, slots, lined=lined)
        self._slots = slots or self._own_slots

    async def run(self) -> None:
        """Work until the shift ends, then let what has begun finish."""
        while not self._shift.stopping:
            try:
                self.listener.clear()
                free = self._slots - len(self._running)
                self._shift.heart.hold(self.queue, max(1, len(self._running)))
                leases = await self.claim_some(free, singly=True) if free > 0 else []
                for lease in leases:
                    self._start(lease)
                if self._running and not leases:
                    await self._any_end_or_ring()
                elif not leases:
                    self._shift.heart.hold(self.queue, 0)
                    await self.listener.wait(await self._rest_s())
                    # Whatever woke us may have woken others: one of them may take a message and die.
                    self._shift.on_busy()
            except (StorageError, OSError, TimeoutError) as error:
                log.warning("queue %s: %s", self.queue, error)
                await asyncio.sleep(STORAGE_PAUSE_S)
        if self._running:
            await asyncio.wait(self._running)
        await self._give_back(self._interrupted)

    def hand_back(self) -> None:
        """Interrupt what has begun, to give it back. What an act did meanwhile it does again, with the same key."""
        for running in self._running:
            running.cancel()

    async def _any_end_or_ring(self) -> None:
        if len(self._running) >= self._slots:
            # Nothing can be claimed whatever rings.
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            return
        ring = asyncio.ensure_future(self.listener.wait(await self._rest_s()))
        await asyncio.wait([ring, *self._running], return_when=asyncio.FIRST_COMPLETED)
        ring.cancel()

    def _start(self, lease: Lease) -> None:
        self._shift.on_busy()
        running = asyncio.get_running_loop().create_task(self.see_through(lease))
        self._running.add(running)
        self._leases[running] = lease
        if lease.alone:
            self._by_itself = running
        running.add_done_callback(self._ended)

    def _ended(self, running: asyncio.Task[None]) -> None:
        self._running.discard(running)
        lease = self._leases.pop(running)
        if running.cancelled():
            self._interrupted.append(lease)
        self._shift.heart.hold(self.queue, len(self._running))
        if not running.cancelled() and running.exception() is not None:
            log.error("a message was left to its lease", exc_info=running.exception())

    async def _claim_aside(self, tx: Transaction, worker: str, *, busy: bool) -> Lease | None:
        """One at a time: of two that run side by side nobody could tell which killed the process."""
        if self._by_itself is not None and not self._by_itself.done():
            return None
        return await super()._claim_aside(tx, worker, busy=busy)

    async def see_through(self, lease: Lease) -> None:
        """All three steps of one message, and its end."""
        row = lease.rows[0]
        spent = Spent()
        lease.began = spent.started
        task = self._shift.tasks.get(row.task)
        if not isinstance(task, ActingTask):
            await self._end_failed(
                lease, RetryAfter(30_000, f"no acting task named {row.task!r} in this worker"), spent
            )
            return
        await blob_payloads.load(lease, self._shift.tasks)
        rows, failures = blob_payloads.with_payloads(lease)
        if failures:
            await self._end_failed(lease, failures[row.id], spent)
            return
        try:
            message = task.message(rows[0])
        except msgspec.MsgspecError as error:
            await self._end_failed(lease, Dead(f"the payload does not fit {task.payload.__name__}: {error}"), spent)
            return
        try:
            steps = self._three_steps(cast("ActingTask[Any, Any, Any]", task), lease, message)
            HANDLING.set(message)
            outcome = await spent.on(attempt(lease, steps))
            self._tally(lease, outcome, spent)
            await blob_payloads.remove(lease, {row.id: outcome}, self._shift.tasks)
        except LeaseLostError as error:
            log.warning("%s", error)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, its message gets an outcome
            if belongs_to_the_engine(error):
                await self._end_failed(lease, Snooze(int(STORAGE_PAUSE_S * 1000)), spent)
                return
            said = row.attempt, row.task, row.id, error_text(error)
            log.warning("attempt %d of %s %s failed: %s", *said, extra=about_attempt(row))
            await self._end_failed(lease, failed(self._shift.tasks[row.task], row.attempt, error), spent)

    async def _three_steps(self, task: ActingTask[Any, Any, Any], lease: Lease, message: Message[Any]) -> Outcome:
        async with self._db.transaction() as tx:
            if await tx.one(SQL.lease_hold, token=lease.token, worker=lease.worker) is None:
                raise LeaseLostError(f"message {message.id} was taken over before it was decided")
            async with in_its_time(tx, task):
                decision = await self._decide(tx, task, lease, message)
            if isinstance(decision, Done | RetryAfter | Snooze | Cancel | Dead | Expired):
                return await self._end(tx, lease, decision)
        async with bounded(task.act_timeout_s):
            result = await task.act(decision)
        async with self._db.transaction() as tx:
            async with in_its_time(tx, task):
                outcome = outcome_of(task, await task.record(tx, message, decision, result))
            return await self._end(tx, lease, outcome, answered=True)

    async def _decide(
        self, tx: Transaction, task: ActingTask[Any, Any, Any], lease: Lease, message: Message[Any]
    ) -> Any:
        if await batch_counts.cancelled(tx, [lease.rows[0].about]):
            return batch_counts.CANCELLED
        if is_late(lease.rows[0], tx.now_ms):
            await task.on_expired(tx, message)
            return EXPIRED
        held = None if self._gate is None else await self._gate.begins(tx, lease.rows[0])
        return await task.decide(tx, message) if held is None else held

    async def _end(self, tx: Transaction, lease: Lease, outcome: Outcome, *, answered: bool = False) -> Outcome:
        """Settle; returns the outcome that it was in the end."""
        id_ = lease.rows[0].id
        noted = Noted({id_: outcome})
        if self._gate is not None:
            noted = await self._gate.note(tx, lease, noted.outcomes, answered=answered)
        outcomes = noted.outcomes
        settled = await claims.settle(tx, [lease], outcomes, self._shift.tasks)
        await store.add_ready(tx, settled.heads)
        await noted.turn(tx)
        if settled.heads:
            tx.after_commit(self.listener.wake)
        await self._shift.tally.write(tx, lease.worker)
        return outcomes[id_]

    async def _end_failed(self, lease: Lease, outcome: Outcome, spent: Spent) -> None:
        async def end() -> None:
            async with self._db.transaction() as tx:
                settled = await self._end(tx, lease, outcome)
            self._tally(lease, settled, spent)

        await self.insist(end)

    def _tally(self, lease: Lease, outcome: Outcome, spent: Spent) -> None:
        self._count(lease, {lease.rows[0].id: outcome}, spent)
