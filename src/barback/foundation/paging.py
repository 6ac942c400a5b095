"""One way to page: keyset cursors, opaque to the client."""

import base64
import binascii
from typing import Generic, TypeVar

import msgspec

from barback.foundation.errors import FieldProblem, Invalid

T = TypeVar("T")

LIMIT_DEFAULT = 50
LIMIT_MAX = 200


class Page(msgspec.Struct, Generic[T]):
    """One page of a list; `next` is the cursor of the following page, null on the last one."""

    items: list[T]
    next: str | None = None


class BadCursor(Invalid):
    """The cursor was not made by us, or for another list."""

    code = "bad_cursor"
    title = "The cursor is not one of ours"


def encode_cursor(*parts: str | int) -> str:
    """The cursor that continues after the row whose sort key is `parts`."""
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


def decode_cursor(cursor: str, *shape: type) -> tuple[str | int, ...]:
    """The parts of a cursor, checked against the types in `shape`; raises BadCursor."""
    problem = FieldProblem("cursor", cursor[:80], "not a cursor of this list", "leave it out to start again")
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        parts = msgspec.json.decode(raw, type=list[str | int])
    except (binascii.Error, msgspec.DecodeError, ValueError, UnicodeError) as error:
        raise BadCursor(fields=[problem]) from error
    if len(parts) != len(shape) or not all(_fits(p, t) for p, t in zip(parts, shape, strict=True)):
        raise BadCursor(fields=[problem])
    return tuple(parts)


def _fits(part: str | int, type_: type) -> bool:
    """Whether a part has its type, and a value that a column can be compared with."""
    return isinstance(part, type_) and ("\x00" not in part if isinstance(part, str) else abs(part) < 2**63)


def check_limit(limit: int) -> int:
    """`limit` itself when it is between 1 and 200; raises Invalid."""
    if not 1 <= limit <= LIMIT_MAX:
        raise Invalid(
            f"expected limit between 1 and {LIMIT_MAX}, got {limit}",
            fields=[
                FieldProblem("limit", limit, f"not between 1 and {LIMIT_MAX}", f"ask for at most {LIMIT_MAX} a page")
            ],
        )
    return limit
