"""Every failure of a request as problem details (RFC 9457); what went wrong inside stays inside."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import structlog
from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException, ValidationException

from barback.foundation.bodies import InvalidRequest
from barback.foundation.errors import FieldProblem, NotFound, Refusal, TooLarge, TooMany
from barback.foundation.problems import MEDIA_TYPE, problem_of
from barback.server.context import request_id_of
from barback.storage import StorageError

log = structlog.get_logger("barback.server")
Send = Callable[[Any], Awaitable[None]]


class PathNotFound(NotFound):
    """No route has this path."""

    code = "path_not_found"
    title = "Nothing is here"


class MethodNotAllowed(Refusal):
    """The path is there, the method is not; the Allow header names those that are."""

    code = "method_not_allowed"
    status = 405
    title = "This cannot be done here with that method"


class UnsupportedMediaType(Refusal):
    """Bodies are JSON."""

    code = "unsupported_media_type"
    status = 415
    title = "Send JSON"


class BadRequest(Refusal):
    """The request is broken below the level of any field."""

    code = "bad_request"
    status = 400
    title = "The request cannot be read"


class InternalError(Refusal):
    """Our failure, not the caller's; the log has the rest under the request's id."""

    code = "internal_error"
    status = 500
    title = "Something went wrong on our side"


class Busy(Refusal):
    """The database is away or overloaded for a moment."""

    code = "busy"
    status = 503
    title = "Try again in a moment"


def refusal_of(error: Exception) -> Refusal:
    """What to tell the caller about `error`; unexpected ones become InternalError and are logged."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, ValidationException):
        return _invalid_parameters(error)
    if isinstance(error, HTTPException):
        return _refusal_of_status(error)
    if isinstance(error, StorageError) and error.transient:
        log.warning("storage_busy", error=str(error))
        return Busy("The database did not answer in time. Nothing is lost; send it again.")
    log.error("request_failed", exc_info=error)
    return InternalError("It is in our log under the id of this request. Send it again, or report the id.")


class _ParameterProblem(msgspec.Struct):
    """One entry of Litestar's list of what is wrong with parameters."""

    message: str = "is not valid"
    key: str = "request"


def _invalid_parameters(error: ValidationException) -> Refusal:
    try:
        found = msgspec.convert(error.extra, list[_ParameterProblem])
    except msgspec.ValidationError:
        found = [_ParameterProblem()]
    see = "see the API pages at /docs"
    fields = [FieldProblem(one.key, None, one.message.replace("`", ""), see) for one in found]
    return InvalidRequest("; ".join(f"{one.field}: {one.reason}" for one in fields), fields=fields)


def _refusal_of_status(error: HTTPException) -> Refusal:
    if error.status_code == 404:
        return PathNotFound("Look at /docs for what is there.")
    if error.status_code == 405:
        return MethodNotAllowed("The Allow header names the methods that work here.")
    if error.status_code == 413:
        return TooLarge("The body is larger than this server takes. Send less at once.")
    if error.status_code == 415:
        return UnsupportedMediaType("Use Content-Type: application/json.")
    if 400 <= error.status_code < 500:
        # Litestar's own words can repeat what was sent; ours do not.
        return BadRequest("See the API pages at /docs.")
    log.error("request_failed", exc_info=error)
    return InternalError("It is in our log under the id of this request. Send it again, or report the id.")


def headers_of(refusal: Refusal) -> dict[str, str]:
    """Headers that belong to a refusal."""
    if isinstance(refusal, TooMany):
        return {"retry-after": str(refusal.retry_after_s)}
    if refusal.status == 401:
        return {"www-authenticate": 'Bearer realm="barback"'}
    if refusal.status == 503:
        return {"retry-after": "1"}
    return {}


def body_of(refusal: Refusal, request_id: str) -> bytes:
    """The problem as JSON. Values that are not JSON are left out rather than failing twice."""
    return msgspec.json.encode(problem_of(refusal, request_id), enc_hook=lambda _: None)


def handle(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's exception handler for everything."""
    refusal = refusal_of(error)
    headers = headers_of(refusal)
    if refusal.status == 405:
        headers["allow"] = ", ".join(allowed_methods(request.app, request.scope["path"]))
    body = body_of(refusal, request_id_of(request.scope))
    return Response(body, status_code=refusal.status, media_type=MEDIA_TYPE, headers=headers)


def allowed_methods(app: Litestar, path: str) -> list[str]:
    """The methods that work at `path`. A path spelled out goes before one with a parameter in its place."""
    path = path.rstrip("/") or "/"
    methods: set[str] = set()
    for route in app.routes:
        mine = {str(method) for method in getattr(route, "methods", ())}
        if route.path == path:
            return sorted(mine)
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", getattr(route, "path_format", route.path))
        if re.fullmatch(pattern, path):
            methods |= mine
    return sorted(methods)


async def send_problem(send: Send, refusal: Refusal, request_id: str) -> None:
    """Answer a plain ASGI request with a problem."""
    body = body_of(refusal, request_id)
    headers = {
        "content-type": MEDIA_TYPE, "content-length": str(len(body)), "x-request-id": request_id, **headers_of(refusal),
    }  # fmt: skip
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": refusal.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
