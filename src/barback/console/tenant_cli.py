"""`barback tenants`: what of each tenant waits, runs and died; hold one, let one go on, drain one."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from barback.console import tables
from barback.console.errand_cli import put
from barback.console.errand_shapes import figures
from barback.console.opening import DatabaseOption, JsonOption, changing, reading, show, who
from barback.engine.operations import errands, tenant_looks
from barback.engine.operations.errand_steps import Drain
from barback.engine.operations.errands import Errand
from barback.engine.operations.tenant_looks import TenantInQueue, TenantsSeen
from barback.storage import Transaction

tenants_app = typer.Typer(help="What of each tenant waits; hold one.", invoke_without_command=True)
TenantArgument = Annotated[str, typer.Argument(help="The tenant, as messages name it.")]
QueueOption = Annotated[str | None, typer.Option("--queue", help="Only there; else wherever it has work now.")]
_COLUMNS = ("ready", "waiting", "scheduled", "leased", "dead")


@tenants_app.callback()
def tenants(ctx: typer.Context, *, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Every tenant that has work, those with most of it first. Or hold one, let one go on."""
    if ctx.invoked_subcommand is not None:
        return
    found = reading(database, tenant_looks.tenants)
    show(found, as_json, lambda: _every(found))


@tenants_app.command(name="show")
def show_one(tenant: TenantArgument, *, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """One tenant in each queue that it has work in."""
    found = reading(database, lambda tx: tenant_looks.one(tx, tenant))
    show(found, as_json, lambda: _one(found))


@tenants_app.command(name="hold")
def hold(tenant: TenantArgument, *, queue: QueueOption = None, database: DatabaseOption = None) -> None:
    """Claim nothing of a tenant any more. What has begun is finished."""
    _hold(database, tenant, queue, paused=True)


@tenants_app.command(name="go-on")
def go_on(tenant: TenantArgument, *, queue: QueueOption = None, database: DatabaseOption = None) -> None:
    """Claim messages of a tenant again that was held."""
    _hold(database, tenant, queue, paused=False)


@tenants_app.command(name="drain")
def drain(
    tenant: TenantArgument,
    *,
    yes_remove: Annotated[str, typer.Option("--yes-remove", help="The name of the tenant, once more.")] = "",
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hold a tenant and take out for good what waits of it, in every queue; a worker does it."""
    if yes_remove != tenant:
        raise typer.BadParameter(f"what is drained cannot be had back; to go on, say: --yes-remove {tenant}")

    async def begin(tx: Transaction) -> Errand:
        found, at_least = await tenant_looks.waiting(tx, tenant)
        return await errands.start(tx, Drain(tenant), found=found, at_least=at_least, who=who())

    begun = figures(changing(database, begin))
    show(begun, as_json, lambda: put([begun]))


def _hold(database: str | None, tenant: str, queue: str | None, *, paused: bool) -> None:
    done = changing(database, lambda tx: tenant_looks.hold(tx, tenant, queue, paused=paused, who=who()))
    where = ", ".join(done.changed)
    typer.echo(f"{tenant} {'waits' if paused else 'goes on'}{f' in {where}' if where else ' already'}")
    for name in done.by_line:
        typer.echo(f"not in {name}: its tasks name its lines; `barback queue hold {name} --line …` holds one")


def _every(found: TenantsSeen) -> None:
    table = tables.new_table("tenant", *_COLUMNS, "oldest", "queues", "held in")
    for one in found.items:
        counts = [str(getattr(one, name)) for name in _COLUMNS]
        oldest = tables.age(one.oldest_ms, found.as_of_ms)
        table.add_row(Text(one.tenant), *counts, oldest, Text(" ".join(one.queues)), Text(" ".join(one.held)))
    tables.put(table)
    if not found.whole:
        tables.put(Text("There is more than was looked at: these are counts of at least so many."))


def _one(found: list[TenantInQueue]) -> None:
    table = tables.new_table("queue", *_COLUMNS, "")
    for one in found:
        state = "held" if one.held else "" if one.line else "its lines are not tenants"
        table.add_row(Text(one.queue), *(str(getattr(one, name)) for name in _COLUMNS), state)
    tables.put(table)
