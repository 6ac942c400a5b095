"""`barback batches list`, `show`, `cancel` and `retry`: work that was fanned out, and how far it is."""

from __future__ import annotations

from typing import Annotated

import typer

from barback.console import tables
from barback.console.opening import (
    DatabaseOption,
    JsonOption,
    LimitOption,
    changing,
    reading,
    show,
    who,
    with_database,
)
from barback.engine.fanout import batch_figures, batches
from barback.storage import Database

batches_app = typer.Typer(help="Work that was fanned out, and how far it is.", no_args_is_help=True)
BatchArgument = Annotated[str, typer.Argument(help="The id of the batch.")]


@batches_app.command(name="list")
def batches_list(*, limit: LimitOption = 50, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Batches and how far they are, newest first."""
    found = reading(database, lambda tx: batch_figures.page(tx, limit=limit))
    show(found, as_json, lambda: tables.batches(found))


@batches_app.command(name="show")
def batches_show(batch_id: BatchArgument, *, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """How far one batch is, to the message."""
    found = reading(database, lambda tx: batch_figures.one(tx, batch_id))
    show(found, as_json, lambda: tables.batches([found]))


@batches_app.command(name="cancel")
def batches_cancel(batch_id: BatchArgument, *, database: DatabaseOption = None) -> None:
    """Begin nothing more of a batch. What has begun is finished."""
    after = changing(database, lambda tx: batches.cancel(tx, batch_id, who=who()))
    typer.echo(f"{batch_id} is {after.state}; {after.waiting} of {after.total} were waiting")


@batches_app.command(name="retry")
def batches_retry(batch_id: BatchArgument, *, database: DatabaseOption = None) -> None:
    """Send its dead members round again, 1,000 in each transaction."""
    count = with_database(database, lambda db: _retry_all(db, batch_id))
    typer.echo(f"{count} go round again")


async def _retry_all(db: Database, batch_id: str) -> int:
    count, more = 0, True
    while more:
        async with db.transaction() as tx:
            answer = await batches.retry_failed(tx, batch_id, who=who())
        count, more = count + answer.retried, answer.more and answer.retried > 0
    return count
