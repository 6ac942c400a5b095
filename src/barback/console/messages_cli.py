"""`barback messages`: find messages wherever they are; cancel, put off or hurry those that wait."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine, Sequence
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text

from barback.console import tables
from barback.console.opening import (
    DatabaseOption,
    JsonOption,
    LetterArgument,
    LimitOption,
    changing,
    reading,
    show,
    who,
    with_database,
)
from barback.engine import changes, dead_letters, waiting
from barback.engine.changes import Change
from barback.engine.dead_letters import Failure
from barback.engine.waiting import Found, Wanted
from barback.foundation.clock import SystemClock
from barback.storage import Database, Transaction

messages_app = typer.Typer(help="Messages, wherever they are.", no_args_is_help=True)
PAGE = 200
_STATES = ("ready", "arrived", "behind its key", "delayed", "leased", "dead")

IdArgument = Annotated[str | None, typer.Argument(help="The id of one message.")]
QueueOption = Annotated[str | None, typer.Option("--queue", help="Only of this queue.")]
KeyOption = Annotated[str | None, typer.Option("--key", help="Only with this key.")]
TenantOption = Annotated[str | None, typer.Option("--tenant", help="Only of this tenant.")]
TaskOption = Annotated[str | None, typer.Option("--task", help="Only for this task.")]
StateOption = Annotated[str | None, typer.Option("--state", help=f"Only those that are {', '.join(_STATES)}.")]


class MessageDetail(msgspec.Struct):
    """A message with every attempt that failed, and what operators did with it."""

    message: Found
    failures: list[Failure]
    changes: list[Change]


def add_to(app: typer.Typer) -> None:
    """Add the commands to `barback`."""
    app.add_typer(messages_app, name="messages")


@messages_app.command(name="list")
def messages_list(
    *,
    queue: QueueOption = None,
    key: KeyOption = None,
    tenant: TenantOption = None,
    task: TaskOption = None,
    state: StateOption = None,
    limit: LimitOption = 50,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Messages that fit, those enqueued last first."""
    wanted = _wanted(queue, key, tenant, task, state)
    found = reading(database, lambda tx: waiting.find(tx, wanted, limit))
    show(found, as_json, lambda: _table(found))


@messages_app.command(name="show")
def messages_show(message_id: LetterArgument, *, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """One message: where it is, its payload, every attempt that failed, what was done with it."""

    async def read(tx: Transaction) -> MessageDetail:
        message = await waiting.one(tx, message_id)
        done = await changes.page(tx, subject=f"message:{message_id}")
        return MessageDetail(message, await dead_letters.history(tx, message_id), done)

    found = reading(database, read)
    show(found, as_json, lambda: _detail(found))


@messages_app.command(name="cancel")
def messages_cancel(
    message_id: IdArgument = None,
    *,
    queue: QueueOption = None,
    key: KeyOption = None,
    tenant: TenantOption = None,
    task: TaskOption = None,
    state: StateOption = None,
    reason: Annotated[str, typer.Option("--reason", help="For the record of changes.")] = "",
    database: DatabaseOption = None,
) -> None:
    """Take out for good what waits: one message, or all that fit. What a worker holds stays."""

    async def end(tx: Transaction, one: Found) -> bool:
        await waiting.cancel(tx, one.id, who=who(), reason=reason)
        return True

    count = _each(database, message_id, _wanted(queue, key, tenant, task, state), end)
    typer.echo(f"{message_id or count} {'is' if message_id else 'are'} cancelled")


@messages_app.command(name="snooze")
def messages_snooze(
    message_id: LetterArgument,
    seconds: Annotated[float, typer.Argument(min=0, help="For how long from now.")],
    *,
    database: DatabaseOption = None,
) -> None:
    """Put one off. One with a key keeps its turn, and those behind it wait."""
    changing(database, lambda tx: waiting.snooze(tx, message_id, int(seconds * 1000), who=who()))
    typer.echo(f"{message_id} waits for {seconds:g} s")


@messages_app.command(name="retry")
def messages_retry(
    message_id: IdArgument = None,
    *,
    queue: QueueOption = None,
    key: KeyOption = None,
    tenant: TenantOption = None,
    task: TaskOption = None,
    state: StateOption = None,
    database: DatabaseOption = None,
) -> None:
    """Let run now what waits for its time, its retry too, and what is dead: one message, or all that fit."""
    if message_id is None and state not in ("delayed", "dead"):
        raise typer.BadParameter("name the id of one message, or --state delayed or dead")

    async def go(tx: Transaction, one: Found) -> bool:
        # What is due already would be found again and again.
        if one.due_ms is not None and one.due_ms <= tx.now_ms:
            return False
        await waiting.hurry(tx, one.id, who=who())
        return True

    count = _each(database, message_id, _wanted(queue, key, tenant, task, state), go)
    typer.echo(f"{message_id or count} can run now")


def _wanted(queue: str | None, key: str | None, tenant: str | None, task: str | None, state: str | None) -> Wanted:
    if state is not None and state not in _STATES:
        raise typer.BadParameter(f"expected --state {', '.join(_STATES)}; got {state!r}")
    return Wanted(queue=queue, key=key, tenant=tenant, task=task, state=state)


ChangeOne = Callable[[Transaction, Found], Coroutine[Any, Any, bool]]


def _each(database: str | None, message_id: str | None, wanted: Wanted, change: ChangeOne) -> int:
    """Change one, or all that fit, a page in each transaction; those that a worker claims meanwhile are left alone."""
    if message_id is None and wanted == Wanted():
        raise typer.BadParameter("name the id of one message, or what to choose by: --queue, --key, --tenant, --task")

    async def run(db: Database) -> int:
        if message_id is not None:
            async with db.transaction() as tx:
                await change(tx, await waiting.one(tx, message_id))
            return 1
        count = changed = await _page(db, wanted, change)
        while changed:
            changed = await _page(db, wanted, change)
            count += changed
        return count

    return with_database(database, run)


async def _page(db: Database, wanted: Wanted, change: ChangeOne) -> int:
    changed = 0
    async with db.transaction() as tx:
        for one in await waiting.find(tx, wanted, PAGE):
            # What a worker claims meanwhile is left alone.
            with contextlib.suppress(waiting.MessageNotWaiting, waiting.MessageNotFound):
                changed += await change(tx, one)
    return changed


def _table(found: Sequence[Found]) -> None:
    now_ms = SystemClock().now_ms()
    table = tables.new_table("id", "state", "queue", "task", "key", "tenant", "attempts", "age", "")
    for one in found:
        numbers = (f"{one.attempt}/{one.attempts_max}", tables.age(one.enqueued_ms, now_ms))
        cells = (one.id, one.state, one.queue, one.task, one.key or "", one.tenant or "", *numbers, _more(one, now_ms))
        table.add_row(*(Text(cell) for cell in cells))
    tables.put(table)


def _more(one: Found, now_ms: int) -> str:
    if one.due_ms is not None:
        return "due" if one.due_ms <= now_ms else f"in {tables.age(now_ms, one.due_ms)}"
    return f"held by {one.worker}" if one.worker else (one.error or "")[: tables.ERROR_SHOWN_MAX]


def _detail(found: MessageDetail) -> None:
    one, now_ms = found.message, SystemClock().now_ms()
    tables.put(Text(f"{one.id} is {one.state} {_more(one, now_ms)}"))
    tables.put(Text(f"task {one.task}, queue {one.queue}, key {one.key or 'none'}, tenant {one.tenant or 'none'}"))
    tables.put(Text(f"attempt {one.attempt} of {one.attempts_max}, enqueued {tables.age(one.enqueued_ms, now_ms)} ago"))
    tables.put(Text(f"payload {one.payload}"))
    table = tables.new_table("attempt", "ago", "worker", "error")
    for failure in found.failures:
        cells = (str(failure.attempt), tables.age(failure.at_ms, now_ms), failure.worker, failure.error)
        table.add_row(*(Text(cell) for cell in cells))
    tables.put(table)
    tables.changes(found.changes)
