"""Who a guest is and what a tag is. Pure."""

import re
import unicodedata
from dataclasses import dataclass

from barback.foundation.errors import FieldProblem, Invalid, NotFound

NAME_MAX = 120
EMAIL_MAX = 254
PHONE_MAX = 32
TAGS_MAX = 20
"""Tags one guest can wear at once: a family on one tab, not a box of wristbands."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{4,30}")
_UID = re.compile(r"[0-9A-Z]{1,64}", re.ASCII)
_UID_NOISE = str.maketrans("", "", " :-")


class AttendeeNotFound(NotFound):
    """No such attendee in this tenant."""

    code = "attendee_not_found"
    title = "No such guest"


class TagNotFound(NotFound):
    """Nobody wears this tag at this event."""

    code = "tag_not_found"
    title = "Nobody wears this tag"


class AttendeeInvalid(Invalid):
    """Something said about a guest cannot be."""

    code = "attendee_invalid"
    title = "The guest's details are not valid"


class TagInvalid(Invalid):
    """The tag's uid cannot be one, or the guest wears too many."""

    code = "tag_invalid"
    title = "The tag is not valid"


@dataclass(frozen=True, slots=True)
class Attendee:
    """A guest of one event; `tags` are the uids they wear now."""

    id: str
    tenant_id: str
    event_id: str
    name: str
    email: str | None
    phone: str | None
    created_ms: int
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Holder:
    """Who wears a tag, and since when."""

    attendee_id: str
    name: str
    since_ms: int


@dataclass(frozen=True, slots=True)
class Binding:
    """A stretch of time in which a guest wore a tag; `until_ms` None: still."""

    uid: str
    attendee_id: str
    since_ms: int
    until_ms: int | None


def uid_key(uid: str) -> str:
    """The one spelling of a tag's uid: capitals, without spaces, colons and hyphens."""
    return uid.translate(_UID_NOISE).upper()


def check_uid(uid: str) -> str:
    """The uid in its one spelling; raises TagInvalid."""
    key = uid_key(uid)
    if not _UID.fullmatch(key):
        problem = FieldProblem(
            "uid", uid[:80], "not the uid of a tag", "use 1 to 64 letters and digits, as the reader gives it"
        )
        raise TagInvalid("This cannot be the uid of a tag.", fields=[problem])
    return key


def check_attendee(name: str, email: str | None, phone: str | None) -> tuple[str, str | None, str | None]:
    """Name, e-mail and phone as they are kept (empty ones become None); raises AttendeeInvalid."""
    name, email, phone = name.strip(), (email or "").strip() or None, (phone or "").strip() or None
    problems: list[FieldProblem] = []
    if not name or len(name) > NAME_MAX or any(unicodedata.category(one) in ("Cc", "Cs") for one in name):
        shown = name[:80].encode("ascii", "backslashreplace").decode()
        problems.append(
            FieldProblem("name", shown, f"not 1 to {NAME_MAX} characters of text", "write what to call them")
        )
    if email is not None and (len(email) > EMAIL_MAX or not _EMAIL.fullmatch(email) or not email.isprintable()):
        problems.append(
            FieldProblem("email", None, "not an e-mail address", "write it like ada@example.org, or leave it out")
        )
    if phone is not None and (len(phone) > PHONE_MAX or not _PHONE.fullmatch(phone)):
        problems.append(
            FieldProblem("phone", None, "not a phone number", "write it like +49 30 123456, or leave it out")
        )
    if problems:
        raise AttendeeInvalid(f"{problems[0].field}: {problems[0].reason}", fields=problems)
    return name, email, phone


def search_text(name: str, email: str | None, phone: str | None) -> str:
    """What a search looks in."""
    digits = "".join(one for one in phone or "" if one.isdigit())
    return " ".join((name, email or "", digits)).casefold()
