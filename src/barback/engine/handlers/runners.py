"""A runner takes the messages of one queue and sees them through. Two kinds, as there are two kinds of tasks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from barback.engine import store
from barback.engine.attempts import about_attempt
from barback.engine.handlers.gates import Noted
from barback.engine.handlers.handling import HandlerFailedError, HandlerTooSlowError, error_text, handle_lease
from barback.engine.handlers.insisting import STORAGE_PAUSE_MAX_S, STORAGE_PAUSE_S, until_settled
from barback.engine.handlers.line_gates import gate_of
from barback.engine.handlers.resting import Rest
from barback.engine.handlers.shifts import Shift
from barback.engine.handlers.turns import Seen, Turns
from barback.engine.history.spending import Spent
from barback.engine.history.usage import shares_of
from barback.engine.leases import Lease
from barback.engine.leasing import claims
from barback.engine.leasing.at_once import Glance, HoldsTokensError
from barback.engine.leasing.claims import Settled
from barback.engine.leasing.sight import FAR_AHEAD_MS
from barback.engine.messages import LeaseLostError, Outcome, RetryAfter
from barback.engine.payloads import blob_payloads
from barback.engine.tasks import Task, bell_name
from barback.storage import Database, StorageError, Transaction

log = logging.getLogger("barback.engine")

ASIDE_EVERY_S = 1.0
ASIDE_IN_A_ROW = 20


class Runner:
    """Works one queue with tasks that only touch the database: one transaction a batch.

    Effects of this batch, its completion and the claim of the next batch are one commit.
    """

    relaxes = True
    """Whether claims need not wait for the disk: no effect is outside of the database (see `leasing/relaxed.py`)."""

    def __init__(self, shift: Shift, queue: str, tasks: list[Task[Any]]) -> None:
        """`tasks` are those of this queue."""
        self._shift = shift
        self._db = shift.db
        self.queue = queue
        self.hand = queue
        """What the heart calls this runner: several of one queue have a name each."""
        self._working: asyncio.Task[Lease | None] | None = None
        self._handing_back = False
        self._gate = gate_of(tasks)
        self._batch_max = self._limit = min(task.batch_max for task in tasks)
        self.listener = shift.db.bell.listen(bell_name(queue))
        self._rest = Rest(queue)
        self._glance: Glance | None = None
        """What the last claim saw, when it found nothing and nothing was asked since."""
        self._aside_at = 0.0
        self._aside_in_a_row = 0
        self._turns = Turns(queue, counts=self._gate is not None and self._gate.by_line)

    def adjust(self, batch_max: int | None, slots: int | None, *, lined: bool) -> None:
        """What an operator set for the queue, instead of what its tasks say; None: what they say."""
        del slots
        self._limit = batch_max or self._batch_max
        self._turns.sight.lined = lined
        self._turns.sight.now_ms = FAR_AHEAD_MS  # look again for what a clock that was wrong has left

    @property
    def database(self) -> Database:
        """Where the queue is."""
        return self._db

    async def run(self) -> None:
        """Work until the shift ends, then give back what was not started."""
        lease: Lease | None = None
        pause_s = STORAGE_PAUSE_S
        while not self._shift.stopping:
            try:
                if self._glance is None:
                    self.listener.clear()
                if lease is None and self._glance is None:
                    # Before the claim: from the instant a lease exists somebody must hear the heart.
                    self._shift.heart.hold(self.hand, 1)
                    lease = await self.claim()
                if lease is None:
                    self._shift.heart.hold(self.hand, 0)
                    await self.listener.wait(await self._rest_s())
                    # Whatever woke us may have woken others: one of them may take a message and die.
                    self._shift.on_busy()
                    continue
                self._shift.on_busy()
                lease = await self._work_unless_interrupted(lease)
                pause_s = STORAGE_PAUSE_S
            except (StorageError, OSError, TimeoutError) as error:
                # The lease stays ours while the heart beats; the same batch is tried again. What we know of places
                # is of the server that we had: one that took its place may give them out once more.
                self._turns.sight.forget_places()
                self._glance = None
                log.warning("queue %s: %s; trying again in %.1f s", self.queue, error, pause_s)
                await asyncio.sleep(pause_s)
                pause_s = min(STORAGE_PAUSE_MAX_S, pause_s * 2)
            finally:
                self._shift.heart.hold(self.hand, int(lease is not None))
        if lease is not None:
            await self._give_back([lease])

    async def _give_back(self, leases: list[Lease]) -> None:
        # If the database is away, others take the leases over: our row in the table of workers goes first.
        if leases:
            with contextlib.suppress(StorageError, OSError):
                async with self._db.transaction() as tx:
                    await claims.give_back(tx, leases)

    def hand_back(self) -> None:
        """Interrupt what has begun, to give it back; the shift has been told to stop."""
        self._handing_back = True
        if self._working is not None:
            self._working.cancel()

    async def _work_unless_interrupted(self, lease: Lease) -> Lease | None:
        """As `work`; interrupted it has done nothing, and the lease is still to be given back."""
        self._working = asyncio.get_running_loop().create_task(self.work(lease))
        try:
            return await self._working
        except asyncio.CancelledError:
            if not self._handing_back:
                raise
            return lease
        finally:
            self._working = None

    async def _rest_s(self) -> float:
        """How long nothing can become due: until the next delayed message, or for good."""
        glance, self._glance = self._glance, None
        held = self._shift.holds(self.queue)
        if glance is not None and not held:
            return self._rest.after(glance, self._db.clock.now_ms())
        return await self._rest.look(self._db, self._turns.sight, self._gate, held=held)

    async def _claim_aside(self, tx: Transaction, worker: str, *, busy: bool) -> Lease | None:
        """A message that must be tried alone. When busy with others, look once a second and take turns."""
        now = time.monotonic()
        if busy and (now < self._aside_at or self._aside_in_a_row >= ASIDE_IN_A_ROW):
            self._aside_in_a_row = 0
            return None
        lease = await claims.claim_aside(tx, self.queue, worker)
        if lease is None:
            self._aside_at = now + ASIDE_EVERY_S
        else:
            self._aside_in_a_row += 1
        return lease

    async def claim(self) -> Lease | None:
        """Lease what can run now; None when there is nothing."""
        return next(iter(await self.claim_some(self._limit)), None)

    async def claim_some(self, limit: int, *, singly: bool = False) -> list[Lease]:
        """Lease up to `limit` messages that can run now, together or with a lease for each."""
        self._glance = None
        if self._shift.holds(self.queue):
            return []
        while True:
            worker = self._shift.heart.worker
            try:
                seen: Seen | None = None
                if self._gate is None and self._turns.may_glance(self._db.dialect):
                    async with self._db.single() as tx:
                        glance = await self._turns.glance(tx, worker, limit, singly=singly, relaxed=self.relaxes)
                    if glance.plain:
                        self._glance = None if glance.leases else glance
                        return glance.leases
                    seen = Seen(glance.aside, glance.due, glance.arrived)
                async with self._db.transaction(durable=not (self.relaxes and self._shift.is_calm())) as tx:
                    claim = partial(self._claim_now, tx, worker, singly=singly, seen=seen)
                    return await (claim(limit) if self._gate is None else self._gate.through(tx, worker, limit, claim))
            except LeaseLostError:
                await self._shift.heart.revive(self._db, worker)

    async def _claim_now(
        self, tx: Transaction, worker: str, limit: int, *, singly: bool, seen: Seen | None
    ) -> list[Lease]:
        seen = seen or await self._turns.look(tx)
        if seen.aside and (alone := await self._claim_aside(tx, worker, busy=False)) is not None:
            return [alone]
        if singly:
            return await self._turns.claim_singly(tx, worker, limit, seen)
        lease = await self._turns.claim(tx, worker, limit, Settled(), seen)
        return [lease] if lease is not None else []

    async def work(self, lease: Lease) -> Lease | None:
        """Handle a lease; returns the next one, claimed in the same commit."""
        try:
            try:
                return await self._once(lease, carefully=False)
            except HandlerTooSlowError:
                self._turns.took_too_long(lease)
                return await self._one_by_one(lease)
            except (HandlerFailedError, HoldsTokensError):
                return await self._once(lease, carefully=True)
            except StorageError as error:
                if error.transient:
                    raise
                # A handler went on after an error, or what it wrote is refused at the commit.
                return await self._one_by_one(lease)
        except LeaseLostError as error:
            log.warning("%s", error)
            return None

    async def _one_by_one(self, lease: Lease) -> None:
        """A commit for each message: the one whose commit is refused fails alone, and others write in between."""
        async with self._db.transaction() as tx:
            singles = await claims.split(tx, lease)
        try:
            while singles and not self._shift.stopping:
                await self.insist(partial(self._alone, singles[0]))
                del singles[0]
        finally:
            await self._give_back(singles)

    async def _alone(self, single: Lease) -> None:
        try:
            await self._once(single, carefully=True, follow=False)
        except StorageError as error:
            if error.transient:
                raise
            row = single.rows[0]
            said = row.attempt, row.task, row.id, error_text(error)
            log.warning("attempt %d of %s %s failed: %s", *said, extra=about_attempt(row))
            failed = RetryAfter(self._shift.tasks[row.task].backoff_ms(row.attempt), error_text(error))
            async with self._db.transaction() as tx:
                settled = await claims.settle(tx, [single], {row.id: failed}, self._shift.tasks)
                await store.add_ready(tx, settled.heads)

    async def insist(self, settle: Callable[[], Awaitable[None]]) -> None:
        """Until the database lets us (see `until_settled`)."""
        await until_settled(self._shift, self.queue, settle)

    async def _once(self, lease: Lease, *, carefully: bool, follow: bool = True) -> Lease | None:
        shift = self._shift
        spent = Spent()
        await blob_payloads.load(lease, shift.tasks)
        async with self._db.transaction() as tx:
            outcomes = await spent.on(handle_lease(tx, lease, shift.tasks, carefully=carefully))
            noted = Noted(outcomes) if self._gate is None else await self._gate.note(tx, lease, outcomes)
            outcomes = noted.outcomes
            held = self._shift.stopping or self._shift.holds(self.queue)
            if follow and not outcomes and not held and self._gate is None and self._turns.may_end(lease, tx.dialect):
                await shift.tally.write(tx, lease.worker)
                following = await self._end_and_claim(tx, lease)
            else:
                settled = await claims.settle(tx, [lease], outcomes, shift.tasks, claiming=True)
                following = await self._follow(tx, settled, follow=follow and not noted.turned)
                await noted.turn(tx)
                await shift.tally.write(tx, lease.worker)
        if follow:
            self._turns.took(lease, spent.wall_us / 1_000_000)
        self._count(lease, outcomes, spent)
        await blob_payloads.remove(lease, outcomes, shift.tasks)
        return following

    async def _end_and_claim(self, tx: Transaction, lease: Lease) -> Lease | None:
        """End `lease`, all of it done, and claim the next batch, in one statement; seen so, nothing is asked again."""
        glance = await self._turns.glance(tx, self._shift.heart.worker, self._limit, ending=lease)
        self._glance = glance if glance.plain and not glance.leases else None
        return next(iter(glance.leases), None)

    async def _follow(self, tx: Transaction, settled: Settled, *, follow: bool) -> Lease | None:
        """Claim the next batch in the same transaction, new heads first."""
        held = self._shift.stopping or self._shift.holds(self.queue)
        if not follow or held or (self._gate is not None and await self._gate.holds(tx)):
            return await self._turns.put_back(tx, settled)
        worker = self._shift.heart.worker
        if (alone := await self._claim_aside(tx, worker, busy=True)) is not None:
            await self._turns.put_back(tx, settled)
            lease = alone
        else:
            seen = Seen(due=self._rest.is_due(tx.now_ms, settled.next_due_ms))
            lease = await self._turns.claim(tx, worker, self._limit, settled, seen)
        return lease if self._gate is None else await self._gate.followed(tx, worker, lease)

    def _count(self, lease: Lease, outcomes: Mapping[str, Outcome], spent: Spent) -> None:
        shift, now_ms, shares = self._shift, self._db.clock.now_ms(), shares_of(lease)
        shift.tally.settled(lease, shares, outcomes, now_ms, spent.wall_us)
        shift.meter.settled(lease, shares, outcomes, now_ms, spent, shift.heart.holding)
