"""Accounts at rest: a transaction in, plain records out; no decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from barback.commerce.accounts.rules import Principal
from barback.commerce.accounts.tokens import SigningKey
from barback.foundation.ids import new_id
from barback.storage import Row, Transaction, statements

SQL = statements(__file__)


@dataclass(frozen=True)
class Tenant:
    """One business. Currency and time zone are what its events start from."""

    id: str
    name: str
    currency: str
    time_zone: str
    created_ms: int


@dataclass(frozen=True)
class Person:
    """Somebody who signs in. `password_temporary`: must be changed at the next sign-in."""

    id: str
    tenant_id: str
    email: str
    name: str
    role: str
    state: str
    password_hash: str
    password_temporary: bool
    created_ms: int
    updated_ms: int


@dataclass(frozen=True)
class Device:
    """A paired till, tied to one station of one event."""

    id: str
    tenant_id: str
    event_id: str
    station_id: str
    name: str
    secret_hash: str
    created_ms: int
    seen_ms: int
    revoked_ms: int | None


@dataclass(frozen=True)
class DeviceState:
    """What accepting an order asks about its device; `revoked_ms` is None while it is paired."""

    tenant_id: str
    event_id: str
    station_id: str
    name: str
    revoked_ms: int | None


def _tenant(row: Row) -> Tenant:
    return Tenant(row["id"], row["name"], row["currency"], row["time_zone"], row["created_ms"])


def _person(row: Row) -> Person:
    return Person(
        id=row["id"], tenant_id=row["tenant_id"], email=row["email"], name=row["name"], role=row["role"],
        state=row["state"], password_hash=row["password_hash"], password_temporary=bool(row["password_temporary"]),
        created_ms=row["created_ms"], updated_ms=row["updated_ms"],
    )  # fmt: skip


def _device(row: Row) -> Device:
    return Device(
        id=row["id"], tenant_id=row["tenant_id"], event_id=row["event_id"], station_id=row["station_id"],
        name=row["name"], secret_hash=row["secret_hash"], created_ms=row["created_ms"], seen_ms=row["seen_ms"],
        revoked_ms=row["revoked_ms"],
    )  # fmt: skip


async def tenant_add(tx: Transaction, *, name: str, currency: str, time_zone: str) -> Tenant:
    """A new tenant."""
    tenant = Tenant(new_id(), name, currency, time_zone, tx.now_ms)
    await tx.run(SQL.tenant_insert, id=tenant.id, name=name, currency=currency, time_zone=time_zone, now_ms=tx.now_ms)
    return tenant


async def tenant_by_id(tx: Transaction, tenant_id: str) -> Tenant | None:
    """The tenant, or None."""
    row = await tx.one(SQL.tenant_by_id, id=tenant_id)
    return _tenant(row) if row else None


async def tenants_by_ids(tx: Transaction, ids: Sequence[str]) -> dict[str, Tenant]:
    """Tenants by id; unknown ids are missing."""
    return {row["id"]: _tenant(row) for row in await tx.all(SQL.tenants_by_ids, ids=list(ids))}


async def person_add(
    tx: Transaction, tenant_id: str, *, email: str, name: str, role: str, password_hash: str, temporary: bool
) -> Person | None:
    """A new person; None when the e-mail address is taken, by whichever tenant."""
    person = Person(new_id(), tenant_id, email, name, role, "active", password_hash, temporary, tx.now_ms, tx.now_ms)
    added = await tx.run(
        SQL.person_insert, id=person.id, tenant_id=tenant_id, email=email, name=name, role=role,
        password_hash=password_hash, password_temporary=int(temporary), now_ms=tx.now_ms,
    )  # fmt: skip
    return person if added else None


async def person_by_email(tx: Transaction, email: str) -> Person | None:
    """The person, of whichever tenant, or None. `email` in normal form."""
    row = await tx.one(SQL.person_by_email, email=email)
    return _person(row) if row else None


async def person_by_id(tx: Transaction, tenant_id: str, person_id: str, *, lock: bool = False) -> Person | None:
    """The person of this tenant, or None; `lock` holds the row until the transaction ends."""
    row = await tx.one(SQL.person_lock if lock else SQL.person_by_id, tenant_id=tenant_id, id=person_id)
    return _person(row) if row else None


async def owners_lock(tx: Transaction, tenant_id: str) -> list[str]:
    """The ids of active owners, held until the transaction ends."""
    return [row["id"] for row in await tx.all(SQL.owners_lock, tenant_id=tenant_id)]


async def people_after(tx: Transaction, tenant_id: str, after: str, limit: int) -> list[Person]:
    """People in order of id, from after `after`."""
    return [_person(row) for row in await tx.all(SQL.people_after, tenant_id=tenant_id, after=after, limit=limit)]


async def device_by_id(tx: Transaction, device_id: str) -> Device | None:
    """The device, of whichever tenant, or None."""
    row = await tx.one(SQL.device_by_id, id=device_id)
    return _device(row) if row else None


async def device_of(tx: Transaction, tenant_id: str, device_id: str) -> Device | None:
    """The device of this tenant, or None."""
    row = await tx.one(SQL.device_of, tenant_id=tenant_id, id=device_id)
    return _device(row) if row else None


async def devices_after(tx: Transaction, tenant_id: str, event_id: str | None, after: str, limit: int) -> list[Device]:
    """Devices of the tenant, or of one event, in order of id."""
    rows = await tx.all(SQL.devices_after, tenant_id=tenant_id, event_id=event_id, after=after, limit=limit)
    return [_device(row) for row in rows]


async def devices_state(tx: Transaction, device_ids: Sequence[str]) -> dict[str, DeviceState]:
    """What the accept path asks about many devices, in one statement; unknown ids are missing."""
    rows = await tx.all(SQL.devices_state, ids=list(device_ids))
    return {
        row["id"]: DeviceState(row["tenant_id"], row["event_id"], row["station_id"], row["name"], row["revoked_ms"])
        for row in rows
    }


async def keys_current(tx: Transaction) -> list[SigningKey]:
    """Keys that still verify, oldest first."""
    rows = await tx.all(SQL.keys_current, now_ms=tx.now_ms)
    return [SigningKey(row["kid"], row["secret"], row["created_ms"], row["expires_ms"]) for row in rows]


async def audit(
    tx: Transaction, principal: Principal, action: str, subject: str, before: Any = None, after: Any = None
) -> None:
    """Write down who did what, in the transaction that does it.

    `action` is `noun.verb`, `subject` is `noun:id`; `before` and `after` are what changed, as anything
    msgspec can encode. Never pass secrets.
    """
    await tx.run(
        SQL.audit_insert, id=new_id(), tenant_id=principal.tenant_id, at_ms=tx.now_ms, actor_kind=principal.kind,
        actor_id=principal.subject_id, action=action, subject=subject, before=_json(before), after=_json(after),
    )  # fmt: skip


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
