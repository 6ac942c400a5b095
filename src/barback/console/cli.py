"""The console on the command line: `barback queues`, `queue`, `dead`, `workers`, `schedules`, `changes`.

They open the database themselves, so they work when no server does. Tables for people; `--json` prints
what the API answers.
"""

from __future__ import annotations

import asyncio
import getpass
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import typer

from barback.console import shapes, tables
from barback.engine import changes, control, dead_letters
from barback.engine.figures import Snapshot, Watcher
from barback.foundation.settings import settings_from, variable
from barback.storage import Database, StorageError, Transaction, open_database

T = TypeVar("T")

queue_app = typer.Typer(help="Pause and resume a queue, release a key.", no_args_is_help=True)
dead_app = typer.Typer(help="Messages that gave up.", no_args_is_help=True)

DatabaseOption = Annotated[
    str | None, typer.Option("--database", help="sqlite:////absolute/path.db or postgresql://user@host/name.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, as the API answers it.")]
QueueArgument = Annotated[str, typer.Argument(help="The name of the queue.")]
LetterArgument = Annotated[str, typer.Argument(help="The id of the message.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=200, help="How many to show.")]


def add_to(app: typer.Typer) -> None:
    """Add the console's commands to the `barback` command."""
    app.command(name="queues")(queues)
    app.add_typer(queue_app, name="queue")
    app.add_typer(dead_app, name="dead")
    app.command(name="workers")(workers)
    app.command(name="schedules")(schedules)
    app.command(name="changes")(changes_list)


def queues(*, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Every queue: what waits, what runs, what failed."""
    seen = _look(database)
    _show(shapes.QueueList(seen.as_of_ms, seen.queues), as_json, lambda: tables.queues(seen))


@queue_app.command(name="pause")
def pause(queue: QueueArgument, *, database: DatabaseOption = None) -> None:
    """Stop claiming from a queue, on every worker, within a second. What has begun is finished."""
    changed = _changing(database, lambda tx: control.pause(tx, queue, who=_who()))
    typer.echo(f"{queue} is paused" if changed else f"{queue} was paused already")


@queue_app.command(name="resume")
def resume(queue: QueueArgument, *, database: DatabaseOption = None) -> None:
    """Claim from a queue again."""
    changed = _changing(database, lambda tx: control.resume(tx, queue, who=_who()))
    typer.echo(f"{queue} goes on" if changed else f"{queue} was not paused")


@queue_app.command(name="release")
def release(
    queue: QueueArgument,
    key: Annotated[str, typer.Argument(help="The key whose head died and closed it.")],
    *,
    database: DatabaseOption = None,
) -> None:
    """Let the messages behind a closed key go on, without the one that closed it."""
    _changing(database, lambda tx: control.release_key(tx, queue, key, who=_who()))
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
    found = _reading(database, lambda tx: dead_letters.page(tx, queue=queue, limit=limit))
    _show([shapes.dead_letter(one) for one in found], as_json, lambda: tables.letters(found))


@dead_app.command(name="show")
def dead_show(letter_id: LetterArgument, *, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """One dead letter: its payload, every attempt that failed, what was done with it before."""

    async def read(tx: Transaction) -> shapes.DeadLetterDetail:
        letter = await dead_letters.one(tx, letter_id)
        done = await changes.page(tx, subject=f"message:{letter_id}")
        return shapes.dead_letter_detail(letter, await dead_letters.history(tx, letter_id), done)

    found = _reading(database, read)
    _show(found, as_json, lambda: tables.letter(found))


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
        _changing(database, lambda tx: dead_letters.retry(tx, letter_id or "", who=_who()))
        typer.echo(f"{letter_id} goes round again")
    else:
        count = _with_database(database, lambda db: _retry_all(db, queue, fingerprint))
        typer.echo(f"{count} go round again")


@dead_app.command(name="discard")
def dead_discard(letter_id: LetterArgument, *, database: DatabaseOption = None) -> None:
    """Throw one away for good. If it closed its key, the key goes on."""
    _changing(database, lambda tx: dead_letters.discard(tx, letter_id, who=_who()))
    typer.echo(f"{letter_id} is gone")


def workers(*, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Every worker: what it works, what it holds, when it was last heard of."""
    seen = _look(database)
    _show(shapes.WorkerList(seen.as_of_ms, seen.workers), as_json, lambda: tables.workers(seen))


def schedules(*, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Every schedule: when it fired and when it will."""
    seen = _look(database)
    _show(shapes.ScheduleList(seen.as_of_ms, seen.schedules), as_json, lambda: tables.schedules(seen))


def changes_list(
    *,
    subject: Annotated[str | None, typer.Option("--subject", help="Only of this: queue:…, message:…, key:….")] = None,
    limit: LimitOption = 50,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """What operators changed: who, what, before and after; newest first."""
    found = _reading(database, lambda tx: changes.page(tx, subject=subject, limit=limit))
    _show(found, as_json, lambda: tables.changes(found))


async def _retry_all(db: Database, queue: str, fingerprint: str | None) -> int:
    count, more = 0, True
    while more:
        async with db.transaction() as tx:
            await control.require_queue(tx, queue)
            answer = await dead_letters.retry_queue(tx, queue, who=_who(), fingerprint=fingerprint)
        count, more = count + answer.retried, answer.more and answer.retried > 0
    return count


def _who() -> str:
    """What the record of changes says: whoever can open the database can do everything, so this is no proof."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"cli:{user}@{socket.gethostname()}"


def _look(database: str | None) -> Snapshot:
    return _with_database(database, Watcher().look)


def _reading(database: str | None, read: Callable[[Transaction], Awaitable[T]]) -> T:
    async def call(db: Database) -> T:
        async with db.reading() as tx:
            return await read(tx)

    return _with_database(database, call)


def _changing(database: str | None, change: Callable[[Transaction], Awaitable[T]]) -> T:
    async def call(db: Database) -> T:
        async with db.transaction() as tx:
            return await change(tx)

    return _with_database(database, call)


def _with_database(database: str | None, call: Callable[[Database], Awaitable[T]]) -> T:
    """Open what the settings name, call, close. Raises ValueError when there is nothing to look at."""
    environ = dict(os.environ) | ({variable("database_url"): database} if database else {})
    url = settings_from(environ).database()
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:///") and not path.exists():
        # Opening would make an empty one, and an empty console looks like a quiet night.
        raise ValueError(f"there is no database at {path}; name it with --database or {variable('database_url')}")

    async def run() -> T:
        db = await open_database(url, pool_max=2)
        try:
            return await call(db)
        finally:
            await db.close()

    try:
        return asyncio.run(run())
    except StorageError as error:
        if error.transient:
            raise
        raise ValueError(f"the database cannot answer; does it need `barback migrate`? It said: {error}") from error


def _show(value: Any, as_json: bool, table: Callable[[], None]) -> None:  # noqa: FBT001 - the option's value
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
    else:
        table()
