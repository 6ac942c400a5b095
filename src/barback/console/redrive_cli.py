"""`barback dead edit`, `redrive`, `redrives` and `stop`: mend dead letters, send many round again at a rate."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from barback.console import redrive_shapes, tables
from barback.console.opening import DatabaseOption, JsonOption, LetterArgument, changing, reading, show, who
from barback.engine import Task
from barback.engine.dead import dead_edits, redrive
from barback.engine.dead.redrive import PER_SECOND_MAX, PER_SECOND_MIN
from barback.engine.operations import control
from barback.storage import Transaction

DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
RedriveArgument = Annotated[str, typer.Argument(help="The id of the redrive.")]


def add_to(app: typer.Typer, tasks: Callable[[], Sequence[Task[Any]]]) -> None:
    """Add these commands to `barback dead`; `tasks` tells which tasks there are."""
    app.command(name="edit")(_edit(tasks))
    app.command(name="redrive")(start)
    app.command(name="redrives")(listed)
    app.command(name="stop")(stop)


def _edit(tasks: Callable[[], Sequence[Task[Any]]]) -> Callable[..., None]:
    def edit(
        letter_id: LetterArgument,
        payload: Annotated[str, typer.Argument(help="The new payload as JSON; - reads it from standard input.")],
        *,
        dry_run: DryRunOption = False,
        database: DatabaseOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """Give a dead letter another payload, of the type its task expects. Before and after are kept."""
        text = sys.stdin.read() if payload == "-" else payload
        known = {task.name: task for task in tasks()}
        done = changing(
            database,
            lambda tx: dead_edits.edit(tx, letter_id, text.encode(), known, who=who(), dry_run=dry_run),
        )
        show(done, as_json, lambda: _say_edited(done))

    return edit


def _say_edited(done: dead_edits.Edited) -> None:
    typer.echo(f"before {bytes(done.before).decode()}\nafter  {bytes(done.after).decode()}")
    typer.echo("nothing was changed" if done.dry_run or not done.changed else f"{done.id} is changed; retry it")


def start(
    queue: Annotated[str, typer.Option("--queue", help="The queue whose dead letters are meant.")],
    per_second: Annotated[
        float, typer.Option("--per-second", min=PER_SECOND_MIN, max=PER_SECOND_MAX, help="How many a second at most.")
    ],
    *,
    task: Annotated[str | None, typer.Option("--task", help="Only those of this task.")] = None,
    key: Annotated[str | None, typer.Option("--key", help="Only those of this key.")] = None,
    fingerprint: Annotated[str | None, typer.Option("--fingerprint", help="Only those of one error.")] = None,
    batch: Annotated[str | None, typer.Option("--batch", help="Only those of this batch.")] = None,
    discard: Annotated[bool, typer.Option("--discard", help="Throw them away for good instead.")] = False,
    dry_run: DryRunOption = False,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send many dead letters round again at a bounded rate; a worker does it, and goes on after any crash."""
    asked = redrive_shapes.StartRedrive(
        queue=queue, per_second=per_second, action="discard" if discard else "retry", task=task, key=key,
        fingerprint=fingerprint, batch=batch, dry_run=dry_run,
    )  # fmt: skip

    async def plan(tx: Transaction) -> redrive_shapes.RedriveFigures:
        await control.require_queue(tx, queue)
        if dry_run:
            return redrive_shapes.planned(asked, await redrive.count(tx, asked.wanted()), who(), tx.now_ms)
        begun = await redrive.start(tx, asked.wanted(), per_second=per_second, action=asked.action, who=who())
        return redrive_shapes.figures(begun)

    answer = reading(database, plan) if dry_run else changing(database, plan)
    show(answer, as_json, lambda: tables.redrives([answer]))


def listed(*, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """The last fifty redrives and how far they are."""

    async def read(tx: Transaction) -> list[redrive_shapes.RedriveFigures]:
        return [redrive_shapes.figures(one) for one in await redrive.newest(tx)]

    found = reading(database, read)
    show(found, as_json, lambda: tables.redrives(found))


def stop(redrive_id: RedriveArgument, *, database: DatabaseOption = None) -> None:
    """Let no further letters go; those that went stay gone."""
    stopped = changing(database, lambda tx: redrive.stop(tx, redrive_id, who=who()))
    typer.echo(f"{stopped.id} is stopped after {stopped.handled} letters")
