"""Bodies are read strictly, and a wrong one is answered with field, value, reason and cure."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta

from barback.foundation.bodies import InvalidRequest, MalformedJson, read_json


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """A line."""

    quantity: Annotated[int, Meta(ge=1)]
    note: str = ""


class Basket(msgspec.Struct, forbid_unknown_fields=True):
    """Lines, and things that must not be repeated."""

    lines: list[Line]
    password: str = ""
    extra: dict[str, int] = {}


@pytest.mark.parametrize(
    ("body", "field", "value", "reason", "cure"),
    [
        (b'{"lines": [{"quantity": 0}]}', "lines[0].quantity", 0, "expected int >= 1", "send int >= 1"),
        (b'{"lines": [{"quantity": "1"}]}', "lines[0].quantity", "1", "expected int, got str", "send int"),
        (b'{"lines": [{"quantity": 1}, {}]}', "lines[1].quantity", None, "missing", "add it"),
        (
            b'{"lines": [{"quantity": 1, "nte": "x"}]}',
            "lines[0].nte",
            "x",
            "not a field of this request",
            "leave it out",
        ),
        (b'{"line": []}', "line", None, "not a field of this request", "did you mean lines?"),
        (b'{"lines": [], "password": 7}', "password", None, "expected str, got int", "send str"),
        (b'{"lines": [], "extra": {"a": "b"}}', "extra.…", None, "expected int, got str", "send int"),
        (b'{"lines": {"a": 1}}', "lines", None, "expected array, got object", "send array"),
        (b"7", "body", 7, "expected object, got int", "send object"),
    ],
)
def test_what_is_wrong_is_named(body: bytes, field: str, value: Any, reason: str, cure: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_json(body, Basket)
    [problem] = caught.value.fields
    assert (problem.field, problem.value, problem.reason, problem.cure) == (field, value, reason, cure)


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b'{"lines": [],}', b"\xff", b'"\\ud800"', b"[" * 100_000])
def test_what_is_not_json_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        read_json(body, Any if body.startswith((b'"', b"[")) else Basket)


def test_the_character_no_database_takes_is_found_wherever_it_is() -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_json(b'{"lines": [{"quantity": 1, "note": "a\\u0000b"}]}', Basket)
    assert caught.value.fields[0].field == "lines[0].note"
    with pytest.raises(InvalidRequest):
        read_json(b'{"lines": [], "extra": {"a\\u0000": 1}}', Basket)
    assert read_json(b'{"lines": [{"quantity": 1, "note": "a\\\\u0000b"}]}', Basket).lines[0].note == "a\\u0000b"
