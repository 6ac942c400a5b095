"""No page of the office or the console has a serious accessibility fault, on a desk or a phone, in light or in dark."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page
from tests.engine.notes import Book, NoteTask, enqueue, work
from tests.journeys.bar import PHONE, TABLET, Bar, device, paired_till, sell
from tests.journeys.desk import DESK, add_operator, desk, opened, settled, sign_in
from tests.journeys.test_accessibility import SHIFT_MAX, faults, watched

pytestmark = [pytest.mark.journey, pytest.mark.timeout(400)]

SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def faults_of(page: Page, places: list[str]) -> list[str]:
    """What is wrong with these pages: accessibility faults, small targets, jumps while loading."""
    found: list[str] = []
    for place in places:
        await page.goto(place)
        await settled(page)
        shift = await page.evaluate("window.shift")
        found += [f"{place} jumps: {shift}"] if shift > SHIFT_MAX else []
        found += [f"{place} {fault}" for fault in await faults(page)]
    return found


@SIZES
@ON_SQLITE
async def test_the_offices_pages_have_no_serious_fault(browser: Browser, bar: Bar, size: dict[str, int]) -> None:
    till = await paired_till(await device(browser, bar, TABLET), bar)
    await sell(till, "Pale Ale", "Negroni")
    tab = await bar.tab()
    [order] = await bar.orders()
    event = f"/office/events/{bar.event_id}"
    places = [event, f"{event}/orders", f"{event}/orders/{order['id']}", f"{event}/needs-a-person", f"{event}/tabs"]
    places += [f"{event}/tabs/{tab['id']}", f"{event}/menu", f"{event}/guests", f"{event}/guests/{tab['attendee_id']}"]
    places += [f"{event}/stations", f"{event}/settings", "/office", "/office/people", "/office/start"]

    page = await (await watched(await desk(browser, bar.url, size, calm=True))).new_page()
    assert await faults_of(page, ["/office/sign-in", "/office/sign-up"]) == []
    await sign_in(page, "office", (await bar.read("/me"))["email"])
    assert await faults_of(page, places) == []

    await page.goto(f"{event}/menu")
    await page.get_by_role("button", name="Pale Ale", exact=True).click()
    await page.get_by_label("Price").wait_for()
    assert await faults(page) == []
    await page.goto(f"{event}/menu")
    await page.get_by_role("button", name="Negroni", exact=True).click()
    await page.get_by_label("Price").wait_for()
    assert await faults(page) == []
    await page.goto(f"{event}/stations")
    await page.get_by_role("button", name="Pair a till").click()
    await page.get_by_role("img", name="Scan to open the till").wait_for()
    assert await faults(page) == []


@SIZES
@ON_SQLITE
async def test_the_consoles_pages_have_no_serious_fault(
    browser: Browser, bar: Bar, database_url: str, size: dict[str, int]
) -> None:
    async with opened(database_url) as db:
        await add_operator(db, "ops@house.example")
        task = NoteTask(Book(dies={"Ada"}), queue="receipts.print")
        [letter] = await enqueue(db, task, "Ada")
        await work(db, task)
    page = await (await watched(await desk(browser, bar.url, size, calm=True))).new_page()
    await sign_in(page, "console", "ops@house.example")
    places = ["", "/queues", "/queues/one?name=receipts.print", "/dead", f"/dead/{letter}"]
    places += ["/messages", "/keys", "/keys/one?queue=receipts.print&key=tab", "/breakers", "/batches", "/usage"]
    places += ["/scaling", "/workers", "/schedules", "/changes"]
    assert await faults_of(page, [f"/console{place}" for place in places]) == []
