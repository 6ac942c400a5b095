"""Batches over HTTP: how far they are, cancel one, send its dead members round again."""

from __future__ import annotations

from litestar import get, post

from barback.console import shapes
from barback.console.access import Operator
from barback.engine.changes import NEWEST
from barback.engine.fanout import batch_figures, batches
from barback.engine.fanout.batch_figures import BatchFigures
from barback.engine.operations import figures
from barback.foundation.paging import LIMIT_DEFAULT, Page, check_limit, decode_cursor, encode_cursor
from barback.storage import Database


@get("/console/batches", tags=["console"])
async def batches_page(
    db: Database, reader: Operator, limit: int = LIMIT_DEFAULT, cursor: str | None = None
) -> Page[BatchFigures]:
    """Batches and how far they are, newest first."""
    del reader
    check_limit(limit)
    before = NEWEST
    if cursor:
        at_ms, id_ = decode_cursor(cursor, int, str)
        before = int(at_ms), str(id_)
    async with db.reading() as tx:
        found = await batch_figures.page(tx, before=before, limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return Page(found[:limit], encode_cursor(last.opened_ms, last.id) if last else None)


@get("/console/batches/{batch_id:str}", tags=["console"])
async def batch_detail(db: Database, reader: Operator, batch_id: str) -> BatchFigures:
    """How far one batch is, to the message."""
    del reader
    async with db.reading() as tx:
        return await batch_figures.one(tx, batch_id)


@post("/console/batches/{batch_id:str}/cancel", tags=["console"], status_code=200)
async def cancel_batch(db: Database, operator: Operator, batch_id: str) -> BatchFigures:
    """Begin nothing more of a batch. What has begun is finished."""
    async with db.transaction() as tx:
        return await batches.cancel(tx, batch_id, who=operator.who)


@post("/console/batches/{batch_id:str}/retry", tags=["console"], status_code=200)
async def retry_batch(db: Database, operator: Operator, batch_id: str) -> shapes.RetriedMany:
    """Send its dead members round again, at most 1,000 a call."""
    async with db.transaction() as tx:
        answer = await batches.retry_failed(tx, batch_id, who=operator.who)
    figures.watcher_of(db).forget()
    return shapes.RetriedMany(answer.retried, answer.more)


ROUTES = [batches_page, batch_detail, cancel_batch, retry_batch]
