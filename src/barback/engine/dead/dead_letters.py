"""Dead letters (E11): look at them, send them round again, or throw them away. Many: `redrive`. Mended: `dead_edits`.

A retry puts a message back with its attempts counted from zero. One with a key goes where its order
wants it: if its death closed the key (policy "park") it is the head again, before all that wait; if
the key went on without it, it goes behind what is there now. Several of one key keep their order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial

import msgspec

from barback.engine import changes, store
from barback.engine.blobs import blob_refs
from barback.engine.bulk import batch_counts
from barback.engine.changes import NEWEST
from barback.engine.dead.fingerprints import fingerprint_of, shape_of
from barback.engine.leasing import lanes
from barback.engine.messages import About, Stored
from barback.engine.tasks import bell_name
from barback.foundation.errors import NotFound
from barback.storage import Row, Transaction, statements

SQL = statements(__file__, "dead_letters.sql")

RETRY_MAX = 1_000
"""Letters that one call sends round at most: one short transaction."""
GROUPED_MAX = 5_000
"""Letters that are looked at when they are grouped by error: the newest of them."""
_STORED = len(Stored.__struct_fields__)


class DeadLetterNotFound(NotFound):
    """It was never there, or somebody retried or discarded it."""

    code = "dead_letter_not_found"
    title = "No such dead letter"


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A message that gave up. `reason`: attempts (used up), handler (said so), worker died.

    `closes_key`: the messages behind it wait until it is retried, discarded, or its key released.
    """

    id: str
    queue: str
    task: str
    key: str | None
    tenant: str | None
    attempts: int
    reason: str
    error: str
    fingerprint: str
    enqueued_ms: int
    died_ms: int
    payload: str
    trace: str | None = None
    closes_key: bool = False


class Failure(msgspec.Struct, frozen=True):
    """One attempt that failed, `at_ms`, after `took_ms`. Attempts count from one again after a retry by hand.

    `took_ms` is None where nobody knows: its worker died. Of a batch each has an equal share of the time.
    """

    attempt: int
    at_ms: int
    worker: str
    error: str
    took_ms: int | None


class ErrorGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Dead letters of one task that died of the same error; `error` is one of them, `shape` what all share."""

    fingerprint: str
    queue: str
    task: str
    shape: str
    error: str
    count: int
    first_ms: int
    last_ms: int
    newest_id: str


class Retried(msgspec.Struct, frozen=True):
    """How many went round again, and whether more of them are left for another call."""

    retried: int
    more: bool


async def page(
    tx: Transaction, *, queue: str | None = None, before: tuple[int, str] = NEWEST, limit: int = 50
) -> list[DeadLetter]:
    """Dead letters, newest first, that died before `before` (time and id), of one queue or all."""
    place = {"before_ms": before[0], "before_id": before[1], "n": limit}
    if queue is None:
        rows = await tx.all(SQL.dead_newest, **place)
    else:
        rows = await tx.all(SQL.dead_newest_of, queue=queue, **place)
    return [_letter(row) for row in rows]


async def one(tx: Transaction, letter_id: str) -> DeadLetter:
    """The dead letter. Raises DeadLetterNotFound."""
    row = await tx.one(SQL.dead_of_id, id=letter_id)
    if row is None:
        raise not_found(letter_id)
    return _letter(row)


async def history(tx: Transaction, letter_id: str) -> list[Failure]:
    """Every attempt of the message that failed, oldest first."""
    rows = await tx.all(store.SQL.failures_of, message_id=letter_id)
    return [Failure(row["attempt"], row["at_ms"], row["worker"], row["error"], row["took_ms"]) for row in rows]


async def groups(tx: Transaction, *, queue: str | None = None) -> list[ErrorGroup]:
    """The newest 5,000 dead letters grouped by error, the largest group first."""
    if queue is None:
        rows = await tx.all(SQL.dead_errors, n=GROUPED_MAX)
    else:
        rows = await tx.all(SQL.dead_errors_of, queue=queue, n=GROUPED_MAX)
    found: dict[tuple[str, str], ErrorGroup] = {}
    for row in rows:
        group = _group(row)
        place = group.queue, group.fingerprint
        found[place] = _together(found[place], group) if place in found else group
    return sorted(found.values(), key=lambda group: (-group.count, group.queue, group.fingerprint))


async def retry(tx: Transaction, letter_id: str, *, who: str) -> DeadLetter:
    """Send one round again. Raises DeadLetterNotFound."""
    rows = await tx.all(SQL.dead_remove, ids=[letter_id])
    if not rows:
        raise not_found(letter_id)
    letter = _removed(rows[0])
    await send_round(tx, letter.queue, rows)
    await changes.record(tx, who, "dead.retried", f"message:{letter_id}", before=_kept(letter), after=None)
    return letter


async def retry_queue(
    tx: Transaction, queue: str, *, who: str, fingerprint: str | None = None, limit: int = RETRY_MAX
) -> Retried:
    """Send those of `queue` round again that died first, at most `limit`; only those with `fingerprint`, if given.

    With a fingerprint only the newest 5,000 are looked at, as `groups` does.
    """
    if fingerprint is None:
        ids = [str(row["id"]) for row in await tx.all(SQL.dead_oldest, queue=queue, n=limit + 1)]
    else:
        rows = await tx.all(SQL.dead_candidates, queue=queue, n=GROUPED_MAX)
        ids = [str(row["id"]) for row in reversed(rows) if fingerprint_of(row["task"], row["error"]) == fingerprint]
    more, ids = len(ids) > limit, ids[:limit]
    removed: Sequence[Row] = await tx.all(SQL.dead_remove, ids=ids) if ids else ()
    if removed:
        await send_round(tx, queue, removed)
        before = {"dead": [str(row["id"]) for row in removed], "fingerprint": fingerprint}
        await changes.record(tx, who, "dead.retried", f"queue:{queue}", before=before, after={"retried": len(removed)})
    return Retried(len(removed), more)


async def discard(tx: Transaction, letter_id: str, *, who: str) -> DeadLetter:
    """Throw one away for good; if it closed its key, the key goes on. Raises DeadLetterNotFound."""
    rows = await tx.all(SQL.dead_remove, ids=[letter_id])
    if not rows:
        raise not_found(letter_id)
    letter = _removed(rows[0])
    await throw_away(tx, letter.queue, rows)
    await changes.record(tx, who, "dead.discarded", f"message:{letter_id}", before=_kept(letter), after=None)
    return letter


async def throw_away(tx: Transaction, queue: str, removed: Sequence[Row]) -> None:
    """Let the keys go on that removed letters of one queue had closed."""
    letters = [_stored(row) for row in removed]
    await batch_counts.leave_dead(tx, letters, alive=False)
    await blob_refs.let_go(tx, letters)
    keys = sorted({str(row["key"]) for row in removed if row["key"] is not None})
    closed_at = await closed(tx, queue, keys) if keys else {}
    for row in removed:
        if closed_at.get(row["key"]) == row["died_ms"]:
            await lanes.release(tx, queue, row["key"])
            tx.after_commit(partial(tx.database.bell.ring, bell_name(queue)))


async def send_round(tx: Transaction, queue: str, removed: Sequence[Row]) -> None:
    """Put removed letters of one queue back where they can run, in the order in which they were enqueued."""
    rows = [(_stored(row), int(row["died_ms"])) for row in removed]
    await batch_counts.leave_dead(tx, [row for row, _ in rows], alive=True)
    rows.sort(key=lambda one: (one[0].enqueued_ms, one[0].id))
    for row, _ in rows:
        row.attempt = 0
    keys = sorted({row.key for row, _ in rows if row.key is not None})
    closed_at = await closed(tx, queue, keys) if keys else {}
    await store.add_ready(tx, [row for row, _ in rows if row.key is None])
    await store.add_arrivals(tx, [row for row, _ in rows if row.key is not None and row.key not in closed_at])
    first: dict[str, list[tuple[Stored, int]]] = defaultdict(list)
    for row, died_ms in rows:
        if row.key is not None and row.key in closed_at:
            first[row.key].append((row, died_ms))
    for key, its in sorted(first.items()):
        await lanes.park_first(tx, queue, key, [row for row, _ in its])
        # An older letter of the key waits with the rest: it is not the one that the key waits for.
        if any(died_ms == closed_at[key] for _, died_ms in its):
            await lanes.release(tx, queue, key)
    tx.after_commit(partial(tx.database.bell.ring, bell_name(queue)))


def _stored(row: Row) -> Stored:
    return Stored(*tuple(row)[:_STORED])  # type: ignore[misc, arg-type]


async def retry_these(tx: Transaction, ids: Sequence[str]) -> int:
    """Send those of `ids` round again that are dead letters still; how many. Whoever asks records the change."""
    removed = await tx.all(SQL.dead_remove, ids=ids)
    by_queue: defaultdict[str, list[Row]] = defaultdict(list)
    for row in removed:
        by_queue[row["queue"]].append(row)
    for queue, rows in sorted(by_queue.items()):
        await send_round(tx, queue, rows)
    return len(removed)


async def closed(tx: Transaction, queue: str, keys: Sequence[str]) -> dict[str, int]:
    """Which of `keys` are closed, and since when: the instant in which the message died that closed it."""
    return {str(row["key"]): row["since_ms"] for row in await tx.all(SQL.lanes_closed, queue=queue, keys=keys)}


def _letter(row: Row) -> DeadLetter:
    return DeadLetter(
        id=row["id"],
        queue=row["queue"],
        task=row["task"],
        key=row["key"],
        tenant=row["tenant"],
        attempts=row["attempt"],
        reason=row["reason"],
        error=row["error"],
        fingerprint=fingerprint_of(row["task"], row["error"]),
        enqueued_ms=row["enqueued_ms"],
        died_ms=row["died_ms"],
        payload=row["payload"],
        trace=_trace(row),
        closes_key=bool(row["closes"]),
    )


def _trace(row: Row) -> str | None:
    return None if row["about"] is None else msgspec.json.decode(row["about"], type=About).trace


def _removed(row: Row) -> DeadLetter:
    """A letter that is out of the table; whether it closes its key was settled by removing it."""
    names = ("id", "queue", "task", "key", "tenant", "reason", "error", "enqueued_ms", "died_ms", "payload")
    values = {name: row[name] for name in names}
    return DeadLetter(**values, attempts=row["attempt"], fingerprint=fingerprint_of(row["task"], row["error"]))


def _kept(letter: DeadLetter) -> dict[str, object]:
    """What the record of a change keeps of a letter: everything but the payload, which may be anybody's."""
    return {name: value for name, value in msgspec.structs.asdict(letter).items() if name not in ("payload", "trace")}


def _group(row: Row) -> ErrorGroup:
    return ErrorGroup(
        fingerprint=fingerprint_of(row["task"], row["error"]),
        queue=row["queue"],
        task=row["task"],
        shape=shape_of(row["error"]),
        error=row["error"],
        count=row["n"],
        first_ms=row["first_ms"],
        last_ms=row["last_ms"],
        newest_id=row["id"],
    )


def _together(left: ErrorGroup, right: ErrorGroup) -> ErrorGroup:
    newest = max(left, right, key=lambda group: (group.last_ms, group.newest_id))
    return msgspec.structs.replace(
        newest,
        count=left.count + right.count,
        first_ms=min(left.first_ms, right.first_ms),
    )


def not_found(letter_id: str) -> DeadLetterNotFound:
    """The refusal for an id that no letter has."""
    return DeadLetterNotFound(f"No dead letter has the id {letter_id[:80]}; it may have been retried or discarded.")
