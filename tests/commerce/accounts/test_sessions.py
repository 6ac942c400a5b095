"""Signing up, in and out; refresh tokens, their rotation and their theft."""

from __future__ import annotations

import pytest
from tests.support.server import PASSWORD, RunningServer

from barback.commerce.accounts import rules

COOKIE = "barback_refresh"


async def test_sign_up_makes_a_business_with_its_owner_signed_in(server: RunningServer) -> None:
    owner = await server.sign_up(email=" Mara@Harbour.Example ")
    assert owner.session["person"]["email"] == "mara@harbour.example"
    assert owner.session["person"]["role"] == "owner"
    assert owner.session["tenant"] == {
        "id": owner.tenant_id, "name": "Harbour Bar", "currency": "EUR", "time_zone": "Europe/Berlin",
    }  # fmt: skip
    me = (await owner.get("/me")).json()
    assert (me["kind"], me["id"], me["tenant"]["id"]) == ("person", owner.person_id, owner.tenant_id)
    assert "people:write" in me["permissions"]
    assert "console:read" not in me["permissions"]


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(server: RunningServer) -> None:
    answer = await server.http.post(
        "/v1/auth/sign-in", json={"email": (await server.sign_up()).session["person"]["email"], "password": PASSWORD}
    )
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for part in ("HttpOnly", "SameSite=strict", "Path=/v1/auth"):
        assert part.lower() in cookie.lower()
    assert "secure" not in cookie.lower()
    by_proxy = await server.http.post("/v1/auth/refresh", headers={"x-forwarded-proto": "https"})
    assert "secure" in by_proxy.headers["set-cookie"].lower()


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"currency": "XXQ"}, "unknown_currency", "currency"),
        ({"time_zone": "Europe/Berln"}, "unknown_time_zone", "time_zone"),
        ({"password": "short"}, "password_weak", "password"),
        ({"password": "password123"}, "password_weak", "password"),
        ({"password": "harbour bar"}, "password_weak", "password"),
        ({"email": "nobody"}, "invalid_request", "email"),
        ({"name": "   "}, "invalid_request", "name"),
        ({"role": "owner"}, "invalid_request", "role"),
    ],
)
async def test_sign_up_names_what_is_wrong(
    server: RunningServer, changes: dict[str, str], code: str, field: str
) -> None:
    body = {
        "business_name": "Harbour Bar", "currency": "EUR", "time_zone": "Europe/Berlin", "email": "a@b.example",
        "password": PASSWORD, "name": "Mara",
    } | changes  # fmt: skip
    answer = await server.http.post("/v1/auth/sign-up", json=body)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == code
    assert problem["errors"][0]["field"] == field
    assert problem["errors"][0]["cure"]
    if "password" in changes:
        assert changes["password"] not in answer.text


async def test_one_address_has_one_account(server: RunningServer) -> None:
    await server.sign_up(email="mara@harbour.example")
    body = {
        "business_name": "Other", "currency": "EUR", "time_zone": "UTC", "email": "MARA@harbour.example",
        "password": PASSWORD, "name": "M",
    }  # fmt: skip
    answer = await server.http.post("/v1/auth/sign-up", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


async def test_wrong_password_unknown_address_and_disabled_person_sound_the_same(server: RunningServer) -> None:
    owner = await server.sign_up()
    email = owner.session["person"]["email"]
    invited = await owner.made("/people", {"name": "Jo", "email": "jo@harbour.example", "role": "staff"})
    await owner.patch(f"/people/{invited['person']['id']}", {"state": "disabled"})
    answers = [
        await server.http.post("/v1/auth/sign-in", json={"email": address, "password": password})
        for address, password in (
            (email, "wrong password"),
            ("nobody@harbour.example", PASSWORD),
            ("jo@harbour.example", invited["temporary_password"]),
        )
    ]
    told = [answer.json() | {"instance": ""} for answer in answers]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert told[0] == told[1] == told[2]
    assert told[0]["code"] == "wrong_credentials"


async def test_guessing_is_stopped_per_address_and_time_heals_it(server: RunningServer) -> None:
    email = (await server.sign_up()).session["person"]["email"]
    for _ in range(rules.SIGN_IN_BY_EMAIL.count_max):
        answer = await server.http.post("/v1/auth/sign-in", json={"email": email, "password": "wrong"})
        assert answer.status_code == 401
    answer = await server.http.post("/v1/auth/sign-in", json={"email": email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
    assert 0 < int(answer.headers["retry-after"]) <= 900
    server.clock.advance(rules.SIGN_IN_BY_EMAIL.window_ms)
    assert (await server.sign_in(email)).token


async def test_right_passwords_are_not_counted(server: RunningServer) -> None:
    email = (await server.sign_up()).session["person"]["email"]
    for _ in range(rules.SIGN_IN_BY_EMAIL.count_max + 2):
        await server.sign_in(email)


async def test_an_access_token_ends_after_a_quarter_of_an_hour_and_is_renewed_by_the_cookie(
    server: RunningServer,
) -> None:
    owner = await server.sign_up()
    server.clock.advance(rules.ACCESS_PERSON_MS - 1000)
    assert (await owner.get("/me")).status_code == 200
    server.clock.advance(1000)
    answer = await owner.get("/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    renewed = await server.http.post("/v1/auth/refresh")
    assert renewed.status_code == 200
    owner.token = renewed.json()["access_token"]
    assert (await owner.get("/me")).status_code == 200


async def test_a_refresh_token_that_comes_back_ends_the_whole_session(server: RunningServer) -> None:
    async with server.client() as browser, server.client() as thief:
        email = (await server.sign_up()).session["person"]["email"]
        await browser.post("/v1/auth/sign-in", json={"email": email, "password": PASSWORD})
        stolen = browser.cookies[COOKIE]
        session = (await browser.post("/v1/auth/refresh")).json()
        assert browser.cookies[COOKIE] != stolen
        server.clock.advance(rules.REFRESH_GRACE_MS + 1)
        answer = await thief.post("/v1/auth/refresh", headers={"cookie": f"{COOKIE}={stolen}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")
        # The owner of the session is out as well, with both kinds of token.
        assert (await browser.post("/v1/auth/refresh")).status_code == 401
        me = await browser.get("/v1/me", headers={"authorization": f"Bearer {session['access_token']}"})
        assert (me.status_code, me.json()["code"]) == (401, "session_ended")


async def test_two_windows_may_refresh_with_the_same_cookie_at_once(server: RunningServer) -> None:
    await server.sign_up()
    old = server.http.cookies[COOKIE]
    assert (await server.http.post("/v1/auth/refresh")).status_code == 200
    async with server.client() as window:
        answer = await window.post("/v1/auth/refresh", headers={"cookie": f"{COOKIE}={old}"})
        assert answer.status_code == 200
    assert (await server.http.post("/v1/auth/refresh")).status_code == 200


async def test_a_session_not_used_for_two_weeks_is_over(server: RunningServer) -> None:
    await server.sign_up()
    server.clock.advance(rules.REFRESH_MS)
    answer = await server.http.post("/v1/auth/refresh")
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")


async def test_signing_out_ends_cookie_and_token_at_once(server: RunningServer) -> None:
    owner = await server.sign_up()
    old = server.http.cookies[COOKIE]
    answer = await server.http.post("/v1/auth/sign-out")
    assert answer.status_code == 204
    assert COOKIE not in server.http.cookies
    assert (await owner.get("/me")).json()["code"] == "session_ended"
    again = await server.http.post("/v1/auth/refresh", headers={"cookie": f"{COOKIE}={old}"})
    assert again.status_code == 401
    assert (await server.http.post("/v1/auth/sign-out")).status_code == 204


async def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(server: RunningServer) -> None:
    first = await server.sign_up()
    email = first.session["person"]["email"]
    second = await server.sign_in(email)
    wrong = await second.post("/me/password", {"current_password": "wrong", "new_password": "four odd words"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_credentials")
    body = {"current_password": PASSWORD, "new_password": "another three words"}
    assert (await second.post("/me/password", body)).status_code == 204
    assert (await first.get("/me")).json()["code"] == "session_ended"
    assert (await second.get("/me")).status_code == 200
    assert (await server.sign_in(email, "another three words")).token


async def test_without_a_cookie_there_is_nothing_to_refresh(server: RunningServer) -> None:
    answer = await server.http.post("/v1/auth/refresh")
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")
