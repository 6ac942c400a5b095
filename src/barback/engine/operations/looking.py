"""Messages wherever they are: the one search behind the pages, the API and the commands, and one message by its id.

A search looks at so many of each table at most (`LOOKED_MAX`) and says how many that were, so it costs the same
however much is waiting; with a queue it looks there only. A message is found by its id wherever it is. What is
done is gone: of it only the attempts that failed are known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from barback.engine.leases import Pack
from barback.engine.messages import NOTHING_ABOUT, About
from barback.engine.operations.fitting import Fitting
from barback.engine.operations.packed_looks import Held, bundled, leased
from barback.engine.operations.payload_looks import Field, caseless_in, piece_of
from barback.engine.operations.places import CANCELLED, DEAD, PLACES, Place, State, counts_in, row_in, rows_in
from barback.engine.operations.shared_looks import SharedLook, looks_of
from barback.foundation.errors import NotFound
from barback.storage import Row, Transaction, statements

SQL = statements(__file__, "looking.sql")

LOOKED_MAX = 20_000
"""Messages of each table that a search looks at."""
COMPARED_MAX = 20_000
"""Payloads that one search compares with what it looks for; the next page goes on behind them."""
KIN_LOOKED_MAX = 5_000
"""The same for what a message enqueued, which a page asks for by itself."""
_PAGE_MAX = 1_000
NEWEST: tuple[int, str] = (2**53, "")

_FIELDS = ("id", "queue", "task", "key", "tenant", "priority", "attempt", "attempts_max", "enqueued_ms", "payload")


class MessageNotFound(NotFound):
    """It was never there, or it is done."""

    code = "message_not_found"
    title = "No such message"


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for; None: anything. Times are from (inclusive) and to (exclusive).

    `due_*` finds what waits for its time. `parent`: what this message's handler enqueued. `fields`: what stands at a
    place of the payload; `text` is a piece of its JSON, in any case.
    """

    id: str | None = None
    queue: str | None = None
    key: str | None = None
    tenant: str | None = None
    task: str | None = None
    state: State | None = None
    parent: str | None = None
    batch: str | None = None
    enqueued_from_ms: int | None = None
    enqueued_to_ms: int | None = None
    due_from_ms: int | None = None
    due_to_ms: int | None = None
    fields: tuple[Field, ...] = ()
    text: str | None = None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A message where it is now.

    ready: may be claimed. waiting: stands behind another of its key. scheduled: not due. retrying: waits for
    its next attempt. leased: in the hands of `worker`. dead: gave up. cancelled: can be brought back.
    `at_ms`: when it is due, was claimed, died, or was cancelled.
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
    error: str | None = None


class Found(msgspec.Struct, frozen=True):
    """What fits. `after`: where the next page begins, None at the end.

    `looked`: at how many messages in tables; `whole`: whether those were all there are.
    """

    items: list[Seen]
    after: tuple[int, str] | None
    looked: int
    whole: bool


Shown = Callable[[Seen], str]
"""The payload as whoever asks may see it: nobody finds by guessing what is masked for them."""


def plain(seen: Seen) -> str:
    """The whole payload, for those who open the database themselves."""
    return seen.payload


async def search(
    tx: Transaction,
    look: Look,
    *,
    before: tuple[int, str] = NEWEST,
    limit: int = 50,
    shown: Shown = plain,
    looked_max: int = LOOKED_MAX,
) -> Found:
    """What fits, enqueued before `before` (time and id), the youngest first."""
    fitting = Fitting(look, before, shown)
    found, stopped = await _in_tables(tx, look, before, limit + 1, fitting, looked_max)
    if look.state in (None, "leased", "ready"):
        found += await _packed(tx, look, fitting, limit + 1)
    found = sorted((one for one in found if stopped is None or _place(one) >= stopped), key=_place, reverse=True)
    after = _place(found[limit - 1]) if len(found) > limit else stopped
    looked, whole = await _looked(tx, look, looked_max)
    return Found(found[:limit], after, looked, whole)


async def one(tx: Transaction, message_id: str, *, queue: str | None = None) -> Seen:
    """Where that message is. Raises MessageNotFound.

    `queue`: its queue, for whoever knows it. Without, what is dead and what ever failed is found at once; for others
    the tables of what waits are read until it is found, which takes a second when there are millions.
    """
    if queue is None and (row := await tx.one(SQL.looks_failed, id=message_id)):
        queue = str(row["queue"])
    waiting = [place for place in PLACES if place not in (DEAD, CANCELLED)]
    # What was claimed, or died, while the tables were read is found when it is looked for again.
    for places in ([DEAD, CANCELLED], waiting, [DEAD]):
        for place in places:
            if found := await _seen_in(tx, place, message_id, queue):
                return found
        if places is not waiting and (found := await _seen_packed(tx, message_id, queue)):
            return found
    raise MessageNotFound(f"No message has the id {message_id[:80]}: it is done, or it was never there.")


async def _seen_packed(tx: Transaction, message_id: str, queue: str | None) -> Seen | None:
    look = Look(id=message_id, queue=queue)
    return next(iter(await _packed(tx, look, Fitting(look, NEWEST, plain), 1)), None)


async def _seen_in(tx: Transaction, place: Place, message_id: str, queue: str | None) -> Seen | None:
    statement = row_in(place, of_queue=queue is not None)
    row = await tx.one(statement, **_asked(statement.names, {"id": message_id, "queue": queue}))
    return None if row is None else _seen(row)


class Kin(msgspec.Struct, frozen=True):
    """Of a message what enqueued it, if that is dead or at work, and what it enqueued; `more`: not all of that."""

    parent: Seen | None
    children: list[Seen]
    more: bool


async def kin(tx: Transaction, seen: Seen, *, limit: int) -> Kin:
    """What enqueued that message and what it enqueued, as far as it can be said at once."""
    parent, children = None, Found([], None, 0, whole=True)
    if seen.about.parent is not None:
        states: tuple[State, ...] = ("dead", "leased")
        looks = [await search(tx, Look(id=seen.about.parent, state=state), limit=1) for state in states]
        parent = next((found.items[0] for found in looks if found.items), None)
    if seen.attempt > 0:
        # Before its first attempt it has enqueued nothing.
        children = await search(tx, Look(parent=seen.id), limit=limit, looked_max=KIN_LOOKED_MAX)
    return Kin(parent, children.items, more=children.after is not None or not children.whole)


def _place(seen: Seen) -> tuple[int, str]:
    return seen.enqueued_ms, seen.id


def _given(look: Look) -> dict[str, Any]:
    """The values of the filters that the tables can be asked for."""
    given = {name: value for name, value in msgspec.structs.asdict(look).items() if value not in (None, ())}
    for name in ("parent", "batch"):
        if name in given:
            given[name] = f'"{name}":"{given[name]}"'
    piece = piece_of(look.text, given.pop("fields", ()))
    given.pop("text", None)
    caseless = None if piece is None else caseless_in(piece)
    return given | {name: it for name, it in (("piece", piece), ("caseless", caseless)) if it is not None}


async def _in_tables(
    tx: Transaction, look: Look, before: tuple[int, str], enough: int, fitting: Fitting, looked_max: int
) -> tuple[list[Seen], tuple[int, str] | None]:
    """What fits, and where it stopped before the end because it compared as much as one search may."""
    given = _given(look)
    statement = rows_in(look.state, frozenset(given))
    if tx.dialect == "postgres":
        await tx.one(SQL.looks_still)
    found: list[Seen] = []
    compared, page = 0, enough
    while statement is not None:
        place = {"before_ms": before[0], "before_id": before[1], "looked": looked_max, "n": page}
        rows = [_seen(row) for row in await tx.all(statement, **_asked(statement.names, given | place))]
        found += [row for row in rows if fitting.fits(row)]
        compared += len(rows)
        if len(found) >= enough or len(rows) < page:
            return found[:enough], None
        before = _place(rows[-1])
        if compared >= COMPARED_MAX:
            return found, before
        page = min(page * 4, _PAGE_MAX)
    return found, None


async def _packed(tx: Transaction, look: Look, fitting: Fitting, enough: int) -> list[Seen]:
    found = [_of_held(held) async for held in leased(tx, look.id) if fitting.may_be(held)]
    found = [seen for seen in found if fitting.fits(seen)]
    waiting: list[Seen] = []

    def wanted(pack: Pack) -> bool:
        # Packs come the youngest first: behind enough of them there is nothing that would be told.
        return fitting.may_be_in(pack) and (len(waiting) < enough or pack.enqueued_ms == waiting[-1].enqueued_ms)

    async for held in bundled(tx, look.id, wanted):
        if fitting.may_be(held) and fitting.fits(seen := _of_held(held)):
            waiting.append(seen)  # noqa: PERF401 - `wanted` looks at it meanwhile
    return found + waiting


async def _looked(tx: Transaction, look: Look, looked_max: int) -> tuple[int, bool]:
    """How many messages of each table were looked at; where there were more than that, it is known for a while."""
    # Only by these the tables are narrowed before they are looked at.
    given = {name: it for name, it in (("queue", look.queue), ("key", look.key)) if it is not None}
    statement = None if look.id is not None else counts_in(look.state, frozenset(given))
    if statement is None:
        return 1, True
    asked = _asked(statement.names, given | {"looked": looked_max})

    async def read(tx: Transaction) -> list[int]:
        return [int(row["n"]) for row in await tx.all(statement, **asked)]

    question = ("looked", look.state, *sorted(asked.items()))
    shared = looks_of(tx.database).shared(
        question, lambda: SharedLook(read, worth=lambda counts: max(counts) >= looked_max)
    )
    counts = await shared.within(tx)
    return sum(counts), max(counts) < looked_max


def _asked(names: tuple[str, ...], values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in names}


def _seen(row: Row) -> Seen:
    values: dict[str, Any] = {name: row[name] for name in (*_FIELDS, "state", "at_ms", "error")}
    return Seen(**values, worker=None, about=_about(row["about"]))


def _of_held(held: Held) -> Seen:
    row = held.row
    values: dict[str, Any] = {name: getattr(row, name) for name in _FIELDS}
    return Seen(**values, state=held.state, at_ms=held.at_ms, worker=held.worker, about=_about(row.about))


def _about(about: str | None) -> About:
    return NOTHING_ABOUT if about is None else msgspec.json.decode(about, type=About)
