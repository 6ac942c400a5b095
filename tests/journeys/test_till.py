"""The till in a real browser: pairing, the reader, and sales that survive whatever the network does."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Route, expect
from tests.journeys.bar import PHONE, TABLET, Bar, device, paired_till, read_tag, sell

# The till does not know the database behind the server; what crosses both is in test_sale_reaches_guest.py.
pytestmark = [
    pytest.mark.journey,
    pytest.mark.timeout(180),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


async def test_a_wrong_code_says_so_and_the_right_one_pairs(browser: Browser, bar: Bar) -> None:
    page = await (await device(browser, bar, PHONE)).new_page()
    await page.goto("/till")
    for key in "ABCDEFGH":
        await page.get_by_role("button", name=key, exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("This pairing code does not work")
    for key in await bar.pairing_code():
        await page.get_by_role("button", name=key, exact=True).click()
    await expect(page.get_by_text("Main bar")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("button", name="Harbour Pils")).to_be_visible()


async def test_a_lost_answer_charges_the_guest_once(browser: Browser, bar: Bar) -> None:
    context = await device(browser, bar, TABLET)
    till = await paired_till(context, bar)
    attempts: list[str | None] = []

    async def lose_the_first_answer(route: Route) -> None:
        attempts.append(route.request.post_data)
        if len(attempts) > 1:
            await route.continue_()
            return
        await route.fetch()  # the server has it on disk; the till never hears of it
        await route.abort("connectionreset")

    await context.route("**/v1/orders", lose_the_first_answer)
    await till.get_by_role("button", name="Pale Ale").first.click()
    await read_tag(till)
    await till.get_by_role("button", name="Charge €5.80").click()
    await expect(till.get_by_test_id("receipt")).to_be_visible()

    [order] = await bar.orders()
    # Whichever is first, the second attempt's answer or the news that the sale is on its tab, tells the till.
    assert len(set(attempts)) == 1
    assert order["total_minor"] == 580


async def test_sales_wait_on_the_till_over_an_outage_and_a_reload(browser: Browser, bar: Bar) -> None:
    context = await device(browser, bar, TABLET)
    till = await paired_till(context, bar)
    await context.route("**/v1/orders", lambda route: route.abort("connectionreset"))
    for product in ("Harbour Pils", "Negroni"):
        await till.get_by_role("button", name=product, exact=False).first.click()
        await read_tag(till)
        await till.get_by_role("button", name="Charge €").click()
        await expect(till.get_by_role("heading", name="Kept on this till")).to_be_visible()
        await till.get_by_role("button", name="Next guest").click()
    await expect(till.get_by_role("button", name="2 sales to send")).to_be_visible()
    await till.get_by_role("button", name="Pale Ale").first.click()
    assert await bar.orders() == []

    await context.unroute("**/v1/orders")
    await till.reload()
    await expect(till.get_by_test_id("basket-total")).to_have_text("€5.80")
    await till.get_by_role("link", name="Recent").click()
    sales = till.get_by_role("listitem")
    await expect(sales).to_have_count(2)
    await expect(sales.filter(has_text="On the tab")).to_have_count(2)
    orders = await bar.orders()
    assert sorted(order["total_minor"] for order in orders) == [520, 1080]
    assert (await bar.tab())["total_minor"] == 1600


async def test_an_unknown_tag_is_sold_to_and_flagged(browser: Browser, bar: Bar) -> None:
    till = await paired_till(await device(browser, bar, TABLET), bar)
    await till.get_by_role("button", name="Pale Ale").first.click()
    await read_tag(till, "04FFFFFFFFFFFF")
    await expect(till.get_by_text("Nobody wears this tag yet")).to_be_visible()
    await till.get_by_role("button", name="Charge €5.80").click()
    await expect(till.get_by_text("Nobody is registered with this tag yet")).to_be_visible()
    [order] = await bar.orders()
    assert [flag["code"] for flag in order["flags"]] == ["unknown_tag"]


async def test_a_revoked_till_says_how_to_go_on(browser: Browser, bar: Bar) -> None:
    till = await paired_till(await device(browser, bar, TABLET), bar)
    [paired] = (await bar.read(f"/devices?event_id={bar.event_id}"))["items"]
    await bar.made(f"/devices/{paired['id']}/revoke")
    await till.reload()
    await expect(till.get_by_role("heading", name="This till was unpaired")).to_be_visible()
    await till.get_by_role("button", name="Pair again").click()
    await expect(till.get_by_role("heading", name="Pair this till")).to_be_visible()


async def test_a_whole_sale_with_the_keyboard_alone(browser: Browser, bar: Bar) -> None:
    till = await paired_till(await device(browser, bar, TABLET), bar)
    await till.keyboard.press("/")
    await till.keyboard.type("pale", delay=80)
    await till.keyboard.press("Enter")
    await expect(till.get_by_test_id("basket-total")).to_have_text("€5.80")
    await till.keyboard.press("Escape")
    await read_tag(till)
    await expect(till.get_by_text("Ada Lovelace")).to_be_visible()
    await expect(till.get_by_role("textbox", name="Search the menu")).to_have_value("")
    await till.get_by_role("button", name="Charge €5.80").focus()
    await till.keyboard.press("Enter")
    await expect(till.get_by_test_id("receipt")).to_be_visible()
    await till.keyboard.press("Enter")
    await expect(till.get_by_test_id("charge-result")).to_have_count(0)
    receipt = await sell(till, "Harbour Pils")
    assert receipt.endswith("-000002")
