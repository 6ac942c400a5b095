"""Guests and tags at rest: a transaction in, rules' types out. No decisions."""

import dataclasses
from collections.abc import Sequence

from barback.commerce.guests.rules import Attendee, Binding, Holder, search_text
from barback.foundation.ids import new_id
from barback.storage import Row, Transaction, statements

SQL = statements(__file__)

LAST = "z"
"""Sorts after every id: where a list that runs backwards begins."""
TagKey = tuple[str, str, str]
"""tenant_id, event_id, uid in its one spelling."""


def _attendee(row: Row) -> Attendee:
    return Attendee(
        row["id"], row["tenant_id"], row["event_id"], row["name"], row["email"], row["phone"], row["created_ms"]
    )


async def add(
    tx: Transaction, tenant_id: str, event_id: str, *, name: str, email: str | None, phone: str | None
) -> Attendee:
    """A new guest."""
    attendee = Attendee(new_id(), tenant_id, event_id, name, email, phone, tx.now_ms)
    await tx.run(
        SQL.attendee_add, id=attendee.id, tenant_id=tenant_id, event_id=event_id, name=name, email=email, phone=phone,
        search=search_text(name, email, phone), now_ms=tx.now_ms,
    )  # fmt: skip
    return attendee


async def by_id(tx: Transaction, tenant_id: str, attendee_id: str, *, lock: bool = False) -> Attendee | None:
    """A guest of the tenant with their tags; with `lock` held until the transaction ends."""
    row = await tx.one(SQL.attendee_lock if lock else SQL.attendee_by_id, tenant_id=tenant_id, id=attendee_id)
    return (await _with_tags(tx, [_attendee(row)]))[0] if row else None


async def page(
    tx: Transaction, tenant_id: str, event_id: str, *, before_id: str, contains: str | None, limit: int
) -> list[Attendee]:
    """Guests of an event registered before `before_id`, newest first."""
    pattern = None
    if contains is not None:
        pattern = "%" + contains.casefold().replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
    rows = await tx.all(
        SQL.attendees_page, tenant_id=tenant_id, event_id=event_id, before_id=before_id, pattern=pattern, limit=limit
    )
    return await _with_tags(tx, [_attendee(row) for row in rows])


async def _with_tags(tx: Transaction, attendees: Sequence[Attendee]) -> list[Attendee]:
    if not attendees:
        return []
    tags: dict[str, list[str]] = {}
    for row in await tx.all(SQL.tags_of, attendee_ids=[one.id for one in attendees]):
        tags.setdefault(row["attendee_id"], []).append(row["uid"])
    return [dataclasses.replace(one, tags=tuple(tags.get(one.id, ()))) for one in attendees]


async def bind(tx: Transaction, attendee: Attendee, uid: str) -> str | None:
    """Put the tag on the guest; whoever wore it before (None: nobody). Binding it again changes nothing."""
    where = {"event_id": attendee.event_id, "uid": uid, "now_ms": tx.now_ms}
    held = await tx.one(SQL.tag_bind, tenant_id=attendee.tenant_id, **where)
    before = held["attendee_id"] if held else None
    if before == attendee.id:
        return before
    await tx.run(SQL.tag_set, attendee_id=attendee.id, **where)
    await tx.run(SQL.binding_end, **where)
    await tx.run(SQL.binding_add, id=new_id(), tenant_id=attendee.tenant_id, attendee_id=attendee.id, **where)
    return before


async def release(tx: Transaction, tenant_id: str, event_id: str, uid: str) -> bool:
    """Take the tag off whoever wears it; False if nobody does."""
    if not await tx.run(SQL.tag_release, tenant_id=tenant_id, event_id=event_id, uid=uid, now_ms=tx.now_ms):
        return False
    await tx.run(SQL.binding_end, event_id=event_id, uid=uid, now_ms=tx.now_ms)
    return True


async def bindings(tx: Transaction, tenant_id: str, event_id: str, uid: str) -> list[Binding]:
    """Who wore the tag when, oldest first."""
    rows = await tx.all(SQL.bindings, tenant_id=tenant_id, event_id=event_id, uid=uid)
    return [Binding(row["uid"], row["attendee_id"], row["since_ms"], row["until_ms"]) for row in rows]


async def holders(tx: Transaction, keys: Sequence[TagKey]) -> dict[TagKey, Holder]:
    """Who wears each tag now, in one statement; a tag nobody wears is absent."""
    asked = set(keys)
    if not asked:
        return {}
    event_ids, uids = list({key[1] for key in asked}), list({key[2] for key in asked})
    found: dict[TagKey, Holder] = {}
    for row in await tx.all(SQL.holders, event_ids=event_ids, uids=uids):
        key = row["tenant_id"], row["event_id"], row["uid"]
        # The statement takes every event with every uid; keep what was asked.
        if key in asked:
            found[key] = Holder(row["attendee_id"], row["name"], row["since_ms"])
    return found
