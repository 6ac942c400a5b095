"""The console on the command line: `barback queues`, `queue`, `dead`, `batches`, `workers`, `schedules`, `changes`.

They open the database themselves, so they work when no server does. Tables for people; `--json` prints
what the API answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from barback.console import activity_cli, guard_cli, key_cli, redrive_cli, shapes, tables, topic_cli, tuning_cli
from barback.console.attention import attention
from barback.console.batch_cli import batches_app
from barback.console.errand_cli import errands_app
from barback.console.opening import (
    DatabaseOption,
    JsonOption,
    LetterArgument,
    LimitOption,
    QueueArgument,
    changing,
    reading,
    show,
    who,
    with_database,
)
from barback.console.schedule_cli import schedules_app
from barback.console.tenant_cli import tenants_app
from barback.console.worker_cli import workers_app
from barback.engine import Task, Topic, changes
from barback.engine.dead import dead_letters
from barback.engine.operations import control
from barback.engine.operations.figures import Snapshot, Watcher
from barback.engine.operations.timings import Timings, timings_of
from barback.engine.operations.troubles import Troubles, troubles_of
from barback.storage import Database, Transaction

queue_app = typer.Typer(
    help="Pause, limit, pace or empty a queue, hold a line of it, release a key.", no_args_is_help=True
)
dead_app = typer.Typer(help="Messages that gave up.", no_args_is_help=True)


def add_to(
    app: typer.Typer, tasks: Callable[[], Sequence[Task[Any]]], topics: Callable[[], Sequence[Topic[Any]]]
) -> None:
    """Add the console's commands to the `barback` command; `tasks` and `topics` tell which there are."""
    app.command(name="queues")(queues)
    tuning_cli.add_to(queue_app)
    app.add_typer(queue_app, name="queue")
    redrive_cli.add_to(dead_app, tasks)
    app.add_typer(dead_app, name="dead")
    app.add_typer(batches_app, name="batches")
    guard_cli.add_to(app)
    app.add_typer(workers_app, name="workers")
    app.add_typer(schedules_app, name="schedules")
    topic_cli.add_to(app, topics)
    app.add_typer(tenants_app, name="tenants")
    app.add_typer(errands_app, name="errands")
    key_cli.add_to(app, tasks)
    app.command(name="activity")(activity_cli.activity)
    app.command(name="changes")(changes_list)


def queues(*, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Every queue: what waits and for how long, what runs, what failed; below, what needs a person."""

    async def read(db: Database) -> tuple[Snapshot, Timings, Troubles]:
        return await Watcher().look(db), await timings_of(db).look(db), await troubles_of(db).look(db)

    seen, timings, troubles = with_database(database, read)
    listed = shapes.queue_list(seen, timings)
    show(listed, as_json, lambda: tables.queues(listed, attention(seen, troubles)))


@queue_app.command(name="pause")
def pause(queue: QueueArgument, *, database: DatabaseOption = None) -> None:
    """Stop claiming from a queue, on every worker, within a second. What has begun is finished."""
    changed = changing(database, lambda tx: control.pause(tx, queue, who=who()))
    typer.echo(f"{queue} is paused" if changed else f"{queue} was paused already")


@queue_app.command(name="resume")
def resume(queue: QueueArgument, *, database: DatabaseOption = None) -> None:
    """Claim from a queue again."""
    changed = changing(database, lambda tx: control.resume(tx, queue, who=who()))
    typer.echo(f"{queue} goes on" if changed else f"{queue} was not paused")


@queue_app.command(name="release")
def release(
    queue: QueueArgument,
    key: Annotated[str, typer.Argument(help="The key whose head died and closed it.")],
    *,
    database: DatabaseOption = None,
) -> None:
    """Let the messages behind a closed key go on, without the one that closed it."""
    changing(database, lambda tx: control.release_key(tx, queue, key, who=who()))
    typer.echo(f"{key} of {queue} goes on")


@dead_app.command(name="list")
def dead_list(
    *,
    queue: Annotated[str | None, typer.Option("--queue", help="Only of this queue.")] = None,
    limit: LimitOption = 50,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Dead letters, newest first."""
    found = reading(database, lambda tx: dead_letters.page(tx, queue=queue, limit=limit))
    show([shapes.dead_letter(one) for one in found], as_json, lambda: tables.letters(found))


@dead_app.command(name="show")
def dead_show(letter_id: LetterArgument, *, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """One dead letter: its payload, every attempt that failed, what was done with it before."""

    async def read(tx: Transaction) -> shapes.DeadLetterDetail:
        letter = await dead_letters.one(tx, letter_id)
        done = await changes.page(tx, subject=f"message:{letter_id}")
        return shapes.dead_letter_detail(letter, await dead_letters.history(tx, letter_id), done)

    found = reading(database, read)
    show(found, as_json, lambda: tables.letter(found))


@dead_app.command(name="retry")
def dead_retry(
    letter_id: Annotated[str | None, typer.Argument(help="The id of one message.")] = None,
    *,
    queue: Annotated[
        str | None, typer.Option("--queue", help="All of this queue, those that died first at first.")
    ] = None,
    fingerprint: Annotated[
        str | None, typer.Option("--fingerprint", help="Of the queue, only those of one error.")
    ] = None,
    database: DatabaseOption = None,
) -> None:
    """Send one round again, or all of a queue, 1,000 in each transaction."""
    if (letter_id is None) == (queue is None):
        raise typer.BadParameter("name the id of one message, or --queue for all of a queue")
    if queue is None:
        changing(database, lambda tx: dead_letters.retry(tx, letter_id or "", who=who()))
        typer.echo(f"{letter_id} goes round again")
    else:
        count = with_database(database, lambda db: _retry_all(db, queue, fingerprint))
        typer.echo(f"{count} go round again")


@dead_app.command(name="discard")
def dead_discard(letter_id: LetterArgument, *, database: DatabaseOption = None) -> None:
    """Throw one away for good. If it closed its key, the key goes on."""
    changing(database, lambda tx: dead_letters.discard(tx, letter_id, who=who()))
    typer.echo(f"{letter_id} is gone")


def changes_list(
    *,
    subject: Annotated[str | None, typer.Option("--subject", help="Only of this: queue:…, message:…, key:….")] = None,
    contains: Annotated[
        str | None, typer.Option("--contains", help="Only with this in who, what or on what it was done.")
    ] = None,
    limit: LimitOption = 50,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """What operators changed: who, what, before and after; newest first."""
    found = reading(database, lambda tx: changes.page(tx, subject=subject, contains=contains, limit=limit))
    show(found, as_json, lambda: tables.changes(found))


async def _retry_all(db: Database, queue: str, fingerprint: str | None) -> int:
    count, more = 0, True
    while more:
        async with db.transaction() as tx:
            await control.require_queue(tx, queue)
            answer = await dead_letters.retry_queue(tx, queue, who=who(), fingerprint=fingerprint)
        count, more = count + answer.retried, answer.more and answer.retried > 0
    return count
