"""The engine's tables: rows in, rows out; no decisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from barback.engine.messages import LeaseLostError, Stored
from barback.storage import Row, Statement, Transaction, statements

SQL = statements(__file__)

_BODY = msgspec.msgpack.Decoder(list[Stored])


async def _add(tx: Transaction, statement: Statement, rows: Sequence[Stored]) -> None:
    if rows:
        # Everything but `pos`, which the table gives: a third cheaper than by name.
        await tx.bulk_values(statement, [msgspec.structs.astuple(row)[1:] for row in rows])


async def add_ready(tx: Transaction, rows: Sequence[Stored]) -> None:
    """Rows that may be claimed now: without a key, or heads of theirs."""
    await _add(tx, SQL.ready_add, rows)


async def add_arrivals(tx: Transaction, rows: Sequence[Stored]) -> None:
    """Rows with a key, not yet in its line. Takes no lock, so it never holds an enqueuer up."""
    await _add(tx, SQL.arrival_add, rows)


async def add_parked(tx: Transaction, rows: Sequence[Stored]) -> None:
    """Rows that wait behind the head of their key."""
    await _add(tx, SQL.parked_add, rows)


async def add_later(tx: Transaction, due: Sequence[tuple[int, Stored]], *, is_head: bool) -> None:
    """Rows that become due; a head keeps its lane closed meanwhile."""
    rows = [{"due_ms": at, "is_head": int(is_head), **msgspec.structs.asdict(row)} for at, row in due]
    await tx.many(SQL.later_add, rows)


def rows_of(found: Iterable[Row]) -> list[Stored]:
    """Database rows as structs, in the order in which they were added."""
    rows = [Stored(*row) for row in found]  # type: ignore[misc]  # a row is iterable in both drivers
    rows.sort(key=lambda row: (row.priority, row.pos))
    return rows


async def add_lease(tx: Transaction, queue: str, worker: str, rows: Sequence[Stored]) -> int:
    """Hold `rows` for `worker`; returns the token, larger than all before. LeaseLostError: it was given up for dead."""
    return await _lease(tx, queue, worker, len(rows), msgspec.msgpack.encode(rows))


async def add_packed_lease(tx: Transaction, queue: str, worker: str, size: int) -> int:
    """Like `add_lease`, for `size` messages that stay in their bundles: the lease has no body."""
    return await _lease(tx, queue, worker, size, b"")


async def _lease(tx: Transaction, queue: str, worker: str, size: int, body: bytes) -> int:
    row = await tx.one(SQL.lease_add, queue=queue, worker=worker, now_ms=tx.now_ms, size=size, body=body)
    if row is None:
        raise LeaseLostError(f"the worker {worker} is not in the table of workers: it was given up for dead")
    return int(row["token"])


def leased_rows(body: bytes) -> list[Stored]:
    """The rows of a lease."""
    return _BODY.decode(body)


def dead_row(row: Stored, reason: str, error: str, now_ms: int) -> dict[str, Any]:
    """The parameters that bury `row`."""
    values = msgspec.structs.asdict(row)
    return {**values, "reason": reason, "error": error, "died_ms": now_ms}


async def set_aside(tx: Transaction, rows: Sequence[Stored]) -> None:
    """Rows that were in the hands of a worker that died: each waits, held by nobody, to be tried alone."""
    encode = msgspec.msgpack.encode
    await tx.many(SQL.lease_aside, [{"queue": row.queue, "now_ms": tx.now_ms, "body": encode([row])} for row in rows])


async def take_aside(tx: Transaction, queue: str) -> Stored | None:
    """The row of `queue` that was set aside first, if there is one; it is in no table now."""
    found = await tx.one(SQL.lease_take_aside, queue=queue)
    return None if found is None else leased_rows(found["body"])[0]


async def queued_for(tx: Transaction, queue: str, task: str) -> Sequence[Row]:
    """Every message of `task` that waits in `queue`, also behind its key or for its time; not those in hands."""
    return await tx.all(SQL.queued_for, queue=queue, task=task)
