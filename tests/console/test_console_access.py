"""Whom the console refuses: everybody of every tenant, and whoever is not signed in."""

from __future__ import annotations

from typing import Any

from tests.console.operators import dead
from tests.support.server import RunningServer

from barback.console.routes import ROUTES
from barback.engine import changes

READS = [
    "/console/overview",
    "/console/queues",
    "/console/queues/notes",
    "/console/queues/notes/limits",
    "/console/activity",
    "/console/messages",
    "/console/messages/nothing",
    "/console/keys",
    "/console/keys/one?queue=notes&key=tab",
    "/console/dead",
    "/console/dead/groups",
    "/console/redrives",
    "/console/redrives/nothing",
    "/console/batches",
    "/console/batches/nothing",
    "/console/breakers",
    "/console/usage",
    "/console/usage/costs",
    "/console/workers",
    "/console/scaling",
    "/console/schedules",
    "/console/changes",
]

TUNING: list[tuple[str, Any]] = [
    ("/console/queues/notes/limits", {"concurrency": 1}),
    ("/console/queues/notes/limits/reset", {}),
    ("/console/queues/notes/hold", {"key": "tab:1"}),
    ("/console/queues/notes/pace", {"batch_max": 1}),
    ("/console/queues/notes/priority", {"priority": 1}),
]


async def test_only_operators_may_look_or_touch(server: RunningServer) -> None:
    """Messages hold what belongs to every tenant: nobody of a tenant sees any, not even their own."""
    _, (letter_id,) = await dead(server, "secret of another tenant")
    night = await server.night()
    parties = [night.owner, await server.till(night)]
    parties += [await server.colleague(night.owner, role) for role in ("manager", "staff", "viewer")]
    writes: list[tuple[str, Any]] = [
        ("/console/queues/notes/pause", None),
        ("/console/queues/notes/resume", None),
        ("/console/queues/notes/release", {"key": "tab:1"}),
        *TUNING,
        ("/console/messages/nothing/run-now", None),
        ("/console/messages/nothing/snooze", {"ms": 1}),
        ("/console/messages/nothing/cancel", None),
        ("/console/keys/drain", {"queue": "notes", "key": "tab:1"}),
        ("/console/dead/retry", {"queue": "notes"}),
        ("/console/redrives", {"queue": "notes", "per_second": 1}),
        ("/console/redrives/nothing/stop", None),
        ("/console/batches/nothing/cancel", None),
        ("/console/batches/nothing/retry", None),
        *((f"/console/breakers/taps/{to}", None) for to in ("open", "close", "reset")),
        (f"/console/dead/{letter_id}/edit", {"payload": {}}),
        (f"/console/dead/{letter_id}/retry", None),
        (f"/console/dead/{letter_id}/discard", None),
    ]
    assert len(writes) + len(READS) + 1 == len(ROUTES)
    for path in [*READS, f"/console/dead/{letter_id}"]:
        for party in parties:
            answer = await party.get(path)
            assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted"), path
            assert "secret" not in answer.text
        assert (await server.nobody.get(path)).status_code == 401
    for path, body in writes:
        for party in parties:
            answer = await party.post(path, body)
            assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted"), path
        assert (await server.nobody.post(path, body)).status_code == 401
    async with server.db.reading() as tx:
        assert await changes.page(tx) == []


def test_every_route_asks_who_it_is() -> None:
    """Asking for a reader or an operator is what closes a route; what changes something asks for an operator."""
    for route in ROUTES:
        asked = set(route.fn.__annotations__) & {"reader", "operator"}
        assert asked == {"reader" if "GET" in route.http_methods else "operator"}, route.fn.__name__
