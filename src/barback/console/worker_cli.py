"""`barback workers`: who works what, what each is doing right now, ask one to end."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from barback.console import shapes, tables
from barback.console.opening import DatabaseOption, JsonOption, changing, look, reading, show, who
from barback.engine.operations import worker_looks
from barback.engine.operations.worker_looks import WorkerDetail

workers_app = typer.Typer(help="Every worker and what it holds; ask one to end.", invoke_without_command=True)
WorkerArgument = Annotated[str, typer.Argument(help="The name of the worker, as the list shows it.")]


@workers_app.callback()
def workers(ctx: typer.Context, *, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Every worker and what it holds; ask one to end."""
    if ctx.invoked_subcommand is not None:
        return
    seen = look(database)
    show(shapes.WorkerList(seen.as_of_ms, seen.workers), as_json, lambda: tables.workers(seen))


@workers_app.command(name="show")
def show_one(worker: WorkerArgument, *, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """What one worker has in hands right now, and what it did in the last ten minutes."""
    found = reading(database, lambda tx: worker_looks.one(tx, worker))
    show(found, as_json, lambda: _one(found))


@workers_app.command(name="drain")
def drain(worker: WorkerArgument, *, database: DatabaseOption = None) -> None:
    """Ask a worker to finish what it holds, claim nothing more and end; what takes too long it gives back."""
    asked = changing(database, lambda tx: worker_looks.drain(tx, worker, who=who()))
    typer.echo(f"{worker} drains" if asked else f"{worker} was asked already")


@workers_app.command(name="keep")
def keep(worker: WorkerArgument, *, database: DatabaseOption = None) -> None:
    """Ask a worker that drains to stay, while it has not left."""
    kept = changing(database, lambda tx: worker_looks.keep(tx, worker, who=who()))
    typer.echo(f"{worker} stays" if kept else f"{worker} was not asked to end")


def _one(found: WorkerDetail) -> None:
    one, now_ms = found.worker, found.as_of_ms
    state = one.state if one.draining_ms is None else f"draining for {tables.age(one.draining_ms, now_ms)}"
    facts = (
        ("state", state),
        ("works", " ".join(one.queues)),
        ("heard", f"{tables.age(one.seen_ms, now_ms)} ago"),
        ("memory", f"{one.memory_bytes >> 20} MiB"),
        ("processor", f"{one.cpu_percent:g} % now, {one.cpu_us / 1_000_000:.1f} s in all"),
    )
    for name, value in facts:
        tables.put(Text(f"{name:10} {value}"))
    hands = tables.new_table("message", "queue", "task", "key", "tenant", "attempt", "for")
    for held in found.in_hands:
        cells = (held.id, held.queue, held.task, held.key or "", held.tenant or "", str(held.attempt))
        hands.add_row(*(Text(cell) for cell in cells), tables.age(held.since_ms, now_ms))
    for pack in found.bundled:
        cells = (f"{pack.messages} in bundles", pack.queue, pack.task, "", "", "", tables.age(pack.since_ms, now_ms))
        hands.add_row(*(Text(cell) for cell in cells))
    tables.put(hands)
