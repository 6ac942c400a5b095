"""Tills: paired by a code that is typed once, known by a secret from then on, unpaired by an owner."""

from __future__ import annotations

from dataclasses import dataclass

from barback.commerce.accounts import hashing, rules, store
from barback.commerce.accounts.actions.limits import limited
from barback.commerce.accounts.rules import Principal
from barback.commerce.accounts.store import SQL, Device, Tenant
from barback.commerce.accounts.tokens import AccessToken, Tokens
from barback.foundation.ids import new_id
from barback.storage import Database, Transaction


@dataclass(frozen=True)
class PairedDevice:
    """A device with a fresh token; `secret` is what it keeps to get the next one."""

    device: Device
    tenant: Tenant
    secret: str
    access: AccessToken


async def new_pairing_code(
    db: Database, principal: Principal, *, event_id: str, station_id: str, name: str
) -> tuple[str, int]:
    """A code for one new device at a station, and until when it works (ms).

    The events room has checked that event and station belong to the tenant.
    """
    rules.require(principal, "devices:write", event_id=event_id)
    code = hashing.new_pairing_code()
    code_hash = await hashing.pairing_hash(code)
    async with db.transaction() as tx:
        expires_ms = tx.now_ms + rules.PAIRING_MS
        await tx.run(SQL.pairing_delete_old, before_ms=tx.now_ms - rules.DAY_MS)
        await tx.run(
            SQL.pairing_insert, code_hash=code_hash, tenant_id=principal.tenant_id, event_id=event_id,
            station_id=station_id, name=name, created_by=principal.subject_id, now_ms=tx.now_ms, expires_ms=expires_ms,
        )  # fmt: skip
        after = {"station_id": station_id, "name": name}
        await store.audit(tx, principal, "pairing_code.created", f"event:{event_id}", after=after)
    return code, expires_ms


async def pair_device(db: Database, tokens: Tokens, *, code: str, name: str, address: str) -> PairedDevice:
    """Use up a pairing code. Raises PairingCodeInvalid (whatever is wrong with it), TooManyAttempts."""
    async with limited(db, (rules.PAIRING_BY_ADDRESS, address), (rules.PAIRING_BY_ALL, "all")):
        code_hash = await hashing.pairing_hash(code)
        async with db.transaction() as tx:
            used = await tx.one(SQL.pairing_use, code_hash=code_hash, now_ms=tx.now_ms)
            tenant = await store.tenant_by_id(tx, used["tenant_id"]) if used else None
            if used is None or tenant is None:
                raise rules.PairingCodeInvalid("Ask for a new code; each works once and for ten minutes.")
            secret = hashing.new_secret()
            device_id = new_id()
            await tx.run(
                SQL.device_insert, id=device_id, tenant_id=tenant.id, event_id=used["event_id"],
                station_id=used["station_id"], name=name.strip() or used["name"],
                secret_hash=hashing.secret_hash(secret), now_ms=tx.now_ms,
            )  # fmt: skip
            device = await store.device_by_id(tx, device_id)
            if device is None:
                raise rules.DeviceNotFound
            after = {"name": device.name, "station_id": device.station_id, "event_id": device.event_id}
            await store.audit(tx, _principal(device), "device.paired", f"device:{device.id}", after=after)
            return PairedDevice(device, tenant, secret, _token(tokens, device, tx.now_ms))


async def refresh_device(db: Database, tokens: Tokens, *, device_id: str, secret: str) -> PairedDevice:
    """A new token for a paired device. Raises TokenInvalid or DeviceRevoked."""
    async with db.transaction() as tx:
        device = await store.device_by_id(tx, device_id)
        # Compared even when there is no such device, so that time does not tell.
        right = hashing.secrets_equal(device.secret_hash if device else "", hashing.secret_hash(secret))
        tenant = await store.tenant_by_id(tx, device.tenant_id) if device else None
        if device is None or tenant is None or not right:
            raise rules.TokenInvalid("This device is not known. Pair it with a new code.")
        if device.revoked_ms is not None:
            raise rules.DeviceRevoked("Pair it again with a new code.")
        await tx.run(SQL.device_seen, id=device.id, now_ms=tx.now_ms)
        return PairedDevice(device, tenant, secret, _token(tokens, device, tx.now_ms))


async def revoke_device(tx: Transaction, principal: Principal, device_id: str) -> Device:
    """Unpair a device at once; doing it twice is the same as once. Raises DeviceNotFound."""
    rules.require(principal, "devices:write")
    revoked = await tx.run(SQL.device_revoke, tenant_id=principal.tenant_id, id=device_id, now_ms=tx.now_ms)
    device = await store.device_of(tx, principal.tenant_id, device_id)
    if device is None:
        raise rules.DeviceNotFound
    if revoked:
        await store.audit(tx, principal, "device.revoked", f"device:{device.id}", after={"name": device.name})
    return device


def _principal(device: Device) -> Principal:
    return Principal(
        device.tenant_id, "device", device.id, "device", event_id=device.event_id, station_id=device.station_id
    )


def _token(tokens: Tokens, device: Device, now_ms: int) -> AccessToken:
    return tokens.issue(_principal(device), now_ms=now_ms, life_ms=rules.ACCESS_DEVICE_MS)
