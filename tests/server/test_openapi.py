"""The OpenAPI document: whole, true to the routes, and good enough to generate a client from."""

from __future__ import annotations

import re
from typing import Any

import pytest

from barback.foundation.settings import Settings
from barback.server import openapi
from barback.server.asgi import VERSION, litestar_app

REF = re.compile(r'"#/components/(\w+)/([^"]+)"')


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.document(litestar_app(Settings().body_max_bytes), VERSION)


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, one) for path, methods in document["paths"].items() for method, one in methods.items()]


def refs(part: Any) -> set[tuple[str, str]]:
    if isinstance(part, dict):
        own = {tuple(part["$ref"].removeprefix("#/components/").split("/"))} if "$ref" in part else set()
        return own.union(*(refs(one) for one in part.values()))
    if isinstance(part, list):
        return set().union(*(refs(one) for one in part))
    return set()


def test_every_route_is_in_it(document: dict[str, Any]) -> None:
    found = {(path, method) for path, method, _ in operations(document)}
    for route in litestar_app(Settings().body_max_bytes).routes:
        for method in getattr(route, "methods", ()):
            if method != "OPTIONS" and route.path != "/openapi.json":
                assert (getattr(route, "path_format", route.path), str(method).lower()) in found
    assert ("/v1/orders", "post") in found


def test_everything_it_refers_to_is_there_and_used(document: dict[str, Any]) -> None:
    used = refs(document)
    for kind, name in used:
        assert name in document["components"][kind], f"{kind}/{name} is not there"
    for kind in ("schemas",):
        assert {name for one, name in used if one == kind} == set(document["components"][kind])


def test_operations_have_names_of_their_own_words_and_a_tag(document: dict[str, Any]) -> None:
    ids = [one["operationId"] for _, _, one in operations(document)]
    assert len(ids) == len(set(ids))
    known = {one["name"] for one in document["tags"]}
    for path, method, one in operations(document):
        assert one["summary"], f"{method} {path}"
        assert "tags" in one, f"{method} {path}"
        assert set(one["tags"]) <= known, f"{method} {path}: add its tag to server/openapi.py"


def test_closed_operations_can_answer_401_and_403_and_all_speak_in_problems(document: dict[str, Any]) -> None:
    for path, method, one in operations(document):
        problems = {status for status in one["responses"] if status >= "400"}
        assert {"400", "500", "503"} <= problems, f"{method} {path}"
        if "security" not in one:
            assert {"401", "403"} <= problems, f"{method} {path}"
        if "requestBody" in one:
            assert {"413", "415", "422"} <= problems, f"{method} {path}"
        if "{" in path:
            assert "404" in problems, f"{method} {path}"
    for response in document["components"]["responses"].values():
        assert response["content"] == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def test_what_needs_no_token_is_named_here(document: dict[str, Any]) -> None:
    """A new open route is a decision: it is written down in two places."""
    assert sorted(path for path, _, one in operations(document) if "security" in one) == [
        "/healthz",
        "/readyz",
        "/v1/auth/device",
        "/v1/auth/device/refresh",
        "/v1/auth/guest",
        "/v1/auth/refresh",
        "/v1/auth/sign-in",
        "/v1/auth/sign-out",
        "/v1/auth/sign-up",
    ]


def test_constraints_and_examples_come_from_the_types(document: dict[str, Any]) -> None:
    sign_up = document["components"]["schemas"]["SignUp"]
    assert sign_up["properties"]["currency"] == {
        "type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217.", "examples": ["EUR"],
    }  # fmt: skip
    assert sign_up["additionalProperties"] is False
    assert "business_name" in sign_up["required"]
    people = document["paths"]["/v1/people"]["get"]
    limit = next(one for one in people["parameters"] if one["name"] == "limit")
    assert limit["schema"] == {"type": "integer", "default": 50, "minimum": 1, "maximum": 200}
    cursor = next(one for one in people["parameters"] if one["name"] == "cursor")
    assert (cursor["required"], cursor["schema"]) == (False, {"type": "string"})


def test_a_parameter_has_the_name_it_has_in_the_address(document: dict[str, Any]) -> None:
    names = {one["name"] for one in document["paths"]["/v1/events/{event_id}/tabs"]["get"]["parameters"]}
    assert "state" in names
    assert "tab_state" not in names


def test_tables_for_spreadsheets_are_text(document: dict[str, Any]) -> None:
    answer = document["paths"]["/v1/events/{event_id}/tabs.csv"]["get"]["responses"]["200"]
    assert answer["content"] == {"text/csv": {"schema": {"type": "string"}}}
