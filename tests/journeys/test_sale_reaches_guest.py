"""A guest's phone changes after a sale at a till, without a reload (issue 2, shows 3); how long it takes is told."""

from __future__ import annotations

import statistics
import sys
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from tests.journeys.bar import PHONE, TABLET, Bar, device, guest_page, paired_till, read_tag, sell

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]

SCREEN_MS_MAX = 2_000
"""Far above what it takes (see the printed figure), because CI machines are busy."""

# Notes the moment of every change of the total, at the next frame: then it is on the screen.
_WATCH = """() => {
  window.sameDocument = true;
  window.changes = [];
  const note = () => window.changes.push([Date.now(), document.querySelector('[data-testid=tab-total]').innerText]);
  const observer = new MutationObserver(() => requestAnimationFrame(note));
  observer.observe(document.querySelector('main'), { childList: true, subtree: true, characterData: true });
}"""


async def _shown_at(page: Page, total: str) -> float:
    """When the guest's page first showed this total, in ms since epoch."""
    found = "(total) => window.changes.find(([, text]) => text.replace(/\\s/g, '') === total)?.[0]"
    handle = await page.wait_for_function(found, arg=total)
    return float(await handle.json_value())


async def _answered_ms(page: Page, sale: Any) -> float:
    """Runs `sale` on the till; when the 202 had arrived there, in ms since epoch."""
    async with page.expect_response("**/v1/orders") as caught:
        await sale
    response = await caught.value
    assert response.status == 202
    await response.finished()
    timing = response.request.timing
    return timing["startTime"] + timing["responseEnd"]


async def test_a_guests_tab_changes_after_a_sale_without_a_reload(
    browser: Browser, bar: Bar, record_property: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    till = await paired_till(await device(browser, bar, TABLET), bar)
    await sell(till, "Harbour Pils")
    guest = await guest_page(await device(browser, bar, PHONE), bar)
    await expect(guest.get_by_test_id("tab-total")).to_have_text("€5.20")
    await guest.evaluate(_WATCH)

    waits: list[float] = []
    for sold in range(1, 6):
        answered_ms = await _answered_ms(till, sell(till, "Pale Ale"))
        waits.append(await _shown_at(guest, f"€{(520 + sold * 580) / 100:.2f}") - answered_ms)

    orders = guest.get_by_test_id("order")
    await expect(orders).to_have_count(6)
    await expect(orders.first).to_contain_text("Pale Ale")
    await expect(orders.first).to_contain_text("Main bar")
    await expect(guest.get_by_text("incl. €6.37 tax")).to_be_visible()
    assert await guest.evaluate("window.sameDocument") is True
    assert max(waits) < SCREEN_MS_MAX
    record_property("screen_ms_median", statistics.median(waits))
    with capsys.disabled():
        sys.stdout.write(
            f"\n202 to the guest's screen: median {statistics.median(waits):.0f} ms, worst {max(waits):.0f} ms\n"
        )


async def test_what_was_sold_while_the_phone_was_offline_is_there_when_it_is_back(browser: Browser, bar: Bar) -> None:
    till = await paired_till(await device(browser, bar, TABLET), bar)
    await sell(till, "Harbour Pils")
    phone = await device(browser, bar, PHONE)
    guest = await guest_page(phone, bar)
    await guest.evaluate("window.sameDocument = true")

    await phone.set_offline(True)
    await expect(guest.get_by_role("status", name="Connection: Offline")).to_be_visible()
    await sell(till, "Negroni")
    await sell(till, "Pale Ale")
    await expect(guest.get_by_test_id("tab-total")).to_have_text("€5.20")
    await phone.set_offline(False)

    await expect(guest.get_by_test_id("tab-total")).to_have_text("€21.80")
    await expect(guest.get_by_test_id("order")).to_have_count(3)
    await expect(guest.get_by_role("status", name="Connection: Live")).to_be_visible()
    assert await guest.evaluate("window.sameDocument") is True


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_link_that_is_not_ours_says_what_to_do(browser: Browser, bar: Bar) -> None:
    page = await (await device(browser, bar, PHONE)).new_page()
    await page.goto("/t/AAAAAAAAAAAAAAAAAAAAAA")
    await expect(page.get_by_role("heading", name="This link has run out")).to_be_visible()
    await expect(page.get_by_text("Ask at the bar")).to_be_visible()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_modifiers_are_on_the_guests_page(browser: Browser, bar: Bar) -> None:
    till = await paired_till(await device(browser, bar, TABLET), bar)
    await till.get_by_role("button", name="Fish burger").first.click()
    add = till.get_by_role("button", name="Sauce: choose 1")
    await expect(add).to_be_disabled()
    await till.get_by_role("button", name="Truffle mayo").click()
    await till.get_by_role("button", name="Add €13.90").click()
    await till.get_by_role("button", name="Options for Negroni").click()
    await till.get_by_role("button", name="Double").click()
    await till.get_by_role("button", name="One more").click()
    await till.get_by_role("button", name="Add €28.60").click()
    await till.get_by_role("button", name="Read tag and charge").click()
    await read_tag(till)
    await expect(till.get_by_test_id("charge-result")).to_contain_text("€42.50")
    await expect(till.get_by_test_id("charge-result")).to_contain_text("The tab is now €42.50")

    guest = await guest_page(await device(browser, bar, PHONE), bar)
    await expect(guest.get_by_test_id("order")).to_contain_text("Truffle mayo")
    await expect(guest.get_by_test_id("order")).to_contain_text("2\u00d7")
    await expect(guest.get_by_test_id("tab-total")).to_have_text("€42.50")
