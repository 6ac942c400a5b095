"""The `barback` command where the engine is installed alone: what operators do, for the tasks of any program.

Whose tasks says `BARBACK_APP` (a module, or module:name), which database `BARBACK_DATABASE_URL`.
"""

from __future__ import annotations

import os
import sys

import typer

from barback.console import cli, messages_cli, operations_cli, working
from barback.console.opening import DatabaseOption, with_database
from barback.engine import MIGRATIONS, migrate
from barback.engine.workers.apps import App, load_app
from barback.foundation.errors import Refusal
from barback.foundation.settings import SettingsError
from barback.storage import StorageError

app = typer.Typer(
    name="barback", help="Durable work in your own transaction.", no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False,
)  # fmt: skip


@app.command(name="migrate")
def migrate_tables(database: DatabaseOption = None) -> None:
    """Make or update the engine's tables. Safe to run at any time, from many machines at once."""
    for name in with_database(database, migrate, make=True):
        typer.echo(name)


def _app() -> App:
    place = os.environ.get("BARBACK_APP", "")
    return load_app(place) if place else App(())


working.add_to(app, default_app="", set_up="barback.engine.workers.plain_logs:set_up_plain_logs")
cli.add_to(app, lambda: _app().tasks, lambda: _app().topics)
operations_cli.add_to(app, lambda: (MIGRATIONS,))
messages_cli.add_to(app)


def main() -> None:
    """Run a command; a mistake in a setting or an argument is one line, not a traceback."""
    try:
        app()
    except (Refusal, SettingsError, StorageError, OSError, ValueError) as error:
        if os.environ.get("BARBACK_LOG_LEVEL") == "debug":
            raise
        typer.echo(str(error), err=True)
        sys.exit(2 if isinstance(error, SettingsError) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
