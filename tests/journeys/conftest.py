"""A bar with a server and a worker of its own, and a real Chromium to visit it with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright
from tests.journeys.bar import Bar, open_bar
from tests.support.processes import running_house


@pytest.fixture
async def browser(chromium_path: Path) -> AsyncIterator[Browser]:
    """Chromium without a window; a context of it is a device of its own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path)
        yield browser
        await browser.close()


@pytest.fixture
async def bar(database_url: str) -> AsyncIterator[Bar]:
    """An open event with a menu, a station, and a guest who wears a tag, on each back end in turn."""
    async with running_house(database_url) as house:
        bar = await open_bar(house.url)
        yield bar
        await bar.http.aclose()
