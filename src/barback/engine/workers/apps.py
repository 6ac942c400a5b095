"""What a worker works, found by name: `barback work --app shop.tasks` or `--app shop.tasks:app`."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from barback.engine.blobs.stores import store_of
from barback.engine.dead import redrive
from barback.engine.fanout.sweeps import Sweep
from barback.engine.history import tidy
from barback.engine.history.retention import retention_of
from barback.engine.operations import errands
from barback.engine.payloads.tidy_blobs import TidyBlobs
from barback.engine.queues import Queue
from barback.engine.schedules import Schedule
from barback.engine.tasks import Task
from barback.engine.topics import Topic
from barback.foundation.settings import settings_from


@dataclass(frozen=True)
class App:
    """Tasks, schedules and topics of one program; topics are there for operators to see."""

    tasks: tuple[Task[Any], ...]
    schedules: tuple[Schedule, ...] = ()
    topics: tuple[Topic[Any], ...] = ()

    def only(self, queues: Iterable[str]) -> App:
        """The part that works `queues`; all of it when there are none. Raises ValueError for a queue it has not."""
        wanted, has = set(queues), {task.queue for task in self.tasks}
        if unknown := sorted(wanted - has):
            raise ValueError(f"no task has the queue {unknown[0]}; the queues are {', '.join(sorted(has))}")
        if not wanted:
            return self
        return App(
            tuple(task for task in self.tasks if task.queue in wanted),
            tuple(one for one in self.schedules if one.task.queue in wanted),
            self.topics,
        )


def load_app(place: str) -> App:
    """The app at `module` or `module:name`, with the engine's own upkeep.

    A module stands for all queues, tasks, schedules, sweeps and topics at its top. A name stands for an `App`, a
    queue, a task, a schedule, a sweep, a collection of those, or a function without arguments that answers one.
    Modules are also looked for in the current folder. Raises ValueError for what is no app.
    """
    module_name, _, name = place.partition(":")
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise ValueError(
            f"--app {place}: there is no module {error.name}; looked in {Path.cwd()} and sys.path"
        ) from None
    found: Any = vars(module).values()
    if name:
        if not hasattr(module, name):
            raise ValueError(f"--app {place}: the module {module_name} has no {name}")
        found = getattr(module, name)
    app = _app_of(found() if callable(found) and not isinstance(found, Task) else found, strict=bool(name))
    if not app.tasks:
        raise ValueError(f"--app {place}: found no task; name a module or an object that has queues or tasks")
    return with_upkeep(app)


def app_of(*parts: App | Queue | Task[Any] | Schedule | Sweep[Any] | Topic[Any]) -> App:
    """All of `parts` as one app, with the engine's own upkeep."""
    return with_upkeep(_app_of(parts, strict=True))


def with_upkeep(app: App) -> App:
    """`app` with the engine's own tasks and schedules, each once: without them what is old is never forgotten."""
    settings = settings_from(os.environ)
    tidy.TIDY.keep = retention_of(settings)
    blobs = store_of(settings)
    stores = [] if blobs is None else [TidyBlobs(None, blobs)]
    tasks = {task.name: task for task in (*stores, *app.tasks, *tidy.TASKS, *redrive.TASKS, *errands.TASKS)}
    errands.know(tasks)
    schedules = {one.name: one for one in (*(one.schedule for one in stores), *app.schedules, *tidy.SCHEDULES)}
    return App(tuple(tasks.values()), tuple(schedules.values()), app.topics)


def _app_of(found: Any, *, strict: bool) -> App:
    if isinstance(found, App):
        return found
    if _is_part(found):
        return _app_of_part(found)
    tasks: dict[int, Task[Any]] = {}
    schedules: dict[int, Schedule] = {}
    topics: dict[int, Topic[Any]] = {}
    parts: list[Any] = list(_elements(found) if strict else filter(_is_part, found))
    for one in parts:
        part = _app_of(one, strict=strict)
        tasks.update({id(task): task for task in part.tasks})
        schedules.update({id(schedule): schedule for schedule in part.schedules})
        topics.update({id(topic): topic for topic in part.topics})
    return App(tuple(tasks.values()), tuple(schedules.values()), tuple(topics.values()))


def _app_of_part(found: Any) -> App:
    if isinstance(found, Queue):
        return App(tuple(found.tasks))
    if isinstance(found, Schedule):
        return App((found.task,), (found,))
    if isinstance(found, Sweep):
        sweep = cast("Sweep[Any]", found)
        return App(tuple(sweep.tasks), tuple(sweep.schedules))
    if isinstance(found, Topic):
        return App((), (), (cast("Topic[Any]", found),))
    return App((found,))


def _is_part(value: object) -> bool:
    return isinstance(value, App | Queue | Task | Schedule | Sweep | Topic)


def _elements(found: Any) -> Iterable[Any]:
    if isinstance(found, list | tuple | set | frozenset):
        return cast("Iterable[Any]", found)
    raise ValueError(f"--app: expected an App, queues, tasks, schedules or sweeps, got {found!r:.200}")
