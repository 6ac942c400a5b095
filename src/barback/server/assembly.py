"""The one file that knows every room: migrations in order, routes, hot paths, and what starts with a server."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from barback.commerce import accounts
from barback.commerce.accounts import SigningKey, Tokens
from barback.commerce.orders.hot import OrderIntake
from barback.console.watching import push_overview
from barback.engine import Schedule, Task, Topic
from barback.engine.dead import redrive
from barback.engine.history import tidy
from barback.engine.live import Hub
from barback.engine.operations import errands
from barback.engine.workers.apps import App
from barback.foundation.settings import Settings
from barback.server.channels import CHANNELS
from barback.server.context import Context
from barback.server.live_socket import LiveSocket
from barback.storage import Database, MigrationSet

ROOMS = ("ledger", "accounts", "events", "menu", "guests", "tabs", "orders", "reports")
"""Lower floors first: the order of migrations and of the API pages."""

SANDBOX_COMMANDS = "barback.sandbox.cli"
"""The module whose `add_to` adds the sandbox's commands to ours."""

_PACKAGE = Path(__file__).parent.parent


def migrations() -> list[MigrationSet]:
    """The engine's and every room's migrations, in the order they are applied."""
    folders = [("engine", _PACKAGE / "engine" / "migrations")]
    folders += [(room, _PACKAGE / "commerce" / room / "migrations") for room in ROOMS]
    return [MigrationSet(owner, folder) for owner, folder in folders if folder.is_dir()]


def routes() -> list[Any]:
    """Every room's route handlers; they are mounted under /v1."""
    handlers: list[Any] = []
    for module in (*(f"barback.commerce.{room}.routes" for room in ROOMS), "barback.console.routes"):
        if _there(module):
            handlers += importlib.import_module(module).ROUTES
    return handlers


def tasks() -> list[Task[Any]]:
    """Every task that a worker handles."""
    found: list[Task[Any]] = [*tidy.TASKS, *redrive.TASKS, *errands.TASKS]
    for room in ROOMS:
        module = f"barback.commerce.{room}.processors"
        if _there(module):
            found += getattr(importlib.import_module(module), "TASKS", ())
    return found


def schedules() -> list[Schedule]:
    """What happens by the clock."""
    found: list[Schedule] = [*tidy.SCHEDULES]
    for room in ROOMS:
        module = f"barback.commerce.{room}.processors"
        if _there(module):
            found += getattr(importlib.import_module(module), "SCHEDULES", ())
    return found


def topics() -> list[Topic[Any]]:
    """What rooms tell each other; the subscriptions are made by whoever listens."""
    found: list[Topic[Any]] = []
    for room in ROOMS:
        module = f"barback.commerce.{room}.processors"
        if _there(module):
            found += getattr(importlib.import_module(module), "TOPICS", ())
    return found


def app() -> App:
    """What the platform's workers work."""
    known = tasks()
    errands.know({task.name: task for task in known})
    return App(tuple(known), tuple(schedules()), tuple(topics()))


def _there(module: str) -> bool:
    """True if `module` can be imported; a room without routes has none to mount."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


async def open_context(db: Database, settings: Settings) -> Context:
    """What a server holds: the signing keys are made at the first start and loaded."""

    async def load() -> Sequence[SigningKey]:
        async with db.reading() as tx:
            return await accounts.keys_current(tx)

    tokens = Tokens(load, db.clock)
    async with db.transaction() as tx:
        await accounts.ensure_signing_key(tx)
    await tokens.reload()
    return Context(db=db, tokens=tokens, clock=db.clock, settings=settings, hub=Hub(db))


@asynccontextmanager
async def background(context: Context) -> AsyncIterator[None]:
    """What runs beside the requests of a server process: what feeds live screens and open consoles."""
    running = [
        asyncio.create_task(context.hub.run(), name="live hub"),
        asyncio.create_task(push_overview(context.db, context.hub), name="console overview"),
    ]
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def hot_paths(context: Context) -> dict[tuple[str, str], Any]:
    """Plain ASGI applications by method and exact path; they stand in front of Litestar."""
    return {("POST", "/v1/orders"): OrderIntake(context.db, context.tokens)}


def socket_paths(context: Context) -> dict[str, Any]:
    """Plain ASGI applications for WebSockets, by exact path."""
    return {"/v1/live": LiveSocket(context.db, context.tokens, context.hub, CHANNELS)}
