"""Schedules on the console: next ticks, what became of the last, run now, pause and resume."""

from __future__ import annotations

import asyncio

import pytest
from tests.console.operators import found
from tests.console.test_console_cli import said, told, typed
from tests.engine.notes import Book, Note, NoteTask, until
from tests.support.server import Party, RunningServer

from barback.engine import Schedule, Worker
from barback.engine.operations import schedule_looks
from barback.engine.operations.schedule_looks import ScheduleNotFound
from barback.engine.schedules import Clockwork, Missed, next_ticks
from barback.foundation.clock import HandClock
from barback.storage import Database

WHO = "operator:mara"
HOUR_MS = 3_600_000


def hourly(book: Book, missed: Missed = "once") -> Schedule:
    return Schedule("hourly", "0 * * * *", NoteTask(book), Note("tick"), zone="Europe/Lisbon", missed=missed)


async def quiet(db: Database, schedule: Schedule) -> Worker:
    worker = Worker(db, [schedule.task], schedules=[schedule])
    await worker.until_quiet()
    return worker


async def seen(db: Database) -> schedule_looks.ScheduleDetail:
    async with db.reading() as tx:
        return await schedule_looks.one(tx, "hourly")


async def test_E12_run_now_fires_once_and_moves_no_tick(database: Database, clock: HandClock) -> None:
    book = Book()
    await quiet(database, hourly(book))
    before = await seen(database)
    async with database.transaction() as tx:
        assert await schedule_looks.run_now(tx, "hourly", who=WHO)
        assert not await schedule_looks.run_now(tx, "hourly", who=WHO), "it was asked already"
        with pytest.raises(ScheduleNotFound):
            await schedule_looks.run_now(tx, "hourli", who=WHO)
    worker = await quiet(database, hourly(book))
    await quiet(database, hourly(book))
    after = await seen(database)
    assert book.done == ["tick"]
    [tick] = after.ticks
    assert (tick.asked_by, tick.worker, tick.outcome, tick.skipped) == (WHO, worker.name, "ended", 0)
    assert after.schedule == before.schedule
    clock.advance(HOUR_MS)
    await quiet(database, hourly(book))
    assert book.done == ["tick", "tick"]
    assert [one.action for one in (await seen(database)).changes] == ["schedule.run"]


async def test_E12_a_running_worker_hears_of_it_at_once(database: Database) -> None:
    book = Book()
    schedule = hourly(book)
    worker = Worker(database, [schedule.task], schedules=[schedule])
    run = asyncio.create_task(worker.run())
    await until(lambda: bool(worker.name))
    async with database.transaction() as tx:
        await schedule_looks.run_now(tx, "hourly", who=WHO)
    await until(lambda: book.done == ["tick"])
    worker.stop()
    await run


async def test_E12_a_pause_holds_ticks_back_and_a_resume_makes_none_of_them_up(
    database: Database, clock: HandClock
) -> None:
    book = Book()
    await quiet(database, hourly(book, "all"))
    async with database.transaction() as tx:
        assert await schedule_looks.pause(tx, "hourly", who=WHO)
        assert not await schedule_looks.pause(tx, "hourly", who=WHO)
    clock.advance(3 * HOUR_MS)
    await quiet(database, hourly(book, "all"))
    paused = (await seen(database)).schedule
    assert (book.done, paused.paused, paused.late) == ([], True, False)
    async with database.transaction() as tx:
        await schedule_looks.run_now(tx, "hourly", who=WHO)
    await quiet(database, hourly(book, "all"))
    assert book.done == ["tick"], "by hand it runs all the same"
    async with database.transaction() as tx:
        assert await schedule_looks.resume(tx, "hourly", who=WHO)
        assert not await schedule_looks.resume(tx, "hourly", who=WHO)
    await quiet(database, hourly(book, "all"))
    assert book.done == ["tick"]
    clock.advance(HOUR_MS)
    await quiet(database, hourly(book, "all"))
    assert book.done == ["tick", "tick"]


async def test_E9_ticks_say_who_fired_them_how_late_and_how_many_were_left_out(
    database: Database, clock: HandClock
) -> None:
    book = Book(dies={"tick"})
    worker = await quiet(database, hourly(book))
    clock.advance(3 * HOUR_MS)
    await worker.until_quiet()
    [tick] = (await seen(database)).ticks
    assert (tick.worker, tick.outcome, tick.skipped, tick.asked_by) == (worker.name, "dead", 2, None)
    assert tick.late_ms == clock.now_ms() - tick.due_ms
    await Clockwork([hourly(book, "skip")]).sync(database)
    clock.advance(2 * HOUR_MS + 30 * 60_000)
    await quiet(database, hourly(book, "skip"))
    newest = (await seen(database)).ticks[0]
    assert (newest.message, newest.outcome, newest.skipped) == (None, "skipped", 2)


def test_next_ticks_follow_the_clock_of_their_zone() -> None:
    """The night the clocks go back in Lisbon has an hour more."""
    first, second = next_ticks("0 4 * * *", "Europe/Lisbon", 1_792_800_000_000, 2)
    assert second - first in (24 * HOUR_MS, 25 * HOUR_MS)


async def test_schedules_over_http(server: RunningServer, operator: Party) -> None:
    await quiet(server.db, hourly(Book()))
    [listed] = (await found(operator, "/console/schedules"))["items"]
    assert (listed["task"], listed["queue"], listed["paused"]) == ("notes.note", "notes", False)
    one = await found(operator, "/console/schedules/hourly")
    assert (len(one["upcoming"]), one["upcoming"][0], one["ticks"]) == (5, listed["next_ms"], [])
    assert (await operator.made("/console/schedules/hourly/run-now"))["schedule"]["asked_ms"] is not None
    assert (await operator.made("/console/schedules/hourly/pause"))["schedule"]["paused"]
    resumed = await operator.made("/console/schedules/hourly/resume")
    actions = [change["action"] for change in resumed["changes"]]
    assert actions == ["schedule.resumed", "schedule.paused", "schedule.run"]
    missing = await operator.post("/console/schedules/nightly/pause")
    assert (missing.status_code, missing.json()["code"]) == (404, "schedule_not_found")


async def test_schedules_on_the_command_line(database: Database, database_url: str) -> None:
    await quiet(database, hourly(Book()))
    assert (await told(database_url, "schedules"))["items"][0]["name"] == "hourly"
    assert "next: " in await said(database_url, "schedules", "show", "hourly")
    assert "runs as soon as" in await said(database_url, "schedules", "run", "hourly")
    assert "asked to run" in await said(database_url, "schedules")
    assert "is paused" in await said(database_url, "schedules", "pause", "hourly")
    assert "goes on" in await said(database_url, "schedules", "resume", "hourly")
    assert (await typed(database_url, "schedules", "run", "nightly")).exit_code != 0
