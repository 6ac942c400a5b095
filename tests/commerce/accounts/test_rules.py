"""The permission table, asked from every side."""

from __future__ import annotations

import pytest
from argon2 import Type
from argon2.exceptions import VerifyMismatchError
from tests.support.server import HASHER

from barback.commerce.accounts import PERMISSIONS, NotPermitted, Principal, hashing, may, require, rules

OWNER = Principal("t", "person", "p", "owner")
TILL = Principal("t", "device", "d", "device", event_id="e1", station_id="s1")
GUEST = Principal("t", "guest", "tab1", "guest", event_id="e1", tab_id="tab1")


def test_what_is_not_in_the_table_is_not_allowed() -> None:
    assert not may(Principal("t", "person", "p", "no such role"), "events:read")
    assert not may(Principal("t", "person", "p", "viewer"), "menu:write")
    with pytest.raises(NotPermitted, match="menu:write"):
        require(Principal("t", "person", "p", "viewer"), "menu:write")


def test_a_permission_nobody_has_is_a_mistake_in_our_code() -> None:
    with pytest.raises(ValueError, match="unknown permission"):
        may(OWNER, "menu:wirte")


def test_only_operators_see_the_console_and_they_see_no_business() -> None:
    for role, permissions in PERMISSIONS.items():
        assert ("console:read" in permissions) == (role in {"admin", "operator", "watcher"})
    assert PERMISSIONS["admin"] == {"console:read", "console:write", "console:admin"}
    assert PERMISSIONS["operator"] == {"console:read", "console:write"}
    assert PERMISSIONS["watcher"] == {"console:read"}


def test_more_responsible_roles_may_everything_that_less_responsible_ones_may() -> None:
    assert PERMISSIONS["staff"] < PERMISSIONS["manager"] < PERMISSIONS["owner"]
    assert PERMISSIONS["viewer"] < PERMISSIONS["manager"]
    assert not any(permission.endswith(":write") for permission in PERMISSIONS["viewer"] | PERMISSIONS["guest"])


def test_a_till_reaches_its_own_event_and_only_when_it_is_named() -> None:
    assert may(TILL, "orders:write", event_id="e1")
    assert not may(TILL, "orders:write", event_id="e2")
    assert not may(TILL, "orders:write")
    assert not may(TILL, "events:write", event_id="e1")


def test_a_guest_reaches_their_own_tab_and_only_when_it_is_named() -> None:
    assert may(GUEST, "tabs:read", event_id="e1", tab_id="tab1")
    assert not may(GUEST, "tabs:read", event_id="e1", tab_id="tab2")
    assert not may(GUEST, "tabs:read", event_id="e1")
    assert may(GUEST, "menu:read", event_id="e1")
    assert not may(GUEST, "menu:read", event_id="e2")
    assert not may(GUEST, "menu:read")
    assert not may(GUEST, "guests:read", event_id="e1", tab_id="tab1")


def test_secrets_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[bytes, bytes]] = []
    monkeypatch.setattr(hashing.secrets, "compare_digest", lambda left, right: asked.append((left, right)) or True)
    assert hashing.secrets_equal("a", "é")
    assert asked == [(b"a", "é".encode())]


def test_a_stolen_password_hash_is_dear_to_guess_at() -> None:
    """What OWASP recommends: argon2id, 46 MiB, one pass. The other tests are spared it."""
    assert (HASHER.type, HASHER.memory_cost, HASHER.time_cost, HASHER.parallelism) == (Type.ID, 47_104, 1, 1)
    with pytest.raises(VerifyMismatchError):
        HASHER.verify(HASHER.hash("three odd words"), "three odd word")


async def test_an_unknown_address_costs_as_much_work_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = await hashing.password_hash("three odd words")
    verified: list[str] = []

    class Counting:
        def verify(self, hash_: str, password: str) -> bool:
            verified.append(hash_)
            return password == "three odd words"

    monkeypatch.setattr(hashing, "_HASHER", Counting())
    assert await hashing.password_matches(stored, "three odd words")
    assert not await hashing.password_matches(None, "three odd words")
    assert [one.split("$")[1:4] for one in verified] == [stored.split("$")[1:4]] * 2


def test_made_up_passwords_pass_the_policy() -> None:
    for _ in range(50):
        rules.check_password(hashing.new_password(), about=("mara@harbour.example", "Mara"))
