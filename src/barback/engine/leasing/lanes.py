"""Order per key (E5): a lane for every key that has work, one head at a time.

A keyed message is enqueued as an *arrival*, which locks nothing. Whoever claims next routes
arrivals (arrivals.py): the first of an idle key becomes its head, the rest are *parked* behind it. When a head is
settled, the next parked one takes its place. Claims scan heads only, so a key with a backlog of
100,000 costs them nothing.

A lane is *alone* (its head is out: to be claimed, claimed, or waiting for its time; nothing ever waited behind it),
*busy* (the same, and something did), *parked* (its head died and closed it) or *held* (paused by an operator, with
everything of it parked). Most keys have one message: their lanes end without a look at what is parked.

A head that comes alone, of an idle key, and is leased at once has no lane at all: it is *loose*, its key is in the
lease. Who routes another message of it marks the lease as *followed*, and makes the lane. Who settles a lease that
was not followed has nothing to look for. Loose heads get a lane when they are not simply done (`own`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from barback.engine import store
from barback.engine.messages import Stored
from barback.storage import Transaction, statements

SQL = statements(__file__, "lanes.sql")


@dataclass
class Loose:
    """Keys of heads that have no lane, in the claim that is under way (`keys`), and where to look for those of others.

    No lease before the token `since` has such keys; `last` is the last token of ours that has.
    """

    keys: set[str] = field(default_factory=set[str])
    since: int = 0
    last: int = 0


async def enter(tx: Transaction, queue: str, rows: Sequence[Stored], loose: Loose | None = None) -> list[Stored]:
    """Put keyed rows into their lanes in order; returns those that became heads.

    Only for who has the router's gate: `hold_gate`, or rows that are taken through it. Heads that come alone, of idle
    keys, get no lane when `loose` is given, which is told their keys: `tx` leases them with a lease that says so,
    or gives them lanes (`own`).
    """
    counts = Counter([row.key for row in rows if row.key is not None])
    keys = sorted(counts)
    held = await _held(tx, queue, keys, loose or Loose())
    if loose is not None:
        there = {str(row["key"]) for row in await tx.all(SQL.lane_lock, queue=queue, keys=keys)}
        idle = {key for key in keys if counts[key] == 1 and key not in there and key not in held}
        loose.keys |= idle
        if len(idle) == len(rows):
            return list(rows)
        keys = [key for key in keys if key not in idle]
        fresh = idle | await _enter(tx, queue, keys, counts, held) if keys else idle
    else:
        fresh = await _enter(tx, queue, keys, counts, held)
    heads, behind = _placed(rows, fresh)
    await store.add_parked(tx, behind)
    return heads


def _placed(rows: Sequence[Stored], fresh: set[str]) -> tuple[list[Stored], list[Stored]]:
    """The first of each of these keys, and the others."""
    heads: list[Stored] = []
    behind: list[Stored] = []
    for row in rows:
        if row.key in fresh:
            fresh.discard(row.key)
            heads.append(row)
        else:
            behind.append(row)
    return heads, behind


async def _held(tx: Transaction, queue: str, keys: Collection[str], known: Loose) -> set[str]:
    """Which of `keys` are in leases, without a lane: from now on they have one, and whoever settles them sees it.

    Comes before any lane is locked: who settles ends his lease first.
    """
    there = await tx.all(SQL.leases_loose, queue=queue, since=known.since)
    found = {row["token"]: store.loose_keys(row["keys"]) for row in there}
    # Tokens of such leases are given out by one router at a time, so what comes later comes behind.
    known.since = min(found, default=known.last)
    wanted = set(keys)
    by_token = {token: its for token, loose in found.items() if (its := wanted.intersection(loose))}
    if not by_token:
        return set()
    # One that is not there any more has ended, and what became of its keys can be seen now.
    still = [row["token"] for row in await tx.all(SQL.leases_follow, tokens=sorted(by_token))]
    return {key for token in still for key in by_token[token]}


async def own(tx: Transaction, queue: str, keys: Collection[str]) -> None:
    """Lanes for heads that came alone and stay; their lease ends in `tx`, or never was. One that is there stays so."""
    if keys:
        its = sorted(keys)
        await tx.run(SQL.lane_own, queue=queue, keys=its, now_ms=tx.now_ms)


async def _enter(
    tx: Transaction, queue: str, keys: Sequence[str], counts: Mapping[str, int], held: Collection[str]
) -> set[str]:
    """Lanes for all of these keys, in order; which of them are new, and not `held` by a lease."""
    states = ["busy" if counts[key] > 1 or key in held else "alone" for key in keys]
    if tx.dialect == "postgres":
        there = await tx.all(SQL.lane_enter, queue=queue, keys=keys, states=states, now_ms=tx.now_ms)
    else:
        there = await tx.all(SQL.lane_lock, queue=queue, keys=keys)
        await tx.run(SQL.lane_enter, queue=queue, keys=keys, states=states, now_ms=tx.now_ms)
    fresh = set(keys).difference(str(row["key"]) for row in there)
    if alone := sorted(str(row["key"]) for row in there if row["state"] == "alone"):
        await tx.run(SQL.lane_follow, queue=queue, keys=alone)
    return fresh.difference(held)


async def hold_gate(tx: Transaction, queue: str) -> None:
    """Wait for whoever puts messages into lanes of `queue`; until `tx` ends nobody else does."""
    await tx.all(SQL.lane_gate, queue=queue)


async def promote(tx: Transaction, queue: str, keys: Sequence[str]) -> list[Stored]:
    """The heads of `keys` are gone: the next of each takes its place; lanes without one end.

    Returns the new heads, which are in no table now.
    """
    if not keys:
        return []
    ended = {str(row["key"]) for row in await tx.all(SQL.lanes_end, queue=queue, keys=sorted(keys))}
    keys = sorted(key for key in keys if key not in ended)
    if not keys:
        return []
    paused = {str(row["key"]) for row in await tx.all(SQL.lane_lock, queue=queue, keys=keys) if row["paused"]}
    if paused:
        await tx.run(SQL.lane_hold, queue=queue, keys=sorted(paused), now_ms=tx.now_ms)
        keys = [key for key in keys if key not in paused]
    heads = store.rows_of(await tx.all(SQL.parked_heads, queue=queue, keys=keys))
    going_on = {row.key for row in heads}
    last = [key for key in keys if key not in going_on]
    if last:
        await tx.run(SQL.lane_leave, queue=queue, keys=last)
    return heads


async def close(tx: Transaction, queue: str, key: str) -> None:
    """The head of `key` died under the policy "park": nothing of it goes on until somebody releases it."""
    await tx.run(SQL.lane_mark, queue=queue, key=key, state="parked", now_ms=tx.now_ms)


async def release(tx: Transaction, queue: str, key: str) -> bool:
    """Open a key that was closed because its head died under the policy "park". False if it was not."""
    lanes = await tx.all(SQL.lane_lock, queue=queue, keys=[key])
    if not any(row["state"] == "parked" for row in lanes):
        return False
    await tx.run(SQL.lane_mark, queue=queue, key=key, state="busy", now_ms=tx.now_ms)
    await store.add_ready(tx, await promote(tx, queue, [key]))
    return True


async def park_first(tx: Transaction, queue: str, key: str, rows: Sequence[Stored]) -> None:
    """Park `rows` before everything that waits behind `key`."""
    front = await tx.one(SQL.parked_front, queue=queue, key=key)
    assert front is not None
    places = range(front["pos"] - len(rows), front["pos"])
    await tx.run(SQL.lane_follow, queue=queue, keys=[key])
    await tx.many(
        SQL.parked_add_at,
        [{**msgspec.structs.asdict(row), "pos": pos} for pos, row in zip(places, rows, strict=True)],
    )


async def pause(tx: Transaction, queue: str, key: str) -> bool:
    """From now on nothing of `key` is claimed; what has begun is finished. False if it was paused."""
    await hold_gate(tx, queue)
    held = await _held(tx, queue, [key], Loose())
    if await _is_paused(tx, queue, key):
        return False
    if held:
        await _enter(tx, queue, [key], {key: 1}, held)
    await tx.run(SQL.lane_pause, queue=queue, key=key, now_ms=tx.now_ms)
    # Its head, unless somebody holds it or it waits for its time: then it is stopped when it comes back.
    for pull in (SQL.ready_pull, SQL.line_pull):
        if rows := store.rows_of(await tx.all(pull, queue=queue, key=key)):
            await _hold(tx, queue, key, rows)
    return True


async def resume(tx: Transaction, queue: str, key: str) -> bool:
    """Claim messages of `key` again. False if it was not paused."""
    if not await _is_paused(tx, queue, key):
        return False
    await tx.run(SQL.lane_resume, queue=queue, key=key)
    if any(row["state"] == "held" for row in await tx.all(SQL.lane_lock, queue=queue, keys=[key])):
        await tx.run(SQL.lane_mark, queue=queue, key=key, state="busy", now_ms=tx.now_ms)
        await store.add_ready(tx, await promote(tx, queue, [key]))
    return True


async def _is_paused(tx: Transaction, queue: str, key: str) -> bool:
    return any(row["paused"] for row in await tx.all(SQL.lane_lock, queue=queue, keys=[key]))


async def paused(tx: Transaction, queue: str, rows: Sequence[Stored]) -> set[str]:
    """Which keys of `rows` are paused."""
    keys = sorted({row.key for row in rows if row.key is not None})
    return {str(row["key"]) for row in await tx.all(SQL.lanes_paused, queue=queue, keys=keys)} if keys else set()


async def withhold(tx: Transaction, queue: str, rows: Sequence[Stored]) -> list[Stored]:
    """Heads that come back from somewhere: those of a paused key wait in front of it; returns the others."""
    stopped = await paused(tx, queue, rows)
    for row in rows:
        if row.key is not None and row.key in stopped:
            await _hold(tx, queue, row.key, [row])
    return [row for row in rows if row.key not in stopped]


async def _hold(tx: Transaction, queue: str, key: str, rows: Sequence[Stored]) -> None:
    await park_first(tx, queue, key, rows)
    await tx.run(SQL.lane_hold, queue=queue, keys=[key], now_ms=tx.now_ms)
