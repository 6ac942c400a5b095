"""The `barback` command."""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from typing import Annotated, Any

import msgspec
import structlog
import typer
import uvloop

from barback.console import cli as console
from barback.console import messages_cli, operations_cli, working
from barback.foundation.errors import Refusal
from barback.foundation.settings import Settings, SettingsError, settings_from, unknown_settings, variable
from barback.server import assembly, commands, openapi
from barback.server.asgi import VERSION, litestar_app
from barback.server.logs import hide_secrets_in_text, set_up_logs
from barback.storage import StorageError

log = structlog.get_logger("barback")
app = typer.Typer(
    name="barback", help="Order taking for events and venues.", no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False,
)  # fmt: skip
CONSOLE_ROLES = "for the console watcher (only looks), operator, or admin (also what cannot be taken back)."
user_app = typer.Typer(help="People who sign in.", no_args_is_help=True)
keys_app = typer.Typer(help="The keys that sign access tokens.", no_args_is_help=True)
app.add_typer(user_app, name="user")
app.add_typer(keys_app, name="signing-keys")

DatabaseOption = Annotated[
    str | None, typer.Option("--database", help="sqlite:////absolute/path.db or postgresql://user@host/name.")
]
HostOption = Annotated[str | None, typer.Option("--host", help="The address to listen on.")]
PortOption = Annotated[int | None, typer.Option("--port", help="The port to listen on.")]
ParentOption = Annotated[bool, typer.Option("--with-parent", hidden=True, help="End when standard input ends.")]


def _settings(database: str | None = None, host: str | None = None, port: int | None = None) -> Settings:
    """The environment's settings with what the command line says on top; also sets up the log."""
    given = {"database_url": database, "host": host, "port": port}
    environ = dict(os.environ) | {variable(name): str(value) for name, value in given.items() if value is not None}
    settings = settings_from(environ)
    # Written back, so that child processes see the same.
    os.environ.update({variable(name): environ[variable(name)] for name, value in given.items() if value is not None})
    set_up_logs(settings)
    for sentence in unknown_settings(environ):
        log.warning(sentence)
    return settings


def _run(coroutine: Any) -> Any:
    """Run on uvloop; Ctrl-C before the handlers are in place ends quietly."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(coroutine)


@app.command()
def run(
    *,
    demo: Annotated[
        bool, typer.Option("--demo", help="Fill an empty database with a demo night and keep selling.")
    ] = False,
    database: DatabaseOption = None,
    host: HostOption = None,
    port: PortOption = None,
) -> None:
    """Everything in one process group: database, server and workers. Ctrl-C stops it all."""
    _run(commands.run_all(_settings(database, host, port), demo=demo))


@app.command()
def serve(
    database: DatabaseOption = None,
    host: HostOption = None,
    port: PortOption = None,
    *,
    with_parent: ParentOption = False,
) -> None:
    """The HTTP and WebSocket server alone. Run `barback migrate` first, and a `barback work` beside it."""
    _run(commands.serve_until_stopped(_settings(database, host, port), with_parent=with_parent))


@app.command()
def migrate(database: DatabaseOption = None) -> None:
    """Bring the database up to date. Safe to run at any time, from many machines at once."""
    for name in _run(commands.migrate_database(_settings(database))):
        typer.echo(name)


@app.command(name="openapi")
def openapi_document() -> None:
    """Print the OpenAPI document."""
    document = openapi.document(litestar_app(Settings().body_max_bytes), VERSION)
    typer.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())


@app.command(name="settings")
def show_settings() -> None:
    """Print every setting: its variable, its value now, and what it is for."""
    settings = _settings()
    for name, field in msgspec.json.schema(Settings)["$defs"]["Settings"]["properties"].items():
        value = hide_secrets_in_text(None, "", str(getattr(settings, name)))
        typer.echo(f"{variable(name)}={value}\n    {field.get('description', '')}")


@user_app.command(name="create")
def create_user(
    email: Annotated[str, typer.Argument(help="Where they can be reached; it is their sign-in.")],
    *,
    name: Annotated[str, typer.Option(help="What to call them.")] = "",
    role: Annotated[str, typer.Option(help=f"owner, manager, staff, viewer; {CONSOLE_ROLES}")] = "owner",
    tenant: Annotated[str | None, typer.Option(help="The id of an existing business.")] = None,
    business: Annotated[str, typer.Option(help="The name of a new business, when no --tenant is given.")] = "Barback",
    currency: Annotated[str, typer.Option(help="Of the new business, ISO 4217.")] = "EUR",
    time_zone: Annotated[str, typer.Option(help="Of the new business, IANA name.")] = "UTC",
    password: Annotated[
        str | None, typer.Option(envvar="BARBACK_NEW_PASSWORD", help="Empty: one is made and printed.")
    ] = None,
    database: DatabaseOption = None,
) -> None:
    """Add somebody who can sign in; with `user role` the only way to a role of the console."""
    new = commands.NewUser(email, name or email, role, tenant, business, currency, time_zone, password)
    made = _run(commands.add_user(_settings(database), new))
    typer.echo(f"{role} {email} of business {made.tenant_id}")
    if made.temporary_password:
        typer.echo(f"temporary password: {made.temporary_password}")


@user_app.command(name="role")
def give_role(
    email: Annotated[str, typer.Argument(help="Their sign-in.")],
    role: Annotated[str, typer.Argument(help=f"owner, manager, staff, viewer; {CONSOLE_ROLES}")],
    *,
    database: DatabaseOption = None,
) -> None:
    """Give somebody another role; it holds from their next request on."""
    before = _run(commands.give_role(_settings(database), email, role))
    typer.echo(f"{email} is {role}" + ("" if before == role else f", no longer {before}"))


@keys_app.command(name="rotate")
def rotate_keys(database: DatabaseOption = None) -> None:
    """Sign with a new key from now on. Nobody is signed out; running servers pick it up by themselves."""
    typer.echo(_run(commands.rotate_keys(_settings(database))))


working.add_to(app, default_app="barback.server.assembly:app", set_up="barback.server.logs:set_up_from_environment")
console.add_to(app, assembly.tasks, assembly.topics)
operations_cli.add_to(app, assembly.migrations)
messages_cli.add_to(app)
# The sandbox and the server are neighbours that do not know each other: only its name is known here.
importlib.import_module(assembly.SANDBOX_COMMANDS).add_to(app)


def main() -> None:
    """Run a command; a mistake in a setting or an argument is one line, not a traceback."""
    try:
        app()
    except SettingsError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)
    except (Refusal, StorageError, OSError, ValueError) as error:
        if os.environ.get(variable("log_level")) == "debug":
            raise
        typer.echo(hide_secrets_in_text(None, "", str(error)), err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
