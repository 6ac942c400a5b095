"""Secrets stay secret: fields of a payload that its type marks are masked before they leave the server.

A field is marked with JSON Schema's own word: `Annotated[str, Meta(extra_json_schema={"writeOnly": True})]`.
What is sent back masked is what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import zip_longest
from typing import Any, cast

import msgspec

from barback.engine.tasks import Task

MASK = "•••••"


def masked(payload: bytes, task: Task[Any] | None) -> bytes:
    """The payload with its secrets hidden. Of a task that is not known here nothing can be known, nor hidden."""
    schema = None if task is None else _schema_with_secrets(task.payload)
    if schema is None:
        return payload
    return msgspec.json.encode(_Walk(schema, lambda _value, _kept: MASK).at(msgspec.json.decode(payload), schema, None))


def unmasked(payload: bytes, kept: bytes, task: Task[Any] | None) -> bytes:
    """What somebody sends back: where a secret is still masked it is what it is in `kept`."""
    schema = None if task is None else _schema_with_secrets(task.payload)
    if schema is None or MASK.encode() not in payload:
        return payload
    try:
        value = msgspec.json.decode(payload)
    except msgspec.DecodeError:
        return payload  # whoever reads it next says what is wrong with it
    walk = _Walk(schema, lambda given, before: before if given == MASK else given)
    return msgspec.json.encode(walk.at(value, schema, msgspec.json.decode(kept)))


@lru_cache(maxsize=1_000)
def _schema_with_secrets(payload: type[Any]) -> dict[str, Any] | None:
    """The schema of a payload's type; None when nothing in it is secret, or nothing is known of it."""
    try:
        schema = msgspec.json.schema(payload)
    except TypeError:
        return None  # a type of its own, which has no schema
    return schema if b"writeOnly" in msgspec.json.encode(schema) else None


class _Walk:
    """Goes through a payload beside its schema and what it was; `secret` says what a secret becomes."""

    def __init__(self, schema: Mapping[str, Any], secret: Callable[[Any, Any], Any]) -> None:
        self._defs: Mapping[str, Any] = schema.get("$defs", {})
        self._secret = secret

    def at(self, value: Any, schema: Mapping[str, Any], kept: Any) -> Any:
        for choice in (schema, *schema.get("anyOf", ())):
            if choice.get("writeOnly"):
                return self._secret(value, kept)
            if "$ref" in choice:
                schema = self._defs.get(choice["$ref"].rpartition("/")[2], {})
        if isinstance(value, dict):
            fields: Mapping[str, Any] = schema.get("properties", {})
            before = cast("dict[str, Any]", kept if isinstance(kept, dict) else {})
            there = cast("dict[str, Any]", value)
            return {name: self.at(one, fields.get(name, {}), before.get(name)) for name, one in there.items()}
        if isinstance(value, list):
            olds = cast("list[Any]", kept if isinstance(kept, list) else [])
            many = zip_longest(cast("list[Any]", value), olds[: len(cast("list[Any]", value))])
            return [self.at(one, schema.get("items", {}), old) for one, old in many]
        return value
