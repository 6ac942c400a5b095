"""`barback errands`: long work that operators asked for, and how far it is; stop one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.text import Text

from barback.console import tables
from barback.console.errand_shapes import ErrandFigures
from barback.console.errands import listed, stopped
from barback.console.opening import DatabaseOption, JsonOption, changing, reading, show, who
from barback.foundation.clock import SystemClock

errands_app = typer.Typer(
    help="Long work that operators asked for: purges, drains, changes of all that was found, redrives.",
    invoke_without_command=True,
)


@errands_app.callback()
def errands(ctx: typer.Context, *, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """What is under way, then what ended lately. Or stop one."""
    if ctx.invoked_subcommand is None:
        found = reading(database, listed)
        show(found, as_json, lambda: put(found))


@errands_app.command(name="stop")
def stop(
    errand_id: Annotated[str, typer.Argument(help="The id of the errand.")], *, database: DatabaseOption = None
) -> None:
    """Do no further step of one; what was changed stays changed."""
    done = changing(database, lambda tx: stopped(tx, errand_id, who=who()))
    typer.echo(f"{done.id} is stopped after {done.handled} messages")


def put(found: Sequence[ErrandFigures]) -> None:
    """Errands, one a line."""
    now_ms = SystemClock().now_ms()
    table = tables.new_table("errand", "state", "what", "of", "changed", "found", "left alone", "who", "started")
    for one in found:
        counts = (str(one.handled), f"{one.found}{'+' if one.at_least else ''}", str(one.left_alone))
        cells = (one.id, one.state, one.kind, one.question, *counts, one.who, tables.age(one.started_ms, now_ms))
        table.add_row(*(Text(cell) for cell in cells), style="red" if one.error else None)
    tables.put(table)
