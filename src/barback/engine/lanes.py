"""Order per key (E5): a lane for every key that has work, one head at a time.

A keyed message is enqueued as an *arrival*, which locks nothing. Whoever claims next routes
arrivals: the first of an idle key becomes its head, the rest are *parked* behind it. When a head is
settled, the next parked one takes its place. Claims scan heads only, so a key with a backlog of
100,000 costs them nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from barback.engine import store
from barback.engine.messages import Stored
from barback.engine.store import SQL
from barback.storage import Transaction


async def route_arrivals(tx: Transaction, queue: str, limit: int) -> tuple[list[Stored], int]:
    """Put up to `limit` arrivals into their lanes; returns the new heads and how many arrivals there were.

    The heads are in no table now: the caller claims them or puts them back with `store.add_ready`.
    """
    arrivals = store.rows_of(await tx.all(SQL.arrival_take, queue=queue, n=limit))
    if not arrivals:
        return [], 0
    arrivals.sort(key=lambda row: row.pos)
    return await enter(tx, queue, arrivals), len(arrivals)


async def enter(tx: Transaction, queue: str, rows: Sequence[Stored]) -> list[Stored]:
    """Put keyed rows into their lanes in order; returns those that became heads."""
    keys = sorted({row.key for row in rows if row.key is not None})
    fresh = {str(row["key"]) for row in await tx.all(SQL.lane_enter, queue=queue, keys=keys, now_ms=tx.now_ms)}
    heads: list[Stored] = []
    behind: list[Stored] = []
    for row in rows:
        if row.key in fresh:
            fresh.discard(row.key)
            heads.append(row)
        else:
            behind.append(row)
    await store.add_parked(tx, behind)
    return heads


async def promote(tx: Transaction, queue: str, keys: Sequence[str]) -> list[Stored]:
    """The heads of `keys` are gone: the next of each takes its place; lanes without one end.

    Returns the new heads, which are in no table now.
    """
    if not keys:
        return []
    keys = sorted(keys)
    await tx.all(SQL.lane_lock, queue=queue, keys=keys)
    heads = store.rows_of(await tx.all(SQL.parked_heads, queue=queue, keys=keys))
    going_on = {row.key for row in heads}
    ended = [key for key in keys if key not in going_on]
    if ended:
        await tx.run(SQL.lane_leave, queue=queue, keys=ended)
    return heads


async def release(tx: Transaction, queue: str, key: str) -> bool:
    """Open a key that was closed because its head died under the policy "park". False if it was not."""
    lanes = await tx.all(SQL.lane_lock, queue=queue, keys=[key])
    if not any(row["state"] == "parked" for row in lanes):
        return False
    await tx.run(SQL.lane_mark, queue=queue, key=key, state="busy", now_ms=tx.now_ms)
    await store.add_ready(tx, await promote(tx, queue, [key]))
    return True
