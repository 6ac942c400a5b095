"""`barback work`: one worker, or a supervisor that starts as many as the work needs."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Annotated, Any

import typer

from barback.engine.operations.health import address_of
from barback.engine.workers.scaling import Limits
from barback.engine.workers.services import bytes_of, finish
from barback.engine.workers.supervising import supervise
from barback.engine.workers.working import WorkOptions, called, end_with_stdin, run_on_best_loop
from barback.engine.workers.working import work as work_here
from barback.foundation.settings import settings_from, variable

DatabaseOption = Annotated[
    str | None, typer.Option("--database", help="sqlite:////absolute/path.db or postgresql://user@host/name.")
]
AppOption = Annotated[
    str,
    typer.Option("--app", envvar="BARBACK_APP", help="Whose tasks: module, or module:name. See docs/operations.md."),
]
QueuesOption = Annotated[
    str, typer.Option("--queues", help="Only these queues, with commas. Empty: all that have tasks.")
]
ConcurrencyOption = Annotated[
    list[str] | None, typer.Option("--concurrency", help="queue=count: at once, in each process. May be repeated.")
]
GraceOption = Annotated[
    float, typer.Option("--grace-s", min=0, help="Seconds that what has begun may take when the worker is to stop.")
]
MemoryOption = Annotated[
    str | None, typer.Option("--memory-max", help="Above this (512M, 2G) the process drains and starts anew.")
]
HttpOption = Annotated[
    str, typer.Option("--http", help="HOST:PORT or :PORT for /healthz, /readyz and /metrics. Empty: none.")
]
MinOption = Annotated[
    int | None, typer.Option("--min", min=0, max=64, help="With --max: processes that always run; else none.")
]
MaxOption = Annotated[
    int | None, typer.Option("--max", min=1, max=64, help="Start up to so many processes as work grows, and end them.")
]
PerWorkerOption = Annotated[
    int | None, typer.Option("--per-worker", min=1, help="With --max: messages for each process. Empty: by the tasks.")
]
IdleOption = Annotated[
    float | None,
    typer.Option(
        "--idle-s", min=0, help="With --max: nothing to do for so many seconds, and only --min stay; else 10."
    ),
]
IDLE_S = 10.0
ParentOption = Annotated[bool, typer.Option("--with-parent", hidden=True, help="End when standard input ends.")]


def add_to(app: typer.Typer, *, default_app: str, set_up: str) -> None:
    """Add `work` to a command. `default_app`: what is worked when nothing is named; `set_up`: see WorkOptions."""

    @app.command(name="work")
    def work(
        *,
        database: DatabaseOption = None,
        app: AppOption = default_app,
        queues: QueuesOption = "",
        concurrency: ConcurrencyOption = None,
        grace_s: GraceOption = 30.0,
        memory_max: MemoryOption = None,
        http: HttpOption = "",
        least: MinOption = None,
        most: MaxOption = None,
        per_worker: PerWorkerOption = None,
        idle_s: IdleOption = None,
        with_parent: ParentOption = False,
    ) -> None:
        """Handle messages until stopped: one worker, or with --max as many as the work needs."""
        if not app:
            raise typer.BadParameter("name whose tasks to work: --app module, or BARBACK_APP")
        options = _options(database, queues, concurrency or (), WorkOptions(app, "", set_up))
        options = replace(
            options, grace_s=grace_s, memory_max=None if memory_max is None else bytes_of(memory_max), http=http
        )
        if most is None and (least, per_worker, idle_s) != (None, None, None):
            raise typer.BadParameter("--min, --per-worker and --idle-s are for --max: say how many processes at most")
        limits = (
            None if most is None else Limits(least or 0, most, per_worker, idle_s=IDLE_S if idle_s is None else idle_s)
        )
        _run(options, limits, with_parent=with_parent)

    _ = work  # it is known by its name in `app`


def _options(database: str | None, queues: str, concurrency: Any, plain: WorkOptions) -> WorkOptions:
    if database:
        # Written back, so that child processes see the same.
        os.environ[variable("database_url")] = database
    settings = settings_from(os.environ)
    return replace(
        plain,
        database_url=settings.database(),
        pool_max=settings.database_pool_max,
        queues=tuple(name for name in queues.replace(",", " ").split() if name),
        concurrency=dict(_concurrency(one) for one in concurrency),
    )


def _concurrency(text: str) -> tuple[str, int]:
    queue, _, count = text.rpartition("=")
    if not queue or not count.isdigit() or int(count) < 1:
        raise typer.BadParameter(f"expected --concurrency queue=count with a count of at least 1, got {text!r}")
    return queue, int(count)


def _run(options: WorkOptions, limits: Limits | None, *, with_parent: bool) -> None:
    """Until it is asked to stop. Raises ValueError for what is wrong with the options, before anything begins."""
    if options.http:
        address_of(options.http)
    options.load()
    called(options.set_up)
    parent = end_with_stdin if with_parent else None
    if limits is None:
        finish(run_on_best_loop(work_here(options, parent=parent)), in_place=True)
    finish(run_on_best_loop(supervise(options, limits, parent=parent)), in_place=True)
