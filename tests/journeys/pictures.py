"""Pictures of the console for docs/console.md: `python -m tests.journeys.pictures FOLDER [page …]`.

A house of its own with two dozen queues that worked for half an hour, some of which died of something.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.async_api import Browser, async_playwright
from tests.conftest import all_migrations
from tests.engine.notes import Book, Note, NoteTask, work
from tests.journeys.desk import DESK, add_operator, desk, settled, sign_in
from tests.support.processes import running_house

from barback.engine import Work
from barback.engine.dead_letters import page as dead_page
from barback.foundation.clock import HandClock, SystemClock
from barback.storage import Database, migrate, open_database

ROOT = Path(__file__).parent.parent.parent
PHONE = {"width": 390, "height": 844}
MINUTES = 28
BUSY: Mapping[str, int] = {
    "receipts.print": 12, "receipts.mail": 30, "webhooks.out": 44, "webhooks.in": 25, "mail.send": 60, "mail.digest": 4,
    "stock.count": 9, "stock.reorder": 2, "reports.daily": 1, "reports.export": 3, "loyalty.points": 18,
    "images.resize": 7, "search.index": 22, "payouts.bank": 2, "sms.send": 14, "fraud.score": 28,
}  # fmt: skip
ERRORS = {
    "receipts.print": "the printer of bar {name} is out of paper",
    "webhooks.out": "ConnectionError: hooks.example:443 refused the connection (order {name})",
    "payouts.bank": "422 from the bank: the account of {name} is closed",
}
NAMES = ("Ada", "Bo", "Cy", "Di", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon")


async def seed(url: str) -> str:
    """Half an hour of work, told by a clock that is moved; the id of one dead letter."""
    dice = random.Random(7)
    clock = HandClock(SystemClock().now_ms() - MINUTES * 60_000)
    db = await open_database(url, clock=clock)
    tasks = [NoteTask(Book(error=ERRORS.get(name, "no")), queue=name) for name in BUSY]
    for minute in range(MINUTES):
        for task in tasks:
            await _a_minute(db, task, dice, minute)
        await work(db, *tasks)
        clock.advance(60_000)
    await _backlog(db, tasks)
    await _closed_key(db, next(task for task in tasks if task.queue == "stock.count"))
    async with db.reading() as tx:
        letter = (await dead_page(tx, queue="receipts.print", limit=1))[0].id
    await add_operator(db, "ops@house.example")
    await db.close()
    return letter


async def _a_minute(db: Database, task: NoteTask, dice: random.Random, minute: int) -> None:
    count = dice.randint(0, BUSY[task.queue] * (2 if minute % 9 < 4 else 1))
    task.book.dies = {"Bo"} if task.queue in ERRORS and minute > MINUTES - 9 else set()
    async with db.transaction() as tx:
        await task.enqueue_many(tx, [Work(Note(dice.choice(NAMES)), tenant=f"bar-{n % 5}") for n in range(count)])


async def _backlog(db: Database, tasks: list[NoteTask]) -> None:
    """What waits now: behind keys, for later, and where nobody works."""
    by_queue = {task.queue: task for task in tasks}
    async with db.transaction() as tx:
        for name, count in {"mail.send": 240, "stock.count": 12, "images.resize": 31}.items():
            await by_queue[name].enqueue_many(tx, [Work(Note(NAMES[n % 10]), tenant="bar-1") for n in range(count)])
        orders = [Work(Note(f"order {n}"), key=f"tab {4711 + n % 3}", tenant="bar-2") for n in range(9)]
        await by_queue["webhooks.in"].enqueue_many(tx, orders)
        await by_queue["reports.daily"].enqueue_many(tx, [Work(Note("Monday"), delay_ms=3_600_000)])


async def _closed_key(db: Database, task: NoteTask) -> None:
    """Tab 4711: its head died, three stand behind it."""
    task.on_head_failure = "park"
    task.book.dies, task.book.error = {"Bo"}, "no stock is known for {name}"
    async with db.transaction() as tx:
        names = ("Bo", "Cy", "Di", "Eve")
        await task.enqueue_many(tx, [Work(Note(name), key="tab 4711", tenant="bar-2") for name in names])
    await work(db, task)


def places_with(letter: str) -> dict[str, str]:
    """Every page by the name of its picture."""
    return {
        "overview": "/",
        "queues": "/queues",
        "queue": "/queues/one?name=receipts.print",
        "messages": "/messages",
        "message": "/messages?q=state%3Ascheduled",
        "keys": "/keys",
        "key": "/keys/one?queue=stock.count&key=tab%204711",
        "dead": "/dead",
        "letter": f"/dead/{letter}",
        "breakers": "/breakers",
        "batches": "/batches",
        "usage": "/usage",
        "scaling": "/scaling",
        "workers": "/workers",
        "schedules": "/schedules",
        "changes": "/changes",
    }


async def _shoot(browser: Browser, url: str, folder: Path, places: Mapping[str, str]) -> None:
    for size_name, size in {"desk": DESK, "phone": PHONE}.items():
        context = await desk(browser, url, size, calm=True)
        page = await context.new_page()
        await sign_in(page, "console", "ops@house.example")
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            for name, place in places.items():
                await page.goto(f"/console{place}")
                await settled(page)
                await page.wait_for_load_state("networkidle")
                await page.screenshot(path=folder / f"{name}-{size_name}-{scheme}.png", animations="disabled")
        await context.close()


async def make(chromium: str, url: str, folder: Path, wanted: list[str]) -> None:
    """Make the pictures of the wanted pages, or of all, in `folder`."""
    db = await open_database(url)
    await migrate(db, all_migrations())
    await db.close()
    letter = await seed(url)
    places = {name: place for name, place in places_with(letter).items() if not wanted or name in wanted}
    async with running_house(url) as house, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium)
        await _shoot(browser, house.url, folder, places)
        await browser.close()


def main(folder: Path, wanted: list[str]) -> None:
    """The command."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([sys.executable, ROOT / "tools/chromium.py"], capture_output=True, text=True, check=True)
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(make(done.stdout.splitlines()[-1], f"sqlite:///{home}/house.db", folder, wanted))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
