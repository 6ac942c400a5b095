"""Orders at the door: what is accepted, repeated, flagged or kept for a person; nothing is lost, nothing leaks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.commerce.orders.selling import Bar, open_bar
from tests.support.server import RunningServer

from barback.foundation.ids import new_id

HOUR_MS = 3_600_000


@pytest.fixture
async def bar(server: RunningServer) -> Bar:
    return await open_bar(server)


async def all_orders(bar: Bar) -> list[dict[str, Any]]:
    return (await bar.get(f"/events/{bar.night.event_id}/orders", limit=200))["items"]


async def quarantined(bar: Bar) -> list[dict[str, Any]]:
    return (await bar.get(f"/events/{bar.night.event_id}/quarantine"))["items"]


async def test_F10_an_order_is_accepted_and_can_be_read_before_it_is_processed(bar: Bar) -> None:
    order = bar.order(bar.line("beer", 2), bar.line("pretzel"))
    [result] = await bar.results(order)
    assert result["result"] == "accepted"
    assert result["flags"] == []
    stored = await bar.get(f"/orders/{order['id']}")
    assert (stored["state"], stored["total_minor"], stored["receipt"]) == ("accepted", 1500, result["receipt"])
    assert [line["quantity"] for line in stored["lines"]] == [2, 1]


async def test_K1_the_same_order_sent_again_gets_the_stored_answer_and_counts_once(bar: Bar) -> None:
    order = bar.order(tag={"uid": "04FF"})
    [first] = await bar.results(order)
    assert first["result"] == "flagged"
    [again] = await bar.results(order)
    assert again["result"] == "duplicate"
    assert {key: again[key] for key in ("id", "receipt", "tab_id", "flags")} == {
        key: first[key] for key in ("id", "receipt", "tab_id", "flags")
    }
    await bar.process()
    assert len(await all_orders(bar)) == 1


async def test_the_same_order_twice_in_one_batch_counts_once(bar: Bar) -> None:
    order = bar.order()
    assert [one["result"] for one in await bar.results(order, order)] == ["accepted", "duplicate"]
    assert await bar.process() == 1


async def test_the_same_order_from_many_connections_at_once_counts_once(bar: Bar) -> None:
    order = bar.order()
    answers = await asyncio.gather(*(bar.results(order) for _ in range(20)))
    assert sorted(answer[0]["result"] for answer in answers) == ["accepted"] + ["duplicate"] * 19
    assert await bar.process() == 1


async def test_another_order_under_a_used_id_is_a_conflict_and_is_kept(bar: Bar) -> None:
    order = bar.order()
    await bar.results(order)
    [result] = await bar.results(order | {"lines": [bar.line("beer", 9)], "total_minor": 9 * 600})
    assert (result["result"], result["problem"]["code"]) == ("invalid", "order_conflict")
    assert (await bar.get(f"/orders/{order['id']}"))["total_minor"] == 1200, "the original stands"
    [kept] = await quarantined(bar)
    assert '"quantity":9' in kept["body"]


async def test_a_used_sequence_number_is_a_conflict_and_is_kept(bar: Bar) -> None:
    order = bar.order()
    await bar.results(order)
    [result] = await bar.results(order | {"id": new_id()})
    assert result["problem"]["code"] == "device_seq_conflict"
    assert len(await quarantined(bar)) == 1


async def test_one_poison_order_never_blocks_the_rest(bar: Bar) -> None:
    good, also_good = bar.order(), bar.order()
    poisons = [
        bar.order(bar.line("beer", -1)),
        "not an order",
        bar.order() | {"lines": []},
        bar.order() | {"schema": 9},
    ]
    results = await bar.results(good, *poisons, also_good)
    assert [one["result"] for one in results] == ["accepted", *["invalid"] * 4, "accepted"]
    assert await bar.process() == 2
    assert len(await quarantined(bar)) == 4, "what a device sent is never thrown away"


async def test_a_refused_order_sent_again_is_kept_once(bar: Bar) -> None:
    poison = bar.order(bar.line("beer", -1))
    await bar.results(poison)
    await bar.results(poison)
    assert len(await quarantined(bar)) == 1


async def test_a_negative_quantity_names_field_value_and_cure(bar: Bar) -> None:
    [result] = await bar.results(bar.order(bar.line("beer", -3)))
    [error] = result["problem"]["errors"]
    assert error["field"] == "lines[0].quantity"
    assert error["value"] == -3
    assert ">= 1" in error["reason"]
    assert error["cure"]


async def test_an_unknown_product_is_sold_and_flagged(bar: Bar) -> None:
    line = {"product_id": "no-such-drink", "quantity": 1, "unit_price_minor": 450, "name": "Mystery"}
    [result] = await bar.results(bar.order(line))
    assert result["result"] == "flagged"
    [flag] = result["flags"]
    assert (flag["code"], flag["field"]) == ("unknown_product", "lines[0].product_id")
    await bar.process()
    [order] = await all_orders(bar)
    assert (order["total_minor"], order["lines"][0]["name"]) == (450, "Mystery"), "the guest owes what was charged"


async def test_a_tag_nobody_holds_is_sold_onto_a_tab_of_its_own_and_flagged(bar: Bar) -> None:
    first, second = await bar.results(bar.order(tag={"uid": "04FF"}), bar.order(tag={"uid": "04FF"}))
    assert first["flags"][0]["code"] == "unknown_tag"
    assert first["tab_id"] == second["tab_id"]
    await bar.process()
    assert (await bar.tab_of("04FF"))["total_minor"] == 2400


async def test_a_total_that_does_not_add_up_is_flagged_and_the_lines_count(bar: Bar) -> None:
    [result] = await bar.results(bar.order(total_minor=1))
    assert [flag["code"] for flag in result["flags"]] == ["total_mismatch"]
    await bar.process()
    assert (await bar.tab_of("04A1"))["total_minor"] == 1200


async def test_a_clock_three_days_off_is_flagged_and_put_right(bar: Bar) -> None:
    now_ms = bar.server.clock.now_ms()
    wrong = now_ms - 72 * HOUR_MS
    [result] = await bar.results(bar.order(device_time_ms=wrong - 60_000), sent_ms=wrong)
    assert [flag["code"] for flag in result["flags"]] == ["clock_skew"]
    [order] = await all_orders(bar)
    assert order["device_time_ms"] == wrong - 60_000, "as the device said"
    assert order["effective_ms"] == now_ms - 60_000, "as it was"


async def test_a_clock_in_the_future_cannot_put_a_sale_there(bar: Bar) -> None:
    now_ms = bar.server.clock.now_ms()
    await bar.results(bar.order(device_time_ms=now_ms + 72 * HOUR_MS))
    [order] = await all_orders(bar)
    assert order["effective_ms"] == now_ms


async def test_another_currency_is_kept_for_a_person(bar: Bar) -> None:
    [result] = await bar.results(bar.order(currency="USD"))
    assert result["problem"]["code"] == "currency_mismatch"
    assert result["problem"]["errors"][0]["value"] == "USD"
    assert len(await quarantined(bar)) == 1


async def test_O6_a_foreign_tenants_tab_looks_like_one_that_does_not_exist(bar: Bar) -> None:
    other = await open_bar(bar.server)
    await other.results(other.order())
    foreign = (await other.tab_of("04A1"))["id"]
    results = await bar.results(bar.order(tag=None, tab_id=foreign), bar.order(tag=None, tab_id=new_id()))
    problems = [one["problem"] for one in results]
    assert [one["code"] for one in problems] == ["tab_not_found", "tab_not_found"]
    assert problems[0]["detail"] == problems[1]["detail"], "nothing tells the two apart"
    await other.process()
    assert (await other.tab_of("04A1"))["order_count"] == 1, "nothing reached the other tenant"


async def test_O6_another_tenants_order_id_tells_nothing_of_it(bar: Bar) -> None:
    other = await open_bar(bar.server)
    order = other.order()
    [theirs] = await other.results(order)
    [ours] = await bar.results(bar.order() | {"id": order["id"]})
    assert ours["problem"]["code"] == "order_conflict"
    assert theirs["tab_id"] not in str(ours)
    assert theirs["receipt"] not in str(ours)
    assert (await bar.night.owner.get(f"/orders/{order['id']}")).status_code == 404


async def test_an_order_for_a_tab_by_id(bar: Bar) -> None:
    [first] = await bar.results(bar.order())
    [second] = await bar.results(bar.order(tag=None, tab_id=first["tab_id"]))
    assert (second["result"], second["tab_id"]) == ("accepted", first["tab_id"])


async def test_an_order_that_names_nobody_is_kept_for_a_person(bar: Bar) -> None:
    [result] = await bar.results(bar.order(tag=None))
    assert result["problem"]["code"] == "no_tab_named"


async def revoke(bar: Bar) -> None:
    device = bar.till.session["device_id"]
    answer = await bar.night.owner.post(f"/devices/{device}/revoke")
    assert answer.status_code in (200, 201, 204), answer.text


async def test_a_revoked_device_is_taken_for_what_it_sold_before_and_not_after(bar: Bar) -> None:
    before = bar.order()
    bar.server.clock.advance(60_000)
    await revoke(bar)
    bar.server.clock.advance(60_000)
    after = bar.order()
    results = await bar.results(before, after, sent_ms=bar.server.clock.now_ms())
    assert [one["result"] for one in results] == ["flagged", "invalid"]
    assert results[0]["flags"][0]["code"] == "device_revoked"
    assert results[1]["problem"]["code"] == "device_revoked"
    assert len(await quarantined(bar)) == 1
    assert await bar.process() == 1
