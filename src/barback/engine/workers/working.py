"""One worker as a process of its own: `barback work`, and what a supervisor starts."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.util
import logging
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from barback.engine.operations import metrics
from barback.engine.operations.health import Answer, pages_at
from barback.engine.store import SQL
from barback.engine.workers.apps import App, load_app
from barback.engine.workers.services import Ending, Requests, finish, keep_systemd_calm, tell_systemd
from barback.engine.workers.worker import Worker
from barback.storage import Database, open_database

log = logging.getLogger("barback.work")

READY_S = 5.0


@dataclass(frozen=True)
class WorkOptions:
    """How to work. `app`: see `load_app`. `set_up`: `module:function` that is called first, for logs.

    `grace_s`: seconds that what has begun may take when the worker is to stop. `memory_max`: bytes
    above which it asks for a fresh process. `http`: where health and metrics answer. `with_parent`: stop
    when standard input ends, and leave Ctrl-C to whoever started us.
    """

    app: str
    database_url: str
    set_up: str = "barback.engine.workers.plain_logs:set_up_plain_logs"
    pool_max: int = 10
    queues: tuple[str, ...] = ()
    concurrency: dict[str, int] = field(default_factory=dict[str, int])
    grace_s: float = 30.0
    memory_max: int | None = None
    http: str = ""
    with_parent: bool = False

    def load(self) -> App:
        """The app, or the part of it that is to be worked."""
        return load_app(self.app).only(self.queues)


def called(place: str) -> Any:
    """What `module:function` answers."""
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)()


def run_on_best_loop(main: Coroutine[Any, Any, Ending]) -> Ending:
    """On uvloop where it is installed: about twice as fast."""
    factory = None
    if importlib.util.find_spec("uvloop") is not None:
        factory = importlib.import_module("uvloop").new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main)


@asynccontextmanager
async def opened(options: WorkOptions) -> AsyncIterator[Database]:
    """The database of `options`, for the length of the block."""
    db = await open_database(options.database_url, pool_max=options.pool_max)
    try:
        yield db
    finally:
        await db.close()


async def work(
    options: WorkOptions, *, parent: Callable[[Requests], Coroutine[Any, Any, None]] | None = None
) -> Ending:
    """Work until asked to stop; says why it ended. `parent` watches whoever started us."""
    app = options.load()
    async with opened(options) as db:
        worker = Worker(
            db, app.tasks, schedules=app.schedules, concurrency=options.concurrency, drain_grace_s=options.grace_s
        )
        requests = Requests(lambda: worker.stop(options.grace_s), worker.hand_back)
        requests.listen(interrupt=parent is None)
        own = metrics.own_metrics() if options.http else None
        if own is not None:
            worker.watch(own.settled)
        asides: list[Coroutine[Any, Any, None]] = [keep_systemd_calm()]
        if options.memory_max is not None:
            asides.append(requests.watch_memory(options.memory_max))
        if parent is not None:
            asides.append(parent(requests))
        async with pages_at(options.http, pages_of(db, own, lambda: bool(worker.name))), beside(asides):
            queues = sorted({task.queue for task in app.tasks})
            log.info("working %s", " ".join(queues))
            tell_systemd(f"STATUS=working {len(queues)} queues")
            await worker.run()
    return requests.ending or Ending.STOPPED


@asynccontextmanager
async def beside(asides: list[Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """What runs beside the block and ends with it."""
    running = [asyncio.create_task(one) for one in asides]
    try:
        yield
    finally:
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def pages_of(
    db: Database, own: metrics.OwnMetrics | None = None, named: Callable[[], bool] = lambda: True
) -> dict[str, Any]:
    """What a process answers to those who watch it. `named`: whether its worker has entered its name."""

    async def figures() -> Answer:
        return await metrics.page(db, own)

    async def healthz() -> Answer:
        return Answer("ok\n")

    async def readyz() -> Answer:
        try:
            async with asyncio.timeout(READY_S), db.reading() as tx:
                await tx.all(SQL.queues)
        except Exception as error:  # noqa: BLE001 - whatever it is, we are not ready
            return Answer(f"the database does not answer: {type(error).__name__}\n", 503)
        return Answer("ready\n") if named() else Answer("starting\n", 503)

    return {"/healthz": healthz, "/readyz": readyz, "/metrics": figures}


async def end_with_stdin(requests: Requests) -> None:
    """Stop when standard input ends: whoever started us is gone, however it died."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    with contextlib.suppress(OSError, ValueError):
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        await reader.read()
        requests.ask(Ending.STOPPED)


def work_as_child(options: WorkOptions, parent: Connection) -> None:
    """What a supervisor's new process does: works until told to stop, or until the supervisor is gone."""

    async def end_with_parent(requests: Requests) -> None:
        gone = asyncio.Event()
        # Nothing is ever said here: it can be read when the other end is closed.
        asyncio.get_running_loop().add_reader(parent.fileno(), gone.set)
        await gone.wait()
        asyncio.get_running_loop().remove_reader(parent.fileno())
        requests.ask(Ending.STOPPED)

    called(options.set_up)
    finish(run_on_best_loop(work(options, parent=end_with_parent)), in_place=False)
