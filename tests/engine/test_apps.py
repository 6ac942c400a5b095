"""What `--app` may name, and what a worker makes of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.engine import kitchen
from tests.engine.notes import Book, NoteTask

from barback.engine import Found, Schedule, Sweep, Worker, migrate
from barback.engine.workers.apps import App, load_app, with_upkeep
from barback.storage import Database, Transaction, sql


async def find_none(_tx: Transaction, _after: str | None, _limit: int) -> Found[kitchen.Dish]:
    return Found([], None)


UPKEEP = with_upkeep(App(()))
OWN = {task.name for task in UPKEEP.tasks}
DISHES = Sweep("dishes", find_none, kitchen.cook_in_a_thread, every="0 4 * * *")
NIGHTLY = Schedule("nightly", "0 3 * * *", kitchen.cook_in_a_thread, kitchen.Dish("note"))
SEVERAL = [kitchen.STOVE, NIGHTLY]
WRONG = {"kitchen"}


def made() -> App:
    return App((NoteTask(Book()),))


def names(app: App) -> set[str]:
    return {task.name for task in app.tasks} - OWN


@pytest.mark.parametrize(
    ("place", "tasks", "schedules"),
    [
        ("tests.engine.kitchen", {"kitchen.cook", "stove.cook"}, set()),
        ("tests.engine.kitchen:KITCHEN", {"kitchen.cook"}, set()),
        ("tests.engine.kitchen:cook_in_a_process", {"stove.cook"}, set()),
        ("tests.engine.test_apps:SEVERAL", {"kitchen.cook", "stove.cook"}, {"nightly"}),
        ("tests.engine.test_apps:NIGHTLY", {"kitchen.cook"}, {"nightly"}),
        ("tests.engine.test_apps:DISHES", {"sweep.dishes"}, {"sweep.dishes"}),
        ("tests.engine.test_apps", {"kitchen.cook", "sweep.dishes"}, {"nightly", "sweep.dishes"}),
        ("tests.engine.test_apps:made", {"notes.note"}, set()),
    ],
)
def test_a_module_or_what_it_has(place: str, tasks: set[str], schedules: set[str]) -> None:
    """Always with the engine's own upkeep, each task once."""
    app = load_app(place)
    assert names(app) == tasks
    assert {one.name for one in app.schedules} == schedules | {one.name for one in UPKEEP.schedules}
    assert len(app.tasks) == len({task.name for task in app.tasks}) == len(with_upkeep(app).tasks)


def test_only_some_queues_with_their_schedules() -> None:
    app = load_app("tests.engine.test_apps:SEVERAL")
    assert names(app.only(["stove"])) == {"stove.cook"}
    assert app.only(["stove"]).schedules == ()
    assert app.only([]) is app


def test_modules_are_found_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a program is started in its own folder; an error inside of it is its own."""
    (tmp_path / "corner_shop.py").write_text("from tests.engine.kitchen import STOVE\n")
    (tmp_path / "broken_shop.py").write_text("import not_installed\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    assert names(load_app("corner_shop")) == {"stove.cook"}
    with pytest.raises(ModuleNotFoundError, match="not_installed"):
        load_app("broken_shop")


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("no_such.tasks", "there is no module no_such"),
        ("tests.engine.kitchen:nobody", "has no nobody"),
        ("tests.engine.test_apps:WRONG", "expected an App, queues, tasks, schedules or sweeps, got 'kitchen'"),
        ("tests.engine.notes", "found no task"),
    ],
)
def test_what_is_no_app_is_named(place: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        load_app(place)


async def test_a_worker_made_of_parts_does_the_upkeep_too(database: Database) -> None:
    """What `barback work` has: else what is old would never be forgotten, and no redrive would ever go."""
    await migrate(database)
    worker = Worker.of(database, kitchen.STOVE, DISHES)
    await worker.start()
    async with database.reading() as tx:
        queues = {row["name"] for row in await tx.all(sql("SELECT name FROM engine_queue"))}
        schedules = {row["name"] for row in await tx.all(sql("SELECT name FROM engine_schedule"))}
    assert queues == {"engine", "stove", "sweeps"}
    assert schedules == {one.name for one in UPKEEP.schedules} | {"sweep.dishes"}
    await worker.retire()
