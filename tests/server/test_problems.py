"""Whatever goes wrong with a request, the answer is a problem that helps, and tells nothing of the inside."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest
from tests.support.server import RunningServer

JSON = {"content-type": "application/json"}


def check(answer: object, status: int, code: str) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "code", "errors", "instance"}
    assert problem["code"] == code
    assert problem["type"] == f"urn:barback:error:{code}"
    assert problem["status"] == status
    assert problem["instance"] == answer.headers["x-request-id"]
    assert problem["detail"]
    return problem


@pytest.mark.parametrize(
    "body", [b"{", b"not json", b'{"name": }', b"\xff\xfe", b'{"name": "\\ud800"}', b"[" * 5_000, b'{"name": "a"} x']
)
async def test_what_is_not_json(server: RunningServer, body: bytes) -> None:
    owner = await server.sign_up()
    answer = await owner.ask("POST", "/venues", content=body, headers=JSON)
    assert answer.status_code in (400, 422)
    check(answer, answer.status_code, "malformed_json" if answer.status_code == 400 else "invalid_request")


@pytest.mark.parametrize(
    ("body", "field", "value", "cure"),
    [
        ({}, "name", None, "add it"),
        ({"name": 5}, "name", 5, "send str"),
        ({"name": "Pier", "time_zon": "UTC"}, "time_zon", "UTC", "did you mean time_zone?"),
        ({"name": "x" * 200}, "name", "x" * 120 + "…", "send str of length <= 120"),
        ([], "body", None, "send object"),
        (None, "body", None, "send a JSON object"),
    ],
)
async def test_a_wrong_field_is_named_with_value_reason_and_cure(
    server: RunningServer, body: object, field: str, value: object, cure: str
) -> None:
    owner = await server.sign_up()
    problem = check(await owner.post("/venues", body), 422, "invalid_request")
    error = problem["errors"][0]
    assert (error["field"], error["value"], error["cure"]) == (field, value, cure)
    assert error["reason"]


async def test_a_wrong_parameter_is_named(server: RunningServer) -> None:
    owner = await server.sign_up()
    problem = check(await owner.get("/people?limit=many"), 422, "invalid_request")
    assert problem["errors"][0]["field"] == "limit"
    check(await owner.get("/people?limit=0"), 422, "invalid")
    check(await owner.get("/people?limit=201"), 422, "invalid")
    check(await owner.get("/people?cursor=nonsense"), 422, "bad_cursor")
    check(await owner.get("/audit?cursor=WzEsImEiLDNd"), 422, "bad_cursor")


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**200])
async def test_a_cursor_with_a_number_no_column_holds(server: RunningServer, number: int) -> None:
    owner = await server.sign_up()
    cursor = base64.urlsafe_b64encode(json.dumps([number, "a"]).encode()).decode().rstrip("=")
    check(await owner.get(f"/audit?cursor={cursor}"), 422, "bad_cursor")


async def test_a_body_that_is_not_declared_as_json(server: RunningServer) -> None:
    owner = await server.sign_up()
    body = json.dumps({"name": "Pier"}).encode()
    for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = await owner.ask("POST", "/venues", content=body, headers={"content-type": media})
        check(answer, 415, "unsupported_media_type")
    answer = await owner.ask(
        "POST", "/venues", content=body, headers={"content-type": "application/json; charset=utf-8"}
    )
    assert answer.status_code == 201


async def test_a_body_larger_than_the_limit(server: RunningServer) -> None:
    owner = await server.sign_up()
    big = b'{"name": "' + b"x" * (1 << 20) + b'"}'
    check(await owner.ask("POST", "/venues", content=big, headers=JSON), 413, "too_large")

    async def slowly() -> object:
        for _ in range(40):
            yield b"x" * (1 << 15)

    # Without a length beforehand, as somebody would who wants to fill the memory.
    check(await owner.ask("POST", "/venues", content=slowly(), headers=JSON), 413, "too_large")
    assert (await owner.get("/me")).status_code == 200


async def test_paths_that_are_not_there(server: RunningServer) -> None:
    for path in ("/v1/nothing", "/v1", "/nothing", "/assets/none.js", "/v1/../etc/passwd", "/office.html/x.js"):
        check(await server.http.get(path), 404, "path_not_found")


async def test_another_method_is_told_which_work(server: RunningServer) -> None:
    answer = await server.http.delete("/v1/people")
    check(answer, 405, "method_not_allowed")
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))
    answer = await server.http.put("/v1/events/some-id")
    assert "PATCH" in answer.headers["allow"]


async def test_options_names_every_method_of_a_path(server: RunningServer) -> None:
    answer = await server.http.options("/v1/people")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, OPTIONS, POST")
    check(await server.http.options("/v1/nothing"), 404, "path_not_found")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer  x", "Basic abc", "Bearer a.b.c", "Bearer é"])
async def test_without_a_good_token(server: RunningServer, header: str | None) -> None:
    headers = {} if header is None else {"authorization": header.encode()}
    answer = await server.http.get("/v1/me", headers=headers)
    check(answer, 401, "token_invalid")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_characters_no_database_takes_are_refused_at_the_door(server: RunningServer) -> None:
    owner = await server.sign_up()
    check(await owner.get("/events/a%00b"), 400, "bad_request")
    check(await owner.get("/audit?subject=a%00b"), 400, "bad_request")
    problem = check(await owner.post("/venues", {"name": "a\x00b"}), 422, "invalid_request")
    assert problem["errors"][0]["field"] == "name"
    # A backslash and the letters u0000 are just text.
    assert (await owner.made("/venues", {"name": "a\\u0000b"}))["name"] == "a\\u0000b"


async def test_our_own_failure_tells_nothing_but_an_id(
    server: RunningServer, capfd: pytest.CaptureFixture[str]
) -> None:
    owner = await server.sign_up()
    async with server.db.transaction() as tx:
        await tx.script("ALTER TABLE venue RENAME TO venue_gone")
    answer = await owner.get("/venues")
    problem = check(answer, 500, "internal_error")
    assert problem["errors"] == []
    for inside in ("venue", "SELECT", "Traceback", "sqlite", "postgres", "asyncpg", ".py"):
        assert inside not in answer.text
    log = "".join(capfd.readouterr())
    assert "venue" in log


async def test_a_database_that_is_gone_is_a_503_and_readyz_says_so(server: RunningServer) -> None:
    if server.db.dialect == "sqlite":
        return
    owner = await server.sign_up()
    await server.db._pool.close()
    check(await owner.get("/venues"), 503, "busy")
    answer = await server.http.get("/readyz")
    check(answer, 503, "busy")
    assert answer.headers["retry-after"]
    assert (await server.http.get("/healthz")).status_code == 200


async def test_health(server: RunningServer) -> None:
    assert (await server.http.get("/healthz")).json()["status"] == "ok"
    assert (await server.http.get("/readyz")).json()["status"] == "ok"


async def test_a_request_id_is_ours_and_new_each_time(server: RunningServer) -> None:
    answers = await asyncio.gather(*(server.http.get("/healthz", headers={"x-request-id": "mine"}) for _ in range(5)))
    assert len({answer.headers["x-request-id"] for answer in answers}) == 5
    assert "mine" not in {answer.headers["x-request-id"] for answer in answers}
