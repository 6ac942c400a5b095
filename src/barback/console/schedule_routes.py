"""Schedules over HTTP: when each fires, what became of its ticks, run now, pause, resume."""

from __future__ import annotations

from litestar import get, post

from barback.console import shapes
from barback.console.access import Operator
from barback.engine.operations import figures, schedule_looks
from barback.engine.operations.schedule_looks import ScheduleDetail
from barback.storage import Database


@get("/console/schedules", tags=["console"])
async def schedules(db: Database, reader: Operator) -> shapes.ScheduleList:
    """Every schedule: when it fired and when it will."""
    del reader
    seen = await figures.watcher_of(db).look(db)
    return shapes.ScheduleList(seen.as_of_ms, seen.schedules)


@get("/console/schedules/{schedule:str}", tags=["console"])
async def schedule_detail(db: Database, reader: Operator, schedule: str) -> ScheduleDetail:
    """One schedule: its next ticks, its last fifty with what became of them, and what operators did."""
    del reader
    async with db.reading() as tx:
        return await schedule_looks.one(tx, schedule)


@post("/console/schedules/{schedule:str}/run-now", tags=["console"], status_code=200)
async def run_schedule(db: Database, operator: Operator, schedule: str) -> ScheduleDetail:
    """Have a worker fire it at once, beside its ticks, which stay what they are; also while it is paused."""
    async with db.transaction() as tx:
        await schedule_looks.run_now(tx, schedule, who=operator.who)
    return await _anew(db, schedule)


@post("/console/schedules/{schedule:str}/pause", tags=["console"], status_code=200)
async def pause_schedule(db: Database, operator: Operator, schedule: str) -> ScheduleDetail:
    """Its ticks pass without a message until it is resumed."""
    async with db.transaction() as tx:
        await schedule_looks.pause(tx, schedule, who=operator.who)
    return await _anew(db, schedule)


@post("/console/schedules/{schedule:str}/resume", tags=["console"], status_code=200)
async def resume_schedule(db: Database, operator: Operator, schedule: str) -> ScheduleDetail:
    """It fires from its next tick on; those of the pause are not made up."""
    async with db.transaction() as tx:
        await schedule_looks.resume(tx, schedule, who=operator.who)
    return await _anew(db, schedule)


async def _anew(db: Database, name: str) -> ScheduleDetail:
    figures.watcher_of(db).forget()
    async with db.reading() as tx:
        return await schedule_looks.one(tx, name)


ROUTES = [schedules, schedule_detail, run_schedule, pause_schedule, resume_schedule]
