"""`barback keys`: which are closed or have long lines; one with its head; retry, edit, skip, hold, drain it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from barback.console import message_shapes as shapes
from barback.console import tables
from barback.console.opening import DatabaseOption, JsonOption, QueueArgument, changing, reading, show, who
from barback.engine import Task, changes
from barback.engine.dead import dead_edits, dead_letters
from barback.engine.dead.dead_edits import Edited
from barback.engine.dead.dead_letters import DeadLetter
from barback.engine.operations import control, key_looks, moving, tuning
from barback.engine.operations.control import KeyNotClosed
from barback.engine.operations.key_looks import KeyLook
from barback.foundation.clock import SystemClock
from barback.storage import Transaction

keys_app = typer.Typer(
    help="Keys that somebody has to look at; one of them with its head and its line.", invoke_without_command=True
)
KeyArgument = Annotated[str, typer.Argument(help="The key, as messages name it.")]


def add_to(app: typer.Typer, tasks: Callable[[], Sequence[Task[Any]]]) -> None:
    """Add the commands; `tasks` tells which tasks there are."""

    @keys_app.command(name="edit")
    def edit(
        queue: QueueArgument,
        key: KeyArgument,
        payload: Annotated[str, typer.Argument(help="The new payload as JSON; - reads it from standard input.")],
        *,
        database: DatabaseOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """Give the dead head of a closed key another payload, of the type its task expects; then retry it."""
        text = sys.stdin.read() if payload == "-" else payload
        known = {task.name: task for task in tasks()}

        async def change(tx: Transaction) -> Edited:
            return await dead_edits.edit(tx, await _head(tx, queue, key), text.encode(), known, who=who())

        done = changing(database, change)
        show(done, as_json, lambda: typer.echo(f"{done.id} is {'changed; retry it' if done.changed else 'as it was'}"))

    _ = edit  # it is known by its name in `keys_app`
    app.add_typer(keys_app, name="keys")


@keys_app.callback()
def keys(ctx: typer.Context, *, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Closed keys first, the last closed at first, then those with the longest lines."""
    if ctx.invoked_subcommand is None:
        found = reading(database, key_looks.keys)
        show(shapes.KeyList(found), as_json, lambda: _list(found))


@keys_app.command(name="show")
def show_one(
    queue: QueueArgument, key: KeyArgument, *, database: DatabaseOption = None, as_json: JsonOption = False
) -> None:
    """One key: its head, what waits behind it, what died of it, what was done with it."""

    async def read(tx: Transaction) -> shapes.KeyPage:
        return shapes.key_page(
            await key_looks.one(tx, queue, key), await changes.page(tx, subject=f"key:{queue}:{key}")
        )

    found = reading(database, read)
    show(found, as_json, lambda: _one(found))


@keys_app.command(name="retry")
def retry(queue: QueueArgument, key: KeyArgument, *, database: DatabaseOption = None) -> None:
    """Send the dead head of a closed key round again, before all that wait behind it."""

    async def change(tx: Transaction) -> DeadLetter:
        return await dead_letters.retry(tx, await _head(tx, queue, key), who=who())

    typer.echo(f"{changing(database, change).id} goes round again")


@keys_app.command(name="skip")
@keys_app.command(name="release", hidden=True)
def skip(queue: QueueArgument, key: KeyArgument, *, database: DatabaseOption = None) -> None:
    """Let what waits behind a closed key go on without its head, which stays a dead letter."""
    changing(database, lambda tx: control.release_key(tx, queue, key, who=who()))
    typer.echo(f"{key} of {queue} goes on")


@keys_app.command(name="hold")
def hold(queue: QueueArgument, key: KeyArgument, *, database: DatabaseOption = None) -> None:
    """Claim nothing of a key any more. What has begun is finished."""
    changed = changing(database, lambda tx: tuning.hold_key(tx, queue, key, paused=True, who=who()))
    typer.echo(f"{key} of {queue} waits{'' if changed else ' already'}")


@keys_app.command(name="go-on")
def go_on(queue: QueueArgument, key: KeyArgument, *, database: DatabaseOption = None) -> None:
    """Claim messages of a key again that was held."""
    changed = changing(database, lambda tx: tuning.hold_key(tx, queue, key, paused=False, who=who()))
    typer.echo(f"{key} of {queue} goes on{'' if changed else ' already'}")


@keys_app.command(name="drain")
def drain(
    queue: QueueArgument,
    key: KeyArgument,
    *,
    yes_remove: Annotated[str, typer.Option("--yes-remove", help="The key, once more.")] = "",
    database: DatabaseOption = None,
) -> None:
    """Take out for good what waits behind the head of a key. The head itself stays."""
    if yes_remove != key:
        raise typer.BadParameter(f"what is drained cannot be had back; to go on, say: --yes-remove {key}")
    count = total = changing(database, lambda tx: moving.drain_key(tx, queue, key, who=who()))
    while count:
        count = changing(database, lambda tx: moving.drain_key(tx, queue, key, who=who()))
        total += count
    typer.echo(f"{total} messages behind {key} are gone")


async def _head(tx: Transaction, queue: str, key: str) -> str:
    """The letter that closes a key. Raises KeyNotClosed."""
    seen = await key_looks.one(tx, queue, key)
    if seen.lane != "closed" or not seen.dead:
        raise KeyNotClosed(f"Nothing holds the key {key} of queue {queue} closed.")
    return seen.dead[0].id


def _list(found: Sequence[KeyLook]) -> None:
    now_ms = SystemClock().now_ms()
    table = tables.new_table("queue", "key", "state", "waiting", "oldest", "closed for", "error")
    for one in found:
        times = (tables.age(one.oldest_ms, now_ms), tables.age(one.since_ms, now_ms))
        error = (one.error or "")[: tables.ERROR_SHOWN_MAX]
        cells = (one.queue, one.key, "closed" if one.closed else "open", str(one.waiting), *times, error)
        table.add_row(*(Text(cell) for cell in cells), style="red" if one.closed else None)
    tables.put(table)


def _one(one: shapes.KeyPage) -> None:
    now_ms = SystemClock().now_ms()
    since = f" for {tables.age(one.since_ms, now_ms)}" if one.since_ms is not None else ""
    state = f"{one.lane}{since}{', held by an operator' if one.paused else ''}"
    tables.put(Text(f"{one.key} of {one.queue} is {state}; {one.waiting} wait behind its head"))
    if one.lane == "closed" and one.dead:
        tables.put(Text(f"its head {one.dead[0].id} ({one.dead[0].task}) died: {one.dead[0].error}"))
    elif one.head is not None:
        tables.put(Text(f"its head {one.head.id} ({one.head.task}) is {one.head.state}"))
    table = tables.new_table("id", "task", "tenant", "enqueued")
    for waits in one.line:
        cells = (waits.id, waits.task, waits.tenant or "", tables.age(waits.enqueued_ms, now_ms))
        table.add_row(*(Text(cell) for cell in cells))
    if one.line:
        tables.put(table)
    if one.changes:
        tables.changes(one.changes)
