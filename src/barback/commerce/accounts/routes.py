"""Accounts over HTTP: parse, one action, shape."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.datastructures import Cookie

from barback.commerce.accounts import actions, rules, shapes, store
from barback.commerce.accounts.actions.devices import PairedDevice
from barback.commerce.accounts.actions.sessions import NewTenant, SignedIn
from barback.commerce.accounts.rules import PERMISSIONS, Principal
from barback.commerce.accounts.store import SQL, Device, Person, Tenant
from barback.commerce.accounts.tokens import Tokens
from barback.foundation.paging import LIMIT_DEFAULT, Page, check_limit, decode_cursor, encode_cursor
from barback.storage import Database, Row

COOKIE = "barback_refresh"
_COOKIE_PATH = "/v1/auth"
_OPEN: dict[str, Any] = {"open": True}
"""Marks routes that need no access token; the OpenAPI document says so too."""
_BY_COOKIE: dict[str, Any] = {"open": True, "cookie": COOKIE}


@post("/auth/sign-up", opt=_OPEN, tags=["accounts"])
async def sign_up(
    request: Request[Any, Any, Any], db: Database, tokens: Tokens, data: shapes.SignUp
) -> Response[shapes.Session]:
    """Open an account: a business and its first owner, signed in."""
    new = NewTenant(**msgspec.structs.asdict(data))
    return _session(await actions.sign_up(db, tokens, new, address=_address(request)), request, 201)


@post("/auth/sign-in", opt=_OPEN, tags=["accounts"], status_code=200)
async def sign_in(
    request: Request[Any, Any, Any], db: Database, tokens: Tokens, data: shapes.SignIn
) -> Response[shapes.Session]:
    """Sign in with e-mail and password."""
    signed_in = await actions.sign_in(db, tokens, email=data.email, password=data.password, address=_address(request))
    return _session(signed_in, request, 200)


@post("/auth/refresh", opt=_BY_COOKIE, tags=["accounts"], status_code=200)
async def refresh(request: Request[Any, Any, Any], db: Database, tokens: Tokens) -> Response[shapes.Session]:
    """Renew the access token with the cookie set at sign-in; the cookie is replaced too."""
    token = request.cookies.get(COOKIE)
    if not token:
        raise rules.SessionEnded("Sign in again.")
    return _session(await actions.refresh(db, tokens, token), request, 200)


@post("/auth/sign-out", opt=_BY_COOKIE, tags=["accounts"], status_code=204)
async def sign_out(request: Request[Any, Any, Any], db: Database) -> Response[None]:
    """End the session. Its access token stops at once, too."""
    token = request.cookies.get(COOKIE)
    if token:
        async with db.transaction() as tx:
            await actions.sign_out(tx, token)
    return Response(None, status_code=204, cookies=[_cookie(request, "", max_age=0)])


@post("/auth/device", opt=_OPEN, tags=["accounts"])
async def pair_device(
    request: Request[Any, Any, Any], db: Database, tokens: Tokens, data: shapes.PairDevice
) -> shapes.DeviceSession:
    """Pair a till with the code that the office shows."""
    return _device_session(
        await actions.pair_device(db, tokens, code=data.code, name=data.name, address=_address(request))
    )


@post("/auth/device/refresh", opt=_OPEN, tags=["accounts"], status_code=200)
async def refresh_device(db: Database, tokens: Tokens, data: shapes.RefreshDevice) -> shapes.DeviceSession:
    """A new access token for a paired till."""
    return _device_session(
        await actions.refresh_device(db, tokens, device_id=data.device_id, secret=data.device_secret)
    )


@get("/me", tags=["accounts"])
async def me(db: Database, principal: Principal) -> shapes.Me:
    """Who this token belongs to, and what it may do."""
    async with db.reading() as tx:
        tenant = await store.tenant_by_id(tx, principal.tenant_id)
        named: Person | Device | None = None
        if principal.kind == "device":
            named = await store.device_of(tx, principal.tenant_id, principal.subject_id)
        elif principal.kind != "guest":
            named = await store.person_by_id(tx, principal.tenant_id, principal.subject_id)
    return shapes.Me(
        kind=principal.kind, id=principal.subject_id, name=named.name if named else "",
        email=named.email if isinstance(named, Person) else None, role=principal.role,
        tenant=_tenant(tenant) if tenant else None, event_id=principal.event_id, station_id=principal.station_id,
        tab_id=principal.tab_id, permissions=sorted(PERMISSIONS.get(principal.role, ())),
        expires_ms=principal.expires_ms,
    )  # fmt: skip


@post("/me/password", tags=["accounts"], status_code=204)
async def change_password(db: Database, principal: Principal, data: shapes.PasswordChange) -> None:
    """Change one's own password; every other session ends."""
    await actions.change_password(db, principal, current=data.current_password, new=data.new_password)


@get("/people", tags=["accounts"])
async def people(
    db: Database, principal: Principal, limit: int = LIMIT_DEFAULT, cursor: str | None = None
) -> Page[shapes.PersonShape]:
    """Everybody who can sign in."""
    rules.require(principal, "people:read")
    check_limit(limit)
    after = str(decode_cursor(cursor, str)[0]) if cursor else ""
    async with db.reading() as tx:
        found = await store.people_after(tx, principal.tenant_id, after, limit + 1)
    return Page(
        [_person(one) for one in found[:limit]], encode_cursor(found[limit - 1].id) if len(found) > limit else None
    )


@post("/people", tags=["accounts"])
async def create_person(db: Database, principal: Principal, data: shapes.NewPerson) -> shapes.InvitedPerson:
    """Invite somebody. The answer holds a temporary password, shown this once."""
    person, password = await actions.create_person(db, principal, email=data.email, name=data.name, role=data.role)
    return shapes.InvitedPerson(_person(person), password)


@patch("/people/{person_id:str}", tags=["accounts"])
async def change_person(
    db: Database, principal: Principal, person_id: str, data: shapes.PersonChange
) -> shapes.PersonShape:
    """Change name, role or state. Disabling somebody ends their sessions at once."""
    async with db.transaction() as tx:
        changed = await actions.change_person(
            tx, principal, person_id, name=data.name, role=data.role, state=data.state
        )
    return _person(changed)


@get("/devices", tags=["accounts"])
async def devices(
    db: Database,
    principal: Principal,
    event_id: str | None = None,
    limit: int = LIMIT_DEFAULT,
    cursor: str | None = None,
) -> Page[shapes.DeviceShape]:
    """Tills, of one event or all."""
    rules.require(principal, "devices:read", event_id=event_id)
    check_limit(limit)
    after = str(decode_cursor(cursor, str)[0]) if cursor else ""
    async with db.reading() as tx:
        found = await store.devices_after(tx, principal.tenant_id, event_id, after, limit + 1)
    return Page(
        [_device(one) for one in found[:limit]], encode_cursor(found[limit - 1].id) if len(found) > limit else None
    )


@post("/devices/{device_id:str}/revoke", tags=["accounts"], status_code=200)
async def revoke_device(db: Database, principal: Principal, device_id: str) -> shapes.DeviceShape:
    """Unpair a till at once."""
    async with db.transaction() as tx:
        return _device(await actions.revoke_device(tx, principal, device_id))


@get("/audit", tags=["accounts"])
async def audit(
    db: Database,
    principal: Principal,
    subject: str | None = None,
    limit: int = LIMIT_DEFAULT,
    cursor: str | None = None,
) -> Page[shapes.AuditEntry]:
    """Who did what, newest first; `subject` (`person:…`) narrows to one thing."""
    rules.require(principal, "audit:read")
    check_limit(limit)
    at_ms, id_ = decode_cursor(cursor, int, str) if cursor else (2**53, "")
    async with db.reading() as tx:
        found = await tx.all(
            SQL.audit_before, tenant_id=principal.tenant_id, at_ms=at_ms, id=id_, subject=subject, limit=limit + 1
        )
    last = found[limit - 1] if len(found) > limit else None
    return Page([_entry(row) for row in found[:limit]], encode_cursor(last["at_ms"], last["id"]) if last else None)


def _address(request: Request[Any, Any, Any]) -> str:
    return request.client.host if request.client else "unknown"


def _cookie(request: Request[Any, Any, Any], value: str, *, max_age: int) -> Cookie:
    secure = request.url.scheme == "https"
    return Cookie(
        key=COOKIE, value=value, path=_COOKIE_PATH, httponly=True, samesite="strict", secure=secure, max_age=max_age
    )


def _session(signed_in: SignedIn, request: Request[Any, Any, Any], status: int) -> Response[shapes.Session]:
    person = signed_in.person
    body = shapes.Session(
        access_token=signed_in.access.token, expires_ms=signed_in.access.expires_ms,
        person=shapes.PersonBrief(person.id, person.name, person.email, person.role, person.password_temporary),
        tenant=_tenant(signed_in.tenant),
    )  # fmt: skip
    cookie = _cookie(request, signed_in.refresh_token, max_age=rules.REFRESH_MS // 1000)
    return Response(body, status_code=status, cookies=[cookie])


def _tenant(tenant: Tenant) -> shapes.TenantShape:
    return shapes.TenantShape(tenant.id, tenant.name, tenant.currency, tenant.time_zone)


def _device_session(paired: PairedDevice) -> shapes.DeviceSession:
    device = paired.device
    return shapes.DeviceSession(
        device_id=device.id, device_secret=paired.secret, access_token=paired.access.token,
        expires_ms=paired.access.expires_ms, name=device.name, tenant=_tenant(paired.tenant),
        event_id=device.event_id, station_id=device.station_id,
    )  # fmt: skip


def _person(person: Person) -> shapes.PersonShape:
    return shapes.PersonShape(
        id=person.id, name=person.name, email=person.email, role=person.role,
        state="active" if person.state == "active" else "disabled", password_temporary=person.password_temporary,
        created_ms=person.created_ms,
    )  # fmt: skip


def _device(device: Device) -> shapes.DeviceShape:
    return shapes.DeviceShape(
        id=device.id, name=device.name, event_id=device.event_id, station_id=device.station_id,
        created_ms=device.created_ms, seen_ms=device.seen_ms, revoked_ms=device.revoked_ms,
    )  # fmt: skip


def _entry(row: Row) -> shapes.AuditEntry:
    def read(text: str | None) -> Any:
        return None if text is None else msgspec.json.decode(text)

    return shapes.AuditEntry(
        id=row["id"], at_ms=row["at_ms"], actor_kind=row["actor_kind"], actor_id=row["actor_id"],
        action=row["action"], subject=row["subject"], before=read(row["before"]), after=read(row["after"]),
    )  # fmt: skip


ROUTES = [
    sign_up, sign_in, refresh, sign_out, pair_device, refresh_device, me, change_password,
    people, create_person, change_person, devices, revoke_device, audit,
]  # fmt: skip
