"""Messages that are not rows of a table: what workers hold, and what is packed a hundred to a bundle."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

import msgspec

from barback.engine import store
from barback.engine.leases import Pack
from barback.engine.messages import Stored
from barback.engine.operations.figures import NOBODY
from barback.engine.operations.places import State
from barback.storage import Row, Transaction, statements

SQL = statements(__file__, "looking.sql")

LEASES_MAX = 300
"""Leases that a search looks into, the youngest."""
BUNDLES_MAX = 20
"""Bundles of a hundred messages that a search looks into, those that wait longest."""

_PACK = msgspec.msgpack.Decoder(Pack)


class Held(NamedTuple):
    """A message where it was found; `at_ms`: since when `worker` holds it."""

    row: Stored
    state: State
    at_ms: int | None
    worker: str | None


def pack_of(message_id: str) -> str:
    """The pack that a message with this id would be in."""
    return message_id.partition(".")[0]


async def leased(tx: Transaction, message_id: str | None) -> AsyncIterator[Held]:
    """What the youngest leases hold, or the lease that holds one message."""
    if message_id is None:
        leases = await tx.all(SQL.looks_leased, n=LEASES_MAX)
    else:
        leases = await tx.all(SQL.looks_leased_with, id=message_id, pack=pack_of(message_id))
    for lease in leases:
        # What a worker that died had in its hands can run: it is held by nobody.
        state: State = "ready" if lease["worker"] == NOBODY else "leased"
        for row in await _rows_of(tx, lease):
            yield Held(row, state, lease["claimed_ms"], None if state == "ready" else lease["worker"])


async def _rows_of(tx: Transaction, lease: Row) -> list[Stored]:
    if lease["body"]:
        return store.leased_rows(lease["body"])
    held = await tx.all(SQL.looks_held, token=lease["token"])
    return [row for bundle in held for row in _PACK.decode(bundle["body"]).rows(attempt=1)]


async def bundled(tx: Transaction, message_id: str | None, wanted: Callable[[Pack], bool]) -> AsyncIterator[Held]:
    """What waits in packs, the youngest pack first; one that is not `wanted` when its turn comes is not taken apart."""
    if message_id is None:
        bundles = await tx.all(SQL.looks_bundled, n=BUNDLES_MAX)
    elif "." in message_id:
        bundles = await tx.all(SQL.looks_bundled_with, pack=pack_of(message_id))
    else:
        return
    packs = [_PACK.decode(bundle["body"]) for bundle in bundles]
    for pack in sorted(packs, key=lambda one: one.enqueued_ms, reverse=True):
        if wanted(pack):
            for row in pack.rows(attempt=0):
                yield Held(row, "ready", None, None)
