"""Messages that wait are cancelled, put off or hurried: one by its id, or all that were found, a page at a time.

What a worker holds can be seen but not changed.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Literal

import msgspec

from barback.engine import changes, store
from barback.engine.blobs import blob_refs
from barback.engine.bulk.batch_counts import BatchCounts
from barback.engine.dead import dead_letters
from barback.engine.dead.dead_letters import DeadLetterNotFound
from barback.engine.leases import Pack
from barback.engine.leasing import arrivals, lanes
from barback.engine.messages import Cancel, Stored
from barback.engine.operations import cancelled, looking, purging
from barback.engine.operations.looking import Seen
from barback.engine.operations.packed_looks import pack_of
from barback.engine.tasks import bell_name
from barback.foundation.errors import Conflict
from barback.storage import Transaction, statements

SQL = statements(__file__, "moving.sql")

_PACK = msgspec.msgpack.Decoder(Pack)
Action = Literal["cancel", "run_now", "snooze"]
_TIMED = ("scheduled", "retrying")
DRAIN_PAGE = 2_000
"""Messages that one transaction drains from a key."""


class MessageNotWaiting(Conflict):
    """Only what waits can be cancelled, put off or hurried."""

    code = "message_not_waiting"
    title = "This message is not waiting"


async def cancel(tx: Transaction, message_id: str, *, who: str, reason: str = "", queue: str | None = None) -> Seen:
    """Take a message out that waits; what is behind its key moves up. Dead ones are discarded.

    For a week it can be brought back (`cancelled`).

    `queue`: its queue, if known, so that it is found at once; the same for the others here.

    Raises MessageNotFound, and MessageNotWaiting for what a worker holds.
    """
    seen = await looking.one(tx, message_id, queue=queue)
    if seen.state == "cancelled":
        raise MessageNotWaiting(f"The message {seen.id} is cancelled already.")
    if seen.state == "leased":
        raise MessageNotWaiting(f"The message {seen.id} is held by {seen.worker}; stop that worker, or wait.")
    return _one_of(seen, await cancel_these(tx, [seen], who=who, reason=reason))


async def snooze(tx: Transaction, message_id: str, delay_ms: int, *, who: str, queue: str | None = None) -> Seen:
    """Put a message off until `delay_ms` from now; one with a key keeps its turn, and those behind it wait.

    Raises MessageNotFound, and MessageNotWaiting for what a worker holds, what is dead, and what
    stands behind others of its key, which it could not pass.
    """
    seen = await looking.one(tx, message_id, queue=queue)
    if seen.state not in ("ready", *_TIMED):
        raise MessageNotWaiting(
            f"The message {message_id} is {seen.state}; only what is ready or waits for its time can be put off."
        )
    return _one_of(seen, await snooze_these(tx, [seen], delay_ms, who=who))


async def hurry(tx: Transaction, message_id: str, *, who: str, queue: str | None = None) -> Seen:
    """Let a message run now: one that waits for its time, also for its retry, a dead or a cancelled one.

    Raises MessageNotFound, and MessageNotWaiting for one that is neither.
    """
    seen = await looking.one(tx, message_id, queue=queue)
    if seen.state not in ("dead", "cancelled", *_TIMED):
        raise MessageNotWaiting(f"The message {message_id} is {seen.state}: it does not wait for a time.")
    return _one_of(seen, await hurry_these(tx, [seen], who=who))


async def cancel_these(tx: Transaction, found: Sequence[Seen], *, who: str, reason: str = "") -> int:
    """`cancel` for all that were found and still wait; how many."""
    dead = [one for one in found if one.state == "dead"]
    for one in dead:
        with contextlib.suppress(DeadLetterNotFound):
            await dead_letters.discard(tx, one.id, who=who)
    taken = await _take(tx, [one for one in found if one.state not in ("dead", "leased")])
    counts = BatchCounts()
    heads: defaultdict[str, list[str]] = defaultdict(list)
    for row, is_head in taken.values():
        counts.settled(row, Cancel(reason))
        if is_head and row.key is not None:
            heads[row.queue].append(row.key)
    await counts.write(tx)
    await blob_refs.let_go(tx, [row for row, _ in taken.values()])
    due = {one.id: one.at_ms for one in found}
    await cancelled.keep(tx, [(row, due[row.id]) for row, _ in taken.values()])
    for queue, keys in sorted(heads.items()):
        await store.add_ready(tx, await lanes.promote(tx, queue, sorted(keys)))
        _ring(tx, queue)
    after = {"state": "cancelled", "reason": reason}
    for one in found:
        if one.id in taken:
            # Without the payload: the record of changes is read by more people than may see its secrets.
            before = {name: getattr(one, name) for name in ("state", "queue", "task", "key", "tenant", "at_ms")}
            await changes.record(tx, who, "message.cancelled", f"message:{one.id}", before=before, after=after)
    return len(taken) + len(dead)


async def snooze_these(tx: Transaction, found: Sequence[Seen], delay_ms: int, *, who: str) -> int:
    """`snooze` for all that were found and can be put off; how many."""
    due_ms = tx.now_ms + delay_ms
    taken = await _take(tx, [one for one in found if one.state == "ready"])
    for head in (False, True):
        due = [(due_ms, row) for row, is_head in taken.values() if is_head is head]
        await store.add_later(tx, due, is_head=head)
    return await _timed(tx, found, due_ms, "message.snoozed", who, set(taken))


async def hurry_these(tx: Transaction, found: Sequence[Seen], *, who: str) -> int:
    """`hurry` for all that were found and wait for a time, or are dead; how many."""
    dead = [one for one in found if one.state == "dead"]
    for one in dead:
        # One that was discarded meanwhile does not keep the others.
        with contextlib.suppress(DeadLetterNotFound):
            await dead_letters.retry(tx, one.id, who=who)
    back = [one.id for one in found if one.state == "cancelled"]
    count = len(dead) + await cancelled.bring_back(tx, back, who=who, now=True)
    return count + await _timed(tx, found, tx.now_ms, "message.hurried", who, set())


async def bring_back(tx: Transaction, message_id: str, *, who: str) -> Seen:
    """Let a cancelled message wait again, as it did. Raises MessageNotFound, and MessageNotWaiting for any other."""
    seen = await looking.one(tx, message_id)
    if seen.state != "cancelled":
        raise MessageNotWaiting(f"The message {message_id} is {seen.state}: it was not cancelled.")
    return _one_of(seen, await cancelled.bring_back(tx, [message_id], who=who))


async def change_these(
    tx: Transaction, found: Sequence[Seen], action: Action, *, who: str, search: str, delay_ms: int = 0
) -> int:
    """Do that to all that a search found, and write down which search it was; how many could be changed."""
    if action == "cancel":
        count = await cancel_these(tx, found, who=who, reason=f"search {search}")
    elif action == "snooze":
        count = await snooze_these(tx, found, delay_ms, who=who)
    else:
        count = await hurry_these(tx, found, who=who)
    if count:
        told = {"action": action, "messages": count}
        await changes.record(tx, who, "messages.changed", f"search:{search}", before=None, after=told)
    return count


async def drain_key(tx: Transaction, queue: str, key: str, *, who: str) -> int:
    """Cancel a page of what waits behind the head of a key; how many. Call again until it answers 0.

    The head stays what it is. Members of batches count as cancelled, and blobs are let go.
    """
    # What just came is not behind its head yet.
    await store.add_ready(tx, await arrivals.route_key(tx, queue, key, DRAIN_PAGE))
    rows = store.rows_of(await tx.all(SQL.key_drain, queue=queue, key=key, n=DRAIN_PAGE))
    await purging.end_these(tx, queue, rows, reason="its key was drained")
    ids = sorted(row.id for row in rows)
    if ids:
        await changes.record(tx, who, "key.drained", f"key:{queue}:{key}", before={"waiting": ids}, after=None)
    return len(ids)


async def _timed(tx: Transaction, found: Sequence[Seen], due_ms: int, action: str, who: str, done: set[str]) -> int:
    """Give those that wait for a time another one, and write down all that got it, `done` before or here."""
    timed = [one for one in found if one.state in _TIMED]
    if timed:
        queues, ids = sorted({one.queue for one in timed}), [one.id for one in timed]
        done |= {str(row["id"]) for row in await tx.all(SQL.later_due, queues=queues, ids=ids, due_ms=due_ms)}
    for one in found:
        if one.id in done:
            before, after = {"due_ms": one.at_ms}, {"due_ms": due_ms}
            await changes.record(tx, who, action, f"message:{one.id}", before=before, after=after)
    for queue in sorted({one.queue for one in found if one.id in done}):
        _ring(tx, queue)
    return len(done)


async def _take(tx: Transaction, found: Sequence[Seen]) -> dict[str, tuple[Stored, bool]]:
    """The rows of those that still wait, in no table now, and whether each heads its key."""
    left, queues = {one.id for one in found}, sorted({one.queue for one in found})
    states = {one.state for one in found}
    taken: dict[str, tuple[Stored, bool]] = {}
    for statement, its in (
        (SQL.ready_take, {"ready"}),
        (SQL.line_take, {"ready"}),
        (SQL.arrival_take, {"waiting"}),
        (SQL.parked_take, {"waiting"}),
        (SQL.later_take, set(_TIMED)),
    ):
        if left and states & its:
            for row in await tx.all(statement, queues=queues, ids=sorted(left)):
                stored = Stored(*tuple(row)[: len(Stored.__struct_fields__)])  # type: ignore[arg-type]
                taken[stored.id] = stored, stored.key is not None and bool(row["is_head"])
            left -= set(taken)
    for pack in sorted({pack_of(id_) for id_ in left if "." in id_}) if "ready" in states else ():
        taken |= await _take_out_of_pack(tx, pack, left)
    return taken


async def unpack(tx: Transaction, message_id: str) -> None:
    """If that message is packed with others, all of them are messages like any other from now on."""
    if "." in message_id:
        await _take_out_of_pack(tx, pack_of(message_id), set())


async def _take_out_of_pack(tx: Transaction, pack: str, ids: set[str]) -> dict[str, tuple[Stored, bool]]:
    """Open the pack: those that are not taken are messages like any other from now on."""
    rows = [row for bundle in await tx.all(SQL.bundle_open, pack=pack) for row in _PACK.decode(bundle["body"]).rows(0)]
    await store.add_ready(tx, [row for row in rows if row.id not in ids])
    return {row.id: (row, False) for row in rows if row.id in ids}


def _one_of(seen: Seen, count: int) -> Seen:
    if not count:
        raise MessageNotWaiting(f"The message {seen.id} was just claimed by a worker.")
    return seen


def _ring(tx: Transaction, queue: str) -> None:
    tx.after_commit(partial(tx.database.bell.ring, bell_name(queue)))
