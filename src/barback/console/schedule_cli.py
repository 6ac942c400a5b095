"""`barback schedules`: what fires when, what became of it, run one now, pause and resume one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from barback.console import shapes, tables
from barback.console.opening import DatabaseOption, JsonOption, changing, look, reading, show, who
from barback.engine.operations import schedule_looks
from barback.engine.operations.schedule_looks import ScheduleDetail

schedules_app = typer.Typer(help="Every schedule; run one now, pause one.", invoke_without_command=True)
NameArgument = Annotated[str, typer.Argument(help="The name of the schedule.")]


@schedules_app.callback()
def schedules(ctx: typer.Context, *, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Every schedule: when it fired and when it will. Or run one now, pause one."""
    if ctx.invoked_subcommand is not None:
        return
    seen = look(database)
    show(shapes.ScheduleList(seen.as_of_ms, seen.schedules), as_json, lambda: tables.schedules(seen))


@schedules_app.command(name="show")
def show_one(name: NameArgument, *, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """The next ticks of one schedule by its own clock, and what became of the last."""
    found = reading(database, lambda tx: schedule_looks.one(tx, name))
    show(found, as_json, lambda: _one(found))


@schedules_app.command(name="run")
def run(name: NameArgument, *, database: DatabaseOption = None) -> None:
    """Have a worker fire it at once, beside its ticks, which stay what they are."""
    asked = changing(database, lambda tx: schedule_looks.run_now(tx, name, who=who()))
    typer.echo(f"{name} runs as soon as a worker sees it" if asked else f"{name} was asked to run already")


@schedules_app.command(name="pause")
def pause(name: NameArgument, *, database: DatabaseOption = None) -> None:
    """Let its ticks pass without a message until it is resumed."""
    changed = changing(database, lambda tx: schedule_looks.pause(tx, name, who=who()))
    typer.echo(f"{name} is paused" if changed else f"{name} was paused already")


@schedules_app.command(name="resume")
def resume(name: NameArgument, *, database: DatabaseOption = None) -> None:
    """Fire from its next tick on; those of the pause are not made up."""
    changed = changing(database, lambda tx: schedule_looks.resume(tx, name, who=who()))
    typer.echo(f"{name} goes on" if changed else f"{name} was not paused")


def _one(found: ScheduleDetail) -> None:
    one = found.schedule
    zone = ZoneInfo(one.zone)

    def said(at_ms: int) -> str:
        return datetime.fromtimestamp(at_ms / 1000, zone).strftime("%a %d %b %H:%M:%S")

    tables.put(Text(f"{one.name}: {one.cron} in {one.zone}, enqueues {one.task}{', paused' if one.paused else ''}"))
    tables.put(Text(f"next: {', '.join(said(at) for at in found.upcoming)}"))
    table = tables.new_table("tick", "late", "became", "message", "by", "left out before")
    for tick in found.ticks:
        cells = (said(tick.due_ms), f"{tick.late_ms / 1000:.1f} s", tick.outcome, tick.message or "")
        table.add_row(*(Text(cell) for cell in (*cells, tick.asked_by or tick.worker, str(tick.skipped or ""))))
    tables.put(table)
