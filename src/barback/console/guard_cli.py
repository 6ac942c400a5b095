"""`barback breakers`, `breaker` and `usage`: what stands open and why, force it; what was used and would cost."""

from __future__ import annotations

import shlex
from enum import StrEnum
from typing import Annotated

import typer

from barback.console import guard_tables as tables
from barback.console import guards
from barback.console.opening import DatabaseOption, JsonOption, changing, reading, show, who
from barback.engine.guards import broken_lines
from barback.engine.guards.breakers import State
from barback.engine.history.costs import MEMORY_MIB

breaker_app = typer.Typer(help="Force a breaker open or closed, or let it go by what it sees.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="The name of the breaker.")]
LineOption = Annotated[
    str | None,
    typer.Option("--line", help="Only this line, of a breaker that goes by them: a partner, a tenant, a host."),
]


class By(StrEnum):
    """What the lines of a report stand for."""

    task = "task"
    tenant = "tenant"
    both = "both"


def add_to(app: typer.Typer) -> None:
    """Add these commands to the `barback` command."""
    app.command(name="breakers")(listed)
    app.add_typer(breaker_app, name="breaker")
    app.command(name="usage")(usage)


def listed(*, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Every breaker: whether it is open, since when, why, and which queues it holds up."""
    seen = reading(database, guards.breaker_list)
    show(seen, as_json, lambda: tables.breakers(seen))


@breaker_app.command(name="show")
def shown(name: NameArgument, *, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """How it stands, which of its lines do not, and what it did lately and why."""
    seen = reading(database, lambda tx: guards.breaker_detail(tx, name))
    show(seen, as_json, lambda: tables.breaker(seen))


@breaker_app.command(name="open")
def open_(name: NameArgument, *, line: LineOption = None, database: DatabaseOption = None) -> None:
    """Hold it open: nothing of it is claimed, and nothing probes, until it is closed or reset."""
    _force(database, name, line, "open")
    typer.echo(f"{_called(name, line)} is held open; `barback breaker reset {_again(name, line)}` takes that back")


@breaker_app.command(name="close")
def close(name: NameArgument, *, line: LineOption = None, database: DatabaseOption = None) -> None:
    """Hold it closed: it is claimed whatever fails, until it is opened or reset."""
    _force(database, name, line, "closed")
    typer.echo(f"{_called(name, line)} is held closed; `barback breaker reset {_again(name, line)}` takes that back")


@breaker_app.command(name="reset")
def reset(name: NameArgument, *, line: LineOption = None, database: DatabaseOption = None) -> None:
    """Let it go by what it sees again; it begins closed."""
    _force(database, name, line, None)
    typer.echo(f"{_called(name, line)} goes by what it sees")


def _called(name: str, line: str | None) -> str:
    return name if line is None else f"the line {line!r} of {name}"


def _again(name: str, line: str | None) -> str:
    return name if line is None else f"{name} --line {shlex.quote(line)}"


def _force(database: str | None, name: str, line: str | None, to: State | None) -> None:
    changing(database, lambda tx: broken_lines.force(tx, name, to, who=who(), line=line))


def usage(
    *,
    month: Annotated[
        str | None, typer.Option("--month", help="Like 2026-11, in UTC. Without it the present one.")
    ] = None,
    by: Annotated[By, typer.Option("--by", help="What a line stands for.")] = By.task,
    tenant: Annotated[str | None, typer.Option("--tenant", help="Only of this tenant.")] = None,
    costs: Annotated[
        bool, typer.Option("--costs", help="What it would have cost on serverless price lists instead.")
    ] = False,
    memory: Annotated[
        int, typer.Option("--memory", min=1, max=1 << 20, help="With --costs: MiB that a message would need there.")
    ] = MEMORY_MIB,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """What attempts used in a month: count, time, processor and memory; or what that would cost elsewhere."""
    if costs:
        cost = reading(database, lambda tx: guards.cost_list(tx, month, memory, tenant))
        show(cost, as_json, lambda: tables.costs(cost))
    else:
        seen = reading(database, lambda tx: guards.usage_list(tx, month, by.value, tenant))
        show(seen, as_json, lambda: tables.usage(seen))
