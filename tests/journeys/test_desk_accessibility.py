"""No page of the office or the console has a serious accessibility fault, on a desk or a phone, in light or in dark."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page, expect
from tests.conftest import ROOT
from tests.journeys.bar import PHONE, TABLET, Bar, device, paired_till, sell
from tests.journeys.console_places import PLACES, QUEUE, addresses, furnish
from tests.journeys.desk import DESK, add_operator, desk, opened, settled, sign_in
from tests.journeys.test_accessibility import SHIFT_MAX, faults, watched
from tests.support.processes import running_house

WEB = ROOT / "web/src"

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


def test_every_page_of_the_console_is_looked_at() -> None:
    """A new page is added to console_places.py: then it is checked here, and has its picture."""
    routes = set(re.findall(r'page\("([^"]+)"', (WEB / "apps/console/routes.tsx").read_text())) - {"/sign-in"}
    assert routes == {place.route for place in PLACES.values()}


@pytest.mark.slow
@SIZES
@ON_SQLITE
async def test_the_consoles_pages_have_no_serious_fault(
    browser: Browser, database_url: str, size: dict[str, int]
) -> None:
    """In light and in dark: `faults` looks at both."""
    async with opened(database_url) as db, running_house(database_url) as house:
        await add_operator(db, "ops@house.example", role="admin")
        found = addresses(**await furnish(db))
        page = await (await watched(await desk(browser, house.url, size, calm=True))).new_page()
        await sign_in(page, "console", "ops@house.example")
        assert await faults_of(page, list(found.values())) == []

        # What opens over a page.
        await page.goto(found["letter"])
        await page.get_by_role("button", name="Edit").click()
        await page.get_by_label("Payload, JSON").wait_for()
        assert await faults(page) == []
        await page.goto(found["dead"])
        await page.get_by_role("button", name="Retry it").first.click()
        await page.get_by_test_id("redrive-count").wait_for()
        assert await faults(page) == []
        await page.goto(found["queues"])
        await settled(page)
        await page.keyboard.press("Control+k")
        await page.get_by_role("combobox", name="Go to or do").wait_for()
        assert await faults(page) == []


@ON_SQLITE
async def test_the_console_is_walked_without_a_mouse(browser: Browser, database_url: str) -> None:
    async with opened(database_url) as db, running_house(database_url, workers=0) as house:
        await add_operator(db, "ops@house.example")
        await furnish(db)
        page = await (await desk(browser, house.url)).new_page()
        await sign_in(page, "console", "ops@house.example")

        await page.keyboard.press("Control+k")
        palette = page.get_by_role("combobox", name="Go to or do")
        await expect(palette).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(palette).to_have_count(0)
        await page.keyboard.press("Control+k")
        await palette.fill("dead let")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Dead letters", exact=True)).to_be_visible()

        await page.keyboard.press("Control+k")
        await palette.fill("queues")
        await page.keyboard.press("Enter")
        rows = page.get_by_role("table", name="Queues").get_by_role("link")
        await expect(rows.first).to_be_visible()
        names = [name for name in await rows.all_inner_texts() if name]
        await page.keyboard.press("j")
        await expect(page.get_by_role("link", name=names[0], exact=True)).to_be_focused()
        await page.keyboard.press("j")
        await expect(page.get_by_role("link", name=names[1], exact=True)).to_be_focused()
        await page.keyboard.press("k")
        await expect(page.get_by_role("link", name=names[0], exact=True)).to_be_focused()
        await page.keyboard.press("/")
        await page.keyboard.type(QUEUE)
        await expect(page.get_by_role("table", name="Queues").get_by_role("row")).to_have_count(2)
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name=QUEUE)).to_be_visible()
