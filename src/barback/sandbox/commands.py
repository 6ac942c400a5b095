"""What the sandbox's commands do. Each returns the process's exit code: 0, or 1 when the server failed the crowd."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape

from barback.foundation.clock import SystemClock
from barback.foundation.ids import new_id
from barback.foundation.settings import Settings
from barback.sandbox import copper_still, oracle
from barback.sandbox.book import Book
from barback.sandbox.contract import Menu
from barback.sandbox.demo_sales import sell
from barback.sandbox.listener import listening
from barback.sandbox.night import Scene, Weather, run_night
from barback.sandbox.office import Credentials, Guest, Office, RefusedError
from barback.sandbox.replay import Plan, prepare, replay
from barback.sandbox.report import Report, money, print_report, report
from barback.sandbox.restaurant import FILE, BadFileError
from barback.sandbox.wire import Pool, Unanswered

__all__ = ["FILE", "Plan", "Weather", "Who", "sell_a_file", "sell_a_night", "sell_the_demo"]

HOUR_MS = 3_600_000
SETTLE_S = 30.0
_notes = Console(stderr=True, highlight=False)


@dataclass(frozen=True)
class Who:
    """Which server, and who prepares the night there; without an e-mail a new business."""

    url: str
    email: str | None
    password: str | None


async def _office(who: Who, pool: Pool, currency: str) -> Office:
    clock = SystemClock()
    if who.email is not None and who.password is not None:
        office = Office(pool, clock, Credentials(who.email, who.password))
        await office.sign_in()
        return office
    # Nobody needs this sign-in again: the business is the crowd's own, and its password is forgotten.
    office = Office(pool, clock, Credentials(f"crowd-{new_id()}@crowd.example", new_id()))
    await office.sign_up("The crowd's own bar", currency=currency, time_zone="UTC", name="The crowd")
    return office


async def sell_a_night(who: Who, weather: Weather, *, event_id: str | None, tills: int, guests: int, json: bool) -> int:
    """Prepare, sell, wait until it is processed, report."""
    try:
        pool = Pool(who.url, 16)
        office = await _office(who, pool, copper_still.CURRENCY)
        _notes.print(f"Preparing: {tills} tills, {guests} guests …")
        scene, event_id = await _scene(office, who.url, event_id, tills=tills, guests=guests, seed=weather.seed)
        async with listening(who.url, event_id, office.token) as listener:
            _notes.print(f"Selling for {weather.duration_s:g} s at {weather.rate:g} orders a second …")
            book = await run_night(scene, weather)
            missing = await listener.until_seen(_promised(book), quiet_s=SETTLE_S)
        night = report(book, scene.menu.currency, listener.priced)
    except (RefusedError, Unanswered, TimeoutError, OSError, ValueError) as error:
        return _failed(error)
    _show(night, json=json)
    return int(bool(night.unanswered or night.contradictions or night.refusals or missing))


def _promised(book: Book) -> set[str]:
    """What the server said it has."""
    return {sale.order.id for sale in book.sales.values() if sale.promised}


async def _scene(
    office: Office, url: str, event_id: str | None, *, tills: int, guests: int, seed: int
) -> tuple[Scene, str]:
    rng = random.Random(seed)
    if event_id is None:
        now_ms = SystemClock().now_ms()
        event_id = await office.open_event(
            "A night of the crowd", "Everywhere", starts_ms=now_ms, ends_ms=now_ms + 12 * HOUR_MS, currency="EUR"
        )
        menu = await office.import_menu(event_id, copper_still.menu())
        station_id = await office.add_station(event_id, "Bar", "bar")
    else:
        menu: Menu = await office.menu(event_id)
        stations = await office.get(f"/v1/events/{event_id}/stations", dict[str, Any])
        station_id = (
            str(stations["items"][0]["id"]) if stations["items"] else await office.add_station(event_id, "Bar", "bar")
        )
    wearing = [Guest(f"Guest {n + 1} of the crowd", f"04{rng.getrandbits(48):012X}") for n in range(guests)]
    await office.register(event_id, wearing)
    sessions = [await office.pair(event_id, station_id, f"Crowd till {n + 1}") for n in range(tills)]
    return Scene(url, menu, sessions, [guest.uid for guest in wearing]), event_id


async def sell_a_file(who: Who, plan: Plan, path: Path, *, json: bool) -> int:
    """Prepare, replay, wait until it is processed, report, and have the oracle count."""
    try:
        pool = Pool(who.url, 16)
        office = await _office(who, pool, "USD")
        _notes.print(f"Preparing {path.name}: {plan.tills} tills, menu and guests …")
        prepared = await prepare(office, plan, path)
        async with listening(who.url, prepared.event_id, office.token) as listener:
            _notes.print(f"Sending {len(prepared.restaurant.orders):,} orders {plan.copies} times each …")
            book = await replay(who.url, prepared, plan)
            await listener.until_seen(_promised(book), quiet_s=SETTLE_S)
        await oracle.until_processed(office, prepared.event_id, within_s=SETTLE_S)
        seen = await oracle.look(office, prepared.event_id)
    except (RefusedError, Unanswered, TimeoutError, OSError, BadFileError) as error:
        return _failed(error)
    found = oracle.judge(book, seen, wearers=prepared.wearers, total_minor=prepared.restaurant.total_minor)
    _show(report(book, prepared.menu.currency, listener.priced), json=json)
    for finding in found[:20]:
        _notes.print(f"[red]{escape(str(finding))}[/red]")
    on_tabs = sum(tab.total_minor for tab in seen.tabs)
    verdict = "as sold, to the cent" if not found else f"{len(found)} differences"
    _notes.print(f"The oracle: {len(seen.orders):,} orders on {len(seen.tabs):,} tabs, {money(on_tabs)}: {verdict}")
    return int(bool(found))


async def sell_the_demo(settings: Settings, *, with_parent: bool) -> None:
    """Sell the demo night until a signal, or until whoever started us is gone."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    watching = asyncio.create_task(_stop_with_parent(stop)) if with_parent else None
    selling = asyncio.create_task(sell(settings, stop))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([selling, stopping], return_when=asyncio.FIRST_COMPLETED)
    for task in (selling, stopping, watching):
        if task is not None:
            task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await selling


async def _stop_with_parent(stop: asyncio.Event) -> None:
    """Set `stop` when standard input ends: whoever started us is gone, however it died."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    with contextlib.suppress(OSError, ValueError):
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        await reader.read()
        stop.set()


def _show(night: Report, *, json: bool) -> None:
    if json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(night), indent=2).decode() + "\n")
    else:
        print_report(night, Console())


def _failed(error: Exception) -> int:
    _notes.print(f"[red]The crowd went home: {escape(str(error) or type(error).__name__)}[/red]")
    return 1
