"""What the console's commands share: opening the database that the settings name, and printing the answer."""

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

from barback.engine.operations.figures import Snapshot, Watcher
from barback.foundation.settings import settings_from, variable
from barback.storage import Database, StorageError, Transaction, open_database

T = TypeVar("T")

DatabaseOption = Annotated[
    str | None, typer.Option("--database", help="sqlite:////absolute/path.db or postgresql://user@host/name.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, as the API answers it.")]
QueueArgument = Annotated[str, typer.Argument(help="The name of the queue.")]
LetterArgument = Annotated[str, typer.Argument(help="The id of the message.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=200, help="How many to show.")]


def who() -> str:
    """What the record of changes says: whoever can open the database can do everything, so this is no proof."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"cli:{user}@{socket.gethostname()}"


def look(database: str | None) -> Snapshot:
    """All figures, as they are now."""
    return with_database(database, Watcher().look)


def reading(database: str | None, read: Callable[[Transaction], Awaitable[T]]) -> T:
    """What `read` finds in a transaction that only reads."""

    async def call(db: Database) -> T:
        async with db.reading() as tx:
            return await read(tx)

    return with_database(database, call)


def changing(database: str | None, change: Callable[[Transaction], Awaitable[T]]) -> T:
    """What `change` answers, once it is committed."""

    async def call(db: Database) -> T:
        async with db.transaction() as tx:
            return await change(tx)

    return with_database(database, call)


def with_database(database: str | None, call: Callable[[Database], Awaitable[T]], *, make: bool = False) -> T:
    """Open what the settings name, call, close. Raises ValueError when there is nothing to look at, unless `make`."""
    environ = dict(os.environ) | ({variable("database_url"): database} if database else {})
    url = settings_from(environ).database()
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:///") and not path.exists() and not make:
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


def show(value: Any, as_json: bool, table: Callable[[], None]) -> None:  # noqa: FBT001 - the option's value
    """Print `value` as JSON, or let `table` print it for people."""
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
    else:
        table()
