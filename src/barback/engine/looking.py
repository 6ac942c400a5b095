"""Messages wherever they are: searched by queue, key, tenant, task, state or a piece of the payload, and one by its id.

A search looks at so many of each state at most (`LOOKED_MAX`), so it costs the same however much is waiting;
with a queue it looks there only. What is done is gone: of it only the attempts that failed are known.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal

import msgspec

from barback.engine import store
from barback.engine.figures import NOBODY
from barback.engine.leases import Pack
from barback.engine.messages import NOTHING_ABOUT, About, Stored
from barback.engine.waiting import MessageNotFound
from barback.storage import Row, Transaction, statements

SQL = statements(__file__, "looking.sql")

LOOKED_MAX = 20_000
"""Messages of each state that a search looks at."""
LEASES_MAX = 300
"""Leases that a search looks into, the youngest."""
BUNDLES_MAX = 20
"""Bundles of a hundred messages that a search looks into, those that wait longest."""
NEWEST_MS = 2**53

State = Literal["ready", "waiting", "scheduled", "retrying", "leased", "dead"]
_PACK = msgspec.msgpack.Decoder(Pack)
_FIELDS = ("id", "queue", "task", "key", "tenant", "priority", "attempt", "attempts_max", "enqueued_ms", "payload")


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for; None: anything. `text` is a piece of the payload's JSON."""

    id: str | None = None
    queue: str | None = None
    key: str | None = None
    tenant: str | None = None
    task: str | None = None
    state: State | None = None
    text: str | None = None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A message where it is now.

    ready: may be claimed. waiting: stands behind another of its key. scheduled: not due. retrying: waits for
    its next attempt. leased: in the hands of `worker`. dead: gave up. `at_ms`: when it is due, was claimed, or died.
    """

    id: str
    queue: str
    task: str
    key: str | None
    tenant: str | None
    priority: int
    attempt: int
    attempts_max: int
    enqueued_ms: int
    payload: str
    state: State
    at_ms: int | None
    worker: str | None
    about: About


async def search(tx: Transaction, look: Look, *, before_ms: int = NEWEST_MS, limit: int = 50) -> list[Seen]:
    """What fits, enqueued before `before_ms`, the youngest first."""
    found = [_seen(row) for row in await _rows(tx, look, before_ms, limit)]
    if look.state in (None, "leased", "ready"):
        found += [seen async for seen in _leased(tx) if seen.enqueued_ms < before_ms and _fits(seen, look)]
        found += [seen async for seen in _bundled(tx) if seen.enqueued_ms < before_ms and _fits(seen, look)]
    found.sort(key=lambda one: (one.enqueued_ms, one.id), reverse=True)
    return found[:limit]


async def one(tx: Transaction, message_id: str) -> Seen:
    """Where that message is. Raises MessageNotFound."""
    found = await search(tx, Look(id=message_id), limit=1)
    if not found:
        raise MessageNotFound(
            f"No message {message_id[:80]} waits, runs or is dead. What is done is gone; a search looks at the first "
            f"{LOOKED_MAX:,} of each state."
        )
    return found[0]


async def _rows(tx: Transaction, look: Look, before_ms: int, limit: int) -> Sequence[Row]:
    if look.state == "leased":
        return []
    values: dict[str, Any] = {name: getattr(look, name) for name in ("id", "key", "tenant", "task", "state")}
    values |= {"text": _like(look.text), "before_ms": before_ms, "looked": LOOKED_MAX, "n": limit}
    if look.queue is None:
        return await tx.all(SQL.looks, **values)
    return await tx.all(SQL.looks_of, queue=look.queue, **values)


def _like(text: str | None) -> str | None:
    if text is None:
        return None
    return "%" + text.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"


async def _leased(tx: Transaction) -> AsyncIterator[Seen]:
    for lease in await tx.all(SQL.looks_leased, n=LEASES_MAX):
        # What a worker that died had in its hands can run: it is held by nobody.
        state: State = "ready" if lease["worker"] == NOBODY else "leased"
        for row in await _rows_of(tx, lease):
            yield _of_stored(row, state, lease["claimed_ms"], None if state == "ready" else lease["worker"])


async def _rows_of(tx: Transaction, lease: Row) -> list[Stored]:
    if lease["body"]:
        return store.leased_rows(lease["body"])
    held = await tx.all(SQL.looks_held, token=lease["token"])
    return [row for bundle in held for row in _PACK.decode(bundle["body"]).rows(attempt=1)]


async def _bundled(tx: Transaction) -> AsyncIterator[Seen]:
    for bundle in await tx.all(SQL.looks_bundled, n=BUNDLES_MAX):
        for row in _PACK.decode(bundle["body"]).rows(attempt=0):
            yield _of_stored(row, "ready", None, None)


def _fits(seen: Seen, look: Look) -> bool:
    names = ("id", "queue", "key", "tenant", "task", "state")
    exact = all(getattr(look, name) in (None, getattr(seen, name)) for name in names)
    return exact and (look.text is None or look.text.lower() in seen.payload.lower())


def _seen(row: Row) -> Seen:
    values: dict[str, Any] = {name: row[name] for name in _FIELDS}
    return Seen(**values, state=row["state"], at_ms=row["at_ms"], worker=None, about=_about(row["about"]))


def _of_stored(row: Stored, state: State, at_ms: int | None, worker: str | None) -> Seen:
    values: dict[str, Any] = {name: getattr(row, name) for name in _FIELDS}
    return Seen(**values, state=state, at_ms=at_ms, worker=worker, about=_about(row.about))


def _about(about: str | None) -> About:
    return NOTHING_ABOUT if about is None else msgspec.json.decode(about, type=About)
