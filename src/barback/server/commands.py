"""What the commands do: each opens what it needs, does one thing, and closes it."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from barback.commerce import accounts
from barback.foundation.clock import Clock
from barback.foundation.settings import Settings, variable
from barback.server import assembly
from barback.server.asgi import Application
from barback.server.serving import bind, leave_what_was_built_alone, listening, stop_on_signals, stop_with_parent
from barback.server.supervisor import STOP_S, Child, supervise
from barback.storage import Database, migrate, open_database

log = structlog.get_logger("barback")
_DEMO = "barback.sandbox.demo"


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    db = await open_database(settings.database(), pool_max=settings.database_pool_max)
    try:
        yield db
    finally:
        await db.close()


async def migrate_database(settings: Settings) -> list[str]:
    """Bring the database up to date; what was applied."""
    async with _database(settings) as db:
        return await migrate(db, assembly.migrations())


async def serve_until_stopped(settings: Settings, *, with_parent: bool) -> None:
    """Listen until a signal, or until whoever started us is gone."""
    stop = stop_on_signals()
    watching = asyncio.create_task(stop_with_parent(stop)) if with_parent else None
    async with listening(Application(settings), bind(settings.host, settings.port)) as url:
        leave_what_was_built_alone()
        log.info("listening", url=url)
        await stop.wait()
    if watching:
        watching.cancel()


async def run_all(settings: Settings, *, demo: bool) -> None:
    """Migrate, then keep the server and its workers running until Ctrl-C."""
    stop = stop_on_signals()
    applied = await migrate_database(settings)
    if applied:
        log.info("migrated", applied=len(applied))
    # A terminal is for people: child processes write there only what needs somebody, unless told otherwise.
    os.environ.setdefault(variable("log_level"), "warning")
    children = [Child("server", ("serve",)), *_workers(settings)]
    if demo:
        # Seeds before the server starts; then it prints the sign-ins and sells, as a child of its own.
        seeding = importlib.import_module(_DEMO).seed(settings, _application, assembly.tasks())
        if not await _unless_stopped(seeding, stop):
            return
        children.append(Child("demo", ("demo",)))
    else:
        _welcome(settings)
    await supervise(children, stop)


def _workers(settings: Settings) -> list[Child]:
    grace = ("--grace-s", str(STOP_S - 5))
    if settings.workers_max > settings.workers:
        limits = ("--min", str(settings.workers), "--max", str(settings.workers_max))
        return [Child("workers", ("work", *grace, *limits))]
    return [Child("worker", ("work", *grace)) for _ in range(settings.workers)]


async def _unless_stopped(work: Coroutine[Any, Any, None], stop: asyncio.Event) -> bool:
    """Do `work`, or leave it when `stop` comes first; whether it was done."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not working.done():
        working.cancel()
        await asyncio.wait([working])
        return False
    await working
    return True


def _application(settings: Settings, clock: Clock) -> Application:
    return Application(settings, clock=clock)


def _welcome(settings: Settings) -> None:
    url = settings.public_url or f"http://{settings.host}:{settings.port}"
    lines = [
        f"Barback is at {url}",
        f"  office   {url}/office",
        f"  till     {url}/till",
        f"  console  {url}/console",
        f"  API      {url}/docs",
        "Ctrl-C stops it; the data stays.",
    ]
    print("\n".join(lines), flush=True)  # noqa: T201 - the answer to the person who typed the command


@dataclass(frozen=True)
class NewUser:
    """Somebody to add from the command line. `tenant_id` None: a new business is made."""

    email: str
    name: str
    role: str
    tenant_id: str | None
    business_name: str
    currency: str
    time_zone: str
    password: str | None


@dataclass(frozen=True)
class MadeUser:
    """Where they ended up; the password when we made it."""

    tenant_id: str
    temporary_password: str | None


async def add_user(settings: Settings, new: NewUser) -> MadeUser:
    """Add somebody who can sign in. Raises EmailTaken, PasswordWeak, Invalid."""
    async with _database(settings) as db:
        await migrate(db, assembly.migrations())
        return await _add_user(db, new)


async def _add_user(db: Database, new: NewUser) -> MadeUser:
    made = await accounts.create_user(
        db, email=new.email, name=new.name, role=new.role, tenant_id=new.tenant_id, business_name=new.business_name,
        currency=new.currency, time_zone=new.time_zone, password=new.password,
    )  # fmt: skip
    return MadeUser(*made)


async def give_role(settings: Settings, email: str, role: str) -> str:
    """Give somebody another role; the one they had. Raises PersonNotFound, RoleUnknown, LastOwner."""
    async with _database(settings) as db, db.transaction() as tx:
        return await accounts.give_role(tx, email, role)


async def rotate_keys(settings: Settings) -> str:
    """A new signing key; its id."""
    async with _database(settings) as db, db.transaction() as tx:
        return await accounts.rotate_signing_key(tx)
