"""Pictures of the console for docs/console.md: `python -m tests.journeys.pictures FOLDER [page …]`.

A house of its own with two dozen queues that worked for half an hour, some of which died of something.
"""

from __future__ import annotations

import asyncio
import base64
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from msgspec import structs
from playwright.async_api import Browser, async_playwright
from tests.conftest import all_migrations
from tests.engine.notes import Book, Note, NoteTask, work
from tests.journeys.console_places import addresses
from tests.journeys.desk import DESK, add_operator, desk, settled, sign_in
from tests.support.processes import running_house

from barback.engine import Schedule, Work, Worker
from barback.engine.dead import redrive
from barback.engine.dead.dead_letters import page as dead_page
from barback.engine.dead.redrive import Wanted
from barback.engine.fanout.batches import Batch
from barback.engine.guards import breakers
from barback.engine.guards.breakers import Breaker
from barback.engine.operations import control, errands, figures, looking
from barback.engine.operations.errand_steps import Change, Drain, Purge
from barback.engine.operations.looking import Look
from barback.engine.operations.minutes import MinuteKeeper
from barback.engine.store import SQL as STORE
from barback.engine.workers.scaling import SQL as SCALING
from barback.foundation.clock import HandClock, SystemClock
from barback.storage import Database, Transaction, migrate, open_database

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
DECISIONS = ((3, 4, "work grows"), (2, 3, "work grows"), (3, 2, "idle"), (1, 3, "work grows"))
GUARDED = {"payouts.bank": "bank", "webhooks.out": "partners", "sms.send": "sms gateway"}
CRONS = {
    "close the day": "0 5 * * *", "count the stock": "30 6 * * 1", "mail the digest": "0 8 * * 1-5",
    "check the tills": "*/15 * * * *", "invoices of the month": "0 3 1 * *",
}  # fmt: skip
IDLE = ("images.resize", "mail.send")
"""Queues that nobody works: the console says so."""
NAMES = ("Ada", "Bo", "Cy", "Di", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon")


async def seed(url: str) -> dict[str, str]:
    """Half an hour of work, told by a clock that is moved; the ids that addresses need."""
    dice = random.Random(7)
    clock = HandClock(SystemClock().now_ms() - MINUTES * 60_000)
    db = await open_database(url, clock=clock)
    tasks = [NoteTask(Book(error=ERRORS.get(name, "no")), queue=name) for name in BUSY]
    keeper = MinuteKeeper(db)
    for minute in range(MINUTES):
        for task in tasks:
            await _a_minute(db, task, dice, minute)
        await keeper.keep()
        late_ms = dice.randint(5, 400) * (20 if minute % 9 < 4 else 1)
        clock.advance(late_ms)
        await work(db, *tasks)
        clock.advance(60_000 - late_ms)
    await _backlog(db, tasks)
    await _closed_key(db, next(task for task in tasks if task.queue == "stock.count"))
    await _running(db, clock, tasks)
    await _asked(db)
    async with db.reading() as tx:
        letter = (await dead_page(tx, queue="receipts.print", limit=1))[0].id
        waiting = (await looking.search(tx, Look(queue="webhooks.in"), limit=1)).items[0].id
    await add_operator(db, "ops@house.example", role="admin")
    await db.close()
    return {
        "queue": "receipts.print",
        "key_queue": "stock.count",
        "key": "tab%204711",
        "letter": letter,
        "message": waiting,
        "tenant": "bar-2",
        "breaker": "partners",
    }


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


async def _running(db: Database, clock: HandClock, tasks: list[NoteTask]) -> None:
    """A batch on its way, breakers, what supervisors decided, what operators did."""
    export = NoteTask(Book(), queue="reports.export")
    async with db.transaction() as tx:
        for name, count in {"Invoices of October": 40, "Guest list, Harbour Nights": 12}.items():
            batch = await Batch.open(tx, name, tenant="bar-3")
            await batch.add(tx, export, [Work(Note(NAMES[n % 10]), tenant="bar-3") for n in range(count)])
            await batch.seal(tx)
        await control.pause(tx, "mail.digest", who="operator:mara")
        await breakers.declare(tx, {queue: Breaker(name) for queue, name in GUARDED.items()})
        await breakers.force(tx, "bank", "open", who="operator:mara")
        await _opened_and_closed(tx, clock)
        for n, (before, after, why) in enumerate(DECISIONS):
            await tx.run(
                SCALING.scaling_add, id=f"{n}", at_ms=clock.now_ms() - n * 95_000, host="node-1", pid=4100,
                before=before, after=after, least=1, most=6, ready=max(0, 900 - n * 210), in_flight=40,
                oldest_ms=1_800, reason=why,
            )  # fmt: skip
    await work(db, export)
    # Those that worked so far have ended; these two work now.
    async with db.transaction() as tx:
        for one in await tx.all(STORE.workers):
            await tx.run(STORE.worker_remove, id=one["id"])
    schedules = [Schedule(name, cron, tasks[0], Note(name), zone="Europe/Lisbon") for name, cron in CRONS.items()]
    await Worker(db, [task for task in tasks if task.queue not in IDLE], schedules=schedules).start()


async def _opened_and_closed(tx: Transaction, clock: HandClock) -> None:
    """A breaker that found out by itself, twice, what it guards; it stands open now."""
    closed = await breakers.one(tx, "partners")
    refused = "ConnectionError: hooks.example:443 refused the connection"
    for n in range(3):
        now_ms = clock.now_ms() - (2 - n) * 60_000
        opened = structs.replace(
            closed, state="open", failures=5, since_ms=now_ms - 4_000, changed_ms=now_ms, until_ms=now_ms + 30_000,
            error=refused,
        )  # fmt: skip
        await breakers.tell(tx, closed, opened, who="worker:node-1", action="breaker.opened")
        if n < 2:
            await breakers.tell(tx, opened, closed, who="worker:node-2", action="breaker.closed")
        else:
            await breakers.keep(tx, opened)


async def _asked(db: Database) -> None:
    """What takes long: one that goes on, some that ended."""
    async with db.transaction() as tx:
        await errands.start(tx, Purge("search.index"), found=1_204, at_least=False, who="operator:olu")
        look = Look(queue="mail.send", state="scheduled")
        asked = Change(line="queue:mail.send state:scheduled", look=look, action="run_now")
        await errands.start(tx, asked, found=0, at_least=False, who="operator:mara")
        begun = await errands.start(tx, Drain("pier"), found=10_000, at_least=True, who="operator:olu")
        await errands.stop(tx, begun.id, who="operator:mara")
        await redrive.start(tx, Wanted(queue="webhooks.out"), per_second=0.5, who="operator:mara")


async def _closed_key(db: Database, task: NoteTask) -> None:
    """Tab 4711: its head died, three stand behind it."""
    task.on_head_failure = "park"
    task.book.dies, task.book.error = {"Bo"}, "no stock is known for {name}"
    async with db.transaction() as tx:
        names = ("Bo", "Cy", "Di", "Eve")
        await task.enqueue_many(tx, [Work(Note(name), key="tab 4711", tenant="bar-2") for name in names])
    await work(db, task)


PLAIN = ("desk-light",)
SHOWN: Mapping[str, tuple[str, ...]] = {
    "overview": ("desk-light", "desk-dark", "phone-dark"),
    "dead": ("desk-light", "desk-dark"),
    "letter": ("desk-light", "phone-light"),
    "errands": ("desk-light", "phone-dark"),
    "tenant": ("desk-light", "phone-dark"),
}
"""Where a page is shown in more than the light of a desk."""
QUALITY = 82
"""Of WebP: letters stay sharp, and a page is some fifty kilobytes."""


async def _shoot(browser: Browser, url: str, folder: Path, places: Mapping[str, str]) -> None:
    for size_name, size in {"desk": DESK, "phone": PHONE}.items():
        context = await desk(browser, url, size, calm=True)
        page = await context.new_page()
        camera = await context.new_cdp_session(page)
        await sign_in(page, "console", "ops@house.example")
        for name, place in places.items():
            for scheme in ("light", "dark"):
                if f"{size_name}-{scheme}" not in SHOWN.get(name, PLAIN):
                    continue
                await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                await page.goto(place)
                await settled(page)
                await page.wait_for_load_state("networkidle")
                shot = await camera.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
                (folder / f"{name}-{size_name}-{scheme}.webp").write_bytes(base64.b64decode(shot["data"]))
        await context.close()


async def make(chromium: str, url: str, folder: Path, wanted: list[str]) -> None:
    """Make the pictures of the wanted pages, or of all, in `folder`."""
    db = await open_database(url)
    await migrate(db, all_migrations())
    await db.close()
    ids = await seed(url)
    async with running_house(url) as house, async_playwright() as playwright:
        ids["worker"] = await _worker(url)
        places = {name: place for name, place in addresses(**ids).items() if not wanted or name in wanted}
        browser = await playwright.chromium.launch(executable_path=chromium)
        await _shoot(browser, house.url, folder, places)
        await browser.close()


async def _worker(url: str) -> str:
    """The worker that runs now."""
    db = await open_database(url)
    try:
        while True:
            async with db.reading() as tx:
                up = [one for one in await figures.workers(tx) if one.state != "silent"]
            if up:
                return up[0].id
            await asyncio.sleep(0.2)  # time for the worker to enter its name
    finally:
        await db.close()


def main(folder: Path, wanted: list[str]) -> None:
    """The command."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([sys.executable, ROOT / "tools/chromium.py"], capture_output=True, text=True, check=True)
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(make(done.stdout.splitlines()[-1], f"sqlite:///{home}/house.db", folder, wanted))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
