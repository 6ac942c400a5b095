"""What people do at a desk: sign in to the office or the console, and go from page to page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, BrowserContext, Page, Response

from barback.commerce import accounts
from barback.storage import Database, open_database

PASSWORD = "three odd words"
DESK = {"width": 1440, "height": 900}


async def desk(browser: Browser, url: str, size: dict[str, int] = DESK, *, calm: bool = False) -> BrowserContext:
    """A browser of its own; `calm` leaves out what moves."""
    return await browser.new_context(
        base_url=url,
        viewport={"width": size["width"], "height": size["height"]},
        locale="en-GB",
        timezone_id="Europe/Lisbon",
        reduced_motion="reduce" if calm else "no-preference",
    )


async def sign_in(page: Page, app: str, email: str, password: str = PASSWORD) -> None:
    """Through the door of the office or the console."""
    await page.goto(f"/{app}/sign-in")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("status", name="Connection: Live").wait_for()


async def settled(page: Page) -> None:
    """The page has its data: nothing is being loaded any more."""
    await page.locator("main h1").wait_for()
    await page.wait_for_function("() => !document.querySelector('main [aria-busy=true]')")


def refusals(page: Page) -> list[str]:
    """Every request of this page that the server will refuse as not permitted, as it happens."""
    found: list[str] = []

    def note(response: Response) -> None:
        if response.status == 403:
            found.append(f"{response.request.method} {response.url}")

    page.on("response", note)
    return found


@asynccontextmanager
async def opened(database_url: str) -> AsyncIterator[Database]:
    """The database of a running house, for what no page and no API can make."""
    db = await open_database(database_url)
    try:
        yield db
    finally:
        await db.close()


async def add_operator(db: Database, email: str, role: str = "operator") -> None:
    """Whoever runs the installation, or only looks, made as `barback user create --role operator` does."""
    await accounts.create_user(
        db,
        email=email,
        name="Olu Operator",
        role=role,
        tenant_id=None,
        business_name="The house",
        currency="EUR",
        time_zone="UTC",
        password=PASSWORD,
    )
