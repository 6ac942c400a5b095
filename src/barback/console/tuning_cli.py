"""`barback queue limit`, `limits`, `hold`, `go-on`, `pace`, `priority`, `purge`: what changes while everything runs."""

from __future__ import annotations

from typing import Annotated

import typer

from barback.console import tuning_shapes as shapes
from barback.console.opening import (
    DatabaseOption,
    JsonOption,
    QueueArgument,
    changing,
    reading,
    show,
    who,
    with_database,
)
from barback.engine.fairness.limits import Scope
from barback.engine.operations import purging, tuning
from barback.engine.operations.tuning import TAKEN_MAX, Pace
from barback.storage import Database

KeyOption = Annotated[str | None, typer.Option("--key", help="Only of this key.")]
LineOption = Annotated[str | None, typer.Option("--line", help="Only of this line.")]
TenantOption = Annotated[str | None, typer.Option("--tenant", help="Only of this tenant.")]
EachOption = Annotated[bool, typer.Option("--each", help="Each line that has no limits of its own.")]


def add_to(queue_app: typer.Typer) -> None:
    """Add these commands to `barback queue`."""
    for name, command in (
        ("limits", limits), ("limit", limit), ("hold", hold), ("go-on", go_on), ("pace", pace), ("priority", priority),
        ("purge", purge),
    ):  # fmt: skip
        queue_app.command(name=name)(command)


def limits(queue: QueueArgument, *, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """The limits of a queue that are in force: of the whole, of each line, of single lines."""
    found = reading(database, lambda tx: tuning.limits_of(tx, queue))
    listed = shapes.LimitsList([shapes.shown(one) for one in found])
    show(listed, as_json, lambda: typer.echo("\n".join(map(_words, listed.items)) or f"{queue} has no limits"))


def limit(
    queue: QueueArgument,
    *,
    line: LineOption = None,
    each: EachOption = False,
    concurrency: Annotated[int | None, typer.Option("--concurrency", min=1, help="How many run at once.")] = None,
    rate: Annotated[int | None, typer.Option("--rate", min=1, help="How many start in --per seconds.")] = None,
    per: Annotated[float, typer.Option("--per", help="Seconds that --rate counts for.")] = 1.0,
    burst: Annotated[int | None, typer.Option("--burst", min=1, help="How many may start at one instant.")] = None,
    weight: Annotated[int, typer.Option("--weight", min=1, max=1000, help="Turns, compared with other lines.")] = 1,
    reset: Annotated[bool, typer.Option("--reset", help="Back to what the tasks declare.")] = False,
    database: DatabaseOption = None,
) -> None:
    """Limit a queue, each of its lines, or one line, from the next claim on. What is not named has no limit."""
    scope: Scope = "line" if line is not None else "each" if each else "queue"
    if reset:
        changed = changing(database, lambda tx: tuning.reset_limits(tx, queue, scope=scope, line=line or "", who=who()))
        typer.echo(f"{queue} has the limits its tasks declare" if changed else "nothing was set")
        return
    wanted = shapes.SetLimits(concurrency=concurrency, rate=rate, per_seconds=per, burst=burst, weight=weight).limits()
    changing(database, lambda tx: tuning.set_limits(tx, queue, wanted, scope=scope, line=line or "", who=who()))
    typer.echo(f"{queue} has new limits; `barback queue limits {queue}` shows them")


def hold(
    queue: QueueArgument, *, key: KeyOption = None, line: LineOption = None, tenant: TenantOption = None,
    database: DatabaseOption = None,
) -> None:  # fmt: skip
    """Stop claiming messages of one key, line or tenant. What has begun is finished."""
    _hold(database, queue, {"key": key, "line": line, "tenant": tenant}, paused=True)


def go_on(
    queue: QueueArgument, *, key: KeyOption = None, line: LineOption = None, tenant: TenantOption = None,
    database: DatabaseOption = None,
) -> None:  # fmt: skip
    """Claim messages of a key, line or tenant again that was held."""
    _hold(database, queue, {"key": key, "line": line, "tenant": tenant}, paused=False)


def pace(
    queue: QueueArgument,
    *,
    batch: Annotated[int | None, typer.Option("--batch", min=1, max=TAKEN_MAX, help="Messages in one batch.")] = None,
    slots: Annotated[
        int | None, typer.Option("--slots", min=1, max=TAKEN_MAX, help="Acting messages side by side.")
    ] = None,
    database: DatabaseOption = None,
) -> None:
    """How much each worker takes of a queue at once; what is not named is what the tasks say."""
    changing(database, lambda tx: tuning.set_pace(tx, queue, Pace(batch, slots), who=who()))
    typer.echo(f"every worker of {queue} heard it")


def priority(
    queue: QueueArgument,
    number: Annotated[int, typer.Argument(help="The priority; lower goes first.")],
    *,
    task: Annotated[str | None, typer.Option("--task", help="Only of this task.")] = None,
    key: KeyOption = None,
    tenant: TenantOption = None,
    message_id: Annotated[str | None, typer.Option("--id", help="Only this message.")] = None,
    database: DatabaseOption = None,
) -> None:
    """Give waiting messages another priority."""
    count = total = changing(
        database,
        lambda tx: tuning.set_priority(
            tx, queue, number, task=task, key=key, tenant=tenant, message_id=message_id, who=who()
        ),
    )
    while count:
        count = changing(
            database,
            lambda tx: tuning.set_priority(
                tx, queue, number, task=task, key=key, tenant=tenant, message_id=message_id, who=who()
            ),
        )
        total += count
    typer.echo(f"{total} messages have the priority {number}")


def purge(
    queue: QueueArgument,
    *,
    yes_remove: Annotated[str, typer.Option("--yes-remove", help="The name of the queue, once more.")] = "",
    database: DatabaseOption = None,
) -> None:
    """Take out for good what waits in a queue. What a worker holds is finished, what is dead stays."""
    if yes_remove != queue:
        raise typer.BadParameter(f"what is purged cannot be had back; to go on, say: --yes-remove {queue}")

    async def remove(db: Database) -> int:
        total, upto_ms, more = 0, None, True
        while more:
            done = await purging.purge_some(db, queue, who=who(), upto_ms=upto_ms)
            total, upto_ms, more = total + done.removed, done.upto_ms, done.more
            if more:
                typer.echo(f"{total} so far", err=True)
        return total

    typer.echo(f"{with_database(database, remove)} messages of {queue} are gone")


def _hold(database: str | None, queue: str, named: dict[str, str | None], *, paused: bool) -> None:
    given = [(kind, name) for kind, name in named.items() if name is not None]
    if len(given) != 1:
        raise typer.BadParameter("name one of --key, --line and --tenant")
    kind, name = given[0]
    changed = changing(database, lambda tx: tuning.HOLDS[kind](tx, queue, name, paused=paused, who=who()))
    typer.echo(f"{kind} {name} of {queue} {'waits' if paused else 'goes on'}{'' if changed else ' already'}")


def _words(one: shapes.LimitsShown) -> str:
    what = {"queue": "the whole queue", "each": "each line"}.get(one.scope, f"line {one.line}")
    parts = [f"{one.concurrency} at once"] if one.concurrency is not None else []
    if one.rate is not None:
        parts.append(f"{one.rate} in {one.per_seconds:g} s, {one.burst} at one instant")
    if one.weight != 1:
        parts.append(f"weight {one.weight}")
    return f"{what}: {', '.join(parts) or 'no limit'}{' (set by an operator)' if one.by_operator else ''}"
