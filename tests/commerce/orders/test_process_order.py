"""Processing: prices, taxes, the tab, the ledger and the news, in one commit, in order, once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.commerce.orders.selling import Bar, open_bar
from tests.support.server import RunningServer

from barback.commerce import ledger
from barback.commerce.orders.facts import OrderPriced, order_priced
from barback.commerce.orders.processors import process_order as module
from barback.engine import TransactionalTask, Worker, live
from barback.server import assembly
from barback.storage import Statement, Transaction


@pytest.fixture
async def bar(server: RunningServer) -> Bar:
    return await open_bar(server)


async def balances(bar: Bar) -> dict[str, int]:
    books = await bar.get(f"/events/{bar.night.event_id}/ledger")
    assert books["balanced"] is True
    return {one["account"]: one["balance_minor"] for one in books["accounts"]}


async def test_F10_a_processed_order_is_on_its_tab_taxed_and_in_the_books(bar: Bar) -> None:
    large = [{"modifier_id": bar.extra, "price_minor": 200}]
    await bar.results(bar.order(bar.line("beer", 3, modifiers=large), bar.line("pretzel", 2)))
    assert await bar.process() == 1
    tab = await bar.tab_of("04A1")
    # 24.00 at 19 % included is 3.83 tax; 6.00 at 7 % is 0.39.
    assert (tab["total_minor"], tab["tax_minor"], tab["order_count"]) == (3000, 383 + 39, 1)
    [order] = (await bar.get(f"/tabs/{tab['id']}/orders"))["items"]
    assert (order["state"], order["flags"], order["tab_version"]) == ("processed", [], tab["version"])
    assert [(one["gross_minor"], one["tax_minor"], one["name"]) for one in order["lines"]] == [
        (2400, 383, "Beer"),
        (600, 39, "Pretzel"),
    ]
    assert order["lines"][0]["modifiers"] == [{"name": "Large", "price_minor": 200}]
    assert await balances(bar) == {
        "tab_receivable": 3000, "revenue": -(3000 - 422), "tax_payable:S19": -383, "tax_payable:R7": -39,
    }  # fmt: skip


async def test_tax_on_top_is_added_to_what_was_charged(server: RunningServer) -> None:
    bar = await open_bar(server, prices_include_tax=False)
    await bar.results(bar.order())
    await bar.process()
    tab = await bar.tab_of("04A1")
    assert (tab["total_minor"], tab["tax_minor"]) == (1200 + 228, 228)


async def test_another_price_than_the_menus_counts_and_is_flagged(bar: Bar) -> None:
    await bar.results(bar.order(bar.line("beer", 1, price=550)))
    await bar.process()
    tab = await bar.tab_of("04A1")
    assert tab["total_minor"] == 550
    [order] = (await bar.get(f"/events/{bar.night.event_id}/orders", flag="price_mismatch"))["items"]
    assert "550" in order["flags"][0]["detail"]


async def test_O5_the_orders_of_a_tab_are_processed_in_the_order_of_acceptance(bar: Bar) -> None:
    for _ in range(12):
        await bar.results(bar.order(), bar.order(tag={"uid": "04B2"}))
    await bar.process()
    for uid in ("04A1", "04B2"):
        tab = await bar.tab_of(uid)
        orders = (await bar.get(f"/tabs/{tab['id']}/orders", limit=50))["items"]
        assert tab["order_count"] == 12
        by_message = sorted(orders, key=lambda order: order["message_id"])
        versions = [order["tab_version"] for order in by_message]
        assert versions == sorted(versions)
        assert len(set(versions)) == 12, "one at a time: no two orders share a version"


async def test_an_order_whose_message_runs_twice_is_on_its_tab_once(bar: Bar) -> None:
    order = bar.order()
    await bar.results(order)
    async with bar.server.db.transaction() as tx:
        await module.process_order.enqueue(tx, module.OrderRef(order["id"]), key="another")
    assert await bar.process() == 2
    assert (await bar.tab_of("04A1"))["order_count"] == 1


async def test_one_order_that_cannot_be_processed_holds_no_other_up(bar: Bar) -> None:
    good, bad = bar.order(), bar.order(tag={"uid": "04B2"})
    await bar.results(bad, good)
    broken = Statement("test", dict.fromkeys(("sqlite", "postgres"), "UPDATE orders SET body = '{}' WHERE id = :id"))
    async with bar.server.db.transaction() as tx:
        await tx.run(broken, id=bad["id"])
    await bar.process()
    assert (await bar.get(f"/orders/{good['id']}"))["state"] == "processed"
    assert await balances(bar) == {"tab_receivable": 1200, "revenue": -1008, "tax_payable:S19": -192}
    assert (await bar.tab_of("04B2"))["total_minor"] == 0, "nothing of a failed attempt is kept"


async def test_K6_one_fact_an_order_reaches_every_subscriber(bar: Bar) -> None:
    heard: list[str] = []

    class Hear(TransactionalTask[Any]):
        name = "test.hear_priced"
        queue = "test_hear"
        payload = OrderPriced

        async def handle(self, tx: Transaction, message: Any) -> None:
            del tx
            heard.append(message.payload.order_id)

    hear = Hear()
    order_priced.subscribe(hear, key=lambda fact: fact.tab_id)
    try:
        order = bar.order()
        await bar.results(order)
        await Worker(bar.server.db, [*assembly.tasks(), hear]).until_quiet()
    finally:
        order_priced.unsubscribe(hear)
    assert heard == [order["id"]]


async def test_O3_the_new_state_is_published_where_screens_look(bar: Bar) -> None:
    await bar.results(bar.order())
    await bar.process()
    tab = await bar.tab_of("04A1")
    async with bar.server.db.reading() as tx:
        news, _ = await live.read_after(tx, (0, 0), 10)
    [one] = [one for one in news if one.kind == "order.priced"]
    assert set(one.channels) == {
        f"tab:{tab['id']}",
        f"event:{bar.night.event_id}",
        f"station:{bar.night.station['id']}",
    }
    assert b'"tab_total_minor":1200' in bytes(one.data)


async def test_many_workers_share_the_work_and_the_books_balance(bar: Bar) -> None:
    for _ in range(30):
        await bar.results(*(bar.order(tag={"uid": uid}) for uid in ("04A1", "04B2", "04C3", "04D4")))
    workers = [Worker(bar.server.db, assembly.tasks()) for _ in range(3)]
    await asyncio.gather(*(worker.until_quiet() for worker in workers))
    await workers[0].until_quiet()
    tabs = (await bar.get(f"/events/{bar.night.event_id}/tabs"))["items"]
    assert [tab["order_count"] for tab in tabs] == [30] * 4
    async with bar.server.db.reading() as tx:
        assert await ledger.imbalance(tx) == {}
    assert (await balances(bar))["tab_receivable"] == 120 * 1200
