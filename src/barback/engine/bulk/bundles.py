"""Bundles: bulk work packed a hundred messages to a row, leased whole (a blast, an export, a recalculation).

Each message keeps its own attempts, retry and dead letter: a bundle that is handled well is never
taken apart, and where one of its messages fails or waits only that one becomes a row. When its worker
dies all of it becomes rows, which are tried alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from barback.engine import store
from barback.engine.leases import Lease, Pack
from barback.engine.messages import PAYLOAD_BYTES_MAX, PayloadTooLargeError, Stored
from barback.foundation.ids import new_id
from barback.storage import Row, Transaction, statements

SQL = statements(__file__, "bundles.sql")

SIZE = 100
"""Messages in a bundle."""
PAGE = 5_000
"""Messages that are packed before they are written: what one call holds in memory."""
ANY_PRIORITY = 2**32

_PACK = msgspec.msgpack.Decoder(Pack)


class Kind(msgspec.Struct, frozen=True):
    """What the messages of a bundle have in common."""

    queue: str
    task: str
    priority: int
    attempts_max: int
    tenant: str | None = None
    about: str | None = None


async def add(tx: Transaction, kind: Kind, payloads: Iterable[Any]) -> int:
    """Write `payloads` in bundles; returns how many there were. Raises PayloadTooLargeError above 256 KiB for one."""
    count = 0
    several = iter(payloads)
    while page := list(itertools.islice(several, PAGE)):
        count += len(page)
        await tx.bulk(SQL.bundle_add, [_bundle(kind, size, body, tx.now_ms) for size, body in _bodies(kind, page)])
    return count


def _bodies(kind: Kind, payloads: Sequence[Any]) -> Iterator[tuple[int, bytes]]:
    """Size and JSON of each bundle; one that would be larger than the largest message is halved."""
    for start in range(0, len(payloads), SIZE):
        yield from _halves(kind, payloads[start : start + SIZE])


def _halves(kind: Kind, payloads: Sequence[Any]) -> Iterator[tuple[int, bytes]]:
    body = msgspec.json.encode(payloads)
    size = len(body) - len("[]")
    if size <= PAYLOAD_BYTES_MAX:
        yield len(payloads), body
    elif len(payloads) == 1:
        raise PayloadTooLargeError(
            f"expected a payload of at most {PAYLOAD_BYTES_MAX} bytes for {kind.task}, got {size}; "
            "store it elsewhere and enqueue a reference"
        )
    else:
        half = len(payloads) // 2
        yield from _halves(kind, payloads[:half])
        yield from _halves(kind, payloads[half:])


def _bundle(kind: Kind, size: int, body: bytes, now_ms: int) -> dict[str, Any]:
    pack = Pack(
        id=new_id(),
        queue=kind.queue,
        priority=kind.priority,
        task=kind.task,
        tenant=kind.tenant,
        attempts_max=kind.attempts_max,
        enqueued_ms=now_ms,
        about=kind.about,
        size=size,
        payloads=body,
    )
    return {
        "queue": kind.queue,
        "priority": kind.priority,
        "task": kind.task,
        "size": size,
        "enqueued_ms": now_ms,
        "body": msgspec.msgpack.encode(pack),
    }


async def claim(tx: Transaction, queue: str, worker: str, limit: int, *, slack: int = ANY_PRIORITY) -> Lease | None:
    """Lease up to `limit` bundles, in one lease. `slack`: see `bundle_find`. Raises LeaseLostError.

    None also for a queue that has got lines meanwhile: there each message takes its turn.
    """
    found = await tx.all(SQL.bundle_find, queue=queue, n=limit, slack=slack)
    if not found:
        return None
    token = await store.add_packed_lease(tx, queue, worker, sum(row["size"] for row in found))
    if token is None:
        return None
    await tx.run(SQL.bundle_hold, token=token, places=[row["pos"] for row in found])
    return Lease(token, queue, worker, packs=_packs(found))


async def take_apart(tx: Transaction, queue: str, *, n: int = 1, slack: int = ANY_PRIORITY) -> bool:
    """Turn up to `n` bundles into rows that can be claimed one by one; False when there was none."""
    found = await tx.all(SQL.bundle_find, queue=queue, n=n, slack=slack)
    if not found:
        return False
    await tx.run(SQL.bundle_remove, places=[row["pos"] for row in found])
    await store.add_ready(tx, [row for pack in _packs(found) for row in pack.rows(attempt=0)])
    return True


async def end(tx: Transaction, leases: Sequence[Lease]) -> None:
    """The leases are ended: the bundles among them are gone."""
    tokens = [lease.token for lease in leases if lease.packs]
    if tokens:
        await tx.run(SQL.bundle_end, tokens=tokens)


async def free(tx: Transaction, lease: Lease) -> None:
    """The lease is ended and nothing of it was begun: its bundles wait again."""
    await tx.run(SQL.bundle_free, token=lease.token)


async def leased_rows(tx: Transaction, token: int, body: bytes) -> list[Stored]:
    """The rows of a lease that is ended, also of one that holds bundles, which are gone then."""
    if body:
        return store.leased_rows(body)
    found = sorted(await tx.all(SQL.bundle_take, token=token), key=lambda row: row["pos"])
    return [row for pack in _packs(found) for row in pack.rows(attempt=1)]


async def queued_for(tx: Transaction, queue: str, task: str) -> list[Stored]:
    """Every message of `task` that waits in a bundle of `queue`."""
    found = await tx.all(SQL.bundles_queued, queue=queue, task=task)
    return [row for pack in _packs(found) for row in pack.rows(attempt=0)]


def _packs(found: Iterable[Row]) -> list[Pack]:
    return [_PACK.decode(row["body"]) for row in found]
