"""The sandbox's commands: `barback crowd`, `barback crowd replay`, `barback demo`. They import late, to start fast."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from barback.foundation.settings import settings_from

crowd = typer.Typer(
    help="Sell to a running server as a crowd of guests at many tills would.", invoke_without_command=True
)

UrlOption = Annotated[str, typer.Option("--url", help="The server to sell to.")]
EmailOption = Annotated[
    str | None,
    typer.Option(
        "--email", help="An owner or manager. Left out: a business of its own is made, nothing of yours is touched."
    ),
]
PasswordOption = Annotated[
    str | None, typer.Option("--password", envvar="CROWD_PASSWORD", help="Their password; asked for when left out.")
]
TillsOption = Annotated[
    int, typer.Option("--tills", min=1, max=1000, help="Tills that sell at once; they are paired first.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="The same seed sells the same baskets.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
EventOption = Annotated[
    str | None, typer.Option("--event", help="Sell at this event of theirs; left out, at a new one.")
]
GuestsOption = Annotated[
    int, typer.Option("--guests", min=1, help="Guests with wristbands; they are registered first.")
]
RateOption = Annotated[
    float, typer.Option("--rate", min=0.01, help="Orders per second on average, all tills together.")
]


@crowd.callback()
def night(
    context: typer.Context,
    *,
    url: UrlOption = "http://127.0.0.1:8600",
    email: EmailOption = None,
    password: PasswordOption = None,
    event: EventOption = None,
    tills: TillsOption = 20,
    guests: GuestsOption = 200,
    rate: RateOption = 20.0,
    duration: Annotated[float, typer.Option("--duration", min=0.1, help="Seconds to sell for.")] = 60.0,
    bursts: Annotated[bool, typer.Option(help="Rushes: three times as many guests for 4 s in every 20.")] = True,
    retries: Annotated[
        float, typer.Option("--retries", min=0, max=1, help="Share of requests whose answer gets lost.")
    ] = 0.01,
    duplicates: Annotated[
        float, typer.Option("--duplicates", min=0, max=1, help="Share of orders sent once more.")
    ] = 0.02,
    out_of_order: Annotated[bool, typer.Option(help="A till that was offline sends in any order.")] = True,
    offline: Annotated[
        float, typer.Option("--offline", min=0, max=0.9, help="Share of the time a till has no network.")
    ] = 0.05,
    seed: SeedOption = 1,
    json: JsonOption = False,
) -> None:
    """A night as it comes. Every order is made once and sent, with the same id, until it is answered."""
    if context.invoked_subcommand is not None:
        return
    from barback.sandbox import commands  # noqa: PLC0415 - other commands need not wait for it

    weather = commands.Weather(
        rate=rate, duration_s=duration, rushes=bursts, lost_answers=retries, duplicates=duplicates,
        out_of_order=out_of_order, offline=offline, seed=seed,
    )  # fmt: skip
    who = commands.Who(url, email, _password(email, password))
    sys.exit(_run(commands.sell_a_night(who, weather, event_id=event, tills=tills, guests=guests, json=json)))


@crowd.command()
def replay(
    file: Annotated[
        Path | None, typer.Argument(help="Orders to sell; left out, 1,834 real ones that come with Barback.")
    ] = None,
    *,
    url: UrlOption = "http://127.0.0.1:8600",
    email: EmailOption = None,
    password: PasswordOption = None,
    tills: TillsOption = 20,
    guests: Annotated[
        int | None, typer.Option("--guests", min=1, help="Guests who share them; left out, one an order.")
    ] = None,
    copies: Annotated[int, typer.Option("--copies", min=1, max=10, help="How often every order is sent.")] = 2,
    rate: Annotated[
        float | None, typer.Option("--rate", min=0.01, help="Orders sent per second; left out, all at once.")
    ] = None,
    seed: SeedOption = 1,
    json: JsonOption = False,
) -> None:
    """Sell a file of real orders again, out of order and more than once, then count them on the server to the cent."""
    from barback.sandbox import commands  # noqa: PLC0415 - as above

    plan = commands.Plan(tills=tills, copies=copies, guests=guests, rate=rate, seed=seed)
    who = commands.Who(url, email, _password(email, password))
    sys.exit(_run(commands.sell_a_file(who, plan, file or commands.FILE, json=json)))


def demo(*, with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False) -> None:
    """Go on selling the demo night at the server that runs here; `barback run --demo` does it for you."""
    from barback.sandbox import commands  # noqa: PLC0415 - as above

    _run(commands.sell_the_demo(settings_from(os.environ), with_parent=with_parent))


def add_to(app: typer.Typer) -> None:
    """Add the commands to the one `barback` command."""
    app.add_typer(crowd, name="crowd")
    app.command(name="demo")(demo)


def _password(email: str | None, password: str | None) -> str | None:
    if email is None or password is not None:
        return password
    return str(typer.prompt(f"Password of {email}", hide_input=True))


def _run(coroutine: Any) -> Any:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(coroutine)
