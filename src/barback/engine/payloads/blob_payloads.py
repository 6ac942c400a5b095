"""Large payloads (E19): into the blob store before the transaction, out of it before the handler's, away after the end.

A row of `engine_blob`, written and removed with the message, says that a blob is needed. What the store
has without one, because its transaction never committed or a delete was lost, is removed after a day.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

import msgspec

from barback.engine.blobs.blob_refs import blob_of, has_ended, needed
from barback.engine.blobs.stores import Blobs, store_of
from barback.engine.leases import Lease
from barback.engine.messages import DONE, PAYLOAD_BYTES_MAX, Outcome, RetryAfter, Stored
from barback.engine.tasks import Task
from barback.engine.works import Work
from barback.foundation.ids import new_id
from barback.foundation.settings import settings_from
from barback.storage import Database

P = TypeVar("P")

ORPHAN_AFTER_MS = 24 * 3_600_000
"""A blob that no message needs is removed so long after it was put: enqueue what was stowed within that time."""
NO_STORE_RETRY_MS = 30_000


def store_for(task: Task[Any]) -> Blobs | None:
    """The store for large payloads of `task`: its own, or that of the settings."""
    return task.blobs or store_of(settings_from(os.environ))


async def stow(task: Task[P], work: Work[P]) -> Work[P]:
    """Put a payload above 256 KiB into the blob store of `task`; the work to enqueue instead, within a day.

    Call it outside of any transaction. A smaller payload stays as it is. Raises ValueError without a store.
    """
    data = msgspec.json.encode(work.payload)
    if len(data) <= PAYLOAD_BYTES_MAX:
        return work
    store = store_for(task)
    if store is None:
        raise ValueError(
            f"{task.name} has no blob store for a payload of {len(data)} bytes; set its `blobs`, or BARBACK_BLOBS"
        )
    name = new_id()
    await store.put(name, data)
    return msgspec.structs.replace(work, payload=cast("P", None), blob=name)


async def enqueue_large(db: Database, task: Task[P], work: Work[P]) -> str:
    """`stow` and enqueue, for programs that have nothing else to write with the message; its id."""
    stowed = await stow(task, work)
    async with db.transaction() as tx:
        return (await task.enqueue_many(tx, [stowed]))[0]


async def load(lease: Lease, tasks: Mapping[str, Task[Any]]) -> None:
    """Fetch the large payloads of a lease, before its transaction; those that cannot be had fail alone."""
    if lease.packs:
        return
    for row in lease.rows:
        name = None if row.about is None or row.id in lease.loaded else blob_of(row)
        task = tasks.get(row.task)
        if name is None or task is None:
            continue
        store = store_for(task)
        if store is None:
            said = f"{row.task} has no blob store in this worker; set its `blobs`, or BARBACK_BLOBS"
            lease.loaded[row.id] = RetryAfter(NO_STORE_RETRY_MS, said)
            continue
        try:
            lease.loaded[row.id] = (await store.get(name)).decode()
        except Exception as error:  # noqa: BLE001 - whatever a store raises, its message gets an outcome
            failed = f"its payload could not be fetched: {type(error).__name__}: {error}"
            lease.loaded[row.id] = RetryAfter(task.backoff_ms(row.attempt), failed[:2_000])


def with_payloads(lease: Lease) -> tuple[Sequence[Stored], dict[str, Outcome]]:
    """The rows to handle, with their payloads; and the outcome of those that have none. The lease keeps its own."""
    if not lease.loaded:
        return lease.rows, {}
    failed: dict[str, Outcome] = {id_: one for id_, one in lease.loaded.items() if not isinstance(one, str)}
    rows = [row for row in lease.rows if row.id not in failed]
    return [_filled(row, lease.loaded.get(row.id)) for row in rows], failed


def _filled(row: Stored, payload: object) -> Stored:
    return msgspec.structs.replace(row, payload=payload) if isinstance(payload, str) else row


async def remove(lease: Lease, outcomes: Mapping[str, Outcome], tasks: Mapping[str, Task[Any]]) -> None:
    """The lease was settled: remove the blobs of what has ended. What is left is removed after a day."""
    if not lease.loaded:
        return
    for row in lease.rows:
        name, task = blob_of(row), tasks.get(row.task)
        store = None if name is None or task is None else store_for(task)
        if name is None or store is None or not has_ended(outcomes.get(row.id, DONE)):
            continue
        with contextlib.suppress(Exception):
            await store.delete([name])


async def remove_orphans(db: Database, blobs: Blobs) -> int:
    """Remove what has been in the store for a day and no message needs; how many. Run it every hour or so."""
    names = await blobs.older(db.clock.now_ms() - ORPHAN_AFTER_MS)
    if not names:
        return 0
    async with db.reading() as tx:
        kept = await needed(tx, names)
    orphans = [name for name in names if name not in kept]
    await blobs.delete(orphans)
    return len(orphans)
