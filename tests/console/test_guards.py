"""Breakers and usage, over HTTP and on the command line."""

from __future__ import annotations

from tests.conformance.bar import Drink
from tests.conformance.partners import Partners
from tests.conformance.queue_lines import order_for, work_off
from tests.conformance.taps import Tap
from tests.console.operators import found
from tests.console.test_console_cli import said, told, typed
from tests.support.server import Party, RunningServer

from barback.console.guard_shapes import month_of
from barback.engine import Queue, Worker
from barback.engine.messages import Message
from barback.engine.operations import metrics
from barback.storage import Database, Transaction

desk = Queue("desk")


@desk.task("desk.stamp", payload=Drink)
async def stamp(tx: Transaction, message: Message[Drink]) -> None:
    """Touches nothing."""
    del tx, message


async def _dry(db: Database) -> Tap:
    """A tap that turned out to be dry."""
    tap = Tap()
    async with db.transaction() as tx:
        for n in range(5):
            await tap.enqueue(tx, Drink(n))
    await Worker(db, [tap]).until_quiet()
    return tap


async def _stamped(db: Database) -> None:
    async with db.transaction() as tx:
        for n in range(3):
            await stamp.enqueue(tx, Drink(n), tenant="north")
        await stamp.enqueue(tx, Drink(9), tenant="south")
    await Worker(db, [stamp]).until_quiet()


async def test_breakers_over_http(server: RunningServer, operator: Party) -> None:
    await _dry(server.db)
    [one] = (await found(operator, "/console/breakers"))["items"]
    assert (one["name"], one["state"], one["forced"], one["queues"]) == ("taps", "open", None, ["bar"])
    assert one["until_ms"] == server.clock.now_ms() + 30_000
    assert "no beer comes out" in one["error"]
    closed = await operator.made("/console/breakers/taps/close")
    assert (closed["state"], closed["forced"]) == ("closed", "closed")
    assert (await operator.made("/console/breakers/taps/open"))["forced"] == "open"
    assert (await operator.made("/console/breakers/taps/reset"))["forced"] is None
    kept = await found(operator, "/console/changes?subject=breaker:taps")
    actions = [change["action"] for change in kept["items"]]
    assert sorted(actions) == ["breaker.forced_closed", "breaker.forced_open", "breaker.opened", "breaker.reset"]
    taps = await found(operator, "/console/breakers/taps")
    assert (taps["breaker"]["name"], taps["lines"]) == ("taps", [])
    assert [change["action"] for change in taps["changes"]] == [change["action"] for change in kept["items"]]
    missing = await operator.post("/console/breakers/tabs/open")
    assert (await operator.get("/console/breakers/tabs")).json()["code"] == "breaker_not_found"
    assert (missing.status_code, missing.json()["code"]) == (404, "breaker_not_found")


async def test_breakers_at_a_terminal(database: Database, database_url: str) -> None:
    await _dry(database)
    shown = await said(database_url, "breakers")
    assert "taps" in shown
    assert "no beer comes out" in shown
    assert "is held open" in await said(database_url, "breaker", "open", "taps")
    [one] = (await told(database_url, "breakers"))["items"]
    assert one["forced"] == "open"
    assert "until it is reset" in await said(database_url, "breakers")
    await said(database_url, "breaker", "close", "taps")
    assert "goes by what it sees" in await said(database_url, "breaker", "reset", "taps")
    [one] = (await told(database_url, "breakers"))["items"]
    assert (one["forced"], one["state"]) == (None, "closed")
    assert len((await told(database_url, "breaker", "show", "taps"))["changes"]) == 4
    assert "breaker.forced_open" in await said(database_url, "breaker", "show", "taps")
    mistyped = await typed(database_url, "breaker", "open", "tabs")
    assert mistyped.exit_code != 0


async def _one_partner_down(db: Database) -> None:
    """Of two partners one does not answer."""
    partners = Partners("north")
    await order_for(db, partners, "north", range(5))
    await order_for(db, partners, "south", range(5))
    await work_off(db, partners)


async def test_lines_of_a_breaker_over_http(server: RunningServer, operator: Party) -> None:
    await _one_partner_down(server.db)
    [whole, north] = (await found(operator, "/console/breakers"))["items"]
    assert (whole["name"], whole["by_line"], whole["line"], whole["state"]) == ("partners", True, None, "closed")
    assert (north["line"], north["state"], north["until_ms"]) == ("north", "open", server.clock.now_ms() + 30_000)
    assert "north does not answer" in north["error"]
    forced = await operator.made("/console/breakers/partners/close?line=north")
    assert (forced["line"], forced["forced"]) == ("north", "closed")
    assert (await operator.made("/console/breakers/partners/open?line=west"))["forced"] == "open"
    lines = (await found(operator, "/console/breakers/partners"))["lines"]
    assert sorted(one["line"] for one in lines) == ["north", "west"]
    held = {one["line"]: one["forced"] for one in (await found(operator, "/console/breakers"))["items"]}
    assert held == {None: None, "north": "closed", "west": "open"}
    await operator.made("/console/breakers/partners/reset?line=north")
    await operator.made("/console/breakers/partners/reset?line=west")
    assert [one["line"] for one in (await found(operator, "/console/breakers"))["items"]] == [None]
    kept = (await found(operator, "/console/changes?subject=breaker:partners"))["items"]
    assert {change["after"]["line"] for change in kept} == {"north", "west"}
    assert {change["who"].split(":")[0] for change in kept if change["action"] != "breaker.opened"} == {"operator"}


async def test_lines_of_a_breaker_at_a_terminal_and_for_prometheus(database: Database, database_url: str) -> None:
    await _one_partner_down(database)
    page = await metrics.page(database, None)
    assert 'barback_breaker_lines_open{breaker="partners"} 1.0' in page.body
    assert 'barback_breaker_open{breaker="partners"} 0.0' in page.body
    shown = await said(database_url, "breakers")
    assert "by line, 1 open" in shown
    assert "north does not answer" in shown
    assert "the line 'north' of partners" in await said(database_url, "breaker", "close", "partners", "--line", "north")
    [_, north] = (await told(database_url, "breakers"))["items"]
    assert (north["line"], north["forced"]) == ("north", "closed")
    assert "goes by what it sees" in await said(database_url, "breaker", "reset", "partners", "--line", "north")
    assert len((await told(database_url, "breakers"))["items"]) == 1


async def test_a_breaker_of_whole_queues_has_no_line_to_force(server: RunningServer, operator: Party) -> None:
    await _dry(server.db)
    refused = await operator.post("/console/breakers/taps/open?line=north")
    assert (refused.status_code, refused.json()["code"]) == (409, "breaker_has_no_lines")


async def test_K5_usage_over_http(server: RunningServer, operator: Party) -> None:
    """Every attempt is metered for its task and its tenant, and priced as others would."""
    await _stamped(server.db)
    [one] = (await found(operator, "/console/usage"))["items"]
    assert (one["task"], one["tenant"], one["done"]) == ("desk.stamp", "", 4)
    assert one["wall_us"] > 0
    by_tenant = (await found(operator, "/console/usage?by=tenant"))["items"]
    assert {line["tenant"]: line["done"] for line in by_tenant} == {"north": 3, "south": 1}
    [south] = (await found(operator, "/console/usage?by=both&tenant=south"))["items"]
    assert (south["task"], south["done"]) == ("desk.stamp", 1)
    assert (await found(operator, "/console/usage?month=1999-12"))["items"] == []
    costs = await found(operator, "/console/usage/costs?memory_mib=1024")
    assert (costs["attempts"], costs["memory_mib"]) == (4, 1024)
    assert all(line["total_usd"].count(".") == 1 and line["sources"] and line["as_of"] for line in costs["items"])
    wrong = await operator.get("/console/usage?month=2026-13")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_month")


async def test_K5_usage_at_a_terminal(database: Database, database_url: str) -> None:
    await _stamped(database)
    month, _, _ = month_of(None, database.clock.now_ms())
    seen = await told(database_url, "usage", "--by", "both", "--month", month)
    assert {line["tenant"]: line["done"] for line in seen["items"]} == {"north": 3, "south": 1}
    assert "desk.stamp" in await said(database_url, "usage", "--month", month)
    priced = await said(database_url, "usage", "--costs", "--month", month)
    assert "AWS Lambda and SQS" in priced
    assert (await typed(database_url, "usage", "--month", "May")).exit_code != 0
