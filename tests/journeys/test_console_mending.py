"""The console in a real browser: an order is mended, many go round again, who only looks changes nothing."""

from __future__ import annotations

import json
import re

import httpx
import pytest
from playwright.async_api import Browser, Page, expect
from tests.conftest import ROOT
from tests.engine.notes import Book, NoteTask, enqueue, work
from tests.journeys.bar import PHONE
from tests.journeys.console_places import addresses, furnish
from tests.journeys.desk import PASSWORD, add_operator, desk, opened, refusals, settled, sign_in
from tests.support.processes import running_house

from barback.commerce.orders.processors.process_order import OrderRef
from barback.engine import Dead, Message, TransactionalTask, Worker, changes
from barback.storage import Database, Transaction

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]
WATCHER = "watch@house.example"
DEEDS = (
    "Pause", "Retry", "Discard", "Edit", "Drain", "Skip", "Cancel", "Release", "Purge", "Run now", "Hold open",
    "Save", "Stop",
)  # fmt: skip
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class ProcessElsewhere(TransactionalTask[OrderRef]):
    """The house's own task by name and payload, in a queue that only this test works."""

    name = "orders.process_order"
    queue = "orders.again"
    payload = OrderRef

    def __init__(self) -> None:
        self.done: list[str] = []

    async def handle(self, tx: Transaction, message: Message[OrderRef]) -> Dead | None:
        del tx
        if message.payload.order_id == "4711x":
            return Dead("no order is called 4711x")
        self.done.append(message.payload.order_id)
        return None


async def _dead_order(db: Database) -> ProcessElsewhere:
    task = ProcessElsewhere()
    async with db.transaction() as tx:
        await task.enqueue(tx, OrderRef("4711x"))
    await Worker(db, [task]).until_quiet()
    return task


async def _mend(page: Page) -> None:
    """From the overview to the letter, to its payload, and round again."""
    await page.get_by_role("link", name="1 dead letter in orders.again").click()
    await expect(page.get_by_test_id("error-group")).to_contain_text("no order is called 4711x")
    await page.get_by_role("button", name="Look at one").click()
    await page.get_by_role("button", name="Edit").click()
    payload = page.get_by_label("Payload, JSON")
    await payload.fill((await payload.input_value()).replace("order_id", "order"))
    await page.get_by_role("button", name="Look at the change").click()
    await expect(page.get_by_role("alert")).to_contain_text("order_id")
    await payload.fill((await payload.input_value()).replace('"order"', '"order_id"').replace("4711x", "4711"))
    await page.get_by_role("button", name="Look at the change").click()
    changes = page.get_by_role("group", name="What changes")
    await expect(changes).to_contain_text("4711x")
    await page.get_by_role("button", name="Save and retry").click()
    await expect(page.get_by_text("goes round again.")).to_be_visible()


async def _redrive(page: Page) -> None:
    """All letters of an error go round again at a rate, and it is seen how far that is."""
    await page.get_by_role("link", name="Dead letters").click()
    group = page.get_by_test_id("error-group").filter(has_text="out of paper")
    await group.get_by_role("button", name="Retry all 12").click()
    await expect(page.get_by_test_id("redrive-count")).to_have_text("12 messages of receipts.print")
    await page.get_by_role("button", name="Send them").click()
    await expect(page.get_by_test_id("errand")).to_contain_text("12 of 12 round again")
    await expect(group).to_have_count(0)


async def _pause_from_the_keyboard(page: Page) -> None:
    await page.keyboard.press("Control+k")
    await page.get_by_role("combobox", name="Go to or do").fill("pause receipts")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Pause it").click()
    await expect(page.get_by_text("receipts.print is paused.")).to_be_visible()
    await page.get_by_role("link", name="Queues").click()
    await expect(page.get_by_role("table", name="Queues")).to_be_visible()
    await page.keyboard.press("/")
    await page.keyboard.type("receipts.print")
    await expect(page.get_by_role("table", name="Queues").get_by_role("row")).to_have_count(2)
    await page.get_by_role("heading", name="Queues").click()
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Resume")).to_be_visible()


@ON_SQLITE
async def test_an_order_is_mended_and_others_go_round_again(browser: Browser, database_url: str) -> None:
    async with opened(database_url) as db, running_house(database_url) as house:
        await add_operator(db, "ops@house.example")
        order = await _dead_order(db)
        names = [f"guest {n}" for n in range(12)]
        receipts = NoteTask(Book(dies=set(names), error="the printer is out of paper"), queue="receipts.print")
        await enqueue(db, receipts, *names)
        await work(db, receipts)

        page = await (await desk(browser, house.url)).new_page()
        await sign_in(page, "console", "ops@house.example")
        await _mend(page)
        await Worker(db, [order]).until_quiet()
        assert order.done == ["4711"]
        await _redrive(page)
        await _pause_from_the_keyboard(page)


async def _refused_everywhere(url: str) -> None:
    """Every route of the console that changes anything refuses who only looks, whatever is sent to it."""
    paths = json.loads((ROOT / "openapi.json").read_text())["paths"]
    changing = [
        (method, re.sub(r"{[^}]*}", "nothing", path))
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method != "get" and "console" in operation.get("tags", [])
    ]
    assert len(changing) > 20
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        signed_in = await http.post("/v1/auth/sign-in", json={"email": WATCHER, "password": PASSWORD})
        http.headers["authorization"] = f"Bearer {signed_in.json()['access_token']}"
        # A body that does not fit is told before it is asked who sends it: nothing is done then either.
        answers = [await http.request(method, path, json={}) for method, path in changing]
    told = {f"{one.request.url.path}: {one.status_code}" for one in answers if one.status_code not in (400, 403, 422)}
    assert told == set()
    assert sum(one.status_code == 403 for one in answers) > len(answers) / 2


@ON_SQLITE
async def test_who_only_looks_sees_no_button_that_changes_anything(browser: Browser, database_url: str) -> None:
    async with opened(database_url) as db, running_house(database_url, workers=0) as house:
        await add_operator(db, WATCHER, role="watcher")
        found = addresses(**await furnish(db))
        async with db.reading() as tx:
            before = await changes.page(tx)
        page = await (await desk(browser, house.url, PHONE)).new_page()
        refused = refusals(page)
        await sign_in(page, "console", WATCHER)
        for address in found.values():
            await page.goto(address)
            await settled(page)
            for deed in DEEDS:
                await expect(page.locator("main").get_by_role("button", name=deed)).to_have_count(0)
        assert refused == []
        await _refused_everywhere(house.url)
        async with db.reading() as tx:
            assert await changes.page(tx) == before
