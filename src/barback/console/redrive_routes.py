"""Dead letters over HTTP: mend one, send many round again at a rate, see how far that is, stop it."""

from __future__ import annotations

from litestar import get, post

from barback.console import redrive_shapes as shapes
from barback.console.access import Operator, TasksKnown
from barback.engine.dead import dead_edits, redrive
from barback.engine.operations import control, figures
from barback.storage import Database


@post("/console/dead/{letter_id:str}/edit", tags=["console"], status_code=200)
async def edit_dead_letter(
    db: Database, operator: Operator, tasks_known: TasksKnown, letter_id: str, data: shapes.EditLetter
) -> dead_edits.Edited:
    """Give a dead letter another payload, of the type its task expects; before and after are kept."""
    async with db.transaction() as tx:
        return await dead_edits.edit(
            tx, letter_id, bytes(data.payload), tasks_known.by_name, who=operator.who, dry_run=data.dry_run
        )


@post("/console/redrives", tags=["console"], status_code=200)
async def start_redrive(db: Database, operator: Operator, data: shapes.StartRedrive) -> shapes.RedriveFigures:
    """Send many dead letters round again at a bounded rate; or throw them away (admins); or only count them."""
    if data.action == "discard" and not data.dry_run:
        operator.require_admin("throw many dead letters away")
    async with db.transaction() as tx:
        await control.require_queue(tx, data.queue)
        if data.dry_run:
            return shapes.planned(data, await redrive.count(tx, data.wanted()), operator.who, tx.now_ms)
        started = await redrive.start(
            tx, data.wanted(), per_second=data.per_second, action=data.action, who=operator.who
        )
    figures.watcher_of(db).forget()
    return shapes.figures(started)


@get("/console/redrives", tags=["console"])
async def redrives(db: Database, reader: Operator) -> shapes.RedriveList:
    """The last fifty redrives and how far they are, newest first."""
    del reader
    async with db.reading() as tx:
        return shapes.RedriveList([shapes.figures(one) for one in await redrive.newest(tx)])


@get("/console/redrives/{redrive_id:str}", tags=["console"])
async def redrive_detail(db: Database, reader: Operator, redrive_id: str) -> shapes.RedriveFigures:
    """How far one redrive is."""
    del reader
    async with db.reading() as tx:
        return shapes.figures(await redrive.one(tx, redrive_id))


@post("/console/redrives/{redrive_id:str}/stop", tags=["console"], status_code=200)
async def stop_redrive(db: Database, operator: Operator, redrive_id: str) -> shapes.RedriveFigures:
    """No further letters go; those that went stay gone."""
    async with db.transaction() as tx:
        return shapes.figures(await redrive.stop(tx, redrive_id, who=operator.who))


ROUTES = [edit_dead_letter, start_redrive, redrives, redrive_detail, stop_redrive]
