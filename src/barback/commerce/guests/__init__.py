"""Guests: the attendees of an event, and the tags (wristbands) they wear.

A tag has at most one wearer at a time; binding it to somebody else ends the binding before, and the
history of bindings is kept. `holders_of_tags` tells in one statement who wears hundreds of tags: the
path that accepts orders asks it.
"""

from barback.commerce.guests.actions import (
    add_attendee,
    attendee_of,
    bind_tag,
    holders_of_tags,
    page,
    release_tag,
    wearer,
)
from barback.commerce.guests.rules import Attendee, AttendeeNotFound, Binding, Holder, TagInvalid, TagNotFound, uid_key

__all__ = [
    "Attendee",
    "AttendeeNotFound",
    "Binding",
    "Holder",
    "TagInvalid",
    "TagNotFound",
    "add_attendee",
    "attendee_of",
    "bind_tag",
    "holders_of_tags",
    "page",
    "release_tag",
    "uid_key",
    "wearer",
]
