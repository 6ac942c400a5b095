"""The people of a tenant: invite, change, disable, and everybody's own password."""

from __future__ import annotations

from barback.commerce.accounts import hashing, rules, store
from barback.commerce.accounts.actions.limits import limited
from barback.commerce.accounts.rules import Principal
from barback.commerce.accounts.store import SQL, Person
from barback.foundation.errors import FieldProblem
from barback.foundation.money import exponent
from barback.foundation.zones import check_time_zone
from barback.storage import Database, Transaction


async def add_person(
    tx: Transaction, tenant_id: str, *, email: str, name: str, role: str, password_hash: str, temporary: bool = False
) -> Person:
    """A new person with a password already hashed. Raises EmailTaken."""
    person = await store.person_add(
        tx, tenant_id, email=email, name=name, role=role, password_hash=password_hash, temporary=temporary
    )
    if person is None:
        problem = FieldProblem("email", email, "already has an account", "sign in, or use another address")
        raise rules.EmailTaken("Sign in instead, or use another address.", fields=[problem])
    return person


async def create_person(db: Database, principal: Principal, *, email: str, name: str, role: str) -> tuple[Person, str]:
    """Invite somebody: the person, and a temporary password to hand over. Raises EmailTaken."""
    rules.require(principal, "people:write")
    password = hashing.new_password()
    password_hash = await hashing.password_hash(password)
    async with db.transaction() as tx:
        person = await add_person(
            tx, principal.tenant_id, email=rules.normal_email(email), name=name.strip(), role=role,
            password_hash=password_hash, temporary=True,
        )  # fmt: skip
        await store.audit(tx, principal, "person.created", f"person:{person.id}", after=_seen(person))
    return person, password


async def create_user(
    db: Database,
    *,
    email: str,
    name: str,
    role: str,
    tenant_id: str | None,
    business_name: str,
    currency: str,
    time_zone: str,
    password: str | None,
) -> tuple[str, str | None]:
    """Add somebody from the command line, the only way to a role of the console; `tenant_id` None makes a business.

    Returns the tenant's id, and the password when none was given and one was made. Raises EmailTaken,
    PasswordWeak, RoleUnknown, TenantNotFound, UnknownCurrency, UnknownTimeZone.
    """
    email = rules.normal_email(email)
    rules.check_user_role(role)
    if password is not None:
        rules.check_password(password, about=(email, name, business_name))
    made = hashing.new_password() if password is None else None
    password_hash = await hashing.password_hash(password or made or "")
    async with db.transaction() as tx:
        if tenant_id is None:
            exponent(currency)
            check_time_zone(time_zone)
            tenant = await store.tenant_add(tx, name=business_name, currency=currency, time_zone=time_zone)
        elif (found := await store.tenant_by_id(tx, tenant_id)) is not None:
            tenant = found
        else:
            raise rules.TenantNotFound
        person = await add_person(
            tx, tenant.id, email=email, name=name, role=role, password_hash=password_hash, temporary=made is not None
        )
        who = Principal(tenant.id, "operator", "command line", "admin")
        await store.audit(tx, who, "person.created", f"person:{person.id}", after=_seen(person))
    return tenant.id, made


async def give_role(tx: Transaction, email: str, role: str) -> str:
    """Give somebody another role from the command line; the one they had. It holds from their next request on.

    Raises PersonNotFound, RoleUnknown, LastOwner.
    """
    rules.check_user_role(role)
    person = await store.person_by_email(tx, rules.normal_email(email))
    if person is None:
        raise rules.PersonNotFound(f"Nobody signs in as {email}.")
    if person.role == role:
        return role
    owners = await store.owners_lock(tx, person.tenant_id)
    rules.check_person_change(
        self_change=False, role=person.role, new_role=role, new_state=None,
        owners_active=len(owners) if person.id in owners else len(owners) + 1,
    )  # fmt: skip
    await tx.run(SQL.person_update, id=person.id, name=person.name, role=role, state=person.state, now_ms=tx.now_ms)
    who = Principal(person.tenant_id, "operator", "command line", "admin")
    after = {**_seen(person), "role": role}
    await store.audit(tx, who, "person.changed", f"person:{person.id}", before=_seen(person), after=after)
    return person.role


async def change_person(
    tx: Transaction, principal: Principal, person_id: str, *, name: str | None, role: str | None, state: str | None
) -> Person:
    """Change name, role or state; None leaves as it is. Disabling ends every session at once.

    Raises PersonNotFound, NotYourself, LastOwner.
    """
    rules.require(principal, "people:write")
    # Owners first, then the person, in every call alike: no two calls wait for each other.
    owners = await store.owners_lock(tx, principal.tenant_id)
    person = await store.person_by_id(tx, principal.tenant_id, person_id, lock=True)
    if person is None:
        raise rules.PersonNotFound
    new_role = role if role != person.role else None
    new_state = state if state != person.state else None
    rules.check_person_change(
        self_change=person.id == principal.subject_id, role=person.role, new_role=new_role, new_state=new_state,
        owners_active=len(owners) if person.id in owners else len(owners) + 1,
    )  # fmt: skip
    await tx.run(
        SQL.person_update, id=person.id, name=(name or person.name).strip(), role=role or person.role,
        state=state or person.state, now_ms=tx.now_ms,
    )  # fmt: skip
    if new_state == "disabled":
        await tx.run(SQL.sessions_revoke, person_id=person.id, now_ms=tx.now_ms, because="person disabled", keep="")
    after = await store.person_by_id(tx, principal.tenant_id, person.id)
    if after is None:
        raise rules.PersonNotFound
    await store.audit(tx, principal, "person.changed", f"person:{person.id}", before=_seen(person), after=_seen(after))
    return after


async def change_password(db: Database, principal: Principal, *, current: str, new: str) -> None:
    """Change one's own password; every other session of the person ends.

    Raises WrongCredentials, PasswordWeak, TooManyAttempts, NotPermitted (devices and guests).
    """
    if principal.kind not in ("person", "operator"):
        raise rules.NotPermitted("Only people have passwords.")
    async with db.reading() as tx:
        person = await store.person_by_id(tx, principal.tenant_id, principal.subject_id)
    if person is None:
        raise rules.PersonNotFound
    rules.check_password(new, about=(person.email, person.name))
    async with limited(db, (rules.SIGN_IN_BY_EMAIL, person.email)):
        if not await hashing.password_matches(person.password_hash, current):
            raise rules.WrongCredentials("The current password is wrong.")
    new_hash = await hashing.password_hash(new)
    async with db.transaction() as tx:
        await tx.run(SQL.person_password, id=person.id, password_hash=new_hash, password_temporary=0, now_ms=tx.now_ms)
        await tx.run(
            SQL.sessions_revoke, person_id=person.id, now_ms=tx.now_ms, because="password changed",
            keep=principal.session_id or "",
        )  # fmt: skip
        await store.audit(tx, principal, "person.password_changed", f"person:{person.id}")


def _seen(person: Person) -> dict[str, str]:
    """What the audit log keeps of a person."""
    return {"email": person.email, "name": person.name, "role": person.role, "state": person.state}
