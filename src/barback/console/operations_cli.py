"""`barback doctor` and `barback scaling`: what is wrong and the cure, and what supervisors decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import typer
from rich.text import Text

from barback.console import tables
from barback.console.opening import DatabaseOption, JsonOption, LimitOption, reading, show, with_database
from barback.engine import doctor as engine_doctor
from barback.engine import scaling as engine_scaling
from barback.engine.doctor import Examined
from barback.engine.scaling import Scaled
from barback.foundation.clock import SystemClock
from barback.storage import MigrationSet


def add_to(app: typer.Typer, migrations: Callable[[], Sequence[MigrationSet]]) -> None:
    """Add the commands; `migrations` are those that the database should have."""

    @app.command(name="doctor")
    def doctor(*, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
        """Say what is wrong and the cure. Exits with 1 when something is bad."""
        examined = with_database(database, lambda db: engine_doctor.examine(db, migrations()))
        show(examined, as_json, lambda: _examined(examined))
        if not examined.well:
            raise typer.Exit(1)

    app.command(name="scaling")(scaling)
    _ = doctor  # it is known by its name in `app`


class ScalingList(msgspec.Struct):
    """What supervisors decided, newest first."""

    items: list[Scaled]


def scaling(*, limit: LimitOption = 50, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """What supervisors (`barback work --max`) decided, newest first: how many workers, and why."""
    found = reading(database, lambda tx: engine_scaling.decisions(tx, limit))
    show(ScalingList(found), as_json, lambda: _scaled(found))


def _scaled(found: Sequence[Scaled]) -> None:
    now_ms = SystemClock().now_ms()
    table = tables.new_table("ago", "host", "supervisor", "workers", "limits", "why")
    for one in found:
        counts = (f"{one.before} → {one.after}", f"{one.least} to {one.most}")
        cells: tuple[Any, ...] = (tables.age(one.at_ms, now_ms), one.host, str(one.pid), *counts, one.reason)
        table.add_row(*(Text(cell) for cell in cells))
    tables.put(table)


def _examined(examined: Examined) -> None:
    for one in examined.findings:
        mark, style = ("✗", "bold red") if one.severity == "bad" else ("!", "yellow")
        tables.put(Text.assemble((f"{mark} {one.kind}: ", style), one.said))
        tables.put(Text(f"    {one.cure}"))
    what = "nothing is wrong" if not examined.findings else f"{len(examined.findings)} things to look at"
    tables.put(Text(f"{examined.checks} checks: {what}"))
