"""What an operator changes of a queue while it runs (E12): limits, what a worker takes at once, priorities, pauses.

Each change is one transaction with its record (`changes`); workers hear of it at once by bell. A queue
that had no lines gets them, by tenant, with the first change that needs them.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from barback.engine import changes
from barback.engine.changes import CONTROL_BELL
from barback.engine.fairness import limits, lines
from barback.engine.fairness.limits import BY_EXPRESSION, Limited, Limits, Scope
from barback.engine.leases import Pack
from barback.engine.leasing import lanes
from barback.engine.messages import bell_name
from barback.engine.operations import control, moving
from barback.foundation.errors import Conflict
from barback.storage import Transaction, sql, statements

SQL = statements(__file__, "tuning.sql")
PRIORITY_PAGE = 10_000
"""Messages of one table whose priority one call changes at most."""
PACKS_PAGE = 100
"""Packs that are in memory at once."""
_HAVE_FLOORS = ("engine_ready", "engine_line")
_WAIT_IN = ("engine_ready", "engine_line", "engine_arrival", "engine_parked", "engine_later")
_FITS = """queue = :queue AND priority <> CAST(:priority AS INTEGER)
    AND (CAST(:task AS TEXT) IS NULL OR task = CAST(:task AS TEXT))
    AND (CAST(:key AS TEXT) IS NULL OR key = CAST(:key AS TEXT))
    AND (CAST(:tenant AS TEXT) IS NULL OR tenant = CAST(:tenant AS TEXT))
    AND (CAST(:id AS TEXT) IS NULL OR id = CAST(:id AS TEXT)) LIMIT :n"""
_SQLITE = "UPDATE TABLE SET priority = CAST(:priority AS INTEGER) WHERE pos IN (SELECT pos FROM TABLE WHERE FITS)"
_POSTGRES = """UPDATE TABLE SET priority = CAST(:priority AS INTEGER) WHERE ctid =
    ANY (ARRAY(SELECT ctid FROM TABLE WHERE FITS FOR UPDATE SKIP LOCKED))"""
# A place of its own among those of its new priority: claims may be past the old one (see the two modules of floors).
_MOVED = _POSTGRES.replace(" WHERE ctid", ", pos = DEFAULT WHERE ctid")
_PRIORITY = [
    sql(
        _SQLITE.replace("FITS", _FITS).replace("TABLE", table),
        (_MOVED if table in _HAVE_FLOORS else _POSTGRES).replace("FITS", _FITS).replace("TABLE", table),
    )
    for table in _WAIT_IN
]
_PACK = msgspec.msgpack.Decoder(Pack)


class Hold(Protocol):
    """How one kind of thing is held."""

    async def __call__(self, tx: Transaction, queue: str, name: str, /, *, paused: bool, who: str) -> bool:
        """False if it was so."""
        ...


class LinesAreNotTenants(Conflict):
    """The tasks of the queue say which line a message waits in: a tenant has no line of its own."""

    code = "lines_are_not_tenants"
    title = "The lines of this queue are not its tenants"


TAKEN_MAX = 100_000
Taken = Annotated[int, Meta(ge=1, le=TAKEN_MAX)]


class Pace(msgspec.Struct, frozen=True):
    """What one worker takes at once: messages in a batch, acting messages side by side. None: what the tasks say."""

    batch_max: Taken | None = None
    slots: Taken | None = None


async def set_limits(
    tx: Transaction, queue: str, limit: Limits, *, scope: Scope = "queue", line: str = "", who: str
) -> None:
    """Limit the whole queue, `each` of its lines, or one `line`, until it is reset. What runs goes on to its end."""
    await control.require_queue(tx, queue)
    before = await limits.in_force(tx, queue, scope, line)
    await limits.use_lines(tx, queue)
    await limits.put(tx, queue, scope, line, limit)
    await _record(tx, who, "limits.set", queue, scope, line, before, limit)


async def reset_limits(tx: Transaction, queue: str, *, scope: Scope = "queue", line: str = "", who: str) -> bool:
    """Back to what the tasks declare. False when no operator had set anything."""
    await control.require_queue(tx, queue)
    before = await limits.in_force(tx, queue, scope, line)
    if not await limits.reset(tx, queue, scope, line):
        return False
    after = await limits.in_force(tx, queue, scope, line)
    await _record(tx, who, "limits.reset", queue, scope, line, before, after)
    return True


async def limits_of(tx: Transaction, queue: str) -> list[Limited]:
    """All limits of a queue that are in force. Raises QueueNotFound."""
    await control.require_queue(tx, queue)
    return await limits.every(tx, queue)


async def hold_line(tx: Transaction, queue: str, line: str, *, paused: bool, who: str) -> bool:
    """Claim nothing of a line any more, or again; what has begun is finished. False if it was so."""
    await control.require_queue(tx, queue)
    await limits.use_lines(tx, queue)
    changed = await lines.pause(tx, queue, line, paused=paused)
    return await _held(tx, who, f"line:{queue}:{line}", paused=paused, changed=changed)


async def hold_tenant(tx: Transaction, queue: str, tenant: str, *, paused: bool, who: str) -> bool:
    """`hold_line` for a queue whose lines are its tenants. Raises LinesAreNotTenants for another."""
    row = await tx.one(SQL.queue_tuned, queue=queue)
    if row is not None and row["lined"] == BY_EXPRESSION:
        raise LinesAreNotTenants(f"The tasks of queue {queue} name its lines themselves; name the line to hold it.")
    return await hold_line(tx, queue, tenant, paused=paused, who=who)


async def hold_key(tx: Transaction, queue: str, key: str, *, paused: bool, who: str) -> bool:
    """Claim nothing of a key any more, or again; what has begun is finished. False if it was so."""
    await control.require_queue(tx, queue)
    changed = await (lanes.pause if paused else lanes.resume)(tx, queue, key)
    return await _held(tx, who, f"key:{queue}:{key}", paused=paused, changed=changed)


HOLDS: dict[str, Hold] = {"key": hold_key, "line": hold_line, "tenant": hold_tenant}
"""What can be held, and how."""


async def pace_of(tx: Transaction, queue: str) -> Pace:
    """What an operator set. Raises QueueNotFound."""
    await control.require_queue(tx, queue)
    row = await tx.one(SQL.queue_tuned, queue=queue)
    return Pace() if row is None else Pace(row["batch_max"], row["slots"])


async def set_pace(tx: Transaction, queue: str, pace: Pace, *, who: str) -> None:
    """How much every worker takes of the queue at once, from its next claim on.

    Raises ValueError below 1 and above 100,000.
    """
    if any(one is not None and not 1 <= one <= TAKEN_MAX for one in (pace.batch_max, pace.slots)):
        raise ValueError(f"expected batch_max and slots from 1 to 100,000, got {pace}; to let nothing run, pause")
    before = await pace_of(tx, queue)
    await tx.run(SQL.queue_tune, queue=queue, batch_max=pace.batch_max, slots=pace.slots)
    await changes.record(tx, who, "queue.pace", f"queue:{queue}", before=before, after=pace)
    _tell(tx, queue)


async def set_priority(
    tx: Transaction, queue: str, priority: int, *, task: str | None = None, key: str | None = None,
    tenant: str | None = None, message_id: str | None = None, who: str,
) -> int:  # fmt: skip
    """Give messages that wait another priority, a page of them; how many. Lower goes first; keys keep their order.

    None is any. Call again until it answers 0. Packed messages change together, unless one of them is named.
    """
    await control.require_queue(tx, queue)
    wanted = {"task": task, "key": key, "tenant": tenant, "id": message_id}
    if message_id is not None:
        await moving.unpack(tx, message_id)
    count = 0 if message_id or key else await _prioritise_packs(tx, queue, priority, task, tenant)
    for statement in _PRIORITY:
        count += await tx.run(statement, queue=queue, priority=priority, n=PRIORITY_PAGE, **wanted)
    if count:
        after = {"priority": priority, "messages": count, **wanted}
        await changes.record(tx, who, "queue.priority", f"queue:{queue}", before=None, after=after)
    return count


async def _prioritise_packs(tx: Transaction, queue: str, priority: int, task: str | None, tenant: str | None) -> int:
    count = last = 0
    while count < PRIORITY_PAGE:
        rows = await tx.all(moving.SQL.bundles_of, queue=queue, priority=priority, last=last, n=PACKS_PAGE)
        for row in rows:
            pack = _PACK.decode(row["body"])
            if task in (None, pack.task) and tenant in (None, pack.tenant):
                body = msgspec.msgpack.encode(msgspec.structs.replace(pack, priority=priority))
                count += pack.size * await tx.run(
                    moving.SQL.bundle_priority, pos=row["pos"], priority=priority, body=body
                )
        if len(rows) < PACKS_PAGE:
            break
        last = rows[-1]["pos"]
    return count


async def _record(
    tx: Transaction, who: str, action: str, queue: str, scope: Scope, line: str, before: Limits, after: Limits
) -> None:
    subject = f"line:{queue}:{line}" if scope == "line" else f"queue:{queue}"
    told = [{"scope": scope, "limits": one} for one in (before, after)]
    await changes.record(tx, who, action, subject, before=told[0], after=told[1])
    _tell(tx, queue)


async def _held(tx: Transaction, who: str, subject: str, *, paused: bool, changed: bool) -> bool:
    if changed:
        kind, queue, _ = subject.split(":", 2)
        action = f"{kind}.{'paused' if paused else 'resumed'}"
        await changes.record(tx, who, action, subject, before={"paused": not paused}, after={"paused": paused})
        _tell(tx, queue)
    return changed


def _tell(tx: Transaction, queue: str) -> None:
    tx.after_commit(partial(tx.database.bell.ring, CONTROL_BELL))
    tx.after_commit(partial(tx.database.bell.ring, bell_name(queue)))
