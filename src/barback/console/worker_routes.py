"""Workers over HTTP: what each is doing, ask one to end, ask it back."""

from __future__ import annotations

from litestar import get, post

from barback.console import shapes
from barback.console.access import Operator
from barback.engine.operations import figures, worker_looks
from barback.engine.operations.worker_looks import WorkerDetail
from barback.engine.workers import scaling
from barback.foundation.paging import LIMIT_DEFAULT, check_limit
from barback.storage import Database


@get("/console/workers", tags=["console"])
async def workers(db: Database, reader: Operator) -> shapes.WorkerList:
    """Every worker: what it works, what it holds, when it was last heard of."""
    del reader
    seen = await figures.watcher_of(db).look(db)
    return shapes.WorkerList(seen.as_of_ms, seen.workers)


@get("/console/workers/{worker_id:str}", tags=["console"])
async def worker_detail(db: Database, reader: Operator, worker_id: str) -> WorkerDetail:
    """One worker: every message it has in hands right now, and what it did in the last ten minutes."""
    del reader
    async with db.reading() as tx:
        return await worker_looks.one(tx, worker_id)


@post("/console/workers/{worker_id:str}/drain", tags=["console"], status_code=200)
async def drain_worker(db: Database, operator: Operator, worker_id: str) -> WorkerDetail:
    """Ask a worker to finish what it holds, claim nothing more and end; a supervisor starts another in its place."""
    async with db.transaction() as tx:
        await worker_looks.drain(tx, worker_id, who=operator.who)
        found = await worker_looks.one(tx, worker_id)
    figures.watcher_of(db).forget()
    return found


@post("/console/workers/{worker_id:str}/keep", tags=["console"], status_code=200)
async def keep_worker(db: Database, operator: Operator, worker_id: str) -> WorkerDetail:
    """Ask a worker that drains to stay, while it has not left."""
    async with db.transaction() as tx:
        await worker_looks.keep(tx, worker_id, who=operator.who)
        found = await worker_looks.one(tx, worker_id)
    figures.watcher_of(db).forget()
    return found


@get("/console/scaling", tags=["console"])
async def scaling_decisions(db: Database, reader: Operator, limit: int = LIMIT_DEFAULT) -> shapes.ScalingList:
    """What supervisors decided, newest first: how many workers, and why."""
    del reader
    check_limit(limit)
    async with db.reading() as tx:
        return shapes.ScalingList(await scaling.decisions(tx, limit))


ROUTES = [workers, worker_detail, drain_worker, keep_worker, scaling_decisions]
