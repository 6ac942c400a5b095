"""The browser of the tests starts here, as whoever we are, and draws a page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import async_playwright

PNG = b"\x89PNG"


@pytest.mark.slow
@pytest.mark.journey
async def test_chromium_clicks_and_takes_a_picture(chromium_path: Path) -> None:
    """Driven by Playwright: script runs, and a screenshot has the page's colour in it."""
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium_path)
        page = await browser.new_page(viewport={"width": 200, "height": 100})
        await page.set_content("""<button onclick="this.textContent = 'sold'">sell</button>""")
        await page.click("button")
        assert await page.inner_text("button") == "sold"
        assert (await page.screenshot()).startswith(PNG)
        await browser.close()
