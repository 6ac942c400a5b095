"""Who may do what: principals, roles and their permissions, password policy, life spans, refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from barback.foundation.errors import Conflict, FieldProblem, Forbidden, Invalid, NotFound, TooMany, Unauthorized

Kind = Literal["person", "device", "guest", "operator"]
Role = Literal["owner", "manager", "staff", "viewer"]
PersonState = Literal["active", "disabled"]

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

ACCESS_PERSON_MS = 15 * MINUTE_MS
ACCESS_DEVICE_MS = 12 * HOUR_MS
ACCESS_GUEST_MS = 12 * HOUR_MS
REFRESH_MS = 14 * DAY_MS
"""A refresh token not used for this long is dead."""
SESSION_MS = 90 * DAY_MS
"""Whoever signed in this long ago signs in again."""
REFRESH_GRACE_MS = 10_000
"""Two windows of one browser may refresh with the same token at once; later than this it was stolen."""
PAIRING_MS = 10 * MINUTE_MS
SIGNING_KEY_MS = 2 * ACCESS_DEVICE_MS
"""How long a key still verifies after a newer one took over: longer than any token it signed."""

PAIRING_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""No I, L, O, 0 or 1: they look alike on a small screen in the dark."""
PAIRING_LENGTH = 8

PASSWORD_MIN = 10
_PASSWORDS_COMMON = frozenset({
    "1234567890", "0123456789", "12345678910", "123456789a", "1q2w3e4r5t", "qwertyuiop", "qwerty12345", "password12",
    "password123", "passw0rd123", "iloveyou123", "welcome123", "letmein123", "administrator", "changeme123",
    "abcdefghij", "aaaaaaaaaa", "1111111111", "0000000000", "football123", "princess123", "monkey12345",
    "sunshine123", "superman123", "trustno1trustno1", "password1234",
})  # fmt: skip


class Principal(msgspec.Struct, frozen=True):
    """Whoever asks. `event_id`, `station_id`, `tab_id` narrow what they may touch; None: the whole tenant."""

    tenant_id: str
    kind: Kind
    subject_id: str
    role: str
    event_id: str | None = None
    station_id: str | None = None
    tab_id: str | None = None
    session_id: str | None = None
    expires_ms: int = 0


_READ = {"events:read", "menu:read", "guests:read", "tabs:read", "orders:read"}
_SELL = {"guests:write", "tabs:write", "orders:write"}
_BOOKS = {"reports:read", "ledger:read"}
_RUN = {"events:write", "menu:write", "devices:read", "devices:write", "audit:read", "people:read"}

PERMISSIONS: dict[str, frozenset[str]] = {
    "owner": frozenset(_READ | _SELL | _BOOKS | _RUN | {"people:write"}),
    "manager": frozenset(_READ | _SELL | _BOOKS | _RUN),
    "staff": frozenset(_READ | _SELL),
    "viewer": frozenset(_READ | _BOOKS),
    "device": frozenset(_READ | _SELL),
    "guest": frozenset({"events:read", "menu:read", "tabs:read", "orders:read"}),
    "admin": frozenset({"console:read", "console:write", "console:admin"}),
    "operator": frozenset({"console:read", "console:write"}),
    "watcher": frozenset({"console:read"}),
}
"""The whole table of least privilege: what is not here is not allowed."""

KNOWN: frozenset[str] = frozenset(one for row in PERMISSIONS.values() for one in row)
_GUEST_BY_EVENT = frozenset({"events:read", "menu:read"})


class NotPermitted(Forbidden):
    """The role does not have the permission, or it does not reach this event or tab."""

    code = "not_permitted"
    title = "You may not do this"


class TokenInvalid(Unauthorized):
    """No token, or not one of ours, or its time is over."""

    code = "token_invalid"
    title = "Your access token is not valid"


class TokenExpired(TokenInvalid):
    """It was ours, and its time is over."""

    code = "token_expired"
    title = "Your access token has expired"


class UnknownKey(TokenInvalid):
    """Signed with a key this process has not loaded (yet): reload, then try again once."""

    title = "Your access token is not valid"


class WrongCredentials(Unauthorized):
    """E-mail and password do not belong together; says no more on purpose."""

    code = "wrong_credentials"
    title = "E-mail or password is wrong"


class SessionEnded(Unauthorized):
    """The refresh token was used before, withdrawn, or is too old."""

    code = "session_ended"
    title = "Your session has ended, sign in again"


class DeviceRevoked(Unauthorized):
    """The till was unpaired."""

    code = "device_revoked"
    title = "This device has been unpaired"


class PairingCodeInvalid(Unauthorized):
    """No such code, used before, or older than ten minutes."""

    code = "pairing_code_invalid"
    title = "This pairing code does not work"


class TooManyAttempts(TooMany):
    """Guessing is slowed down."""

    code = "too_many_attempts"
    title = "Too many attempts"


class EmailTaken(Conflict):
    """One e-mail address, one account."""

    code = "email_taken"
    title = "This e-mail address already has an account"


class TenantNotFound(NotFound):
    """No such tenant."""

    code = "tenant_not_found"
    title = "No such business"


class RoleUnknown(Invalid):
    """Not a role that people can have."""

    code = "role_unknown"
    title = "No such role"


class PersonNotFound(NotFound):
    """No such person in this tenant."""

    code = "person_not_found"
    title = "No such person"


class DeviceNotFound(NotFound):
    """No such device in this tenant."""

    code = "device_not_found"
    title = "No such device"


class LastOwner(Conflict):
    """A tenant always keeps one active owner."""

    code = "last_owner"
    title = "This is the last owner"


class NotYourself(Conflict):
    """Nobody locks themselves out by mistake."""

    code = "not_yourself"
    title = "You cannot change your own role or state"


class PasswordWeak(Invalid):
    """Too short, too common, or made of what everybody knows."""

    code = "password_weak"
    title = "This password is too easy to guess"


@dataclass(frozen=True)
class Limit:
    """At most `count_max` failures within `window_ms`."""

    name: str
    count_max: int
    window_ms: int


SIGN_IN_BY_EMAIL = Limit("sign_in.email", 10, 15 * MINUTE_MS)
SIGN_IN_BY_ADDRESS = Limit("sign_in.address", 100, 15 * MINUTE_MS)
SIGN_UP_BY_ADDRESS = Limit("sign_up.address", 30, HOUR_MS)
PAIRING_BY_ADDRESS = Limit("pairing.address", 10, 10 * MINUTE_MS)
PAIRING_BY_ALL = Limit("pairing.all", 1_000, 10 * MINUTE_MS)


def may(principal: Principal, permission: str, *, event_id: str | None = None, tab_id: str | None = None) -> bool:
    """True if `principal` has `permission` for this event or tab.

    A device must be asked about its event and a guest about their tab: what is not named is denied.
    Raises ValueError for a permission that is in no row of the table (a mistake in our code).
    """
    if permission not in KNOWN:
        raise ValueError(f"unknown permission {permission!r}, expected one of {', '.join(sorted(KNOWN))}")
    if permission not in PERMISSIONS.get(principal.role, frozenset()):
        return False
    if principal.kind == "guest":
        if permission in _GUEST_BY_EVENT:
            return event_id is not None and event_id == principal.event_id
        return tab_id is not None and tab_id == principal.tab_id
    return principal.event_id is None or principal.event_id == event_id


def require(principal: Principal, permission: str, *, event_id: str | None = None, tab_id: str | None = None) -> None:
    """Raise NotPermitted unless `may(...)`."""
    if not may(principal, permission, event_id=event_id, tab_id=tab_id):
        raise NotPermitted(
            f"This needs the permission {permission}, which the role {principal.role} does not have here."
        )


def normal_email(email: str) -> str:
    """The form in which addresses are compared and stored."""
    return email.strip().lower()


def normal_code(code: str) -> str:
    """A pairing code as it was made, however it was typed."""
    return "".join(c for c in code.upper() if c.isalnum())


def check_password(password: str, *, about: tuple[str, ...]) -> None:
    """Raise PasswordWeak unless `password` is long enough and says nothing of `about` (e-mail, names)."""
    low = password.lower()
    if len(password) < PASSWORD_MIN:
        raise _weak(f"it has {len(password)} characters", f"use at least {PASSWORD_MIN}, three words for example")
    if low in _PASSWORDS_COMMON or len(set(low)) < 4:
        raise _weak("it is among the first that are guessed", "use three words that do not belong together")
    if any(low == word.lower().strip() for word in about if word):
        raise _weak("it repeats your name or address", "use something that nobody knows of you")


def _weak(reason: str, cure: str) -> PasswordWeak:
    # The value is left out: a refusal travels through logs and screens.
    return PasswordWeak(
        f"This password cannot be used: {reason}.", fields=[FieldProblem("password", None, reason, cure)]
    )


def kind_of(role: str) -> Kind:
    """What a person with `role` is to those who ask: an operator runs the installation and belongs to no business."""
    return "operator" if role in ("admin", "operator") else "person"


def check_user_role(role: str) -> None:
    """Raise RoleUnknown unless people can have `role` (those of the console from the command line only)."""
    known = ("owner", "manager", "staff", "viewer", "admin", "operator", "watcher")
    if role not in known:
        problem = FieldProblem("role", role, "no such role", f"use one of {', '.join(known)}")
        raise RoleUnknown(f"{role!r} is no role; use one of {', '.join(known)}.", fields=[problem])


def check_person_change(
    *, self_change: bool, role: str, new_role: str | None, new_state: str | None, owners_active: int
) -> None:
    """Raise NotYourself or LastOwner when a change of role or state would lock people out."""
    if self_change and (new_role is not None or new_state is not None):
        raise NotYourself("Ask another owner to change your role or state.")
    loses_owner = role == "owner" and (new_state == "disabled" or new_role not in (None, "owner"))
    if loses_owner and owners_active <= 1:
        raise LastOwner("Make somebody else an owner first.")
