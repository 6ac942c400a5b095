"""Writes docs/reference/{api,cli,errors,settings,tasks,topics}.md from the code; a house test says when they are stale.

The pages hold what the code says of itself: docstrings, titles, defaults, help texts. `python tools/reference.py`
writes them; with `--check` it only tells which are stale.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

import msgspec
import typer.main

import barback
from api_reference import api
from barback.engine import ActingTask, BatchTask, Schedule, Task, Topic, TransactionalTask
from barback.foundation.errors import Refusal
from barback.foundation.settings import Settings, variable

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
NOTE = "<!-- Written by `make reference` from the code; change it there. -->"


def modules() -> list[ModuleType]:
    """Every module of the package, imported."""
    found = pkgutil.walk_packages(barback.__path__, "barback.")
    names = sorted(one.name for one in found if not one.name.endswith("__main__"))
    return [importlib.import_module(name) for name in names]


def ours(kind: type) -> Iterator[Any]:
    """Every object of `kind` that stands at the top of one of our modules, each once."""
    seen: set[int] = set()
    for module in modules():
        for value in vars(module).values():
            if isinstance(value, kind) and id(value) not in seen:
                seen.add(id(value))
                yield value


def below(kind: type) -> list[type]:
    """All classes of the package under `kind`, sorted by place and name."""
    found: dict[str, type] = {}
    waiting = [kind]
    while waiting:
        for one in waiting.pop().__subclasses__():
            waiting.append(one)
            if one.__module__.startswith("barback."):
                found[f"{one.__module__}.{one.__qualname__}"] = one
    return [found[name] for name in sorted(found)]


def sentence(thing: object) -> str:
    """The first paragraph of a docstring, on one line, fit for a table."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split()).replace("|", "\\|")


def table(*rows: tuple[object, ...]) -> str:
    """A Markdown table; the first row is its head."""
    lines = [" | ".join(str(cell) for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in [lines[0], " | ".join("---" for _ in rows[0]), *lines[1:]])


def errors() -> str:
    """Each code with which a request can be refused."""
    modules()
    rows = {
        (one.status, one.code): (f"`{one.code}`", one.status, one.title, sentence(one))
        for one in [Refusal, *below(Refusal)]
        if "code" in vars(one) and issubclass(one, Refusal)
    }
    intro = (
        "A refusal is `application/problem+json` (RFC 9457). `type` is `urn:barback:error:<code>`,\n"
        "`detail` a sentence for the person who asked, `errors` names each field with its value,\n"
        "the reason and the cure, `instance` the request."
    )
    return (
        f"# Errors\n\n{intro}\n\n{table(('Code', 'Status', 'Title', 'When'), *(rows[key] for key in sorted(rows)))}\n"
    )


def settings() -> str:
    """Each environment variable."""
    hints = get_type_hints(Settings, include_extras=True)
    rows: list[tuple[object, ...]] = []
    for field in msgspec.structs.fields(Settings):
        meta = [extra for extra in get_args(hints[field.name]) if isinstance(extra, msgspec.Meta)]
        rows.append((f"`{variable(field.name)}`", f"`{field.default!r}`", (meta[0].description if meta else "") or ""))
    intro = "Read once, at the start. An unknown `BARBACK_` variable is reported with the nearest one."
    return f"# Settings\n\n{intro}\n\n{table(('Variable', 'Default', 'What it does'), *rows)}\n"


def tasks() -> str:
    """Each task with its queue and its limits, and each schedule."""
    made: dict[str, Any] = {task.name: task for task in ours(Task)}
    for one in below(Task):
        if isinstance(vars(one).get("name"), str):
            made.setdefault(one.name, one)  # type: ignore[attr-defined]
    head = ("Task", "Queue", "Kind", "Attempts", "Batch", "After a failure", "What it does")
    rows = [
        (
            f"`{name}`",
            f"`{task.queue}`",
            kind(task),
            task.attempts_max,
            task.batch_max,
            task.on_head_failure,
            says(task),
        )
        for name, task in sorted(made.items())
    ]
    plans = [
        (f"`{s.name}`", f"`{s.cron}` {s.zone}", f"`{s.task.name}`", s.missed)
        for s in sorted(ours(Schedule), key=by_name)
    ]
    intro = (
        "A task handles the messages of one kind. *After a failure* says what a message does to later ones of its key."
    )
    text = f"# Tasks\n\n{intro}\n\n{table(head, *rows)}\n"
    return text + (
        f"\n## Schedules\n\n{table(('Schedule', 'When', 'Task', 'Missed ticks'), *plans)}\n" if plans else ""
    )


def by_name(thing: Any) -> str:
    """What schedules and topics are sorted by."""
    return thing.name


def kind(task: Any) -> str:
    """What sort of task it is, in one word."""
    cls = task if isinstance(task, type) else type(task)
    kinds = ((BatchTask, "batch"), (ActingTask, "acting"), (TransactionalTask, "transactional"))
    return next((word for base, word in kinds if issubclass(cls, base)), "task")


def says(task: Any) -> str:
    """What a task says of itself: a processor says it at the top of its file."""
    cls = task if isinstance(task, type) else type(task)
    return sentence(sys.modules[cls.__module__]) if ".processors." in cls.__module__ else sentence(task)


def topics() -> str:
    """Each topic with the fields of its fact."""
    rows = [
        (
            f"`{topic.name}`",
            f"`{topic.fact.__name__}`",
            sentence(topic.fact),
            ", ".join(f"`{f}`" for f in topic.fact.__struct_fields__),
        )
        for topic in sorted(ours(Topic), key=by_name)
    ]
    intro = "A fact is published once, in the transaction that makes it true; every subscriber's queue gets a message."
    return f"# Topics\n\n{intro}\n\n{table(('Topic', 'Fact', 'When', 'Fields'), *rows)}\n"


def cli() -> str:
    """Each command with its options."""
    from barback.server.cli import app  # the commands are of no use to the other pages

    parts = ["# The `barback` command\n"]
    waiting: list[tuple[str, Any]] = [("barback", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop(0)
        if inner := getattr(command, "commands", None):
            waiting += [(f"{name} {key}", inner[key]) for key in sorted(inner)]
            if not getattr(command, "invoke_without_command", False):
                continue
        parts.append(f"## `{name}`\n\n{inspect.cleandoc(command.help or '')}\n")
        rows = [option(one) for one in command.params if not getattr(one, "hidden", False)]
        if rows:
            parts.append(table(("Option", "Default", "What it does"), *rows) + "\n")
    return "\n".join(parts)


def option(parameter: Any) -> tuple[str, str, str]:
    """One option or argument of a command."""
    names = ", ".join(parameter.opts) if parameter.param_type_name == "option" else parameter.name.upper()
    default = (
        "required" if parameter.required else ("" if parameter.default in (None, False) else f"`{parameter.default}`")
    )
    return f"`{names}`", default, " ".join((getattr(parameter, "help", None) or "").split()).replace("|", "\\|")


PAGES = {"api": api, "cli": cli, "errors": errors, "settings": settings, "tasks": tasks, "topics": topics}


def stale() -> dict[Path, str]:
    """Pages that do not say what the code says, with what they ought to say."""
    texts = {FOLDER / f"{name}.md": f"{NOTE}\n\n{write()}" for name, write in PAGES.items()}
    return {path: text for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text}


def main() -> None:
    """Write, or only tell."""
    pages = stale()
    for path, text in pages.items():
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"reference: {path.name} {'is out of date' if '--check' in sys.argv else 'written'}\n")
    sys.exit(1 if pages and "--check" in sys.argv else 0)


if __name__ == "__main__":
    main()
