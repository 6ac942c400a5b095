"""Accounts over the wire: request and response bodies."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from barback.commerce.accounts.rules import Kind, PersonState, Role

Name = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"\S", examples=["Mara Lindqvist"])]
Email = Annotated[
    str,
    Meta(min_length=3, max_length=254, pattern=r"^\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*$", examples=["mara@harbour.example"]),
]
Password = Annotated[str, Meta(min_length=1, max_length=200, examples=["correct horse battery"])]
NewPassword = Annotated[
    str, Meta(min_length=1, max_length=200, description="At least 10 characters.", examples=["correct horse battery"])
]
CurrencyCode = Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217.", examples=["EUR"])]
ZoneName = Annotated[str, Meta(min_length=1, max_length=64, description="IANA name.", examples=["Europe/Berlin"])]
Ms = Annotated[int, Meta(description="Milliseconds since 1970, UTC.", examples=[1767225600000])]
Id = Annotated[str, Meta(max_length=64, examples=["01970f6e-7c2a-7b3d-8f21-5c8a9e1d2b34"])]
Secret = Annotated[str, Meta(min_length=1, max_length=200)]


class SignUp(msgspec.Struct, forbid_unknown_fields=True):
    """A new business and its first owner."""

    business_name: Annotated[str, Meta(min_length=1, max_length=120, pattern=r"\S", examples=["Harbour Bar"])]
    currency: CurrencyCode
    time_zone: ZoneName
    email: Email
    password: NewPassword
    name: Name


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """E-mail and password."""

    email: Email
    password: Password


class TenantShape(msgspec.Struct):
    """A business."""

    id: Id
    name: str
    currency: CurrencyCode
    time_zone: ZoneName


class PersonBrief(msgspec.Struct):
    """Who signed in."""

    id: Id
    name: str
    email: str
    role: str
    password_temporary: bool


class Session(msgspec.Struct):
    """A session: the token for the next quarter of an hour. The cookie that renews it comes beside."""

    access_token: str
    expires_ms: Ms
    person: PersonBrief
    tenant: TenantShape


class PairDevice(msgspec.Struct, forbid_unknown_fields=True):
    """The code shown in the office, typed at the till."""

    code: Annotated[str, Meta(min_length=1, max_length=40, examples=["K7QX-29MD"])]
    name: Annotated[str, Meta(max_length=80, description="Empty: the name given in the office.")] = ""


class RefreshDevice(msgspec.Struct, forbid_unknown_fields=True):
    """What a paired device keeps."""

    device_id: Id
    device_secret: Secret


class DeviceSession(msgspec.Struct):
    """A paired device with a token for the next hours. `device_secret` renews it; keep it safe."""

    device_id: Id
    device_secret: str
    access_token: str
    expires_ms: Ms
    name: str
    tenant: TenantShape
    event_id: Id
    station_id: Id


class Me(msgspec.Struct):
    """Whoever the token belongs to, and what it may do."""

    kind: Kind
    id: Id
    name: str
    email: str | None
    role: str
    tenant: TenantShape | None
    event_id: str | None
    station_id: str | None
    tab_id: str | None
    permissions: list[str]
    expires_ms: Ms


class PersonShape(msgspec.Struct):
    """Somebody who signs in."""

    id: Id
    name: str
    email: str
    role: str
    state: PersonState
    password_temporary: bool
    created_ms: Ms


class NewPerson(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody to invite."""

    name: Name
    email: Email
    role: Role


class InvitedPerson(msgspec.Struct):
    """The person, and the password to hand over; it is shown this once."""

    person: PersonShape
    temporary_password: str


class PersonChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Name | None = None
    role: Role | None = None
    state: PersonState | None = None


class PasswordChange(msgspec.Struct, forbid_unknown_fields=True):
    """One's own new password, proven by the old."""

    current_password: Password
    new_password: NewPassword


class DeviceShape(msgspec.Struct):
    """A till; `revoked_ms` is null while it is paired."""

    id: Id
    name: str
    event_id: Id
    station_id: Id
    created_ms: Ms
    seen_ms: Ms
    revoked_ms: int | None


class AuditEntry(msgspec.Struct):
    """Who did what to what, and when."""

    id: Id
    at_ms: Ms
    actor_kind: str
    actor_id: str
    action: Annotated[str, Meta(examples=["person.created"])]
    subject: Annotated[str, Meta(examples=["person:01970f6e-7c2a-7b3d-8f21-5c8a9e1d2b34"])]
    before: Any
    after: Any
