"""Refusals: what we say no to, with a code for programs and a sentence for people.

A room subclasses one of these in its `rules.py` for every way it can refuse. The server turns
them into `application/problem+json` (RFC 9457).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldProblem:
    """One thing that is wrong with one field: where, what was got, why not, and the cure."""

    field: str
    value: Any
    reason: str
    cure: str = ""


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a failure of the program
    """Something the caller asked for that will not be done; nothing was changed."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request was refused"

    def __init__(self, detail: str = "", *, fields: Sequence[FieldProblem] = ()) -> None:
        """`detail` is a sentence for the person who asked; `fields` name what to change."""
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.fields = tuple(fields)


class Invalid(Refusal):
    """The request is well formed but says something that cannot be."""

    code = "invalid"
    status = 422
    title = "Something in the request is not valid"


class Unauthorized(Refusal):
    """We do not know who asks."""

    code = "unauthorized"
    status = 401
    title = "Sign in first"


class Forbidden(Refusal):
    """We know who asks, and they may not."""

    code = "forbidden"
    status = 403
    title = "You may not do this"


class NotFound(Refusal):
    """It does not exist, or it belongs to somebody else: both look the same from outside."""

    code = "not_found"
    status = 404
    title = "No such thing"


class Conflict(Refusal):
    """It cannot be done in the state that things are in."""

    code = "conflict"
    status = 409
    title = "This conflicts with the current state"


class TooLarge(Refusal):
    """More than the documented limit was sent."""

    code = "too_large"
    status = 413
    title = "The request is too large"


class TooMany(Refusal):
    """Asked too often; `retry_after_s` says when to ask again."""

    code = "too_many_requests"
    status = 429
    title = "Too many requests"

    def __init__(self, detail: str = "", *, retry_after_s: int = 60, fields: Sequence[FieldProblem] = ()) -> None:
        """`retry_after_s` becomes the Retry-After header, in seconds."""
        super().__init__(detail, fields=fields)
        self.retry_after_s = retry_after_s
