"""What one step of an errand does, by what was asked: purge a queue, drain a tenant, change all that a search finds."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import msgspec

from barback.engine.operations import depths, looking, moving, purging, tenant_looks
from barback.engine.operations.looking import NEWEST, Look, Seen, plain
from barback.engine.operations.moving import Action
from barback.engine.operations.tenant_looks import TenantNotFound
from barback.engine.payloads.masking import masked
from barback.engine.tasks import Task
from barback.storage import Transaction, statements

SQL = statements(__file__, "errands.sql")

CHANGES_PAGE = 200
"""Messages that one step changes at most when a search finds them: each is written down by itself."""
QUEUES_PAGE = 20
"""Queues that one step looks through for a tenant that has nothing there."""


class Purge(msgspec.Struct, frozen=True, tag="purge"):
    """Take out what waits in a queue."""

    queue: str


class Drain(msgspec.Struct, frozen=True, tag="drain"):
    """Hold a tenant wherever it has a line, and take out what waits of it, in every queue."""

    tenant: str


class Change(msgspec.Struct, frozen=True, tag="change"):
    """Do that to all that a search finds. `line` is the search as it was typed.

    `masked`: whoever asked may not see what is secret, so it must not be found by it.
    """

    line: str
    look: Look
    action: Action
    delay_ms: int = 0
    masked: bool = True


Asked = Purge | Drain | Change


class Stepped(msgspec.Struct, frozen=True, kw_only=True):
    """What a step did. `place`: where the next one goes on; None: that was all."""

    handled: int
    place: str | None
    left_alone: int = 0


class _Searched(msgspec.Struct, frozen=True):
    """How far a search is; `went` of those that were found were changed since it began at the top."""

    at_ms: int
    id: str
    went: int = 0


class _Draining(msgspec.Struct, frozen=True):
    """The queues that are left, and how far the first of them is."""

    queues: list[str]
    place: purging.Place = purging.START


async def step(
    tx: Transaction, asked: Asked, place: str, *, upto_ms: int, who: str, known: Mapping[str, Task[Any]]
) -> Stepped:
    """The next step. `place` is what the last one answered, "" at first; what was enqueued after `upto_ms` stays."""
    match asked:
        case Purge(queue):
            count = await purging.purge_page(tx, queue, upto_ms, who=who)
            return Stepped(handled=count, place="more" if count else None)
        case Drain(tenant):
            return await _drain(tx, tenant, place, upto_ms, who)
        case Change():
            return await _change(tx, asked, place, upto_ms, who, known)


async def _change(
    tx: Transaction, asked: Change, place: str, upto_ms: int, who: str, known: Mapping[str, Task[Any]]
) -> Stepped:
    at = msgspec.json.decode(place, type=_Searched) if place else _Searched(*NEWEST)
    last_ms = upto_ms + 1 if asked.look.enqueued_to_ms is None else min(asked.look.enqueued_to_ms, upto_ms + 1)
    look = msgspec.structs.replace(asked.look, enqueued_to_ms=last_ms)

    def shown(seen: Seen) -> str:
        return masked(seen.payload.encode(), known.get(seen.task)).decode() if asked.masked else plain(seen)

    found = await looking.search(tx, look, before=(at.at_ms, at.id), limit=CHANGES_PAGE, shown=shown)
    count = await moving.change_these(
        tx, found.items, asked.action, who=who, search=asked.line, delay_ms=asked.delay_ms
    )
    went = at.went + count
    following: _Searched | None = None
    if found.after is not None:
        following = _Searched(*found.after, went)
    elif asked.action == "cancel" and not found.whole and went:
        # A search looks at so many messages: those behind them can be seen now that these are gone.
        following = _Searched(*NEWEST)
    return Stepped(
        handled=count,
        left_alone=len(found.items) - count,
        place=None if following is None else msgspec.json.encode(following).decode(),
    )


async def _drain(tx: Transaction, tenant: str, place: str, upto_ms: int, who: str) -> Stepped:
    if not place:
        with contextlib.suppress(TenantNotFound):
            await tenant_looks.hold(tx, tenant, paused=True, who=who)
        queues = await depths.queues(tx) | {str(row["queue"]) for row in await tx.all(SQL.lease_queues)}
        return Stepped(handled=0, place=msgspec.json.encode(_Draining(sorted(queues))).decode())
    at = msgspec.json.decode(place, type=_Draining)
    left, its = at.queues, at.place
    for _ in range(QUEUES_PAGE):
        if not left:
            return Stepped(handled=0, place=None)
        page = await purging.drain_page(tx, left[0], tenant, upto_ms, its, who=who)
        if page.after is None:
            left, its = left[1:], purging.START
        else:
            its = page.after
        if page.removed:
            break
    else:
        page = purging.Page(0, its)
    return Stepped(handled=page.removed, place=msgspec.json.encode(_Draining(left, its)).decode())
