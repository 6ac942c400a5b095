"""The search of messages as one line, the same on the page, over HTTP and as a command.

`queue:mail state:dead payload.order.id:4711 enqueued:-2h.. "out of paper"`: filters, and pieces of the payload.
"""

from __future__ import annotations

import difflib
import re
from datetime import datetime
from typing import Any, get_args

import msgspec

from barback.engine.operations.looking import Look
from barback.engine.operations.payload_looks import Field
from barback.engine.operations.places import State
from barback.foundation.errors import FieldProblem, Invalid

LINE_CHARS_MAX = 1_000
NAMES = ("queue", "key", "tenant", "task", "state", "enqueued", "due", "parent", "batch", "id", "payload")
TIME_CURE = (
    "write from..to, each a time with its zone (2026-11-21T18:00Z), or how far from now (-2h, +30m); "
    "either may be left out"
)

_PART = re.compile(
    r'\s*(?:(?P<name>[A-Za-z_]\w*)(?P<path>(?:\.[^\s.:"]+)*):(?P<value>"(?:[^"\\]|\\.)*"|\S*)|(?P<text>"(?:[^"\\]|\\.)*"(?=\s|$)|\S+))'
)
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{20,}(\.\d+)?")
_AGO = re.compile(r"(?P<sign>[+-])(?P<n>\d{1,6})(?P<unit>s|m|h|d)")
_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class BadSearch(Invalid):
    """A filter that is not there, or a value that it cannot have."""

    code = "bad_search"
    title = "This search cannot be understood"


def read(line: str, now_ms: int) -> Look:
    """What a line asks for. Raises BadSearch, which names the filter, its value and the cure."""
    if len(line) > LINE_CHARS_MAX:
        raise _bad("q", line[:80], f"longer than {LINE_CHARS_MAX} characters", "search for less")
    asked: dict[str, Any] = {}
    fields: list[Field] = []
    texts: list[str] = []
    for part in _PART.finditer(line):
        name, value = part["name"], _unquoted(part["value"] or "")
        if name is None:
            texts += [_unquoted(part["text"])]
        elif name == "payload":
            fields.append(Field(_path(part["path"], value), value))
        else:
            asked |= _asked(name + part["path"], value, now_ms, asked)
    if len(texts) == 1 and _ID.fullmatch(texts[0]) and not asked and not fields:
        return Look(id=texts[0])
    return Look(**asked, fields=tuple(fields), text=" ".join(texts) or None)


def _asked(name: str, value: str, now_ms: int, before: dict[str, Any]) -> dict[str, Any]:
    if name not in NAMES:
        near = difflib.get_close_matches(name, NAMES, n=1)
        cure = f"did you mean {near[0]}?" if near else f"use one of {', '.join(NAMES)}"
        raise _bad(
            name,
            value,
            "there is no such filter",
            f'{cure} To search for this text, put it in quotes: "{name}:{value}"',
        )
    if value == "":
        raise _bad(name, value, "it has no value", f"write {name}:value, or leave it out")
    if name in before or f"{name}_from_ms" in before or f"{name}_to_ms" in before:
        raise _bad(name, value, "it is there twice, and a message has only one", "leave one out")
    if name in ("enqueued", "due"):
        return _span(name, value, now_ms)
    if name == "state" and value not in get_args(State):
        raise _bad(name, value, "no message can be that", f"use one of {', '.join(get_args(State))}")
    return {name: value}


def _path(path: str, value: str) -> tuple[str, ...]:
    if not path:
        raise _bad(
            "payload", value, "it does not say which field", "write payload.order.id:4711, or only the text itself"
        )
    return tuple(path[1:].split("."))


def _span(name: str, value: str, now_ms: int) -> dict[str, int]:
    start, dots, end = value.partition("..")
    if not dots or not (start or end):
        raise _bad(name, value, "it is no span of time", TIME_CURE)
    found = {f"{name}_from_ms": start, f"{name}_to_ms": end}
    span = {which: _instant(name, value, text, now_ms) for which, text in found.items() if text}
    if len(span) == 2 and span[f"{name}_from_ms"] >= span[f"{name}_to_ms"]:
        raise _bad(name, value, "it ends before it begins", TIME_CURE)
    return span


def _instant(name: str, value: str, text: str, now_ms: int) -> int:
    if text == "now":
        return now_ms
    if ago := _AGO.fullmatch(text):
        return now_ms + int(ago["sign"] + ago["n"]) * _UNITS[ago["unit"]]
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise _bad(name, value, f"{text} is no time", TIME_CURE) from error
    if at.tzinfo is None:
        raise _bad(name, value, f"{text} does not say in which time zone", TIME_CURE)
    return int(at.timestamp() * 1000)


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def _bad(name: str, value: str, reason: str, cure: str) -> BadSearch:
    problem = FieldProblem(name, value, reason, cure)
    return BadSearch(f"{name}:{value}: {reason}; {cure}", fields=[problem])


def named(look: Look) -> dict[str, Any]:
    """The filters that are set, for the record of changes."""
    return {name: value for name, value in msgspec.structs.asdict(look).items() if value not in (None, ())}
