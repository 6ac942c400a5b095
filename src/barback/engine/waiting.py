"""Messages wherever they are: find them, cancel or put off those that wait, let them run now.

Looking reads whole tables, as the ones that claims scan have no index for it: fine for a person now and
then, some seconds with a backlog of millions. What a worker holds can be seen but not changed.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

import msgspec

from barback.engine import changes, dead_letters, lanes, store
from barback.engine.batch_counts import BatchCounts
from barback.engine.leases import Pack
from barback.engine.messages import Cancel, Stored
from barback.engine.tasks import bell_name
from barback.foundation.errors import Conflict, NotFound
from barback.storage import Statement, Transaction, statements

SQL = statements(__file__, "operations.sql")

State = Literal["ready", "arrived", "behind its key", "delayed", "leased", "dead"]
PACKS_LOOKED_AT = 1_000
LEASES_LOOKED_AT = 1_000
_TAKE: dict[str, Statement] = {
    "ready": SQL.ready_take,
    "arrived": SQL.arrival_drop,
    "behind its key": SQL.parked_drop,
    "delayed": SQL.later_drop,
}
_PACK = msgspec.msgpack.Decoder(Pack)


class MessageNotFound(NotFound):
    """It was never there, it is done, or it is too far back in a backlog that is packed."""

    code = "message_not_found"
    title = "No such message"


class MessageNotWaiting(Conflict):
    """Only what waits can be cancelled, put off or hurried."""

    code = "message_not_waiting"
    title = "This message is not waiting"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A message and where it is. `worker`: who holds it; `due_ms`: until when it is kept back."""

    id: str
    state: State
    queue: str
    task: str
    key: str | None
    tenant: str | None
    attempt: int
    attempts_max: int
    enqueued_ms: int
    due_ms: int | None = None
    worker: str | None = None
    error: str | None = None
    payload: str


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which messages; None is any."""

    id: str | None = None
    queue: str | None = None
    key: str | None = None
    tenant: str | None = None
    task: str | None = None
    state: State | None = None

    def fits(self, one: Found) -> bool:
        """Whether `one` is wanted."""
        return all(getattr(self, name) in (None, getattr(one, name)) for name in Wanted.__struct_fields__)


async def find(tx: Transaction, wanted: Wanted, limit: int = 50) -> list[Found]:
    """Messages that fit, those enqueued last first. Of what is packed or held, only the newest are looked at."""
    rows = await tx.all(SQL.messages_find, n=limit, **msgspec.structs.asdict(wanted))
    found = [Found(**{name: row[name] for name in Found.__struct_fields__ if name != "worker"}) for row in rows]
    if wanted.state in (None, "leased"):
        found += [one for one in await _held(tx, wanted) if wanted.fits(one)]
    if wanted.state in (None, "ready") and wanted.key is None:
        found += [one for _, pack in await _packed(tx, wanted) for one in pack if wanted.fits(one)]
    return sorted(found, key=lambda one: one.id, reverse=True)[:limit]


async def one(tx: Transaction, message_id: str) -> Found:
    """The message with this id. Raises MessageNotFound."""
    found = await find(tx, Wanted(id=message_id), 1)
    if not found:
        raise MessageNotFound(f"No message has the id {message_id}: it is done, or it was never there.")
    return found[0]


async def _held(tx: Transaction, wanted: Wanted) -> list[Found]:
    found: list[Found] = []
    for row in await tx.all(SQL.leases_find, queue=wanted.queue, n=LEASES_LOOKED_AT):
        # One without a body holds packs, which are looked at nowhere but in their bundles.
        rows = store.leased_rows(row["body"]) if row["body"] else []
        found += [_found(stored, "leased", row["worker"]) for stored in rows]
    return found


async def _packed(tx: Transaction, wanted: Wanted) -> list[tuple[int, list[Found]]]:
    rows = await tx.all(SQL.bundles_find, queue=wanted.queue, n=PACKS_LOOKED_AT)
    packs = [(int(row["pos"]), _PACK.decode(row["body"])) for row in rows]
    if wanted.id is not None:
        packs = [(pos, pack) for pos, pack in packs if wanted.id.startswith(f"{pack.id}.")]
    return [(pos, [_found(row, "ready", None) for row in pack.rows(0)]) for pos, pack in packs]


def _found(row: Stored, state: State, worker: str | None) -> Found:
    return Found(
        id=row.id, state=state, queue=row.queue, task=row.task, key=row.key, tenant=row.tenant, attempt=row.attempt,
        attempts_max=row.attempts_max, enqueued_ms=row.enqueued_ms, worker=worker, payload=row.payload,
    )  # fmt: skip


async def cancel(tx: Transaction, message_id: str, *, who: str, reason: str = "") -> Found:
    """Take a message that waits out for good; what is behind its key moves up. Dead ones are discarded.

    Raises MessageNotFound, and MessageNotWaiting for what a worker holds.
    """
    found = await one(tx, message_id)
    if found.state == "dead":
        await dead_letters.discard(tx, message_id, who=who)
        return found
    taken, is_head = await _take(tx, found)
    counts = BatchCounts()
    counts.settled(taken, Cancel(reason))
    await counts.write(tx)
    if is_head:
        await store.add_ready(tx, await lanes.promote(tx, taken.queue, [taken.key or ""]))
        _ring(tx, taken.queue)
    after = {"state": "cancelled", "reason": reason}
    # Without the payload: the record of changes is read by more people than may see its secrets.
    before = {name: getattr(found, name) for name in ("state", "queue", "task", "key", "tenant", "due_ms")}
    await changes.record(tx, who, "message.cancelled", f"message:{message_id}", before=before, after=after)
    return found


async def snooze(tx: Transaction, message_id: str, delay_ms: int, *, who: str) -> Found:
    """Put a message off until `delay_ms` from now; one with a key keeps its turn, and those behind it wait.

    Raises MessageNotFound, and MessageNotWaiting for what a worker holds, what is dead, and what
    stands behind others of its key, which it could not pass.
    """
    found = await one(tx, message_id)
    if found.state not in ("ready", "delayed"):
        raise MessageNotWaiting(
            f"The message {message_id} is {found.state}; only ready and delayed ones can be put off."
        )
    due_ms = tx.now_ms + delay_ms
    if found.state == "ready":
        taken, is_head = await _take(tx, found)
        await store.add_later(tx, [(due_ms, taken)], is_head=is_head)
    elif not await tx.all(SQL.later_due, id=message_id, due_ms=due_ms):
        raise _gone(found)
    await changes.record(
        tx, who, "message.snoozed", f"message:{message_id}", before={"due_ms": found.due_ms}, after={"due_ms": due_ms}
    )
    _ring(tx, found.queue)
    return found


async def hurry(tx: Transaction, message_id: str, *, who: str) -> Found:
    """Let a message run now: a delayed one, also one that waits for its retry, or a dead one.

    Raises MessageNotFound, and MessageNotWaiting for one that is neither.
    """
    found = await one(tx, message_id)
    if found.state == "dead":
        await dead_letters.retry(tx, message_id, who=who)
        return found
    if found.state != "delayed":
        raise MessageNotWaiting(f"The message {message_id} is {found.state}: it does not wait for a time.")
    if not await tx.all(SQL.later_due, id=message_id, due_ms=tx.now_ms):
        raise _gone(found)
    before, after = {"due_ms": found.due_ms}, {"due_ms": tx.now_ms}
    await changes.record(tx, who, "message.hurried", f"message:{message_id}", before=before, after=after)
    _ring(tx, found.queue)
    return found


async def _take(tx: Transaction, found: Found) -> tuple[Stored, bool]:
    """The row, in no table now, and whether it heads its key. Raises MessageNotWaiting: a worker was faster."""
    if found.state == "leased":
        raise MessageNotWaiting(f"The message {found.id} is held by {found.worker}; stop that worker, or wait.")
    removed = await tx.all(_TAKE[found.state], id=found.id)
    if not removed and found.state == "ready":
        # In its line, where it holds no token yet.
        removed = await tx.all(SQL.line_drop, id=found.id)
    if not removed and found.state == "ready":
        return await _take_out_of_pack(tx, found), False
    if not removed:
        raise _gone(found)
    stored = Stored(*tuple(removed[0])[: len(Stored.__struct_fields__)])  # type: ignore[arg-type]
    return stored, stored.key is not None and bool(removed[0]["is_head"])


async def _take_out_of_pack(tx: Transaction, found: Found) -> Stored:
    """Open the pack it is in: the others are messages like any other from now on."""
    for pos, _ in await _packed(tx, Wanted(id=found.id, queue=found.queue)):
        for row in await tx.all(SQL.bundle_open, pos=pos):
            rows = _PACK.decode(row["body"]).rows(0)
            await store.add_ready(tx, [other for other in rows if other.id != found.id])
            return next(other for other in rows if other.id == found.id)
    raise _gone(found)


def _gone(found: Found) -> MessageNotWaiting:
    return MessageNotWaiting(f"The message {found.id} was just claimed by a worker.")


def _ring(tx: Transaction, queue: str) -> None:
    tx.after_commit(partial(tx.database.bell.ring, bell_name(queue)))
