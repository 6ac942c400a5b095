"""`barback doctor` and `barback scaling`: what is wrong and the cure, and what supervisors decided."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from barback.console import shapes, tables
from barback.console.opening import DatabaseOption, JsonOption, LimitOption, reading, show, with_database
from barback.engine.operations import doctor as engine_doctor
from barback.engine.operations import metrics as engine_metrics
from barback.engine.operations.doctor import Examined
from barback.engine.operations.health import pages_at
from barback.engine.workers import scaling as engine_scaling
from barback.engine.workers.scaling import Scaled
from barback.engine.workers.working import pages_of
from barback.foundation.clock import SystemClock
from barback.storage import Database, MigrationSet


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
    app.command(name="metrics")(print_metrics)
    _ = doctor  # it is known by its name in `app`


def scaling(*, limit: LimitOption = 50, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """What supervisors (`barback work --max`) decided, newest first: how many workers, and why."""
    found = reading(database, lambda tx: engine_scaling.decisions(tx, limit))
    show(shapes.ScalingList(found), as_json, lambda: _scaled(found))


def print_metrics(
    *,
    http: Annotated[
        str,
        typer.Option("--http", help="HOST:PORT or :PORT: answer /metrics there until stopped, instead of printing."),
    ] = "",
    database: DatabaseOption = None,
) -> None:
    """What Prometheus reads of the database: print it once, or serve it."""

    async def run(db: Database) -> str:
        if not http:
            return (await engine_metrics.page(db, None)).body
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with pages_at(http, pages_of(db)):
            await stop.wait()
        return ""

    typer.echo(with_database(database, run), nl=False)


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
