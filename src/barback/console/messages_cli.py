"""`barback messages`: find messages wherever they are; cancel, put off or hurry one that waits, or all that fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.text import Text

from barback.console import message_shapes as shapes
from barback.console import search_words, tables
from barback.console.access import TasksKnown
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
from barback.engine import changes
from barback.engine.dead import dead_letters
from barback.engine.operations import looking, moving
from barback.engine.operations.looking import NEWEST, Found, Look, Seen
from barback.engine.operations.moving import Action
from barback.foundation.clock import SystemClock
from barback.foundation.paging import encode_cursor
from barback.storage import Database, Transaction

messages_app = typer.Typer(help="Messages, wherever they are.", no_args_is_help=True)
PAGE = 200
ALL_KNOWN = TasksKnown({})
"""Whoever opens the database sees everything: nothing is masked."""
_FILTER = re.compile(r"([A-Za-z_]\w*(?:\.[^\s.:]+)*):(.*)", re.DOTALL)

WordsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        help="queue:mail key:k tenant:t task:mail.send state:dead enqueued:-2h.. due:..+1h payload.order.id:4711 "
        "parent:ID batch:ID, an id, or a piece of the payload.",
        metavar="WORDS",
    ),
]
ItsQueueOption = Annotated[
    str | None, typer.Option("--queue", help="The queue of that one message: what waits elsewhere is not looked at.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask before many are changed.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to `barback`."""
    app.add_typer(messages_app, name="messages")


@messages_app.command(name="list")
def messages_list(
    words: WordsArgument = None,
    *,
    limit: LimitOption = 50,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Messages that fit, those enqueued last first."""
    found = reading(database, lambda tx: looking.search(tx, _look(words, tx), limit=limit))
    after = None if found.after is None else encode_cursor(*found.after)
    listed = shapes.MessageList([shapes.figures(one) for one in found.items], after, found.looked, found.whole)
    show(listed, as_json, lambda: _table(found))


@messages_app.command(name="show")
def messages_show(
    message_id: LetterArgument,
    *,
    queue: ItsQueueOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """One message: where it is, its payload, every attempt that failed, what was done with it."""

    async def read(tx: Transaction) -> shapes.MessageDetail:
        seen = await looking.one(tx, message_id, queue=queue)
        done = await changes.page(tx, subject=f"message:{message_id}")
        return shapes.detail(seen, ALL_KNOWN, await dead_letters.history(tx, message_id), done)

    found = reading(database, read)
    show(found, as_json, lambda: _detail(found))


@messages_app.command(name="cancel")
def messages_cancel(
    words: WordsArgument = None,
    *,
    reason: Annotated[str, typer.Option("--reason", help="For the record of changes, when it is one message.")] = "",
    queue: ItsQueueOption = None,
    yes: YesOption = False,
    database: DatabaseOption = None,
) -> None:
    """Take out what waits: one message, or all that fit; for a week it can come back. What a worker holds stays."""
    if message_id := _one_id(words, queue):
        changing(database, lambda tx: moving.cancel(tx, message_id, who=who(), reason=reason, queue=queue))
        typer.echo(f"{message_id} is cancelled")
    else:
        typer.echo(f"{_each(database, words, 'cancel', yes=yes)} are cancelled")


@messages_app.command(name="bring-back")
def messages_bring_back(message_id: LetterArgument, *, database: DatabaseOption = None) -> None:
    """Let a cancelled message wait again, as it did. Many: `messages retry state:cancelled`."""
    changing(database, lambda tx: moving.bring_back(tx, message_id, who=who()))
    typer.echo(f"{message_id} waits again")


@messages_app.command(name="snooze")
def messages_snooze(
    words: WordsArgument = None,
    *,
    seconds: Annotated[float, typer.Option("--for", min=0.001, help="For how many seconds from now.")] = 3_600.0,
    queue: ItsQueueOption = None,
    yes: YesOption = False,
    database: DatabaseOption = None,
) -> None:
    """Put off one message, or all that fit. One with a key keeps its turn, and those behind it wait."""
    ms = int(seconds * 1000)
    if message_id := _one_id(words, queue):
        changing(database, lambda tx: moving.snooze(tx, message_id, ms, who=who(), queue=queue))
        typer.echo(f"{message_id} waits for {seconds:g} s")
    else:
        typer.echo(f"{_each(database, words, 'snooze', yes=yes, ms=ms)} wait for {seconds:g} s")


@messages_app.command(name="retry")
def messages_retry(
    words: WordsArgument = None,
    *,
    queue: ItsQueueOption = None,
    yes: YesOption = False,
    database: DatabaseOption = None,
) -> None:
    """Let run now what waits for its time, its retry too, and what is dead: one message, or all that fit."""
    if message_id := _one_id(words, queue):
        changing(database, lambda tx: moving.hurry(tx, message_id, who=who(), queue=queue))
        typer.echo(f"{message_id} can run now")
    else:
        typer.echo(f"{_each(database, words, 'run_now', yes=yes)} can run now")


def _line(words: Sequence[str] | None) -> str:
    """The words as one line; the quotes that the shell took away are put back."""
    return " ".join(_quoted(word) if re.search(r"\s", word) else word for word in words or ())


def _quoted(word: str) -> str:
    name, value = found.groups() if (found := _FILTER.fullmatch(word)) else ("", word)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}:"{escaped}"' if name else f'"{escaped}"'


def _look(words: Sequence[str] | None, tx: Transaction) -> Look:
    return search_words.read(_line(words), tx.now_ms)


def _one_id(words: Sequence[str] | None, queue: str | None) -> str | None:
    """The id, when the words are one. Raises BadParameter when there are none: all is not a search."""
    if not words:
        raise typer.BadParameter("name the id of one message, or what to search for, as in queue:mail state:dead")
    single = len(words) == 1 and ":" not in words[0] and not re.search(r"\s", words[0])
    if queue is not None and not single:
        raise typer.BadParameter(f"--queue goes with the id of one message; in a search write queue:{queue}")
    return words[0] if single else None


def _each(database: str | None, words: Sequence[str] | None, action: Action, *, yes: bool, ms: int = 0) -> int:
    """Change all that fit, a page in each transaction; those that a worker claims meanwhile are left alone."""
    first = reading(database, lambda tx: looking.search(tx, _look(words, tx), limit=PAGE))
    many = f"{len(first.items)} messages{' and more' if first.after else ''}"
    if len(first.items) > 1 and not yes:
        typer.confirm(f"This changes {many}. Go on?", abort=True)

    async def run(db: Database) -> int:
        count, before = 0, NEWEST
        while True:
            async with db.transaction() as tx:
                found = await looking.search(tx, _look(words, tx), before=before, limit=PAGE)
                count += await moving.change_these(tx, found.items, action, who=who(), search=_line(words), delay_ms=ms)
            if found.after is None:
                return count
            before = found.after

    return with_database(database, run)


def _table(found: Found) -> None:
    now_ms = SystemClock().now_ms()
    table = tables.new_table("id", "state", "queue", "task", "key", "tenant", "attempts", "age", "")
    for one in found.items:
        numbers = (f"{one.attempt}/{one.attempts_max}", tables.age(one.enqueued_ms, now_ms))
        more = _more(one, now_ms)
        cells = (one.id, one.state, one.queue, one.task, one.key or "", one.tenant or "", *numbers, more)
        table.add_row(*(Text(cell) for cell in cells))
    tables.put(table)
    if not found.whole:
        tables.put(Text(f"looked at {found.looked:,} messages; more are there: name a queue to look further"))


def _more(one: Seen | shapes.MessageDetail, now_ms: int) -> str:
    if one.state in ("scheduled", "retrying") and one.at_ms is not None:
        return "due" if one.at_ms <= now_ms else f"in {tables.age(now_ms, one.at_ms)}"
    return f"held by {one.worker}" if one.worker else (one.error or "")[: tables.ERROR_SHOWN_MAX]


def _detail(one: shapes.MessageDetail) -> None:
    now_ms = SystemClock().now_ms()
    tables.put(Text(f"{one.id} is {one.state} {_more(one, now_ms)}"))
    tables.put(Text(f"task {one.task}, queue {one.queue}, key {one.key or 'none'}, tenant {one.tenant_id or 'none'}"))
    tables.put(Text(f"attempt {one.attempt} of {one.attempts_max}, enqueued {tables.age(one.enqueued_ms, now_ms)} ago"))
    tables.put(Text(f"payload {bytes(one.payload).decode()}"))
    tables.attempts(one.failures, now_ms)
    tables.changes(one.changes)
