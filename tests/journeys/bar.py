"""A night's bar, made over HTTP as its owner would, and what its people do in a browser."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import httpx
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize

from barback.foundation.clock import SystemClock

PHONE = {"width": 390, "height": 844}
TABLET = {"width": 1024, "height": 768}
TAG = "04A224B2C33D80"

_PRODUCTS = [
    ("Harbour Pils", "Draught", 520, ()),
    ("Pale Ale", "Draught", 580, ()),
    ("Negroni", "Cocktails", 1080, ("Make it",)),
    ("Fish burger", "Kitchen", 1290, ("Sauce",)),
]
_GROUPS = [
    ("Make it", 0, 2, {"Double": 350, "No ice": 0}),
    ("Sauce", 1, 1, {"Aioli": 0, "Truffle mayo": 100}),
]


@dataclass
class Bar:
    """The owner's side of the bar. `http` carries the owner's token."""

    url: str
    http: httpx.AsyncClient
    event_id: str
    station_id: str

    async def made(self, path: str, body: Any = None) -> Any:
        """POST that must succeed; the body of the answer."""
        answer = await self.http.post(f"/v1{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def read(self, path: str) -> Any:
        """GET that must succeed; the body of the answer."""
        answer = await self.http.get(f"/v1{path}")
        assert answer.is_success, answer.text
        return answer.json()

    async def pairing_code(self) -> str:
        """A code for one till at the bar's station."""
        body = {"station_id": self.station_id, "name": "Till 1"}
        return str((await self.made(f"/events/{self.event_id}/pairing-codes", body))["code"])

    async def tab(self) -> dict[str, Any]:
        """The one guest's tab, which opens with the first order."""
        [tab] = (await self.read(f"/events/{self.event_id}/tabs"))["items"]
        return tab

    async def orders(self) -> list[dict[str, Any]]:
        """Every order of the event, newest first."""
        return (await self.read(f"/events/{self.event_id}/orders"))["items"]


async def open_bar(url: str) -> Bar:
    """Sign a business up and open an event: a menu, a station, one guest with a tag."""
    http = httpx.AsyncClient(base_url=url, timeout=30)
    owner = {
        "business_name": "Harbour Bar", "currency": "EUR", "time_zone": "Europe/Lisbon", "name": "Mara Lindqvist",
        "email": f"owner-{uuid.uuid4().hex[:12]}@harbour.example", "password": "three odd words",
    }  # fmt: skip
    bar = Bar(url, http, "", "")
    http.headers["authorization"] = f"Bearer {(await bar.made('/auth/sign-up', owner))['access_token']}"
    venue = await bar.made("/venues", {"name": "Pier 14"})
    now_ms = SystemClock().now_ms()
    hours = {"starts_ms": now_ms - 3_600_000, "ends_ms": now_ms + 8 * 3_600_000}
    bar.event_id = (await bar.made("/events", {"name": "Harbour Nights", "venue_id": venue["id"], **hours}))["id"]
    opened = await http.patch(f"/v1/events/{bar.event_id}", json={"state": "open"})
    assert opened.is_success, opened.text
    bar.station_id = (await bar.made(f"/events/{bar.event_id}/stations", {"name": "Main bar", "kind": "bar"}))["id"]
    await _write_menu(bar)
    guest = await bar.made(f"/events/{bar.event_id}/attendees", {"name": "Ada Lovelace"})
    await bar.made(f"/attendees/{guest['id']}/tags", {"uid": TAG})
    return bar


async def _write_menu(bar: Bar) -> None:
    menu = f"/events/{bar.event_id}"
    rates = [{"code": "vat", "name": "VAT", "ppm": 230_000}]
    tax_class_id = (await bar.made(f"{menu}/tax-classes", {"name": "Standard", "rates": rates}))["id"]
    ids: dict[str, str] = {}
    for name, color in {"Draught": "#f2a31f", "Cocktails": "#e84a3d", "Kitchen": "#9a5a06"}.items():
        ids[name] = (await bar.made(f"{menu}/categories", {"name": name, "color": color}))["id"]
    for name, least, most, prices in _GROUPS:
        modifiers = [{"name": modifier, "price_minor": price} for modifier, price in prices.items()]
        group = {"name": name, "min": least, "max": most, "modifiers": modifiers}
        ids[name] = (await bar.made(f"{menu}/modifier-groups", group))["id"]
    for name, category, price_minor, groups in _PRODUCTS:
        product = {"name": name, "category_id": ids[category], "price_minor": price_minor, "tax_class_id": tax_class_id}
        await bar.made(f"{menu}/products", product | {"modifier_group_ids": [ids[group] for group in groups]})


async def device(browser: Browser, bar: Bar, size: dict[str, int], **more: Any) -> BrowserContext:
    """A phone or a tablet of its own: its own storage, cookies and network."""
    viewport = ViewportSize(width=size["width"], height=size["height"])
    return await browser.new_context(
        base_url=bar.url, viewport=viewport, locale="en-GB", timezone_id="Europe/Lisbon", **more
    )


async def paired_till(context: BrowserContext, bar: Bar) -> Page:
    """A till on this device, paired by typing the code from the office."""
    page = await context.new_page()
    await page.goto("/till")
    await page.get_by_role("heading", name="Pair this till").wait_for()
    await page.keyboard.type(await bar.pairing_code())
    await page.get_by_role("button", name="Harbour Pils").wait_for()
    return page


async def read_tag(page: Page, uid: str = TAG) -> None:
    """What a reader does: types the tag's number faster than anyone could, then Enter.

    The keys carry their own times, 10 ms apart, so that a busy machine does not make a slow typist of the reader.
    """
    keyboard = await page.context.new_cdp_session(page)
    began_s = SystemClock().now_ms() / 1000
    for n, key in enumerate([*uid, "\r"]):
        name = "Enter" if key == "\r" else key
        code = ord(key.upper())
        stroke = {"key": name, "text": key, "windowsVirtualKeyCode": code, "timestamp": began_s + n / 100}
        await keyboard.send("Input.dispatchKeyEvent", {"type": "keyDown", **stroke})
        await keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": name, "windowsVirtualKeyCode": code})
    await keyboard.detach()


async def sell(page: Page, *products: str) -> str:
    """One sale onto the guest's tag; the receipt number the till shows."""
    for product in products:
        await page.get_by_role("button", name=product, exact=False).first.click()
    await read_tag(page)
    await page.get_by_text("Ada Lovelace").wait_for()
    await page.get_by_role("button", name="Charge €").click()
    receipt = await page.get_by_test_id("receipt").inner_text()
    await page.get_by_role("button", name="Next guest").click()
    await page.get_by_test_id("charge-result").wait_for(state="detached")
    return receipt


async def guest_page(context: BrowserContext, bar: Bar) -> Page:
    """The guest's tab, opened from a link of its own, live."""
    tab = await bar.tab()
    link = await bar.made(f"/tabs/{tab['id']}/link")
    page = await context.new_page()
    await page.goto(f"/t/{link['link']}")
    await page.get_by_role("status", name="Connection: Live").wait_for()
    await page.get_by_test_id("order").first.wait_for()
    return page
