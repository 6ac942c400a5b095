"""Claiming: messages that can run come into a worker's hands, each with an attempt counted (E6)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial

from barback.engine import store
from barback.engine.fairness import lines
from barback.engine.leases import Lease
from barback.engine.leasing import lanes
from barback.engine.leasing.arrivals import ROUTE_MAX, route_arrivals
from barback.engine.leasing.sight import Sight
from barback.engine.messages import Stored, bell_name
from barback.engine.store import SQL
from barback.storage import Transaction

SHARE_OF_WAITING = 8
"""An eighth of each claim is for messages that wait, before those that follow what was just handled."""
SHARE_OF_ARRIVALS = 4
"""A quarter of each claim is for keyed messages that just came, while there are any."""
LOOK_EVERY = 8
"""Claims that others fill, from one look for arrivals to the next when the last one found none."""
ASIDE_MAX = 20


async def claim(
    tx: Transaction,
    queue: str,
    worker: str,
    limit: int,
    *,
    offered: Sequence[Stored] = (),
    singly: bool = False,
    sight: Sight | None = None,
    freed: Mapping[str, int] | None = None,
    arrived: bool = True,
) -> list[Lease]:
    """Lease up to `limit` messages of `queue` that can run now: `offered` heads and those that wait.

    One lease for all of them, or with `singly` one each. A part of the room is for those that wait,
    so that keys with a long backlog, whose next heads are offered each time, never hold others up;
    and a part for arrivals, so that a long backlog without keys never holds keyed ones up.
    What was offered and finds no room goes to the ready table. `freed` are tokens that `tx` has freed.
    Not `arrived`: no keyed message has come that is not in its line yet.
    """
    sight = sight or Sight()
    if sight.lined is None or freed:
        sight.lined = bool(freed) or await lines.are_used(tx, queue)
    rows = list(offered)
    if not sight.lined:
        sight.loose.keys.clear()
        rows = await _gather(tx, queue, limit, offered, sight, None if singly else sight.loose, arrived=arrived)
        leases = await _lease(tx, queue, worker, rows, sight.loose, singly=singly)
        if leases is not None:
            return leases
        await lanes.own(tx, queue, sight.loose.keys)
        # An operator gave the queue lines, and we had not heard of it.
        sight.lined = True
    if tx.now_ms < sight.now_ms:
        await lines.restart_rates(tx, queue)
    sight.now_ms = tx.now_ms
    entered, sight.entered = sight.entered, False
    heads = [] if entered else (await route_arrivals(tx, queue, ROUTE_MAX))[0]
    heads = rows + heads + await _ready(tx, queue, ROUTE_MAX, sight)
    come = sight.newcomers
    rows, counted = await lines.claim(tx, queue, limit, entering=heads, freed=freed or {}, newcomers=come)
    sight.crowded = len(rows) >= limit
    lined = store.COUNTED if counted else store.UNCOUNTED
    return [await _held(tx, queue, worker, group, lined=lined) for group in _groups(rows, singly=singly)]


async def _gather(
    tx: Transaction,
    queue: str,
    limit: int,
    offered: Sequence[Stored],
    sight: Sight,
    loose: lanes.Loose | None,
    *,
    arrived: bool,
) -> list[Stored]:
    """Messages of a queue without lines that can run, out of their tables; what finds no room is ready again.

    `loose` is told which keys have no lane (see lanes.py); those that are not among the messages have one again.
    """
    kept = limit - max(1, limit // SHARE_OF_WAITING)
    rows, over = list(offered[:kept]), list(offered[kept:])
    entered, sight.entered = sight.entered, False
    if sight.crowded and not entered:
        sight.claims_until_look -= 1
        if sight.claims_until_look < 0:
            heads, found = await sight.arrivals.some(tx, queue, max(1, limit // SHARE_OF_ARRIVALS), loose)
            room = max(1, limit - len(rows))
            rows, over, entered = rows + heads[:room], over + heads[room:], True
            sight.claims_until_look = 0 if found else LOOK_EVERY
    if len(rows) < limit:
        rows += await _ready(tx, queue, limit - len(rows), sight)
    sight.crowded = len(rows) >= limit
    if not sight.crowded and arrived and not entered:
        over = await sight.arrivals.heads(tx, queue, limit - len(rows), loose) + over
    room = limit - len(rows)
    rows, over = rows + over[:room], over[room:]
    if over:
        if loose is not None and (waiting := loose.keys.intersection(row.key for row in over if row.key is not None)):
            await lanes.own(tx, queue, waiting)
            loose.keys -= waiting
        await store.add_ready(tx, over)
        tx.after_commit(partial(tx.database.bell.ring, bell_name(queue)))
    return rows


async def _ready(tx: Transaction, queue: str, n: int, sight: Sight) -> list[Stored]:
    return await sight.floors.take(tx, queue, n, crowded=sight.crowded, now=time.monotonic())


async def _lease(
    tx: Transaction, queue: str, worker: str, rows: Sequence[Stored], loose: lanes.Loose, *, singly: bool
) -> list[Lease] | None:
    """Leases for `rows` that hold no tokens; None when the queue has lines, so that they must.

    What is `loose` is in one lease; singly nothing is.
    """
    leases: list[Lease] = []
    for group in _groups(rows, singly=singly):
        _count(group)
        token = await store.add_lease_unlined(tx, queue, worker, group, loose=loose.keys)
        if token is None:
            _count(group, -1)
            for lease in leases:
                await tx.all(SQL.lease_end, tokens=[lease.token], worker=worker)
                _count(lease.rows, -1)
            return None
        loose.last = token if loose.keys else loose.last
        leases.append(Lease(token, queue, worker, group, loose=loose.keys))
    return leases


def _groups(rows: Sequence[Stored], *, singly: bool) -> list[list[Stored]]:
    return [[row] for row in rows] if singly else [list(rows)] if rows else []


def _count(rows: Sequence[Stored], by: int = 1) -> None:
    for row in rows:
        row.attempt += by


async def _held(
    tx: Transaction, queue: str, worker: str, rows: list[Stored], *, lined: int, alone: bool = False
) -> Lease:
    _count(rows)
    token = await store.add_lease(tx, queue, worker, rows, lined=lined)
    return Lease(token, queue, worker, rows, alone=alone, lined=bool(lined))


async def claim_aside(tx: Transaction, queue: str, worker: str) -> Lease | None:
    """Lease the message that was set aside first, alone: if it kills this worker too, nobody else suffers.

    It holds its line's token still. One whose key or line is paused, or held back by a rate, is passed over.
    """
    for n in (1, ASIDE_MAX):
        found = await store.look_aside(tx, queue, n)
        paused = await lanes.paused(tx, queue, [one.row for one in found])
        for one in found:
            if one.row.key in paused or (one.lined and not await lines.admits(tx, queue, lines.line_of(one.row))):
                continue
            await store.take_aside(tx, one)
            return await _held(tx, queue, worker, [one.row], lined=one.lined, alone=True)
        if len(found) < n:
            return None
    return None


async def take_due(
    tx: Transaction, queue: str, limit: int, due: dict[str, int] | None = None, sight: Sight | None = None
) -> list[Stored]:
    """Delayed messages whose time has come, as heads in no table; followers of a busy key are parked.

    `due` is told when each was due, by its id; `sight`, whether any entered a lane.
    """
    found = await tx.all(SQL.later_take, queue=queue, now_ms=tx.now_ms, n=limit)
    if due is not None:
        due.update((str(row["id"]), int(row["due_ms"])) for row in found)
    runnable: list[Stored] = []
    entering: list[Stored] = []
    for row in sorted(found, key=lambda row: (row["due_ms"], row["pos"])):
        stored = Stored(*tuple(row)[: len(Stored.__struct_fields__)])  # type: ignore[arg-type]
        (runnable if stored.key is None or row["is_head"] else entering).append(stored)
    runnable = await lanes.withhold(tx, queue, runnable)
    if entering:
        runnable += await lanes.enter(tx, queue, entering)
        if sight is not None:
            sight.entered = True
    return runnable
