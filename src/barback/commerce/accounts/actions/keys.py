"""Signing keys, and the tokens for guests that the tabs room hands out."""

from __future__ import annotations

from barback.commerce.accounts import store
from barback.commerce.accounts.rules import ACCESS_GUEST_MS, SIGNING_KEY_MS, Principal
from barback.commerce.accounts.store import SQL
from barback.commerce.accounts.tokens import AccessToken, Tokens, new_signing_key
from barback.storage import Transaction


async def ensure_signing_key(tx: Transaction) -> None:
    """Make the first key. Two nodes that start at once make two: both verify, the newer signs."""
    if not any(key.expires_ms is None for key in await store.keys_current(tx)):
        key = new_signing_key(tx.now_ms)
        await tx.run(SQL.key_insert, kid=key.kid, secret=key.secret, now_ms=tx.now_ms)


async def rotate_signing_key(tx: Transaction) -> str:
    """Sign with a new key from now on; the id of it. Tokens signed before stay good for their own life."""
    await tx.run(SQL.keys_retire, expires_ms=tx.now_ms + SIGNING_KEY_MS)
    await tx.run(SQL.keys_delete_old, now_ms=tx.now_ms)
    key = new_signing_key(tx.now_ms)
    await tx.run(SQL.key_insert, kid=key.kid, secret=key.secret, now_ms=tx.now_ms)
    return key.kid


def issue_guest_token(tokens: Tokens, *, tenant_id: str, event_id: str, tab_id: str, now_ms: int) -> AccessToken:
    """A token that reads one tab. The caller has checked the guest's link."""
    guest = Principal(tenant_id, "guest", tab_id, "guest", event_id=event_id, tab_id=tab_id)
    return tokens.issue(guest, now_ms=now_ms, life_ms=ACCESS_GUEST_MS)
