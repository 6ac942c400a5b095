"""The console in a real browser: queues and dead letters, what is done about them, and who may not look."""

from __future__ import annotations

import uuid

import pytest
from playwright.async_api import Browser, expect
from tests.engine.notes import Book, NoteTask, enqueue, work
from tests.journeys.bar import Bar
from tests.journeys.desk import add_operator, desk, opened, sign_in

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]


async def test_a_dead_letter_is_found_and_sent_round_again(browser: Browser, bar: Bar, database_url: str) -> None:
    email = f"ops-{uuid.uuid4().hex[:8]}@house.example"
    async with opened(database_url) as db:
        await add_operator(db, email)
        task = NoteTask(
            Book(dies={"Ada", "Bo"}, error="the printer of bar {name} is out of paper"), queue="receipts.print"
        )
        await enqueue(db, task, "Ada", "Bo", "Cy")
        await work(db, task)

        page = await (await desk(browser, bar.url)).new_page()
        await sign_in(page, "console", email)
        await expect(page.get_by_test_id("dead")).to_contain_text("2")
        await page.get_by_role("link", name="2 dead letters in receipts.print").click()
        await expect(page.get_by_role("heading", name="receipts.print")).to_be_visible()
        await expect(page.get_by_test_id("error-group").first).to_contain_text("is out of paper")
        await page.get_by_role("table", name="Dead letters").get_by_role("link").first.click()
        await expect(page.get_by_role("region", name="Payload")).to_contain_text('"name": "Bo"')
        await expect(page.get_by_role("region", name="Last error")).to_contain_text("the printer of bar Bo")
        await page.get_by_role("button", name="Retry").click()
        await expect(page.get_by_text("receipts.print.note goes round again.")).to_be_visible()
        await expect(page.get_by_test_id("dead")).to_contain_text("1")
        await expect(page.get_by_test_id("ready")).to_contain_text("1")

        task.book.dies.clear()
        await work(db, task)
        assert task.book.done == ["Cy", "Bo"]
        # The page is not loaded again: it looks by itself.
        await expect(page.get_by_test_id("ready")).to_contain_text("0")

        await page.get_by_role("link", name="note").first.click()
        await page.get_by_role("button", name="Discard").click()
        await page.get_by_role("button", name="Discard it").click()
        await expect(page.get_by_test_id("dead")).to_contain_text("0")
        await page.get_by_role("link", name="Changes").click()
        await expect(page.get_by_role("table", name="Changes")).to_contain_text("dead: discarded")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_queue_is_paused_and_resumed(browser: Browser, bar: Bar, database_url: str) -> None:
    async with opened(database_url) as db:
        await add_operator(db, "ops@house.example")
    page = await (await desk(browser, bar.url)).new_page()
    await sign_in(page, "console", "ops@house.example")
    await page.get_by_role("link", name="Queues").click()
    await page.get_by_role("link", name="orders").click()
    await page.get_by_role("button", name="Pause").click()
    await page.get_by_role("button", name="Pause it").click()
    await expect(page.get_by_role("button", name="Resume")).to_be_visible()
    await page.get_by_role("link", name="Overview").click()
    await page.get_by_role("link", name="orders is paused").click()
    await page.get_by_role("button", name="Resume").click()
    await expect(page.get_by_text("orders is running.")).to_be_visible()
    for name, heading in {"Workers": "Workers", "Schedules": "Schedules", "Dead letters": "Dead letters"}.items():
        await page.get_by_role("link", name=name, exact=True).click()
        await expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_owner_is_told_that_the_console_is_for_operators(browser: Browser, bar: Bar) -> None:
    page = await (await desk(browser, bar.url)).new_page()
    await page.goto("/console")
    await page.get_by_label("E-mail").fill((await bar.read("/me"))["email"])
    await page.get_by_label("Password", exact=True).fill("three odd words")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="The console is for operators")).to_be_visible()
    await expect(page.get_by_text("barback user create --role operator")).to_be_visible()
