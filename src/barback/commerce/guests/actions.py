"""What can be done with guests: register them, put tags on and take them off, find them."""

from collections.abc import Sequence

from barback.commerce import accounts, events
from barback.commerce.accounts import Principal
from barback.commerce.guests import store
from barback.commerce.guests.rules import (
    TAGS_MAX,
    Attendee,
    AttendeeNotFound,
    Binding,
    Holder,
    TagInvalid,
    TagNotFound,
    check_attendee,
    check_uid,
    uid_key,
)
from barback.storage import Transaction


async def add_attendee(
    tx: Transaction,
    principal: Principal,
    event_id: str,
    *,
    name: str,
    email: str | None = None,
    phone: str | None = None,
) -> Attendee:
    """Register a guest. Raises EventNotFound, NotPermitted, AttendeeInvalid."""
    await events.event_of(tx, principal.tenant_id, event_id)
    accounts.require(principal, "guests:write", event_id=event_id)
    name, email, phone = check_attendee(name, email, phone)
    return await store.add(tx, principal.tenant_id, event_id, name=name, email=email, phone=phone)


async def attendee_of(tx: Transaction, tenant_id: str, attendee_id: str) -> Attendee:
    """A guest of the tenant, with the tags they wear; raises AttendeeNotFound."""
    attendee = await store.by_id(tx, tenant_id, attendee_id)
    if attendee is None:
        raise AttendeeNotFound
    return attendee


async def page(
    tx: Transaction, tenant_id: str, event_id: str, *, before_id: str | None, contains: str | None, limit: int
) -> list[Attendee]:
    """Guests of an event, newest first; `contains` looks in name, e-mail and the digits of the phone."""
    return await store.page(tx, tenant_id, event_id, before_id=before_id or store.LAST, contains=contains, limit=limit)


async def bind_tag(tx: Transaction, principal: Principal, attendee_id: str, uid: str) -> Attendee:
    """Put a tag on a guest. Somebody else who wore it loses it from now on; what they had stays theirs.

    The same again changes nothing. Raises AttendeeNotFound, NotPermitted, TagInvalid.
    """
    key = check_uid(uid)
    attendee = await store.by_id(tx, principal.tenant_id, attendee_id, lock=True)
    if attendee is None:
        raise AttendeeNotFound
    accounts.require(principal, "guests:write", event_id=attendee.event_id)
    if key in attendee.tags:
        return attendee
    if len(attendee.tags) >= TAGS_MAX:
        raise TagInvalid(f"One guest wears at most {TAGS_MAX} tags. Take one off first.")
    before = await store.bind(tx, attendee, key)
    if before is not None:
        await accounts.audit(
            tx,
            principal,
            "tag.rebound",
            f"tag:{key}",
            before={"attendee_id": before},
            after={"attendee_id": attendee.id},
        )
    return await attendee_of(tx, principal.tenant_id, attendee_id)


async def release_tag(tx: Transaction, principal: Principal, event_id: str, uid: str) -> None:
    """Take a tag off whoever wears it. Raises EventNotFound, NotPermitted, TagInvalid, TagNotFound."""
    key = check_uid(uid)
    await events.event_of(tx, principal.tenant_id, event_id)
    accounts.require(principal, "guests:write", event_id=event_id)
    if not await store.release(tx, principal.tenant_id, event_id, key):
        raise TagNotFound
    await accounts.audit(tx, principal, "tag.released", f"tag:{key}", before={"event_id": event_id})


async def wearer(tx: Transaction, tenant_id: str, event_id: str, uid: str) -> tuple[Attendee, list[Binding]]:
    """Who wears a tag now, and everybody who ever did. Raises TagInvalid, TagNotFound."""
    key = check_uid(uid)
    held = await store.holders(tx, [(tenant_id, event_id, key)])
    if not held:
        raise TagNotFound
    attendee = await attendee_of(tx, tenant_id, next(iter(held.values())).attendee_id)
    return attendee, await store.bindings(tx, tenant_id, event_id, key)


async def holders_of_tags(tx: Transaction, keys: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], Holder]:
    """Who wears each tag now, by the very (tenant_id, event_id, uid) that was asked; one statement for all.

    However a uid is spelled, it is the same tag. A tag nobody wears, or of another tenant, is absent.
    """
    normal = {key: (key[0], key[1], uid_key(key[2])) for key in keys}
    found = await store.holders(tx, list(normal.values()))
    return {key: found[spelled] for key, spelled in normal.items() if spelled in found}
