"""The people of a business: invited, changed, disabled; and who may do that."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.server import RunningServer

from barback.commerce.accounts import Principal, actions, rules


async def test_an_invited_person_signs_in_with_the_temporary_password(server: RunningServer) -> None:
    owner = await server.sign_up()
    body = {"name": "Jo", "email": "Jo@Harbour.example", "role": "manager"}
    invited = await owner.made("/people", body)
    assert invited["person"]["role"] == "manager"
    assert invited["person"]["password_temporary"] is True
    jo = await server.sign_in("jo@harbour.example", invited["temporary_password"])
    assert jo.session["person"]["password_temporary"] is True
    change = {"current_password": invited["temporary_password"], "new_password": "my own three words"}
    assert (await jo.post("/me/password", change)).status_code == 204
    again = await server.sign_in("jo@harbour.example", "my own three words")
    assert again.session["person"]["password_temporary"] is False


async def test_people_are_listed_page_by_page_without_their_passwords(server: RunningServer) -> None:
    owner = await server.sign_up()
    for name in ("Ada", "Ben"):
        await owner.made("/people", {"name": name, "email": f"{name}@harbour.example", "role": "staff"})
    first = (await owner.get("/people?limit=2")).json()
    rest = (await owner.get(f"/people?limit=2&cursor={first['next']}")).json()
    assert [one["name"] for one in first["items"] + rest["items"]] == ["Mara Lindqvist", "Ada", "Ben"]
    assert rest["next"] is None
    assert "hash" not in str(first)


async def test_a_changed_role_counts_at_once(server: RunningServer) -> None:
    owner = await server.sign_up()
    manager = await server.colleague(owner, "manager")
    assert (await manager.get("/audit")).status_code == 200
    answer = await owner.patch(f"/people/{manager.person_id}", {"role": "staff"})
    assert answer.json()["role"] == "staff"
    # With the same token, made when they were a manager.
    assert (await manager.get("/audit")).status_code == 403
    assert (await manager.get("/me")).json()["role"] == "staff"


async def test_a_disabled_person_is_out_at_once(server: RunningServer) -> None:
    owner = await server.sign_up()
    staff = await server.colleague(owner, "staff")
    assert (await owner.patch(f"/people/{staff.person_id}", {"state": "disabled"})).json()["state"] == "disabled"
    assert (await staff.get("/me")).json()["code"] == "session_ended"


async def test_nobody_locks_themselves_or_everybody_out(server: RunningServer) -> None:
    owner = await server.sign_up()
    answer = await owner.patch(f"/people/{owner.person_id}", {"role": "staff"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_yourself")
    second = await server.colleague(owner, "owner")
    answers = await asyncio.gather(
        owner.patch(f"/people/{second.person_id}", {"state": "disabled"}),
        second.patch(f"/people/{owner.person_id}", {"role": "viewer"}),
    )
    # Both at once would leave nobody: one wins, whichever.
    assert min(answer.status_code for answer in answers) == 200
    assert max(answer.status_code for answer in answers) in (401, 403, 409)
    winner = owner if answers[0].status_code == 200 else second
    assert (await winner.get("/people")).status_code == 200


async def test_renaming_oneself_is_fine(server: RunningServer) -> None:
    owner = await server.sign_up()
    answer = await owner.patch(f"/people/{owner.person_id}", {"name": " Mara L. "})
    assert (answer.status_code, answer.json()["name"]) == (200, "Mara L.")


@pytest.mark.parametrize(("role", "reads"), [("manager", 200), ("staff", 403), ("viewer", 403)])
async def test_only_owners_change_people(server: RunningServer, role: str, reads: int) -> None:
    owner = await server.sign_up()
    somebody = await server.colleague(owner, role)
    assert (await somebody.get("/people")).status_code == reads
    body = {"name": "X", "email": "x@harbour.example", "role": "owner"}
    for answer in (
        await somebody.post("/people", body),
        await somebody.patch(f"/people/{owner.person_id}", {"role": "viewer"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")


async def test_nobody_becomes_an_operator_over_http(server: RunningServer) -> None:
    owner = await server.sign_up()
    for role in ("admin", "operator", "watcher"):
        body = {"name": "X", "email": "x@harbour.example", "role": role}
        answer = await owner.post("/people", body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "role")


async def test_what_was_done_is_in_the_audit_log_newest_first(server: RunningServer) -> None:
    owner = await server.sign_up()
    server.clock.advance(1000)
    invited = await owner.made("/people", {"name": "Jo", "email": "jo@harbour.example", "role": "staff"})
    server.clock.advance(1000)
    await owner.patch(f"/people/{invited['person']['id']}", {"role": "manager"})
    log = (await owner.get("/audit")).json()["items"]
    assert [one["action"] for one in log] == ["person.changed", "person.created", "tenant.created"]
    assert (log[0]["before"]["role"], log[0]["after"]["role"]) == ("staff", "manager")
    assert log[0]["actor_id"] == owner.person_id
    assert log[0]["subject"] == f"person:{invited['person']['id']}"
    only = (await owner.get(f"/audit?subject=tenant:{owner.tenant_id}")).json()["items"]
    assert [one["action"] for one in only] == ["tenant.created"]
    first = (await owner.get("/audit?limit=2")).json()
    rest = (await owner.get(f"/audit?limit=2&cursor={first['next']}")).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == [one["id"] for one in log]
    assert "password" not in str(log)


async def test_a_refused_sign_in_is_in_the_audit_log(server: RunningServer) -> None:
    owner = await server.sign_up()
    body = {"email": owner.session["person"]["email"], "password": "wrong password"}
    assert (await server.http.post("/v1/auth/sign-in", json=body)).status_code == 401
    log = (await owner.get("/audit")).json()["items"]
    assert "sign_in.refused" in [one["action"] for one in log]


async def test_the_last_owner_stays_even_against_somebody_who_was_an_owner_a_moment_ago(server: RunningServer) -> None:
    """Both requests have passed the door; only the transaction can tell that one came second."""
    first = await server.sign_up()
    second = await server.colleague(first, "owner")
    principals = [Principal(first.tenant_id, "person", one.person_id, "owner") for one in (first, second)]
    async with server.db.transaction() as tx:
        await actions.change_person(tx, principals[0], second.person_id, name=None, role=None, state="disabled")
    with pytest.raises(rules.LastOwner):
        async with server.db.transaction() as tx:
            await actions.change_person(tx, principals[1], first.person_id, name=None, role="viewer", state=None)
    async with server.db.transaction() as tx:
        renamed = await actions.change_person(tx, principals[1], first.person_id, name="Mara", role="owner", state=None)
    assert (renamed.name, renamed.role, renamed.state) == ("Mara", "owner", "active")
