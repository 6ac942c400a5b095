"""POST /v1/orders as a request: what is wrong with the whole of it is one clear problem answer."""

from __future__ import annotations

import pytest
from tests.commerce.orders.selling import Bar, open_bar
from tests.support.server import Party, RunningServer

from barback.commerce.orders.intake import BODY_BYTES_MAX


@pytest.fixture
async def bar(server: RunningServer) -> Bar:
    return await open_bar(server)


async def send(bar: Bar, body: bytes, token: str | None = None, **headers: str) -> tuple[int, dict[str, object]]:
    sent = {"authorization": f"Bearer {token or bar.till.token}", "content-type": "application/json", **headers}
    answer = await bar.server.http.post("/v1/orders", content=body, headers=sent)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
        assert answer.json()["detail"]
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed_json"),
        (b"", 400, "malformed_json"),
        (b'{"orders":"\xff\xfe"}', 400, "malformed_json"),
        (b"[]", 422, "invalid_request"),
        (b"{}", 422, "invalid_request"),
        (b'{"orders":[]}', 422, "invalid_request"),
        (b'{"orders":[{}],"sent_ms":-1}', 422, "invalid_request"),
        (b'{"orders":[{}],"colour":"red"}', 422, "invalid_request"),
        (b"[" * 100_000, 422, "invalid_request"),
    ],
)
async def test_a_body_that_is_no_batch(bar: Bar, body: bytes, status: int, code: str) -> None:
    got, problem = await send(bar, body)
    assert (got, problem["code"]) == (status, code)


async def test_more_than_a_hundred_orders_are_too_many_and_a_hundred_are_not(bar: Bar) -> None:
    answer = await bar.send(*(bar.order() for _ in range(101)))
    assert (answer.status_code, answer.json()["code"]) == (413, "batch_too_large")
    assert answer.json()["errors"][0]["value"] == 101
    assert await bar.process() == 0
    assert {one["result"] for one in await bar.results(*(bar.order() for _ in range(100)))} == {"accepted"}


async def test_a_body_above_a_mebibyte_is_too_large(bar: Bar) -> None:
    status, problem = await send(bar, b'{"orders":["' + b"x" * BODY_BYTES_MAX + b'"]}')
    assert (status, problem["code"]) == (413, "batch_too_large")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer nonsense", "Basic YTpi", "Bearer a.b.c"])
async def test_a_wrong_token_is_refused_and_says_how(bar: Bar, authorization: str) -> None:
    status, problem = await send(bar, b'{"orders":[{}]}', authorization=authorization)
    assert (status, problem["code"]) == (401, "token_invalid")


async def test_an_expired_token_is_refused_and_says_so(bar: Bar) -> None:
    bar.server.clock.advance(24 * 3_600_000)
    answer = await bar.send(bar.order())
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")
    assert "www-authenticate" in answer.headers


async def test_a_viewer_and_a_guest_may_not_sell(bar: Bar) -> None:
    viewer = await bar.server.colleague(bar.night.owner, "viewer")
    answer = await bar.send(bar.order(), till=viewer)
    assert (answer.status_code, answer.json()["code"]) == (403, "orders_not_allowed")
    [sold] = await bar.results(bar.order())
    link = (await bar.night.owner.made(f"/tabs/{sold['tab_id']}/link"))["link"]
    guest = Party(bar.server.http, (await bar.server.nobody.made("/auth/guest", {"link": link}))["access_token"])
    assert (await bar.send(bar.order(), till=guest)).status_code == 403


async def test_an_order_cannot_hold_a_nul(bar: Bar) -> None:
    [result] = await bar.results(bar.order(bar.line("beer", note="a\0b")))
    assert result["problem"]["code"] == "order_invalid"
    assert (await bar.results(bar.order()))[0]["result"] == "accepted"


async def test_a_manager_sells_at_an_event_they_name_and_at_no_foreign_one(bar: Bar) -> None:
    other = await open_bar(bar.server)
    good = bar.order(event_id=bar.night.event_id)
    foreign = bar.order(event_id=other.night.event_id)
    answer = await bar.send(good, foreign, till=bar.night.owner)
    results = answer.json()["results"]
    assert results[0]["result"] == "accepted"
    assert results[1]["problem"]["code"] == "event_not_found"
