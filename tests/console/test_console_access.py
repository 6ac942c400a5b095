"""Whom the console refuses: everybody of every tenant, and whoever is not signed in."""

from __future__ import annotations

import re
from typing import Any

from tests.console.operators import dead, operator_of
from tests.support.server import RunningServer

from barback.console.routes import ROUTES
from barback.engine import changes

READS = [
    "/console/overview",
    "/console/queues",
    "/console/queues/notes",
    "/console/queues/notes/limits",
    "/console/queues/notes/pace",
    "/console/day",
    "/console/activity",
    "/console/messages",
    "/console/messages/count?q=state:dead",
    "/console/messages/words",
    "/console/messages/nothing",
    "/console/messages/nothing/kin",
    "/console/messages/nothing/test",
    "/console/keys",
    "/console/keys/one?queue=notes&key=tab",
    "/console/dead",
    "/console/dead/groups",
    "/console/redrives",
    "/console/redrives/nothing",
    "/console/batches",
    "/console/batches/nothing",
    "/console/breakers",
    "/console/breakers/taps",
    "/console/usage",
    "/console/usage/costs",
    "/console/workers",
    "/console/workers/nothing",
    "/console/scaling",
    "/console/schedules",
    "/console/schedules/nothing",
    "/console/topics",
    "/console/tenants",
    "/console/tenants/one?tenant=harbour",
    "/console/errands",
    "/console/errands/nothing",
    "/console/changes",
]

MOVING: list[tuple[str, Any]] = [
    ("/console/messages/change", {"q": "queue:notes", "action": "cancel"}),
    ("/console/messages/nothing/run-now", None),
    ("/console/messages/nothing/snooze", {"ms": 1}),
    ("/console/messages/nothing/cancel", None),
    ("/console/messages/nothing/bring-back", None),
]

TUNING: list[tuple[str, Any]] = [
    ("/console/queues/notes/limits", {"concurrency": 1}),
    ("/console/queues/notes/limits/reset", {}),
    ("/console/queues/notes/hold", {"key": "tab:1"}),
    ("/console/queues/notes/pace", {"batch_max": 1}),
    ("/console/queues/notes/priority", {"priority": 1}),
    ("/console/queues/notes/purge", {"confirm": "notes"}),
]

RUNNING: list[tuple[str, Any]] = [
    *((f"/console/workers/nothing/{deed}", None) for deed in ("drain", "keep")),
    *((f"/console/schedules/nothing/{deed}", None) for deed in ("run-now", "pause", "resume")),
    ("/console/tenants/hold", {"tenant": "harbour"}),
    ("/console/tenants/drain", {"tenant": "harbour", "confirm": "harbour"}),
    ("/console/errands/nothing/stop", None),
    *((f"/console/breakers/taps/{to}", None) for to in ("open", "close", "reset")),
]

BODIES: dict[str, Any] = {
    "change_messages": {"q": "no:filter", "action": "run_now"},
    "release_key": {"key": "tab:1"},
    "set_queue_limits": {"concurrency": 1},
    "reset_queue_limits": {},
    "hold_in_queue": {"key": "tab:1"},
    "set_queue_pace": {"batch_max": 1},
    "set_queue_priority": {"priority": 1},
    "purge_queue": {"confirm": "notes"},
    "snooze_message": {"ms": 1},
    "hold_tenant": {"tenant": "harbour"},
    "drain_tenant": {"tenant": "harbour", "confirm": "harbour"},
    "drain_key": {"queue": "notes", "key": "tab:1"},
    "retry_dead_letters": {"queue": "notes"},
    "start_redrive": {"queue": "notes", "per_second": 1},
    "edit_dead_letter": {"payload": {}},
}
"""What a route must be sent to get as far as its question who asks."""


async def test_only_operators_may_look_or_touch(server: RunningServer) -> None:
    """Messages hold what belongs to every tenant: nobody of a tenant sees any, not even their own."""
    _, (letter_id,) = await dead(server, "secret of another tenant")
    night = await server.night()
    parties = [night.owner, await server.till(night)]
    parties += [await server.colleague(night.owner, role) for role in ("manager", "staff", "viewer")]
    writes: list[tuple[str, Any]] = [
        *((f"/console/queues/notes/{to}", None) for to in ("pause", "resume")),
        ("/console/queues/notes/release", {"key": "tab:1"}),
        *TUNING,
        *MOVING,
        ("/console/keys/drain", {"queue": "notes", "key": "tab:1"}),
        ("/console/dead/retry", {"queue": "notes"}),
        ("/console/redrives", {"queue": "notes", "per_second": 1}),
        ("/console/redrives/nothing/stop", None),
        ("/console/batches/nothing/cancel", None),
        ("/console/batches/nothing/retry", None),
        *RUNNING,
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
        asked = set(route.fn.__annotations__) & {"reader", "operator", "admin"}
        assert len(asked) == 1, route.fn.__name__
        assert ("reader" in asked) == ("GET" in route.http_methods), route.fn.__name__


async def test_who_only_looks_changes_nothing_and_operators_destroy_nothing(server: RunningServer) -> None:
    """Refused before anything is looked up: the same answer for what is there and for what is not."""
    watcher = await operator_of(server, "watch@harbour.example", "watcher")
    operator = await operator_of(server)
    for route in ROUTES:
        if "GET" in route.http_methods:
            continue
        asks_admin = "admin" in route.fn.__annotations__
        body = BODIES.get(route.fn.__name__)
        for path in route.paths:
            at = re.sub(r"{[^}]*}", "nothing", path)
            answer = await watcher.post(at, body)
            assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted"), at
            answer = await operator.post(at, body)
            assert (answer.json().get("code") == "not_permitted") == asks_admin, at
    answer = await operator.post("/console/redrives", {"queue": "notes", "per_second": 1, "action": "discard"})
    assert (answer.status_code, answer.json()["code"]) == (403, "admin_only")
    async with server.db.reading() as tx:
        assert await changes.page(tx) == []
