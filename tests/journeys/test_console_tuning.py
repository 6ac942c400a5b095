"""A queue is limited, slowed down and purged at the console; who only looks sees it and can change nothing."""

from __future__ import annotations

import uuid

import pytest
from playwright.async_api import Browser, Page, expect
from tests.engine.notes import Book, NoteTask, enqueue, work
from tests.journeys.bar import Bar
from tests.journeys.desk import add_operator, desk, opened, refusals, sign_in

from barback.engine import changes
from barback.engine.operations import tuning
from barback.storage import Database

pytestmark = [pytest.mark.journey, pytest.mark.timeout(400)]


async def queue_page(browser: Browser, bar: Bar, email: str) -> Page:
    page = await (await desk(browser, bar.url)).new_page()
    await sign_in(page, "console", email)
    await page.goto("/console/queues/one?name=mail.send")
    return page


async def test_limits_are_changed_undone_and_a_queue_purged(browser: Browser, bar: Bar, database_url: str) -> None:
    boss, watcher = (f"{role}-{uuid.uuid4().hex[:8]}@house.example" for role in ("boss", "watcher"))
    async with opened(database_url) as db:
        await add_operator(db, boss, "admin")
        await add_operator(db, watcher, "watcher")
        task = NoteTask(Book(), queue="mail.send")
        await enqueue(db, task, "Ada")
        await work(db, task)
        await enqueue(db, task, "Bo", "Cy", "Di")

        page = await queue_page(browser, bar, boss)
        await expect(page.get_by_role("region", name="Waited before they began")).to_contain_text("1 measured")
        whole = page.get_by_role("group", name="The whole queue")
        await expect(whole).to_contain_text("no limit")
        await page.get_by_role("button", name="Change: The whole queue").click()
        await page.get_by_role("textbox", name="At once", exact=True).fill("3")
        await expect(page.get_by_test_id("change")).to_contain_text("Then 3 at once")
        await page.get_by_role("button", name="Set it").click()
        await expect(whole).to_contain_text("3 at once")
        async with db.reading() as tx:
            [limited] = await tuning.limits_of(tx, "mail.send")
        assert limited.limits.concurrency == 3
        await page.get_by_role("button", name="Undo").click()
        await expect(whole).to_contain_text("no limit")

        looking = await queue_page(browser, bar, watcher)
        refused = refusals(looking)
        await expect(looking.get_by_role("group", name="The whole queue")).to_contain_text("no limit")
        for name in ("Change", "Purge", "Pause", "As declared"):
            await expect(looking.get_by_role("button", name=name)).to_have_count(0)
        assert refused == []
        await _purge(page)
        await _told(db)


async def _told(db: Database) -> None:
    async with db.reading() as tx:
        done = await changes.page(tx, subject="queue:mail.send")
    actions = ["errand.done", "queue.purged", "errand.started", "limits.reset", "limits.set"]
    assert [one.action for one in done] == actions


async def _purge(page: Page) -> None:
    """Look at the day, then take everything out that waits."""
    await page.get_by_text("Last day").click()
    steps = "Settled: How mail.send flows, in steps of five minutes"
    await expect(page.get_by_role("img", name=steps)).to_be_visible()
    await page.get_by_role("button", name="Purge", exact=True).click()
    await expect(page.get_by_test_id("purge-count")).to_contain_text("3 messages")
    deed = page.get_by_role("button", name="Purge it")
    await expect(deed).to_be_disabled()
    await page.get_by_label("Type mail.send to confirm").fill("mail.send")
    await deed.click()
    await expect(page.get_by_test_id("errand")).to_contain_text("3 of 3 taken out")
    await expect(page.get_by_test_id("ready")).to_contain_text("0", timeout=15_000)
