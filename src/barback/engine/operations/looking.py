"""Messages wherever they are: the one search behind the pages, the API and the commands, and one message by its id.

A search looks at so many of each table at most (`LOOKED_MAX`) and says how many that were, so it costs the same
however much is waiting; with a queue it looks there only. A message is found by its id wherever it is. What is
done is gone: of it only the attempts that failed are known.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from barback.engine import store
from barback.engine.leases import Pack
from barback.engine.messages import NOTHING_ABOUT, About, Stored
from barback.engine.operations.figures import NOBODY
from barback.engine.operations.payload_looks import Field, has_field, has_text, piece_of
from barback.engine.operations.places import State, counts_in, rows_in
from barback.foundation.errors import NotFound
from barback.storage import Row, Transaction, statements

SQL = statements(__file__, "looking.sql")

LOOKED_MAX = 20_000
"""Messages of each table that a search looks at."""
LEASES_MAX = 300
"""Leases that a search looks into, the youngest."""
BUNDLES_MAX = 20
"""Bundles of a hundred messages that a search looks into, those that wait longest."""
COMPARED_MAX = 20_000
"""Payloads that one search compares with what it looks for; the next page goes on behind them."""
KIN_LOOKED_MAX = 5_000
"""The same for what a message enqueued, which a page asks for by itself."""
_PAGE_MAX = 1_000
NEWEST: tuple[int, str] = (2**53, "")

_PACK = msgspec.msgpack.Decoder(Pack)
_FIELDS = ("id", "queue", "task", "key", "tenant", "priority", "attempt", "attempts_max", "enqueued_ms", "payload")
_SAME = ("id", "queue", "key", "tenant", "task", "state")


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

    def fits(seen: Seen) -> bool:
        return _place(seen) < before and _fits(seen, look, shown)

    found, stopped = await _in_tables(tx, look, before, limit + 1, fits, looked_max)
    if look.state in (None, "leased", "ready"):
        found += [seen async for seen in _leased(tx, look) if fits(seen)]
        found += [seen async for seen in _bundled(tx, look) if fits(seen)]
    found = sorted((one for one in found if stopped is None or _place(one) >= stopped), key=_place, reverse=True)
    after = _place(found[limit - 1]) if len(found) > limit else stopped
    looked, whole = await _looked(tx, look, looked_max)
    return Found(found[:limit], after, looked, whole)


async def one(tx: Transaction, message_id: str, *, queue: str | None = None) -> Seen:
    """Where that message is. Raises MessageNotFound.

    `queue`: its queue, for whoever knows it: without, the tables of what waits are read whole, which takes
    seconds when there are millions.
    """
    # What is dead is found by an index, so it is looked for first.
    for look in (Look(id=message_id, state="dead"), Look(id=message_id, queue=queue)):
        found = await search(tx, look, limit=1)
        if found.items:
            return found.items[0]
    raise MessageNotFound(f"No message has the id {message_id[:80]}: it is done, or it was never there.")


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
            given[name] = f'%"{name}":"{given[name]}"%'
    piece = piece_of(look.text, given.pop("fields", ()))
    given.pop("text", None)
    return given | ({} if piece is None else {"piece": piece})


async def _in_tables(
    tx: Transaction, look: Look, before: tuple[int, str], enough: int, fits: Callable[[Seen], bool], looked_max: int
) -> tuple[list[Seen], tuple[int, str] | None]:
    """What fits, and where it stopped before the end because it compared as much as one search may."""
    given = _given(look)
    statement = rows_in(look.state, frozenset(given))
    found: list[Seen] = []
    compared, page = 0, enough
    while statement is not None:
        place = {"before_ms": before[0], "before_id": before[1], "looked": looked_max, "n": page}
        rows = [_seen(row) for row in await tx.all(statement, **_asked(statement.names, given | place))]
        found += [row for row in rows if fits(row)]
        compared += len(rows)
        if len(found) >= enough or len(rows) < page:
            return found[:enough], None
        before = _place(rows[-1])
        if compared >= COMPARED_MAX:
            return found, before
        page = min(page * 4, _PAGE_MAX)
    return found, None


async def _looked(tx: Transaction, look: Look, looked_max: int) -> tuple[int, bool]:
    given = _given(look)
    statement = None if "id" in given else counts_in(look.state, frozenset(given))
    if statement is None:
        return 1, True
    asked = _asked(statement.names, given | {"looked": looked_max})
    counts = [int(row["n"]) for row in await tx.all(statement, **asked)]
    return sum(counts), max(counts) < looked_max


def _asked(names: tuple[str, ...], values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in names}


async def _leased(tx: Transaction, look: Look) -> AsyncIterator[Seen]:
    if look.id is None:
        leases = await tx.all(SQL.looks_leased, n=LEASES_MAX)
    else:
        leases = await tx.all(SQL.looks_leased_with, id=look.id, pack=pack_of(look.id))
    for lease in leases:
        # What a worker that died had in its hands can run: it is held by nobody.
        state: State = "ready" if lease["worker"] == NOBODY else "leased"
        for row in await _rows_of(tx, lease):
            yield _of_stored(row, state, lease["claimed_ms"], None if state == "ready" else lease["worker"])


async def _rows_of(tx: Transaction, lease: Row) -> list[Stored]:
    if lease["body"]:
        return store.leased_rows(lease["body"])
    held = await tx.all(SQL.looks_held, token=lease["token"])
    return [row for bundle in held for row in _PACK.decode(bundle["body"]).rows(attempt=1)]


async def _bundled(tx: Transaction, look: Look) -> AsyncIterator[Seen]:
    if look.id is None:
        bundles = await tx.all(SQL.looks_bundled, n=BUNDLES_MAX)
    elif "." in look.id:
        bundles = await tx.all(SQL.looks_bundled_with, pack=pack_of(look.id))
    else:
        return
    for bundle in bundles:
        for row in _PACK.decode(bundle["body"]).rows(attempt=0):
            yield _of_stored(row, "ready", None, None)


def pack_of(message_id: str) -> str:
    """The pack that a message with this id would be in."""
    return message_id.partition(".")[0]


def _fits(seen: Seen, look: Look, shown: Shown) -> bool:
    if any(getattr(look, name) not in (None, getattr(seen, name)) for name in _SAME):
        return False
    if look.parent not in (None, seen.about.parent) or look.batch not in (None, seen.about.batch):
        return False
    due_ms = seen.at_ms if seen.state in ("scheduled", "retrying") else None
    if not (
        _within(seen.enqueued_ms, look.enqueued_from_ms, look.enqueued_to_ms)
        and _within(due_ms, look.due_from_ms, look.due_to_ms)
    ):
        return False
    if look.text is None and not look.fields:
        return True
    payload = shown(seen)
    return (look.text is None or has_text(payload, look.text)) and all(has_field(payload, one) for one in look.fields)


def _within(at_ms: int | None, from_ms: int | None, to_ms: int | None) -> bool:
    if from_ms is None and to_ms is None:
        return True
    return at_ms is not None and (from_ms is None or at_ms >= from_ms) and (to_ms is None or at_ms < to_ms)


def _seen(row: Row) -> Seen:
    values: dict[str, Any] = {name: row[name] for name in (*_FIELDS, "state", "at_ms", "error")}
    return Seen(**values, worker=None, about=_about(row["about"]))


def _of_stored(row: Stored, state: State, at_ms: int | None, worker: str | None) -> Seen:
    values: dict[str, Any] = {name: getattr(row, name) for name in _FIELDS}
    return Seen(**values, state=state, at_ms=at_ms, worker=worker, about=_about(row.about))


def _about(about: str | None) -> About:
    return NOTHING_ABOUT if about is None else msgspec.json.decode(about, type=About)
