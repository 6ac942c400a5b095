"""What a search finds in payloads: a value at a place (`order.id` is 4711), or a piece of the JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, cast

import msgspec

_PLAIN = re.compile(r"[A-Za-z0-9 .:@+-]+")
_LETTERS = re.compile(r"[a-z]+")
_ASCII = re.compile(r"[\x20-\x7e]+")


class Field(msgspec.Struct, frozen=True):
    """What must stand at a place of the payload. A number in `path` is an element of a list, `*` is any."""

    path: tuple[str, ...]
    value: str


def has_text(payload: str, text: str) -> bool:
    """Whether the JSON has that piece, in any case."""
    return text.lower() in payload.lower()


def has_field(payload: str, field: Field) -> bool:
    """Whether the value is there: the same text, or the same number."""
    return any(_is(one, field.value) for one in _at(msgspec.json.decode(payload), field.path))


def piece_of(text: str | None, fields: Sequence[Field]) -> str | None:
    """What the JSON of everything that fits has in it, in lower case, so that most of the others are left out early.

    JSON writes a text in several ways: only what it writes in one way is told.
    """
    pieces = [] if text is None else _ASCII.findall(text)
    for field in fields:
        number = _number(field.value)
        pieces += _PLAIN.findall(field.value if number is None else f"{number.normalize():f}")
        pieces += [f'"{name}"' for name in field.path if _PLAIN.fullmatch(name) and not name.isdigit()]
    if not pieces:
        return None
    return max(pieces, key=len).lower()


def caseless_in(piece: str) -> str | None:
    """The longest part of a piece that is the same in any case: to look for it costs half of making all small."""
    parts = [part for part in _LETTERS.split(piece) if len(part) > 1]
    return max(parts, key=len) if parts else None


def _at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        yield value
        return
    name, rest = path[0], path[1:]
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        chosen = list(fields.values()) if name == "*" else [fields[name]] if name in fields else []
    elif isinstance(value, list):
        many = cast("list[Any]", value)
        chosen = many if name == "*" else many[int(name) : int(name) + 1] if name.isdigit() else []
    else:
        chosen = []
    for one in chosen:
        yield from _at(one, rest)


def _is(found: Any, wanted: str) -> bool:
    if isinstance(found, str):
        return found == wanted
    if found is None or isinstance(found, bool):
        return msgspec.json.encode(found).decode() == wanted
    if isinstance(found, int | float):
        number = _number(wanted)
        return number is not None and number == Decimal(repr(found))
    return False


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 40 else None
