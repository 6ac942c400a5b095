"""Keys as an operator sees them: which are closed, which have the longest lines, and one with all that stands there."""

from __future__ import annotations

import msgspec

from barback.engine.operations.looking import LOOKED_MAX, SQL, Look, Seen, search
from barback.storage import Transaction

KEYS_MAX = 100
WAITING_SHOWN = 50
COUNT_MAX = 10_000


class KeyLook(msgspec.Struct, frozen=True, kw_only=True):
    """One key. `closed`: its head died and nobody let the others go on; `letter` is the dead letter that closed it."""

    queue: str
    key: str
    waiting: int
    oldest_ms: int | None
    closed: bool
    letter: str | None
    error: str | None
    since_ms: int | None


class Waiting(msgspec.Struct, frozen=True):
    """A message in the line of its key."""

    id: str
    task: str
    tenant: str | None
    enqueued_ms: int


class KeyLetter(msgspec.Struct, frozen=True):
    """A dead letter of a key."""

    id: str
    task: str
    error: str
    died_ms: int


class KeyDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One key: `lane` is idle (nothing of it is there), busy or closed; `paused` by an operator.

    Its head, its line, its dead.
    """

    queue: str
    key: str
    lane: str
    since_ms: int | None
    paused: bool
    head: Seen | None
    waiting: int
    line: list[Waiting]
    dead: list[KeyLetter]


async def keys(tx: Transaction) -> list[KeyLook]:
    """Closed keys first, the last closed at first, then those with the longest lines; a hundred of each at most."""
    hot = {(row["queue"], row["key"]): row for row in await tx.all(SQL.keys_hot, looked=LOOKED_MAX, n=KEYS_MAX)}
    found: list[KeyLook] = []
    for row in await tx.all(SQL.keys_closed, looked=LOOKED_MAX, n=KEYS_MAX):
        line = hot.pop((row["queue"], row["key"]), None)
        found.append(
            KeyLook(
                queue=row["queue"], key=row["key"], waiting=0 if line is None else line["n"],
                oldest_ms=None if line is None else line["first_ms"], closed=True,
                letter=row["letter"], error=row["error"], since_ms=row["died_ms"],
            )
        )  # fmt: skip
    for (queue, key), row in hot.items():
        found.append(
            KeyLook(
                queue=queue, key=key, waiting=row["n"], oldest_ms=row["first_ms"], closed=False,
                letter=None, error=None, since_ms=None,
            )
        )  # fmt: skip
    return found


async def one(tx: Transaction, queue: str, key: str) -> KeyDetail:
    """All that is known of a key; a key of which nothing is there is idle."""
    lane = await tx.one(SQL.key_lane, queue=queue, key=key)
    count = await tx.one(SQL.key_count, queue=queue, key=key, cap=COUNT_MAX)
    line = await tx.all(SQL.key_waiting, queue=queue, key=key, n=WAITING_SHOWN)
    dead = await tx.all(SQL.key_dead, queue=queue, key=key, n=WAITING_SHOWN)
    standing = await search(tx, Look(queue=queue, key=key), limit=200)
    heads = [seen for seen in standing.items if seen.state in ("ready", "leased", "retrying")]
    return KeyDetail(
        queue=queue,
        key=key,
        # A head that came alone and is being handled has no lane.
        lane=("busy" if heads else "idle") if lane is None else "closed" if lane["state"] == "parked" else "busy",
        since_ms=(heads[0].at_ms if heads else None) if lane is None else lane["since_ms"],
        paused=lane is not None and bool(lane["paused"]),
        head=heads[0] if heads else None,
        waiting=0 if count is None else count["n"],
        line=[Waiting(row["id"], row["task"], row["tenant"], row["enqueued_ms"]) for row in line],
        dead=[KeyLetter(row["id"], row["task"], row["error"], row["died_ms"]) for row in dead],
    )
