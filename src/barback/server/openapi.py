"""The OpenAPI 3.1 document, made from the routes themselves with msgspec's own schemas.

Constraints, examples and descriptions come from the types, so the document cannot say something
else than what is checked. Litestar's generator is not used: it knows only part of msgspec.
"""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, get_args, get_origin

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import KwargDefinition, ParameterKwarg

from barback.foundation.problems import MEDIA_TYPE, Problem

_REF = "#/components/schemas/{name}"
_RESERVED = {"request", "state", "scope", "socket", "headers", "cookies", "query", "body", "data"}
_PROBLEMS = {
    400: "The request cannot be read.",
    401: "No token, or not a valid one.",
    403: "The token is good; its role may not do this.",
    404: "It does not exist, or belongs to somebody else.",
    405: "Another method is needed.",
    409: "It cannot be done in the state that things are in.",
    413: "The body is larger than the server takes.",
    415: "The body is not declared as JSON.",
    422: "A field has a value that cannot be; `errors` names it and the cure.",
    429: "Asked too often; `Retry-After` says when to try again.",
    500: "Our failure; the log has it under the id in `instance`.",
    503: "The database is away for a moment; try again.",
}
_TAGS = {
    "accounts": "Sign-up, sign-in, people, tills, the audit log.",
    "events": "Venues, events and their stations.",
    "menu": "Products, modifiers, prices and taxes.",
    "guests": "Attendees and their tags.",
    "tabs": "What each guest has had, and owes.",
    "orders": "Orders from tills and phones.",
    "ledger": "The books.",
    "reports": "Numbers of a night.",
    "console": "The operator's view of the work engine.",
    "health": "Is it up, is it ready.",
}
_INFO: dict[str, Any] = {
    "title": "Barback",
    "summary": "Order taking for events and venues.",
    "description": (
        "Orders are accepted at once and durably; everything else happens behind queues. Times are milliseconds "
        "since 1970 UTC, money is whole minor units. Every failure is problem details (RFC 9457) with a `code`; "
        "lists are pages with a `next` cursor."
    ),
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}
_SECURITY: dict[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The `access_token` of a session; a person's lives 15 minutes, a till's 12 hours.",
    },
    "refresh_cookie": {"type": "apiKey", "in": "cookie", "name": "barback_refresh"},
}


@dataclass
class _Operation:
    """One method of one path, before schemas are known."""

    path: str
    method: str
    handler: HTTPRouteHandler
    hints: dict[str, Any]
    parameters: list[tuple[str, str, Any, Any]] = field(default_factory=list[tuple[str, str, Any, Any]])
    body: Any = None
    answer: Any = None

    @property
    def types(self) -> Iterable[Any]:
        """Every type that needs a schema."""
        yield from (annotation for _, _, annotation, _ in self.parameters)
        if self.body is not None:
            yield self.body
        if self.answer is not None:
            yield self.answer


def document(app: Litestar, version: str) -> dict[str, Any]:
    """The whole document, as plain data. Paths, components and their names come in a fixed order."""
    operations = sorted(_operations(app), key=lambda one: (one.path, one.method))
    wanted = [Problem, *(one for operation in operations for one in operation.types)]
    # Only classes become components; the rest is written in place.
    schemas, components = msgspec.json.schema_components(wanted, ref_template=_REF)
    found = iter(schemas[1:])
    names = _names(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        entry = _entry(operation, [next(found) for _ in operation.types], names[id(operation)])
        paths.setdefault(operation.path, {})[operation.method] = entry
    used = {operation.handler.tags[0] for operation in operations if operation.handler.tags}
    return {
        "openapi": "3.1.0",
        "info": _INFO | {"version": version},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items() if name in used],
        "paths": paths,
        "components": {
            "securitySchemes": _SECURITY,
            "responses": {str(status): _problem_response(status) for status in _PROBLEMS},
            "schemas": dict(sorted(components.items())),
        },
    }


def _operations(app: Litestar) -> Iterable[_Operation]:
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if not isinstance(handler, HTTPRouteHandler) or not handler.include_in_schema:
                continue
            for method in sorted(handler.http_methods):
                if method not in ("OPTIONS", "HEAD"):
                    path = getattr(route, "path_format", route.path)
                    yield _operation(path, str(method).lower(), handler)


def _operation(path: str, method: str, handler: HTTPRouteHandler) -> _Operation:
    hints = typing.get_type_hints(handler.fn, include_extras=True)
    operation = _Operation(path, method, handler, hints)
    injected = set(handler.resolve_dependencies())
    in_path = set(re.findall(r"\{(\w+)\}", path))
    for name, parameter in inspect.signature(handler.fn).parameters.items():
        if name in injected or (name in _RESERVED and name not in in_path):
            continue
        where = "path" if name in in_path else "query"
        default = inspect.Parameter.empty if where == "path" else parameter.default
        operation.parameters.append((name, where, hints[name], default))
    operation.body = hints.get("data")
    answer = hints.get("return")
    if get_origin(answer) is Response:
        answer = get_args(answer)[0]
    elif inspect.isclass(answer) and issubclass(answer, Response):
        answer = bytes
    operation.answer = None if answer in (None, types.NoneType) else answer
    return operation


def _names(operations: list[_Operation]) -> dict[int, str]:
    """Operation ids: the function's name, with the room in front where two rooms use the same."""
    counts: dict[str, int] = {}
    for one in operations:
        counts[one.handler.fn.__name__] = counts.get(one.handler.fn.__name__, 0) + 1
    return {
        id(one): one.handler.fn.__name__
        if counts[one.handler.fn.__name__] == 1
        else f"{(one.handler.tags or ['api'])[0]}_{one.handler.fn.__name__}"
        for one in operations
    }


def _entry(operation: _Operation, schemas: list[dict[str, Any]], name: str) -> dict[str, Any]:
    handler = operation.handler
    summary, _, description = inspect.cleandoc(handler.fn.__doc__ or name).partition("\n\n")
    left = iter(schemas)
    parameters = [_parameter(one, next(left)) for one in operation.parameters]
    entry: dict[str, Any] = {"operationId": name, "summary": " ".join(summary.split())}
    if description:
        entry["description"] = description
    if handler.tags:
        entry["tags"] = list(handler.tags)
    if handler.opt.get("open"):
        cookie = handler.opt.get("cookie")
        entry["security"] = [{"refresh_cookie": []}] if cookie else []
    if parameters:
        entry["parameters"] = parameters
    if operation.body is not None:
        entry["requestBody"] = {"required": True, "content": {"application/json": {"schema": next(left)}}}
    answer: dict[str, Any] = {"description": handler.response_description or "Done."}
    if operation.answer is not None:
        schema = next(left)
        # Text that is not JSON, a table for example.
        media = "application/json" if operation.answer not in (str, bytes) else str(handler.media_type)
        answer["content"] = {media: {"schema": schema if operation.answer is not bytes else {"type": "string"}}}
    responses = {str(handler.status_code): answer}
    for status in _statuses(operation):
        responses[str(status)] = {"$ref": f"#/components/responses/{status}"}
    entry["responses"] = responses
    return entry


def _statuses(operation: _Operation) -> list[int]:
    """The problems an operation can answer with."""
    closed = not operation.handler.opt.get("open")
    statuses = {400, 500, 503}
    if closed:
        statuses |= {401, 403}
    if operation.handler.opt.get("cookie"):
        statuses.add(401)
    if operation.parameters:
        statuses |= {404, 422}
    if operation.body is not None:
        statuses |= {401, 404, 409, 413, 415, 422, 429}
    if operation.method != "get":
        statuses |= {404, 409}
    return sorted(statuses | set(operation.handler.opt.get("problems", ())))


def _parameter(one: tuple[str, str, Any, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name, where, annotation, default = one
    schema = dict(schema)
    for extra in getattr(annotation, "__metadata__", ()):
        if isinstance(extra, KwargDefinition):
            schema |= _constraints(extra)
        if isinstance(extra, ParameterKwarg):
            name = extra.query or name
    required = default is inspect.Parameter.empty
    if not required and default is not None:
        schema["default"] = default
    if not required and "anyOf" in schema:
        # In a query there is no null: what is optional is left out.
        kept = [choice for choice in schema["anyOf"] if choice != {"type": "null"}]
        schema = (
            {**{key: value for key, value in schema.items() if key != "anyOf"}, **kept[0]} if len(kept) == 1 else schema
        )
    if name == "limit":
        schema |= {"minimum": 1, "maximum": 200}
    return {"name": name, "in": where, "required": required, "schema": schema}


def _constraints(kwarg: KwargDefinition) -> dict[str, Any]:
    names = {
        "ge": "minimum",
        "le": "maximum",
        "min_length": "minLength",
        "max_length": "maxLength",
        "pattern": "pattern",
    }
    found = {key: getattr(kwarg, name) for name, key in names.items() if getattr(kwarg, name) is not None}
    if kwarg.description:
        found["description"] = kwarg.description
    return found


def _problem_response(status: int) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": _PROBLEMS[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}},
    }
    if status in (429, 503):
        response["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return response
