"""Signing up, in and out, and the refresh tokens that keep a session alive."""

from __future__ import annotations

from dataclasses import dataclass

from barback.commerce.accounts import hashing, rules, store
from barback.commerce.accounts.actions.limits import limited
from barback.commerce.accounts.actions.people import add_person
from barback.commerce.accounts.rules import Principal
from barback.commerce.accounts.store import SQL, Person, Tenant
from barback.commerce.accounts.tokens import AccessToken, Tokens
from barback.foundation.ids import new_id
from barback.foundation.money import exponent
from barback.foundation.zones import check_time_zone
from barback.storage import Database, Transaction


@dataclass(frozen=True)
class SignedIn:
    """A session that has just begun or gone on: what the answer and the cookie are made of."""

    person: Person
    tenant: Tenant
    access: AccessToken
    refresh_token: str


@dataclass(frozen=True)
class NewTenant:
    """What somebody tells us when they sign up."""

    business_name: str
    currency: str
    time_zone: str
    email: str
    password: str
    name: str


async def sign_up(db: Database, tokens: Tokens, new: NewTenant, *, address: str) -> SignedIn:
    """A new tenant with its first owner, signed in.

    Raises PasswordWeak, UnknownCurrency, UnknownTimeZone, EmailTaken, TooManyAttempts.
    """
    exponent(new.currency)
    check_time_zone(new.time_zone)
    email = rules.normal_email(new.email)
    rules.check_password(new.password, about=(email, new.name, new.business_name))
    async with limited(db, (rules.SIGN_UP_BY_ADDRESS, address)):
        password_hash = await hashing.password_hash(new.password)
        async with db.transaction() as tx:
            tenant = await store.tenant_add(
                tx, name=new.business_name.strip(), currency=new.currency, time_zone=new.time_zone
            )
            person = await add_person(
                tx, tenant.id, email=email, name=new.name.strip(), role="owner", password_hash=password_hash
            )
            who = _principal(person, None)
            await store.audit(tx, who, "tenant.created", f"tenant:{tenant.id}", after={"name": tenant.name})
            return await _begin(tx, tokens, person, tenant)


async def sign_in(db: Database, tokens: Tokens, *, email: str, password: str, address: str) -> SignedIn:
    """Begin a session. Raises WrongCredentials (the same for whatever is wrong) or TooManyAttempts."""
    email = rules.normal_email(email)
    async with limited(db, (rules.SIGN_IN_BY_EMAIL, email), (rules.SIGN_IN_BY_ADDRESS, address)):
        async with db.reading() as tx:
            person = await store.person_by_email(tx, email)
        right = await hashing.password_matches(person.password_hash if person else None, password)
        if person is None or not right or person.state != "active":
            if person is not None:
                async with db.transaction() as tx:
                    subject = f"person:{person.id}"
                    await store.audit(tx, _principal(person, None), "sign_in.refused", subject, after={"from": address})
            raise rules.WrongCredentials("Check both, or ask an owner for a new password.")
        newer = await hashing.password_hash(password) if hashing.password_is_dated(person.password_hash) else None
        async with db.transaction() as tx:
            return await _welcome(tx, tokens, person, newer, address)


async def _welcome(tx: Transaction, tokens: Tokens, seen: Person, newer_hash: str | None, address: str) -> SignedIn:
    # Looked at again under lock: the person may have been disabled while the password was hashed.
    person = await store.person_by_id(tx, seen.tenant_id, seen.id, lock=True)
    tenant = await store.tenant_by_id(tx, seen.tenant_id)
    if person is None or tenant is None or person.state != "active" or person.password_hash != seen.password_hash:
        raise rules.WrongCredentials("Check both, or ask an owner for a new password.")
    if newer_hash:
        await tx.run(
            SQL.person_password, id=person.id, password_hash=newer_hash,
            password_temporary=int(person.password_temporary), now_ms=tx.now_ms,
        )  # fmt: skip
    await store.audit(tx, _principal(person, None), "sign_in.done", f"person:{person.id}", after={"from": address})
    return await _begin(tx, tokens, person, tenant)


async def _begin(tx: Transaction, tokens: Tokens, person: Person, tenant: Tenant) -> SignedIn:
    session_id = new_id()
    await tx.run(
        SQL.session_insert, id=session_id, tenant_id=tenant.id, person_id=person.id, now_ms=tx.now_ms,
        expires_ms=tx.now_ms + rules.SESSION_MS,
    )  # fmt: skip
    return await _go_on(tx, tokens, person, tenant, session_id)


async def _go_on(tx: Transaction, tokens: Tokens, person: Person, tenant: Tenant, session_id: str) -> SignedIn:
    refresh_token = hashing.new_secret()
    await tx.run(
        SQL.refresh_insert, token_hash=hashing.secret_hash(refresh_token), session_id=session_id, now_ms=tx.now_ms,
        expires_ms=tx.now_ms + rules.REFRESH_MS,
    )  # fmt: skip
    access = tokens.issue(_principal(person, session_id), now_ms=tx.now_ms, life_ms=rules.ACCESS_PERSON_MS)
    return SignedIn(person, tenant, access, refresh_token)


def _principal(person: Person, session_id: str | None) -> Principal:
    return Principal(person.tenant_id, rules.kind_of(person.role), person.id, person.role, session_id=session_id)


async def refresh(db: Database, tokens: Tokens, refresh_token: str) -> SignedIn:
    """Swap a refresh token for a new one and a new access token.

    A token that was swapped before and comes back means that somebody copied it: the whole session
    ends. Raises SessionEnded.
    """
    async with db.transaction() as tx:
        signed_in = await _refresh(tx, tokens, hashing.secret_hash(refresh_token))
    if signed_in is None:
        # Raised outside, so that ending a stolen session is committed.
        raise rules.SessionEnded("Sign in again.")
    return signed_in


async def _refresh(tx: Transaction, tokens: Tokens, token_hash: str) -> SignedIn | None:
    row = await tx.one(SQL.refresh_lock, token_hash=token_hash)
    if row is None or row["revoked_ms"] is not None:
        return None
    if tx.now_ms >= min(row["expires_ms"], row["session_expires_ms"]):
        return None
    person = await store.person_by_id(tx, row["tenant_id"], row["person_id"])
    tenant = await store.tenant_by_id(tx, row["tenant_id"])
    if person is None or tenant is None or person.state != "active":
        return None
    if row["used_ms"] is not None and tx.now_ms - row["used_ms"] > rules.REFRESH_GRACE_MS:
        await tx.run(SQL.session_revoke, id=row["session_id"], now_ms=tx.now_ms, because="refresh token reused")
        subject = f"session:{row['session_id']}"
        await store.audit(tx, _principal(person, None), "session.token_reused", subject)
        return None
    await tx.run(SQL.refresh_used, token_hash=token_hash, now_ms=tx.now_ms)
    await tx.run(SQL.refresh_delete_old, before_ms=tx.now_ms)
    return await _go_on(tx, tokens, person, tenant, row["session_id"])


async def sign_out(tx: Transaction, refresh_token: str) -> None:
    """End the session that `refresh_token` belongs to; nothing happens when there is none."""
    row = await tx.one(SQL.refresh_lock, token_hash=hashing.secret_hash(refresh_token))
    if row is not None and row["revoked_ms"] is None:
        await tx.run(SQL.session_revoke, id=row["session_id"], now_ms=tx.now_ms, because="signed out")
        person = await store.person_by_id(tx, row["tenant_id"], row["person_id"])
        if person is not None:
            subject = f"session:{row['session_id']}"
            await store.audit(tx, _principal(person, row["session_id"]), "session.signed_out", subject)


async def still_valid(tx: Transaction, principal: Principal) -> Principal:
    """`principal` as the database knows it now: the role may have changed since the token was made.

    Raises SessionEnded or DeviceRevoked. Guests pass: their tab is checked by the tabs room.
    """
    if principal.kind == "guest":
        return principal
    if principal.kind == "device":
        device = await store.device_of(tx, principal.tenant_id, principal.subject_id)
        if device is None or device.revoked_ms is not None:
            raise rules.DeviceRevoked("Pair it again with a new code.")
        return principal
    row = await tx.one(SQL.session_person, id=principal.session_id or "", tenant_id=principal.tenant_id)
    if row is None or row["revoked_ms"] is not None or row["state"] != "active" or row["expires_ms"] <= tx.now_ms:
        raise rules.SessionEnded("Sign in again.")
    if row["role"] == principal.role:
        return principal
    return Principal(
        tenant_id=principal.tenant_id, kind=rules.kind_of(row["role"]),
        subject_id=principal.subject_id, role=row["role"], session_id=principal.session_id,
        expires_ms=principal.expires_ms,
    )  # fmt: skip
