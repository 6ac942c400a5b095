"""Long work over HTTP: what is under way and what ended lately, how far one is, and its end before its time."""

from __future__ import annotations

from litestar import get, post

from barback.console import errand_shapes as shapes
from barback.console.access import Operator
from barback.console.errands import listed, stopped
from barback.engine.dead import redrive
from barback.engine.dead.redrive import RedriveNotFound
from barback.engine.operations import errands, figures
from barback.engine.operations.errands import ErrandNotFound
from barback.storage import Database

JUST_ENDED_MS = 5_000


@get("/console/errands", tags=["console"])
async def list_errands(db: Database, reader: Operator) -> shapes.ErrandList:
    """What operators asked for that takes long: purges, drains, changes of all that was found, redrives."""
    del reader
    async with db.reading() as tx:
        found, now_ms = await listed(tx), tx.now_ms
    if any(one.ended_ms is not None and now_ms - one.ended_ms < JUST_ENDED_MS for one in found):
        # A worker changed what this server last counted; whoever watched it to its end looks at the figures next.
        figures.watcher_of(db).forget()
    return shapes.ErrandList(found)


@get("/console/errands/{errand_id:str}", tags=["console"])
async def errand_detail(db: Database, reader: Operator, errand_id: str) -> shapes.ErrandFigures:
    """How far one of them is."""
    del reader
    async with db.reading() as tx:
        try:
            return shapes.figures(await errands.one(tx, errand_id))
        except ErrandNotFound as missing:
            try:
                return shapes.redrive_figures(await redrive.one(tx, errand_id))
            except RedriveNotFound:
                raise missing from None


@post("/console/errands/{errand_id:str}/stop", tags=["console"], status_code=200)
async def stop_errand(db: Database, operator: Operator, errand_id: str) -> shapes.ErrandFigures:
    """No further step is done; what was changed stays changed."""
    async with db.transaction() as tx:
        return await stopped(tx, errand_id, who=operator.who)


ROUTES = [list_errands, errand_detail, stop_errand]
