"""Guests over HTTP: parse, one action, shape."""

from __future__ import annotations

from litestar import delete, get, post

from barback.commerce import accounts, events
from barback.commerce.accounts import Principal
from barback.commerce.guests import actions, shapes
from barback.commerce.guests.rules import check_uid
from barback.foundation.paging import LIMIT_DEFAULT, Page, check_limit, decode_cursor, encode_cursor
from barback.storage import Database


@get("/events/{event_id:str}/attendees", tags=["guests"])
async def attendees(
    db: Database,
    principal: Principal,
    event_id: str,
    q: str | None = None,
    limit: int = LIMIT_DEFAULT,
    cursor: str | None = None,
) -> Page[shapes.AttendeeShape]:
    """Guests of an event, newest first. `q` looks in name, e-mail and the digits of the phone."""
    check_limit(limit)
    before_id = str(decode_cursor(cursor, str)[0]) if cursor else None
    async with db.reading() as tx:
        await events.event_of(tx, principal.tenant_id, event_id)
        accounts.require(principal, "guests:read", event_id=event_id)
        found = await actions.page(
            tx, principal.tenant_id, event_id, before_id=before_id, contains=q or None, limit=limit + 1
        )
    following = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page([shapes.attendee_shape(one) for one in found[:limit]], following)


@post("/events/{event_id:str}/attendees", tags=["guests"])
async def add_attendee(
    db: Database, principal: Principal, event_id: str, data: shapes.NewAttendee
) -> shapes.AttendeeShape:
    """Register a guest."""
    async with db.transaction() as tx:
        added = await actions.add_attendee(tx, principal, event_id, name=data.name, email=data.email, phone=data.phone)
    return shapes.attendee_shape(added)


@get("/attendees/{attendee_id:str}", tags=["guests"])
async def attendee(db: Database, principal: Principal, attendee_id: str) -> shapes.AttendeeShape:
    """One guest with the tags they wear."""
    async with db.reading() as tx:
        found = await actions.attendee_of(tx, principal.tenant_id, attendee_id)
    accounts.require(principal, "guests:read", event_id=found.event_id)
    return shapes.attendee_shape(found)


@post("/attendees/{attendee_id:str}/tags", tags=["guests"])
async def bind_tag(db: Database, principal: Principal, attendee_id: str, data: shapes.NewTag) -> shapes.AttendeeShape:
    """Put a tag on a guest. Somebody else who wore it loses it from now on."""
    async with db.transaction() as tx:
        return shapes.attendee_shape(await actions.bind_tag(tx, principal, attendee_id, data.uid))


@get("/events/{event_id:str}/tags/{uid:str}", tags=["guests"])
async def tag(db: Database, principal: Principal, event_id: str, uid: str) -> shapes.TagShape:
    """Who wears a tag, and who did before."""
    async with db.reading() as tx:
        await events.event_of(tx, principal.tenant_id, event_id)
        accounts.require(principal, "guests:read", event_id=event_id)
        found, history = await actions.wearer(tx, principal.tenant_id, event_id, uid)
    return shapes.tag_shape(check_uid(uid), found, history)


@delete("/tags/{uid:str}", tags=["guests"])
async def release_tag(db: Database, principal: Principal, uid: str, event_id: str) -> None:
    """Take a tag off whoever wears it at the event."""
    async with db.transaction() as tx:
        await actions.release_tag(tx, principal, event_id, uid)


ROUTES = [attendees, add_attendee, attendee, bind_tag, tag, release_tag]
