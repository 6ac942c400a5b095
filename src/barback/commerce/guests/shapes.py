"""Guests over the wire: bodies of requests and answers."""

from typing import Annotated

import msgspec
from msgspec import Meta

from barback.commerce.guests.rules import Attendee, Binding


class NewAttendee(msgspec.Struct, forbid_unknown_fields=True):
    """A guest to register."""

    name: Annotated[str, Meta(examples=["Ada Lovelace"])]
    email: Annotated[str | None, Meta(examples=["ada@example.org"])] = None
    phone: Annotated[str | None, Meta(examples=["+49 30 123456"])] = None


class NewTag(msgspec.Struct, forbid_unknown_fields=True):
    """A tag to put on a guest."""

    uid: Annotated[
        str,
        Meta(description="As the reader gives it; case, colons and spaces do not matter.", examples=["04A224B2C33D80"]),
    ]


class AttendeeShape(msgspec.Struct):
    """A guest; `tags` are the uids they wear now."""

    id: str
    event_id: str
    name: str
    email: str | None
    phone: str | None
    tags: list[str]
    created_ms: int


class BindingShape(msgspec.Struct):
    """Who wore the tag when; `until_ms` is null for the one who still does."""

    attendee_id: str
    since_ms: int
    until_ms: int | None


class TagShape(msgspec.Struct):
    """A tag: who wears it, and who did before."""

    uid: str
    event_id: str
    attendee: AttendeeShape
    history: list[BindingShape]


def attendee_shape(attendee: Attendee) -> AttendeeShape:
    """A guest as they go over the wire."""
    return AttendeeShape(
        attendee.id, attendee.event_id, attendee.name, attendee.email, attendee.phone, list(attendee.tags),
        attendee.created_ms,
    )  # fmt: skip


def tag_shape(uid: str, attendee: Attendee, history: list[Binding]) -> TagShape:
    """A tag as it goes over the wire."""
    past = [BindingShape(one.attendee_id, one.since_ms, one.until_ms) for one in history]
    return TagShape(uid, attendee.event_id, attendee_shape(attendee), past)
