"""What people and devices can do with accounts, one theme a file."""

from barback.commerce.accounts.actions.devices import (
    new_pairing_code,
    pair_device,
    refresh_device,
    revoke_device,
)
from barback.commerce.accounts.actions.keys import ensure_signing_key, issue_guest_token, rotate_signing_key
from barback.commerce.accounts.actions.people import (
    add_person,
    change_password,
    change_person,
    create_person,
    create_user,
    give_role,
)
from barback.commerce.accounts.actions.sessions import refresh, sign_in, sign_out, sign_up, still_valid

__all__ = [
    "add_person",
    "change_password",
    "change_person",
    "create_person",
    "create_user",
    "ensure_signing_key",
    "give_role",
    "issue_guest_token",
    "new_pairing_code",
    "pair_device",
    "refresh",
    "refresh_device",
    "revoke_device",
    "rotate_signing_key",
    "sign_in",
    "sign_out",
    "sign_up",
    "still_valid",
]
