"""The office in a real browser: from sign-up to the first sale, numbers that move, a menu, a viewer who only looks."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.async_api import Browser, Page, expect
from tests.journeys.bar import PHONE, TABLET, Bar, device, paired_till, read_tag, sell
from tests.journeys.desk import PASSWORD, desk, refusals, settled, sign_in
from tests.support.processes import running_house

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

FIRST_TAG = "0001"
PAGES = ("", "/orders", "/needs-a-person", "/tabs", "/menu", "/guests", "/stations", "/settings")
WRITES = re.compile("^(Add|Change|Pair|Unpair|Bind|Take|Invite|Plan|Open the event|Close|Save|Use this|Lock|Link for)")


async def office(browser: Browser, bar: Bar) -> Page:
    """The owner's desk, signed in."""
    page = await (await desk(browser, bar.url)).new_page()
    await sign_in(page, "office", (await bar.read("/me"))["email"])
    return page


async def test_from_sign_up_to_the_first_sale(browser: Browser, database_url: str) -> None:
    async with running_house(database_url) as house:
        page = await (await desk(browser, house.url)).new_page()
        await page.goto("/office/sign-up")
        await page.get_by_label("Your bar or business").fill("Pier Fourteen")
        await page.get_by_label("Your name").fill("Mara Lindqvist")
        await page.get_by_label("E-mail").fill(f"mara-{uuid.uuid4().hex[:8]}@pier.example")
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Open the bar").click()

        await expect(page.get_by_role("heading", name="Your first event")).to_be_visible()
        await page.get_by_role("button", name="Next: the menu").click()
        await page.get_by_role("radio", name="Bar Beer, wine").click()
        await page.get_by_role("button", name="Use this menu").click()
        link = page.get_by_role("link", name="Open it in this browser")
        await expect(page.get_by_test_id("pairing-code")).to_have_text(
            re.compile(r"^[2-9A-HJ-NP-Z]{4} [2-9A-HJ-NP-Z]{4}$")
        )
        address = await link.get_attribute("href")
        assert address is not None

        till = await (await desk(browser, house.url, TABLET)).new_page()
        await till.goto(address)
        await till.get_by_role("button", name="Wheat beer").click()
        assert "code=" not in till.url

        await expect(page.get_by_role("heading", name="Now sell something")).to_be_visible()
        await read_tag(till, FIRST_TAG)
        await till.get_by_text("Mara Lindqvist").wait_for()
        await till.get_by_role("button", name="Charge €").click()

        await expect(page.get_by_test_id("first-sale")).to_have_text("1 \u00d7 Wheat beer for €5.50")
        await page.get_by_role("button", name="See it on the overview").click()
        await expect(page.get_by_test_id("sales")).to_contain_text("€5.50")
        await expect(page.get_by_test_id("orders")).to_contain_text("1")
        await expect(page.get_by_test_id("flagged")).to_contain_text("0")


async def test_the_overview_counts_a_sale_without_a_reload(browser: Browser, bar: Bar) -> None:
    till = await paired_till(await device(browser, bar, TABLET), bar)
    page = await office(browser, bar)
    await page.goto(f"/office/events/{bar.event_id}")
    await expect(page.get_by_test_id("orders")).to_contain_text("0")
    await expect(page.get_by_role("status", name="Connection: Live")).to_be_visible()
    await page.evaluate("window.sameDocument = true")

    await sell(till, "Harbour Pils", "Negroni")

    await expect(page.get_by_test_id("sales")).to_contain_text("€16.00")
    await expect(page.get_by_test_id("orders")).to_contain_text("1")
    await expect(page.get_by_test_id("open-tabs")).to_contain_text("1")
    await expect(page.get_by_role("region", name="Best sellers")).to_contain_text("Negroni")
    await expect(page.get_by_role("region", name="Stations")).to_contain_text("Main bar")
    await sell(till, "Pale Ale")
    await expect(page.get_by_test_id("sales")).to_contain_text("€21.80")
    assert await page.evaluate("window.sameDocument") is True


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_price_is_changed_and_taken_back_and_a_product_goes_off_sale(browser: Browser, bar: Bar) -> None:
    page = await office(browser, bar)
    await page.goto(f"/office/events/{bar.event_id}/menu")
    await page.get_by_role("button", name="Pale Ale", exact=True).click()
    await page.get_by_label("Price").fill("6,20")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Pale Ale now costs €6.20.")).to_be_visible()
    assert await prices(bar) == {"Harbour Pils": 520, "Pale Ale": 620, "Negroni": 1080, "Fish burger": 1290}

    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("listitem").filter(has_text="Pale Ale")).to_contain_text("€5.80")
    assert (await prices(bar))["Pale Ale"] == 580

    await page.get_by_role("switch", name="Negroni is on sale").click(force=True)
    await expect(page.get_by_role("listitem").filter(has_text="Negroni")).to_contain_text("Not on sale")
    assert "Negroni" not in await prices(bar)

    await page.get_by_role("button", name="Add a product to Draught").click()
    await page.get_by_label("Name").fill("Stout")
    await page.get_by_label("Price").fill("abc")
    await page.get_by_role("button", name="Add it").click()
    await expect(page.get_by_text("Say what it costs.")).to_be_visible()
    await page.get_by_label("Price").fill("7")
    await page.get_by_role("button", name="Add it").click()
    await expect(page.get_by_role("button", name="Stout", exact=True)).to_be_visible()
    assert (await prices(bar))["Stout"] == 700


async def prices(bar: Bar) -> dict[str, int]:
    """What is on sale, in minor units."""
    menu = await bar.read(f"/events/{bar.event_id}/menu")
    return {product["name"]: product["price_minor"] for product in menu["products"] if product["active"]}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_tab_is_found_and_its_guest_gets_a_link(browser: Browser, bar: Bar) -> None:
    till = await paired_till(await device(browser, bar, TABLET), bar)
    receipt = await sell(till, "Harbour Pils")
    page = await office(browser, bar)
    await page.goto(f"/office/events/{bar.event_id}/tabs")
    await page.get_by_label("Search by guest or tag").fill("nobody of that name")
    await expect(page.get_by_role("heading", name="No tab matches")).to_be_visible()
    await page.get_by_label("Search by guest or tag").fill("ada")
    await page.get_by_role("link", name="Ada Lovelace").click()
    await expect(page.get_by_test_id("tab-total")).to_contain_text("€5.20")

    await page.get_by_role("button", name="Link for the guest").click()
    link = await page.get_by_role("textbox", name="Link to the tab").input_value()
    guest = await (await device(browser, bar, PHONE)).new_page()
    await guest.goto(link)
    await expect(guest.get_by_test_id("tab-total")).to_have_text("€5.20")

    await page.keyboard.press("Escape")
    await sell(till, "Pale Ale")
    await expect(page.get_by_test_id("tab-total")).to_contain_text("€11.00")
    await page.goto(f"/office/events/{bar.event_id}/orders?q={receipt}")
    await page.get_by_role("link", name="1 \u00d7 Harbour Pils").click()
    await expect(page.get_by_role("heading", name=f"Order {receipt}")).to_be_visible()
    await expect(page.get_by_role("main")).to_contain_text("incl. €0.97 tax")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_viewer_sees_everything_and_no_button_that_would_be_refused(browser: Browser, bar: Bar) -> None:
    till = await paired_till(await device(browser, bar, TABLET), bar)
    await sell(till, "Harbour Pils")
    email = f"viewer-{uuid.uuid4().hex[:8]}@harbour.example"
    invited = await bar.made("/people", {"name": "Ines Brandt", "email": email, "role": "viewer"})

    page = await (await desk(browser, bar.url)).new_page()
    refused = refusals(page)
    await page.goto("/office/sign-in")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(invited["temporary_password"])
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_label("Password until now").fill(invited["temporary_password"])
    await page.get_by_label("New password").fill("quiet harbour lamp")
    await page.get_by_role("button", name="Change it").click()
    await expect(page.get_by_role("heading", name="Events")).to_be_visible()

    tab = await bar.tab()
    [order] = await bar.orders()
    places = [f"/events/{bar.event_id}{path}" for path in PAGES]
    places += [f"/events/{bar.event_id}/tabs/{tab['id']}", f"/events/{bar.event_id}/orders/{order['id']}"]
    places += [f"/events/{bar.event_id}/guests/{tab['attendee_id']}"]
    for place in ["", *places]:
        await page.goto(f"/office{place}")
        await settled(page)
        assert await page.get_by_role("button", name=WRITES).all_inner_texts() == [], place
        assert await page.get_by_role("switch").count() == 0, place
    assert refused == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_till_is_unpaired_only_after_a_question(browser: Browser, bar: Bar) -> None:
    till = await paired_till(await device(browser, bar, TABLET), bar)
    page = await office(browser, bar)
    await page.goto(f"/office/events/{bar.event_id}/stations")
    await page.get_by_role("button", name="Unpair Till 1").click()
    await page.get_by_role("button", name="Keep it").click()
    await expect(page.get_by_role("button", name="Unpair Till 1")).to_be_visible()
    await page.get_by_role("button", name="Unpair Till 1").click()
    await page.get_by_role("button", name="Unpair it").click()
    await expect(page.get_by_text("Till 1 is unpaired.")).to_be_visible()
    await expect(page.get_by_role("button", name="Unpair Till 1")).to_have_count(0)
    await till.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_wrong_words_at_the_door_say_what_to_do(browser: Browser, bar: Bar) -> None:
    page = await (await desk(browser, bar.url)).new_page()
    await page.goto("/office/sign-in")
    await page.get_by_label("E-mail").fill("nobody@harbour.example")
    await page.get_by_label("Password", exact=True).fill("not the password")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("E-mail or password is wrong")
    await page.get_by_role("button", name="Open an account").click()
    await page.get_by_label("Your bar or business").fill("Bar")
    await page.get_by_label("Your name").fill("Mara")
    await page.get_by_label("E-mail").fill("mara@harbour.example")
    await page.get_by_label("Password", exact=True).fill("password123")
    await page.get_by_role("button", name="Open the bar").click()
    await expect(page.get_by_text("Use three words that do not belong together")).to_be_visible()
