"""The console in a bad night: a task that fails is stopped, a worker drained, ten thousand letters go round again."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser, Page, expect
from tests.engine.notes import Book, Note, NoteTask, until, work, working
from tests.engine.test_stopping import Shake, Slow, order, running
from tests.journeys.desk import add_operator, desk, opened, settled, sign_in
from tests.support.processes import running_house

from barback.engine import Work, Worker
from barback.engine.operations import figures
from barback.engine.operations.figures import QueueFigures
from barback.engine.store import SQL as CORE
from barback.foundation.ids import new_id
from barback.storage import Database

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
OPS = "ops@house.example"
MANY = 10_000


async def queue_of(db: Database, name: str) -> QueueFigures:
    """Its figures, past every cache."""
    async with db.reading() as tx:
        return next(one for one in await figures.queues(tx, []) if one.queue == name)


async def send(db: Database, task: NoteTask, *names: str) -> None:
    """Enqueue them all at once."""
    async with db.transaction() as tx:
        await task.enqueue_many(tx, [Work(Note(name)) for name in names])


async def stop_it(page: Page) -> None:
    """From what needs a person to the queue that fails, and pause it."""
    await page.get_by_role("link", name="dead letters in receipts.print").click()
    await expect(page.get_by_test_id("error-group").first).to_contain_text("the printer is on fire")
    await page.get_by_role("button", name="Pause").click()
    await page.get_by_role("button", name="Pause it").click()
    await expect(page.get_by_role("button", name="Resume")).to_be_visible()


@ON_SQLITE
async def test_a_task_that_fails_is_stopped_and_goes_on_when_it_is_cured(browser: Browser, database_url: str) -> None:
    first, later = [f"first {n}" for n in range(6)], [f"later {n}" for n in range(4)]
    book = Book(dies={*first, *later}, error="the printer is on fire")
    task = NoteTask(book, queue="receipts.print")
    async with opened(database_url) as db, running_house(database_url) as house:
        await add_operator(db, OPS)
        page = await (await desk(browser, house.url)).new_page()
        async with working(db, task):
            await send(db, task, *first)
            await sign_in(page, "console", OPS)
            await stop_it(page)
            # Whatever comes now waits: nothing more is burnt while somebody looks for the cause.
            await send(db, task, *later)
            await expect(page.get_by_test_id("ready")).to_contain_text("4")
            assert ((await queue_of(db, "receipts.print")).dead, book.done) == (6, [])

            book.dies.clear()
            await page.get_by_role("button", name="Resume").click()
            await expect(page.get_by_text("receipts.print is running.")).to_be_visible()
            await expect(page.get_by_test_id("ready")).to_contain_text("0")
            await page.get_by_test_id("error-group").get_by_role("button", name="Retry all 6").click()
            await page.get_by_role("button", name="Send them").click()
            await expect(page.get_by_test_id("errand")).to_contain_text("6 of 6 round again")
            await expect(page.get_by_test_id("dead")).to_contain_text("0")
        assert sorted(book.done) == sorted([*first, *later])
        await page.get_by_role("link", name="Changes").click()
        changes = page.get_by_role("table", name="Changes")
        for deed in ("paused", "resumed"):
            row = changes.get_by_role("row").filter(has_text="receipts.print").filter(has_text=deed)
            await expect(row.first).to_be_visible()


async def _bury(db: Database, task: NoteTask, count: int) -> None:
    """So many letters at once, as a night without paper leaves them."""
    async with db.transaction() as tx:
        rows = [
            {
                "id": new_id(), "queue": task.queue, "key": None, "priority": 0, "task": task.name, "tenant": None,
                "attempt": 5, "attempts_max": 5, "enqueued_ms": tx.now_ms, "payload": f'{{"name":"guest {n}"}}',
                "line": None, "about": None, "reason": "attempts", "error": f"no paper for guest {n}",
                "died_ms": tx.now_ms - count + n,
            }
            for n in range(count)
        ]  # fmt: skip
        await tx.many(CORE.dead_add, rows)


async def _progress(page: Page) -> list[int]:
    """What the bar showed on its way, until the redrive is done."""
    seen: list[int] = []
    bar = page.get_by_test_id("errand").get_by_role("progressbar")
    await bar.wait_for()
    async with asyncio.timeout(100):
        while now := await bar.evaluate_all("bars => bars.map(bar => Number(bar.ariaValueNow))"):
            seen.append(round(now[0]))
            await page.wait_for_timeout(250)
    return seen


@pytest.mark.slow
@ON_SQLITE
async def test_ten_thousand_dead_letters_go_round_again_at_a_rate(browser: Browser, database_url: str) -> None:
    task = NoteTask(Book(), queue="receipts.print")
    task.batch_max = 500
    async with opened(database_url) as db, running_house(database_url) as house:
        await add_operator(db, OPS)
        await _bury(db, task, MANY)
        page = await (await desk(browser, house.url)).new_page()
        await sign_in(page, "console", OPS)
        await page.goto("/console/dead")
        await settled(page)
        await page.get_by_test_id("error-group").get_by_role("button", name="Retry all").click()
        await expect(page.get_by_test_id("redrive-count")).to_contain_text("10,000 messages")
        await page.get_by_role("slider").press("End")
        await expect(page.locator("#redrive-rate")).to_have_text("1,000 a second: about 10 s")
        await page.get_by_role("button", name="Send them").click()
        seen = await _progress(page)
        assert seen == sorted(seen)
        # Not all at once: it is seen on its way.
        assert len({percent for percent in seen if 0 < percent < 100}) >= 3, seen
        await expect(page.get_by_test_id("errand")).to_contain_text("10,000 of 10,000")
        await expect(page.get_by_test_id("errand")).to_contain_text("Done")
        await expect(page.get_by_test_id("error-group")).to_have_count(0)
        left = await queue_of(db, "receipts.print")
        assert (left.ready, left.dead) == (MANY, 0)
        await work(db, task)
        assert len(set(task.book.done)) == len(task.book.done) == MANY


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_worker_is_drained_and_another_takes_its_place(browser: Browser, database_url: str) -> None:
    slow = Slow()
    task = Shake(slow)
    async with opened(database_url) as db, running_house(database_url, workers=0) as house:
        await add_operator(db, OPS)
        await order(db, task, 3, key="tab 1")
        page = await (await desk(browser, house.url)).new_page()
        await sign_in(page, "console", OPS)
        async with running(Worker(db, [task])) as leaving:
            await slow.inside.wait()
            await page.get_by_role("navigation").get_by_role("link", name="Workers").click()
            await page.get_by_role("table", name="Workers").get_by_role("link").first.click()
            await expect(page.get_by_role("table", name="In hands right now")).to_contain_text(task.name)
            await page.get_by_role("button", name="Drain").click()
            await page.get_by_role("button", name="Drain it").click()
            await expect(page.get_by_role("button", name="Let it stay")).to_be_visible()
            await expect(page.get_by_text("Draining").first).to_be_visible()
            # It finishes what it holds, takes nothing more, and is gone.
            slow.go_on.set()
            await asyncio.wait_for(leaving, 20)
        assert slow.attempts == [1]
        assert (await queue_of(db, task.queue)).ready + (await queue_of(db, task.queue)).waiting == 2
        async with running(Worker(db, [task])):
            await page.get_by_role("navigation").get_by_role("link", name="Workers").click()
            await expect(page.get_by_role("table", name="Workers").get_by_role("link")).to_have_count(1)
            await until(lambda: slow.attempts == [1, 1, 1], 20)
        await page.get_by_role("link", name="Changes").click()
        await expect(page.get_by_role("table", name="Changes")).to_contain_text("draining")
