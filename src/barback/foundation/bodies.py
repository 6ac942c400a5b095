"""Reading JSON that others wrote: strictly, and with an answer that names the field, the value and the cure."""

from __future__ import annotations

import difflib
import re
from typing import Any, TypeVar, cast

import msgspec

from barback.foundation.errors import FieldProblem, Invalid, Refusal

T = TypeVar("T")

_WHERE = re.compile(r" - at `(?:key in )?`?\$(?P<path>[^`]*)`?")
_STEP = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?P<index>\d+)\]|\[\.\.\.\]")
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>[^`]+)`")
_EXPECTED = re.compile(r"Expected (?P<what>.+?)(?:, got .*)?$")
_SECRET = ("password", "secret", "token", "code", "link", "authorization")
_SHOWN_MAX = 120


class MalformedJson(Refusal):
    """The body is not JSON at all."""

    code = "malformed_json"
    status = 400
    title = "The body is not JSON"


class InvalidRequest(Invalid):
    """The body or a parameter does not have the documented shape."""

    code = "invalid_request"
    title = "The request does not have the documented shape"


def read_json(body: bytes, type_: type[T]) -> T:
    """`body` as `type_`, without bending any value. Raises MalformedJson or InvalidRequest."""
    try:
        value = msgspec.json.decode(body, type=type_)
    except msgspec.ValidationError as error:
        try:
            raw = _raw(body)
        except UnicodeDecodeError:
            raise MalformedJson("The body is not UTF-8. Send one JSON value, in UTF-8.") from error
        raise invalid(str(error), raw, type_) from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise MalformedJson(f"{error}. Send one JSON value, in UTF-8.") from error
    if b"\\u0000" in body:
        refuse_nul(_raw(body))
    return value


def invalid(message: str, raw: Any, type_: Any = None) -> InvalidRequest:
    """The refusal for one of msgspec's messages about `raw`, the value that was got."""
    where = _WHERE.search(message)
    steps = _steps(where["path"]) if where else []
    reason = message[: where.start()] if where else message
    known = list(getattr(type_, "__struct_fields__", ())) if not steps else []
    if missing := _MISSING.search(reason):
        problem = FieldProblem(_name([*steps, missing["name"]]), None, "missing", "add it")
    elif unknown := _UNKNOWN.search(reason):
        near = difflib.get_close_matches(unknown["name"], known, n=1)
        field = [*steps, unknown["name"]]
        cure = f"did you mean {near[0]}?" if near else "leave it out"
        problem = FieldProblem(_name(field), shown(field, _at(raw, field)), "not a field of this request", cure)
    else:
        expected = _EXPECTED.search(reason)
        cure = f"send {expected['what'].replace('`', '')}" if expected else "see the API pages at /docs"
        text = reason.replace("`", "")
        problem = FieldProblem(_name(steps), shown(steps, _at(raw, steps)), text[:1].lower() + text[1:], cure)
    return InvalidRequest(f"{problem.field}: {problem.reason}.", fields=[problem])


def refuse_nul(value: Any, steps: tuple[str | int, ...] = ()) -> None:
    """Raise InvalidRequest if any text in `value` holds the character U+0000, which no database column takes."""
    if isinstance(value, str):
        if "\x00" in value:
            problem = FieldProblem(_name(list(steps)), None, "holds the character U+0000", "leave that character out")
            raise InvalidRequest("Text cannot hold the character U+0000.", fields=[problem])
    elif isinstance(value, list):
        for index, one in enumerate(cast("list[Any]", value)):
            refuse_nul(one, (*steps, index))
    elif isinstance(value, dict):
        for name, one in cast("dict[str, Any]", value).items():
            refuse_nul(name, steps)
            refuse_nul(one, (*steps, name))


def shown(steps: list[str | int], value: Any) -> Any:
    """`value` as a problem may repeat it: no secrets, nothing long."""
    if any(isinstance(step, str) and any(word in step.lower() for word in _SECRET) for step in steps):
        return None
    if isinstance(value, str):
        return value if len(value) <= _SHOWN_MAX else value[:_SHOWN_MAX] + "…"
    if isinstance(value, (dict, list)):
        # Whole objects may hold secrets further down.
        return None
    return value


def _raw(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None


def _steps(path: str) -> list[str | int]:
    return [
        match["name"] if match["name"] is not None else int(match["index"]) if match["index"] is not None else "…"
        for match in _STEP.finditer(path)
    ]


def _name(steps: list[str | int]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.removeprefix(".") or "body"


def _at(raw: Any, steps: list[str | int]) -> Any:
    for step in steps:
        if isinstance(raw, dict):
            raw = cast("dict[Any, Any]", raw).get(step)
        elif isinstance(raw, list) and isinstance(step, int) and step < len(cast("list[Any]", raw)):
            raw = cast("list[Any]", raw)[step]
        else:
            return None
    return raw
