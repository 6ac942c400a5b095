"""No page has a serious accessibility fault, in light or in dark; targets fit a thumb; nothing jumps while loading."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page
from tests.journeys.bar import PHONE, TABLET, Bar, device, guest_page, paired_till, read_tag, sell

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

AXE = (Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js").read_text()
TARGET_PX_MIN = 44
SHIFT_MAX = 0.02
"""Of 1; what people begin to notice is 0.1."""

_SERIOUS = """async () => {
  const { violations } = await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] });
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0].target} ${nodes[0].failureSummary}`);
}"""

_SET_SCHEME = "(scheme) => document.documentElement.setAttribute('data-mantine-color-scheme', scheme)"

_SMALL = """(least) => [...document.querySelectorAll('a[href], button, input, [role=button]')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .map((one) => [one.getAttribute('aria-label') || one.innerText || one.tagName, one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.height < least - 0.5 || box.width < least - 0.5))
  .map(([name, box]) => `${name}: ${Math.round(box.width)}x${Math.round(box.height)}`)"""

_SHIFTS = """() => {
  window.shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
}"""


async def faults(page: Page) -> list[str]:
    """What axe calls serious or critical on this page, in both colour schemes, and controls too small for a thumb."""
    found: list[str] = []
    await page.evaluate(AXE)
    for scheme in ("light", "dark"):
        await page.evaluate(_SET_SCHEME, scheme)
        await page.wait_for_function("() => document.getAnimations().every((one) => one.playState !== 'running')")
        found += [f"{scheme}: {fault}" for fault in await page.evaluate(_SERIOUS)]
    return found + await page.evaluate(_SMALL, TARGET_PX_MIN)


async def watched(context: BrowserContext) -> BrowserContext:
    """A device that adds up how far things jump while its pages load."""
    await context.add_init_script(f"({_SHIFTS})()")
    return context


@pytest.mark.parametrize("size", [PHONE, TABLET], ids=["phone", "tablet"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_tills_pages_have_no_serious_fault(browser: Browser, bar: Bar, size: dict[str, int]) -> None:
    context = await watched(await device(browser, bar, size, reduced_motion="reduce"))
    page = await context.new_page()
    await page.goto("/till")
    await page.get_by_role("heading", name="Pair this till").wait_for()
    assert await faults(page) == []
    await page.close()

    till = await paired_till(context, bar)
    assert await faults(till) == []
    assert await till.evaluate("window.shift") < SHIFT_MAX
    await till.get_by_role("button", name="Fish burger").first.click()
    await till.get_by_role("button", name="Truffle mayo").click()
    assert await faults(till) == []
    await till.get_by_role("button", name="Add €13.90").click()
    if size is PHONE:
        await till.get_by_role("button", name="open the basket").click()
    await till.get_by_role("button", name="Read tag and charge").click()
    await till.get_by_role("heading", name="Hold the tag to the reader").wait_for()
    assert await faults(till) == []
    await read_tag(till)
    await till.get_by_test_id("receipt").wait_for()
    assert await faults(till) == []
    await till.get_by_role("button", name="Next guest").click()
    await till.get_by_role("link", name="Recent").click()
    await till.get_by_text("On the tab").wait_for()
    assert await faults(till) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_guests_pages_have_no_serious_fault(browser: Browser, bar: Bar) -> None:
    till = await paired_till(await device(browser, bar, TABLET), bar)
    for _ in range(8):
        await sell(till, "Pale Ale")
    context = await watched(await device(browser, bar, PHONE, reduced_motion="reduce"))
    guest = await guest_page(context, bar)
    assert await guest.evaluate("window.shift") < SHIFT_MAX
    assert await faults(guest) == []
    await guest.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    await guest.get_by_role("button", name="Total").wait_for()
    assert await faults(guest) == []
    await guest.goto("/t/AAAAAAAAAAAAAAAAAAAAAA")
    await guest.get_by_role("heading", name="This link has run out").wait_for()
    assert await faults(guest) == []


@pytest.mark.parametrize("size", [PHONE, TABLET], ids=["phone", "tablet"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_landing_page_has_no_serious_fault(browser: Browser, bar: Bar, size: dict[str, int]) -> None:
    context = await watched(await device(browser, bar, size, reduced_motion="reduce"))
    page = await context.new_page()
    await page.goto("/")
    await page.get_by_role("heading", name="The bar never waits.").wait_for()
    assert await faults(page) == []
    assert await page.evaluate("window.shift") < SHIFT_MAX
