"""Ways to break the engine on purpose, in the worker processes: each must make the oracle complain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from tests.conformance.tools import sql

from barback.engine import store
from barback.engine.group_commit import GroupCommit
from barback.engine.handlers import runners
from barback.engine.handlers.handling import handle_lease
from barback.engine.handlers.turns import Turns
from barback.engine.leases import Lease
from barback.engine.leasing import claims, lanes
from barback.engine.messages import Message, Stored
from barback.engine.operations import errands
from barback.engine.operations.errands import RunErrand, Step
from barback.storage import Transaction, bells

AGAIN = sql(
    "INSERT INTO engine_lease (token, queue, worker, claimed_ms, size, body) "
    "VALUES (:token, :queue, :worker, :now_ms, :size, :body) ON CONFLICT (token) DO NOTHING"
)
FAR = sql("SELECT state, handled, left_alone, place, ended_ms FROM engine_errand WHERE id = :id")
GET = sql(
    "UPDATE engine_errand SET state = :state, handled = :handled, left_alone = :left_alone, place = :place, "
    "ended_ms = :ended_ms WHERE id = :id"
)


def fencing_off() -> None:
    """A lease that somebody else took over is settled all the same, as if it were still there."""
    settle = claims.settle

    async def unfenced(tx: Transaction, leases: Sequence[Lease], *rest: Any, **more: Any) -> Any:
        for one in leases:
            held = {"token": one.token, "queue": one.queue, "worker": one.worker, "size": len(one.rows), "body": b""}
            await tx.run(AGAIN, now_ms=tx.now_ms, **held)
        return await settle(tx, leases, *rest, **more)

    claims.settle = unfenced
    Turns.may_end = lambda _turns, _lease, _dialect: False  # type: ignore[method-assign]  # by the way that is broken
    once = runners.Runner._once

    async def slowly(self: Any, lease: Lease, **how: Any) -> Lease | None:
        await asyncio.sleep(0.3)  # time for a stop with a lease in hand
        return await once(self, lease, **how)

    runners.Runner._once = slowly  # type: ignore[method-assign]


def attempt_counted_late() -> None:
    """An attempt counts when it has ended, so one that kills its worker was none."""

    def late(add: Any) -> Any:
        async def add_late(tx: Transaction, queue: str, worker: str, rows: Sequence[Stored], **more: Any) -> Any:
            copies = [msgspec.structs.replace(row, attempt=row.attempt - 1) for row in rows]
            return await add(tx, queue, worker, copies, **more)

        return add_late

    Turns.may_glance = lambda _turns, _dialect: False  # type: ignore[method-assign]  # claims by the way that is broken
    store.add_lease, store.add_lease_unlined = late(store.add_lease), late(store.add_lease_unlined)


def notify_lost() -> None:
    """Nobody is told that there is work."""
    bells.Bell.ring = lambda _bell, *_names: None  # type: ignore[method-assign]
    bells.Bell.heard = lambda _bell, _names: None  # type: ignore[method-assign]


def key_order_off() -> None:
    """Messages of a key do not wait for each other."""

    async def all_are_heads(_tx: Transaction, _queue: str, rows: Sequence[Stored], *_more: object) -> list[Stored]:
        return list(rows)

    lanes.enter = all_are_heads


def settle_outside() -> None:
    """The work is committed first, and that it is done a moment later."""

    async def once(self: Any, lease: Lease, *, carefully: bool, follow: bool = True) -> None:
        del follow
        async with self._db.transaction() as tx:
            outcomes = await handle_lease(tx, lease, self._shift.tasks, carefully=carefully)
        await asyncio.sleep(0.05)  # time for a kill
        async with self._db.transaction() as tx:
            settled = await claims.settle(tx, [lease], outcomes, self._shift.tasks)
            await store.add_ready(tx, settled.heads)

    runners.Runner._once = once  # type: ignore[assignment, method-assign]


def taken_over_and_forgotten() -> None:
    """What a dead worker held goes with it."""

    async def forget(_tx: Transaction, _rows: Sequence[Stored], **_more: Any) -> None:
        """Nothing."""

    store.set_aside = forget


def errands_kept_apart() -> None:
    """How far an errand is, is written a moment after what it did: in another transaction."""
    handle, writing = RunErrand.handle, set[asyncio.Task[None]]()

    async def apart(self: RunErrand, tx: Transaction, message: Message[Step]) -> None:
        before = await tx.one(FAR, id=message.payload.errand)
        await handle(self, tx, message)
        after = await tx.one(FAR, id=message.payload.errand)
        if before is None or after is None:
            return
        await tx.run(GET, id=message.payload.errand, **before)
        db = tx.database

        async def write() -> None:
            await asyncio.sleep(0.2)  # time for a kill
            async with db.transaction() as later:
                await later.run(GET, id=message.payload.errand, **after)

        tx.after_commit(lambda: writing.add(asyncio.create_task(write())))

    errands.PAUSE_MS = 300
    RunErrand.handle = apart  # type: ignore[method-assign]


def answered_before_the_commit() -> None:
    """Who sent an order is told that it is kept while its commit is still to come."""

    async def early(self: Any, group: list[Any]) -> None:
        async with self._db.transaction() as tx:
            results = await self._work(tx, [item for item, _ in group])
            for (_, future), result in zip(group, results, strict=True):
                future.set_result(result)
            await asyncio.sleep(0.05)  # time for a kill

    GroupCommit._commit = early  # type: ignore[method-assign]


BREAKS: dict[str, Callable[[], None]] = {
    "fencing off": fencing_off,
    "attempt counted late": attempt_counted_late,
    "notify lost": notify_lost,
    "key order off": key_order_off,
    "settle outside": settle_outside,
    "taken over and forgotten": taken_over_and_forgotten,
    "errands kept apart": errands_kept_apart,
    "answered before the commit": answered_before_the_commit,
}
