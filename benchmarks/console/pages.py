"""The pages of the console, each with the requests that a real browser makes when it opens it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import asyncpg
from playwright.async_api import Browser, Page, Request

OVERVIEW = "overview"
TOLD = ("/v1/console/queues", "/v1/console/workers", "/v1/console/schedules")
"""What a browser asks again each time it is told how things are; everything else by the clock."""
DESK = {"width": 1440, "height": 900}


@dataclass
class ConsolePage:
    """`paths`: what it asks the server for."""

    name: str
    place: str
    paths: list[str] = field(default_factory=list[str])


async def pages_of(url: str) -> list[ConsolePage]:
    """Every page, with something to look at that is there."""
    connection = await asyncpg.connect(url)
    letter = await connection.fetchrow("SELECT id, queue FROM engine_dead ORDER BY died_ms DESC, id DESC LIMIT 1")
    waiting = await connection.fetchval(
        "SELECT id FROM engine_ready WHERE queue = $1 ORDER BY queue, priority DESC, pos DESC LIMIT 1", letter["queue"]
    )
    hot = await connection.fetchrow("SELECT queue, key FROM engine_parked WHERE key LIKE 'hot%' LIMIT 1")
    await connection.close()
    queue = quote(letter["queue"])
    key = f"queue={quote(hot['queue'])}&key={quote(hot['key'])}"
    places: Mapping[str, str] = {
        OVERVIEW: "",
        "queues": "/queues",
        "one queue": f"/queues/one?name={queue}",
        "messages": "/messages",
        "messages of a queue": f"/messages?q=queue%3A{queue}",
        "messages by a piece of the payload": "/messages?q=order%2077",
        "one message": f"/messages/{waiting}?queue={queue}",
        "keys": "/keys",
        "one key": f"/keys/one?{key}",
        "dead letters": "/dead",
        "one dead letter": f"/dead/{letter['id']}",
        "batches": "/batches",
        "breakers": "/breakers",
        "usage": "/usage",
        "autoscaler": "/scaling",
        "workers": "/workers",
        "schedules": "/schedules",
        "changes": "/changes",
    }
    return [ConsolePage(name, f"/console{place}") for name, place in places.items()]


async def sign_in(page: Page, email: str, password: str) -> None:
    """Through the door of the console."""
    await page.goto("/console/sign-in")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("status", name="Connection: Live").wait_for()


SETTLED = """() => document.querySelector('main h1') && !document.querySelector('main [aria-busy=true]')
    ? performance.now() : 0"""


async def in_browser(
    browser: Browser, url: str, pages: list[ConsolePage], who: tuple[str, str], rounds: int
) -> dict[str, list[float]]:
    """Load each page anew, so many times; milliseconds from the click until it has its data. Notes what it asks for."""
    context = await browser.new_context(base_url=url, viewport={"width": DESK["width"], "height": DESK["height"]})
    tab = await context.new_page()
    await sign_in(tab, *who)
    found: dict[str, list[float]] = {page.name: [] for page in pages}
    for _ in range(rounds):
        for page in pages:
            asked: list[str] = []

            def note(request: Request, asked: list[str] = asked) -> None:
                parts = urlsplit(request.url)
                if request.method == "GET" and parts.path.startswith("/v1/") and not parts.path.startswith("/v1/auth"):
                    asked.append(parts.path + (f"?{parts.query}" if parts.query else ""))

            tab.on("request", note)
            await tab.goto(page.place)
            settled = await tab.wait_for_function(SETTLED, timeout=60_000)
            found[page.name].append(float(await settled.json_value()))
            tab.remove_listener("request", note)
            page.paths = page.paths or list(dict.fromkeys(path for path in asked if "/v1/live" not in path))
    await context.close()
    return found


async def open_over_http(client: Any, page: ConsolePage) -> tuple[float, str]:
    """Ask for all that a page needs, at once; milliseconds until the last answer is there, and what was refused."""
    began = time.perf_counter()
    answers = await asyncio.gather(*(client.get(path) for path in page.paths))
    took_ms = (time.perf_counter() - began) * 1000
    bad = [answer for answer in answers if answer.status_code != 200]
    return took_ms, f"{bad[0].request.url.path}: {bad[0].status_code} {bad[0].text[:300]}" if bad else ""
