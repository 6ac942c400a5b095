"""docs/reference/api.md: what `import barback` offers, with signatures, as the code says it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import barback
from barback import testing
from barback.engine.queues import CallOptions, TaskOptions

QUOTED = re.compile(r"'([^']+)'")
OPTIONS = (
    ("options of `Queue.task` and `Queue.batch_task`", TaskOptions),
    ("besides these, of `Queue.thread_task` and `Queue.process_task`", CallOptions),
)
HIDDEN = {"__init__", "__post_init__"}


def api() -> str:
    """The page: everything public, by name; what tests use last."""
    intro = (
        "All that `import barback` offers, and `barback.testing`. It is typed (`py.typed`): a type checker knows\n"
        "payloads, outcomes and options. What it promises is told in [the engine's contract](engine.md)."
    )
    parts = ["# The Python API", intro]
    parts += [part for name, thing in _public(barback) for part in _thing(name, thing)]
    parts += [_options(title, options) for title, options in OPTIONS]
    parts.append("# `barback.testing`")
    parts += [part for name, thing in _public(testing) for part in _thing(name, thing)]
    return "\n\n".join(parts) + "\n"


def _public(module: Any) -> list[tuple[str, Any]]:
    names: list[str] = module.__all__
    return [(name, getattr(module, name)) for name in sorted(names, key=str.lower)]


def _thing(name: str, thing: Any) -> Iterator[str]:
    if inspect.isclass(thing):
        signature = "" if issubclass(thing, Exception) or getattr(thing, "_is_protocol", False) else _signature(thing)
        yield f"## `{name}{signature}`"
        yield _text(thing)
        yield from _methods(thing)
    elif inspect.isfunction(thing):
        yield f"## `{'await ' if inspect.iscoroutinefunction(thing) else ''}{name}{_signature(thing)}`"
        yield _text(thing)
    else:
        yield f"## `{name}`"
        text = _plain(str(thing)).replace("messages.", "")
        yield f"`{type(thing).__name__ if text == '…' else text}`"


def _methods(cls: type) -> Iterator[str]:
    lines: list[str] = []
    for name, member in vars(cls).items():
        if name.startswith("_") or name in HIDDEN:
            continue
        if isinstance(member, property):
            lines.append(f"- **`{name}`**: {_first(member)}")
            continue
        function: Any = getattr(cls, name) if isinstance(member, classmethod | staticmethod) else member
        function = getattr(function, "__func__", function)
        if inspect.isfunction(function):
            wait = "await " if inspect.iscoroutinefunction(function) else ""
            lines.append(f"- **`{wait}{name}{_signature(function)}`**: {_first(function)}")
    if lines:
        yield "\n".join(lines)


def _options(title: str, options: Any) -> str:
    rows = "\n".join(f"- `{name}: {_plain(str(kind))}`" for name, kind in options.__annotations__.items())
    return f"## {title[0].upper()}{title[1:]}\n\n{_first(options)}\n\n{rows}"


def _signature(thing: Any) -> str:
    """As a reader of the code sees it, without `self`."""
    try:
        signature = inspect.signature(thing)
    except ValueError:
        return ""
    kept = [one for name, one in signature.parameters.items() if name not in {"self", "cls"}]
    text = str(signature.replace(parameters=kept, return_annotation=signature.return_annotation))
    return _plain(text).removesuffix(" -> None")


def _plain(text: str) -> str:
    text = re.sub(r"ForwardRef\('(.*?)'(, module='.*?')?\)", r"\1", text)
    # A default that is an object says where it lies: nothing that a reader can use.
    text = re.sub(r"<[^<>]*( at \w+|factory)>|<[^<>]*<lambda>[^<>]*>|\(?MigrationSet\(.*?\)\)(,\))?", "…", text)
    return QUOTED.sub(r"\1", text).replace("barback.engine.", "").replace("typing.", "")


def _text(thing: Any) -> str:
    return (inspect.getdoc(thing) or "").replace("*", "\\*")


def _first(thing: Any) -> str:
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
