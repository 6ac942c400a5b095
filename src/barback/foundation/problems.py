"""Problem details (RFC 9457): the one shape in which every refusal goes over a wire."""

from typing import Any

import msgspec

from barback.foundation.errors import Refusal

MEDIA_TYPE = "application/problem+json"


class ProblemField(msgspec.Struct):
    """One thing to change: which field, what was got, why it cannot be, and the cure."""

    field: str
    value: Any
    reason: str
    cure: str


class Problem(msgspec.Struct):
    """Why a request was not done; `code` is for programs, `detail` for people, `instance` names the request."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[ProblemField]
    instance: str


def problem_of(refusal: Refusal, instance: str = "") -> Problem:
    """The problem that tells of `refusal`; `instance` is the id of the request it answers."""
    return Problem(
        type=f"urn:barback:error:{refusal.code}",
        title=refusal.title,
        status=refusal.status,
        detail=refusal.detail,
        code=refusal.code,
        errors=[ProblemField(f.field, f.value, f.reason, f.cure) for f in refusal.fields],
        instance=instance,
    )
