"""A real server for tests: uvicorn on a free port with a database of the test's own, and people to ask it with."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import argon2
import httpx
from litestar import Litestar

from barback.commerce.accounts import hashing
from barback.foundation.clock import HandClock
from barback.foundation.settings import Settings
from barback.server.asgi import Application, litestar_app
from barback.server.context import Context
from barback.server.serving import bind, listening
from barback.storage import Database

PASSWORD = "three odd words"
HASHER = hashing._HASHER
"""How passwords are hashed in production; `cheap_passwords` puts another one in its place."""
APIS: dict[int, list[Litestar]] = defaultdict(list)
"""Routes that no server uses at the moment, by the longest body they take: making them is most of a server's start."""


def cheap_passwords() -> None:
    """Passwords are hashed in the same way with a thousandth of the memory: a tenth of what a test over HTTP took."""
    hashing._HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=47, parallelism=1)
    hashing._NOBODY = hashing._HASHER.hash("nobody's")


def plain_http(base_url: str) -> httpx.AsyncClient:
    """A client that does without certificates: reading the machine's takes as long as a short test."""
    return httpx.AsyncClient(base_url=base_url, timeout=30, verify=False)


@dataclass
class Party:
    """Somebody with a token: `await owner.get("/v1/me")`. Paths may leave out `/v1`."""

    http: httpx.AsyncClient
    token: str | None = None
    session: dict[str, Any] = field(default_factory=dict)

    @property
    def tenant_id(self) -> str:
        return self.session["tenant"]["id"]

    @property
    def person_id(self) -> str:
        return self.session["person"]["id"]

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None:
            more["json"] = body
        path = path if path.startswith(("/v1", "http")) else f"/v1{path}"
        return await self.http.request(method, path, headers=headers | more.pop("headers", {}), **more)

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return await self.ask("POST", path, body, **more)

    async def patch(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return await self.ask("PATCH", path, body, **more)

    async def made(self, path: str, body: Any = None) -> Any:
        """POST that must succeed; the body of the answer."""
        answer = await self.post(path, body)
        assert answer.status_code in (200, 201, 202), answer.text
        return answer.json()


@dataclass
class Night:
    """A business with an open event and a station."""

    owner: Party
    venue: dict[str, Any]
    event: dict[str, Any]
    station: dict[str, Any]

    @property
    def event_id(self) -> str:
        return self.event["id"]


@dataclass
class RunningServer:
    """The server, from outside (`base_url`, `http`) and inside (`db`, `context`, `clock`)."""

    base_url: str
    application: Application
    context: Context
    http: httpx.AsyncClient
    clock: HandClock

    @property
    def db(self) -> Database:
        return self.context.db

    @property
    def nobody(self) -> Party:
        """Somebody without a token."""
        return Party(self.http)

    def client(self) -> httpx.AsyncClient:
        """Another browser, with cookies of its own; close it, or let the test end."""
        return plain_http(self.base_url)

    async def sign_up(self, **changes: Any) -> Party:
        """A new business with an owner who is signed in."""
        email = changes.pop("email", f"owner-{uuid.uuid4().hex[:12]}@harbour.example")
        body = {
            "business_name": "Harbour Bar", "currency": "EUR", "time_zone": "Europe/Berlin", "email": email,
            "password": PASSWORD, "name": "Mara Lindqvist",
        } | changes  # fmt: skip
        answer = await self.http.post("/v1/auth/sign-up", json=body)
        assert answer.status_code == 201, answer.text
        return Party(self.http, answer.json()["access_token"], answer.json())

    async def sign_in(self, email: str, password: str = PASSWORD) -> Party:
        answer = await self.http.post("/v1/auth/sign-in", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        return Party(self.http, answer.json()["access_token"], answer.json())

    async def colleague(self, owner: Party, role: str) -> Party:
        """Somebody of that role in the owner's business, signed in."""
        email = f"{role}-{uuid.uuid4().hex[:12]}@harbour.example"
        invited = await owner.made("/people", {"name": f"A {role}", "email": email, "role": role})
        return await self.sign_in(email, invited["temporary_password"])

    async def night(self, owner: Party | None = None, *, state: str = "open", **changes: Any) -> Night:
        """A venue, an event in `state` and a bar, of a new business unless `owner` is given."""
        owner = owner or await self.sign_up()
        venue = await owner.made("/venues", {"name": "Pier 7"})
        now_ms = self.clock.now_ms()
        new = {"name": "Summer night", "venue_id": venue["id"], "starts_ms": now_ms, "ends_ms": now_ms + 8 * 3_600_000}
        event = await owner.made("/events", new | changes)
        station = await owner.made(f"/events/{event['id']}/stations", {"name": "Main bar", "kind": "bar"})
        for next_state in {"draft": [], "open": ["open"], "closed": ["open", "closed"]}[state]:
            answer = await owner.patch(f"/events/{event['id']}", {"state": next_state})
            assert answer.status_code == 200, answer.text
            event = answer.json()
        return Night(owner, venue, event, station)

    async def till(self, night: Night, name: str = "Till 1") -> Party:
        """A paired till at the night's station."""
        code = await night.owner.made(
            f"/events/{night.event_id}/pairing-codes", {"station_id": night.station["id"], "name": name}
        )
        session = await self.nobody.made("/auth/device", {"code": code["code"]})
        return Party(self.http, session["access_token"], session)


@asynccontextmanager
async def running_server(database_url: str, clock: HandClock, **settings: Any) -> AsyncIterator[RunningServer]:
    """A server on a migrated database, on a free port of the loopback address."""
    chosen = Settings(database_url=database_url, **settings)
    free = APIS[chosen.body_max_bytes]
    api = free.pop() if free else litestar_app(chosen.body_max_bytes)
    application = Application(chosen, clock=clock, api=api)
    async with (
        listening(application, bind("127.0.0.1", 0)) as base_url,
        plain_http(base_url) as http,
    ):
        assert application.context is not None
        yield RunningServer(base_url, application, application.context, http, clock)
    free.append(api)
