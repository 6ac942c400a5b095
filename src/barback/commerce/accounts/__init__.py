"""Accounts: tenants, their people with roles, paired tills, tokens and the audit log.

Front door. A tenant is one business. People sign in with a password and hold a session; a till is
paired once by a code and holds a secret; both get short access tokens with the tenant inside.

    verify          who holds a token, without a database (about a microsecond when seen before)
    require, may    the permission table: `require(principal, "menu:write", event_id=…)`
    still_valid     the same principal as the database knows it now (roles change, tills are unpaired)
    devices_state   what the accept path asks about its devices, in one statement
    audit           who did what, written in the transaction that does it
    Tokens          issues and verifies; the server makes one and hands it to routes as `tokens`

States of a person: active ⇄ disabled. Of a till: paired → revoked. Of a session: live → ended.
"""

from barback.commerce.accounts.actions import (
    create_user,
    ensure_signing_key,
    give_role,
    issue_guest_token,
    new_pairing_code,
    rotate_signing_key,
    still_valid,
)
from barback.commerce.accounts.rules import (
    PERMISSIONS,
    DeviceRevoked,
    NotPermitted,
    Principal,
    TokenExpired,
    TokenInvalid,
    UnknownKey,
    may,
    require,
)
from barback.commerce.accounts.store import (
    Device,
    DeviceState,
    Person,
    Tenant,
    audit,
    devices_state,
    keys_current,
    tenant_by_id,
    tenants_by_ids,
)
from barback.commerce.accounts.tokens import AccessToken, SigningKey, Tokens

__all__ = [
    "PERMISSIONS",
    "AccessToken",
    "Device",
    "DeviceRevoked",
    "DeviceState",
    "NotPermitted",
    "Person",
    "Principal",
    "SigningKey",
    "Tenant",
    "TokenExpired",
    "TokenInvalid",
    "Tokens",
    "UnknownKey",
    "audit",
    "create_user",
    "devices_state",
    "ensure_signing_key",
    "give_role",
    "issue_guest_token",
    "keys_current",
    "may",
    "new_pairing_code",
    "require",
    "rotate_signing_key",
    "still_valid",
    "tenant_by_id",
    "tenants_by_ids",
]
