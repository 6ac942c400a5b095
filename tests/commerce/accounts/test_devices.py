"""Tills: paired once by a code, renewed by a secret, gone at once when revoked."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.server import Night, Party, RunningServer

from barback.commerce import accounts
from barback.commerce.accounts import hashing, rules
from barback.storage import statements


async def _code(night: Night) -> str:
    return (
        await night.owner.made(
            f"/events/{night.event_id}/pairing-codes", {"station_id": night.station["id"], "name": "Till 1"}
        )
    )["code"]


async def test_a_till_is_paired_with_what_the_office_shows(server: RunningServer) -> None:
    night = await server.night()
    code = await _code(night)
    assert len(code) == rules.PAIRING_LENGTH
    assert set(code) <= set(rules.PAIRING_ALPHABET)
    # As people type it: lower case, with a dash.
    session = await server.nobody.made("/auth/device", {"code": f" {code[:4].lower()}-{code[4:].lower()}"})
    assert session["event_id"] == night.event_id
    assert session["station_id"] == night.station["id"]
    assert session["name"] == "Till 1"
    assert session["tenant"]["currency"] == "EUR"
    me = (await Party(server.http, session["access_token"]).get("/me")).json()
    assert (me["kind"], me["role"], me["event_id"], me["name"]) == ("device", "device", night.event_id, "Till 1")


async def test_a_code_works_once(server: RunningServer) -> None:
    night = await server.night()
    code = await _code(night)
    answers = await asyncio.gather(*(server.nobody.post("/auth/device", {"code": code}) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401]
    again = await server.nobody.post("/auth/device", {"code": code})
    assert (again.status_code, again.json()["code"]) == (401, "pairing_code_invalid")


async def test_a_code_works_for_ten_minutes(server: RunningServer) -> None:
    night = await server.night()
    code = await _code(night)
    server.clock.advance(rules.PAIRING_MS)
    assert (await server.nobody.post("/auth/device", {"code": code})).json()["code"] == "pairing_code_invalid"


async def test_codes_cannot_be_guessed_from_one_address(server: RunningServer) -> None:
    night = await server.night()
    for number in range(rules.PAIRING_BY_ADDRESS.count_max):
        answer = await server.nobody.post("/auth/device", {"code": f"GUESS{number:03}"})
        assert answer.status_code == 401
        assert "GUESS" not in answer.text
    answer = await server.nobody.post("/auth/device", {"code": await _code(night)})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")


async def test_neither_code_nor_secret_is_in_the_database(server: RunningServer) -> None:
    night = await server.night()
    code = await _code(night)
    till = await server.till(night)
    sql = statements(accounts.__file__)
    async with server.db.reading() as tx:
        device = await tx.one(sql.device_by_id, id=till.session["device_id"])
    assert device is not None
    assert device["secret_hash"] == hashing.secret_hash(till.session["device_secret"])
    assert till.session["device_secret"] not in device["secret_hash"]
    assert code not in await hashing.pairing_hash(code)


async def test_a_till_renews_its_token_with_its_secret(server: RunningServer) -> None:
    till = await server.till(await server.night())
    server.clock.advance(rules.ACCESS_DEVICE_MS)
    assert (await till.get("/me")).json()["code"] == "token_expired"
    body = {"device_id": till.session["device_id"], "device_secret": till.session["device_secret"]}
    renewed = await server.nobody.made("/auth/device/refresh", body)
    till.token = renewed["access_token"]
    assert (await till.get("/me")).status_code == 200
    wrong = await server.nobody.post("/auth/device/refresh", body | {"device_secret": "guess"})
    missing = await server.nobody.post("/auth/device/refresh", body | {"device_id": "no-such-device"})
    assert (wrong.status_code, missing.status_code) == (401, 401)
    assert wrong.json() | {"instance": ""} == missing.json() | {"instance": ""}


async def test_a_revoked_till_is_out_at_once(server: RunningServer) -> None:
    night = await server.night()
    till = await server.till(night)
    other = await server.till(night, "Till 2")
    revoked = await night.owner.made(f"/devices/{till.session['device_id']}/revoke")
    assert revoked["revoked_ms"] == server.clock.now_ms()
    answer = await till.get("/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "device_revoked")
    body = {"device_id": till.session["device_id"], "device_secret": till.session["device_secret"]}
    assert (await server.nobody.post("/auth/device/refresh", body)).json()["code"] == "device_revoked"
    assert (await other.get("/me")).status_code == 200
    server.clock.advance(1000)
    again = await night.owner.made(f"/devices/{till.session['device_id']}/revoke")
    assert again["revoked_ms"] == revoked["revoked_ms"]
    async with server.db.reading() as tx:
        ids = [till.session["device_id"], other.session["device_id"], "nobody"]
        states = await accounts.devices_state(tx, ids)
    assert {states[ids[0]].revoked_ms, states[ids[1]].revoked_ms} == {revoked["revoked_ms"], None}
    assert states[ids[1]].tenant_id == night.owner.tenant_id
    assert states[ids[1]].station_id == night.station["id"]
    assert "nobody" not in states


async def test_the_office_lists_its_tills_page_by_page(server: RunningServer) -> None:
    night = await server.night()
    for number in range(3):
        await server.till(night, f"Till {number}")
    first = (await night.owner.get(f"/devices?event_id={night.event_id}&limit=2")).json()
    rest = (await night.owner.get(f"/devices?event_id={night.event_id}&limit=2&cursor={first['next']}")).json()
    assert [one["name"] for one in first["items"] + rest["items"]] == ["Till 0", "Till 1", "Till 2"]
    assert rest["next"] is None
    assert "secret" not in str(first)
    assert (await night.owner.get("/devices?event_id=another")).json()["items"] == []


async def test_a_code_is_for_a_station_of_that_event(server: RunningServer) -> None:
    night = await server.night()
    other = await server.night(night.owner)
    answer = await night.owner.post(
        f"/events/{night.event_id}/pairing-codes", {"station_id": other.station["id"], "name": "Till"}
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "station_not_found")


@pytest.mark.parametrize("role", ["staff", "viewer"])
async def test_only_owners_and_managers_pair_and_revoke(server: RunningServer, role: str) -> None:
    night = await server.night()
    till = await server.till(night)
    somebody = await server.colleague(night.owner, role)
    body = {"station_id": night.station["id"], "name": "Till"}
    for answer in (
        await somebody.post(f"/events/{night.event_id}/pairing-codes", body),
        await somebody.post(f"/devices/{till.session['device_id']}/revoke"),
        await somebody.get("/devices"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
