"""The engine's tables: rows in, rows out; no decisions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import msgspec

from barback.engine.messages import LeaseLostError, Stored
from barback.storage import Row, Statement, Transaction, statements

SQL = statements(__file__)

UNLINED, COUNTED, UNCOUNTED = 0, 1, 2
"""What a lease says of its messages: of no lines; of lines, with tokens; of lines that nothing limits, without."""

_BODY = msgspec.msgpack.Decoder(list[Stored])
_JSON = msgspec.json.Decoder(list[Stored])
_KEYS = msgspec.msgpack.Decoder(list[str])


async def add_rows(tx: Transaction, statement: Statement, rows: Sequence[Stored]) -> None:
    """Write rows by a statement that takes their columns."""
    if rows:
        # Everything but `pos`, which the table gives: a third cheaper than by name.
        await tx.bulk_values(statement, [msgspec.structs.astuple(row)[1:] for row in rows])


async def add_ready(tx: Transaction, rows: Sequence[Stored]) -> None:
    """Rows that may be claimed now: without a key, or heads of theirs."""
    await add_rows(tx, SQL.ready_add, rows)


async def add_arrivals(tx: Transaction, rows: Sequence[Stored]) -> None:
    """Rows with a key, not yet in its line. Takes no lock, so it never holds an enqueuer up."""
    await add_rows(tx, SQL.arrival_add, rows)


async def add_parked(tx: Transaction, rows: Sequence[Stored]) -> None:
    """Rows that wait behind the head of their key."""
    await add_rows(tx, SQL.parked_add, rows)


async def add_later(tx: Transaction, due: Sequence[tuple[int, Stored]], *, is_head: bool) -> None:
    """Rows that become due; a head keeps its lane closed meanwhile."""
    rows = [{"due_ms": at, "is_head": int(is_head), **msgspec.structs.asdict(row)} for at, row in due]
    await tx.many(SQL.later_add, rows)


def rows_of(found: Iterable[Row], key: Callable[[Stored], Any] = attrgetter("priority", "pos")) -> list[Stored]:
    """Database rows as structs; the more urgent first, and in the order in which they were added."""
    rows = [Stored(*row) for row in found]  # type: ignore[misc]  # a row is iterable in both drivers
    rows.sort(key=key)
    return rows


async def add_lease(tx: Transaction, queue: str, worker: str, rows: Sequence[Stored], *, lined: int = UNLINED) -> int:
    """Hold `rows` for `worker`; returns the token, larger than all before. LeaseLostError: it was given up for dead.

    `lined`: whether the rows are of lines, and hold tokens, which go back when the lease ends.
    """
    body = msgspec.msgpack.encode(rows)
    token = await _lease(tx, queue, worker, len(rows), body, None, lined=lined, unless_lined=False)
    if token is None:
        raise LeaseLostError(f"the worker {worker} is not in the table of workers: it was given up for dead")
    return token


async def add_lease_unlined(
    tx: Transaction, queue: str, worker: str, rows: Sequence[Stored], *, loose: Collection[str] = ()
) -> int | None:
    """Like `add_lease`, for rows that hold no tokens: None when the queue has lines, so that they must have.

    `loose`: those of their keys that have no lane; only for who has the router's gate.
    """
    keys = msgspec.msgpack.encode(list(loose)) if loose else None
    return await _add_lease_unlined(tx, queue, worker, len(rows), msgspec.msgpack.encode(rows), keys)


async def add_packed_lease(tx: Transaction, queue: str, worker: str, size: int) -> int | None:
    """Like `add_lease_unlined`, for `size` messages that stay in their bundles: the lease has no body."""
    return await _add_lease_unlined(tx, queue, worker, size, b"")


async def _add_lease_unlined(
    tx: Transaction, queue: str, worker: str, size: int, body: bytes, keys: bytes | None = None
) -> int | None:
    token = await _lease(tx, queue, worker, size, body, keys, lined=UNLINED, unless_lined=True)
    if token is None and not await tx.one(SQL.queue_has_lines, queue=queue):
        raise LeaseLostError(f"the worker {worker} is not in the table of workers: it was given up for dead")
    return token


async def _lease(
    tx: Transaction,
    queue: str,
    worker: str,
    size: int,
    body: bytes,
    keys: bytes | None,
    *,
    lined: int,
    unless_lined: bool,
) -> int | None:
    row = await tx.one(
        SQL.lease_add,
        queue=queue,
        worker=worker,
        now_ms=tx.now_ms,
        size=size,
        body=body,
        lined=lined,
        keys=keys,
        unless_lined=int(unless_lined),
    )
    return None if row is None else int(row["token"])


def loose_keys(keys: bytes | None) -> list[str]:
    """The keys of a lease that have no lane, unless it was followed since."""
    return [] if keys is None else _KEYS.decode(keys)


def leased_rows(body: bytes) -> list[Stored]:
    """The rows of a lease. One that the server wrote is JSON, which begins as no list of MessagePack does."""
    return _JSON.decode(body) if body[:1] == b"[" else _BODY.decode(body)


def dead_row(row: Stored, reason: str, error: str, now_ms: int) -> dict[str, Any]:
    """The parameters that bury `row`."""
    values = msgspec.structs.asdict(row)
    return {**values, "reason": reason, "error": error, "died_ms": now_ms}


async def set_aside(tx: Transaction, rows: Sequence[Stored], *, lined: int = UNLINED) -> None:
    """Rows that were in the hands of a worker that died: each waits, held by nobody, to be tried alone.

    `lined`: they keep the tokens that they hold, if they do.
    """
    encode = msgspec.msgpack.encode
    await tx.many(
        SQL.lease_aside,
        [{"queue": row.queue, "now_ms": tx.now_ms, "body": encode([row]), "lined": lined} for row in rows],
    )


@dataclass(frozen=True)
class Aside:
    """A row that was set aside, still in its place, which is locked. `lined`: whether it holds a token of its line."""

    token: int
    row: Stored
    lined: int


async def look_aside(tx: Transaction, queue: str, n: int) -> list[Aside]:
    """The rows of `queue` that were set aside first, at most `n`."""
    found = await tx.all(SQL.lease_look_aside, queue=queue, n=n)
    return [Aside(int(one["token"]), leased_rows(one["body"])[0], int(one["lined"])) for one in found]


async def take_aside(tx: Transaction, aside: Aside) -> None:
    """Remove one that was looked at: it is in no table now."""
    await tx.all(SQL.lease_end, tokens=[aside.token], worker="nobody")


async def queued_for(tx: Transaction, queue: str, task: str) -> Sequence[Row]:
    """Every message of `task` that waits in `queue`, also behind its key or for its time; not those in hands."""
    return await tx.all(SQL.queued_for, queue=queue, task=task)
