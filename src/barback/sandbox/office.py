"""What people do around a night, over HTTP: plan an event, write a menu, register guests, pair tills."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from barback.foundation.clock import Clock
from barback.sandbox import contract
from barback.sandbox.contract import DeviceSession, Menu
from barback.sandbox.wire import Answer, Asks

T = TypeVar("T")
PAGE = 200


class RefusedError(RuntimeError):
    """The server said no while a night was being prepared; carries its own words."""

    def __init__(self, what: str, answer: Answer) -> None:
        """`what` was asked, and the answer."""
        try:
            problem = answer.json()
            words = f"{problem.get('code')}: {problem.get('detail')}"
        except (msgspec.DecodeError, AttributeError):
            words = answer.body[:200].decode(errors="replace")
        super().__init__(f"{what} was answered {answer.status} {words}")
        self.status = answer.status


@dataclass(frozen=True)
class Credentials:
    """How somebody signs in."""

    email: str
    password: str


@dataclass(frozen=True)
class Guest:
    """Somebody with a wristband."""

    name: str
    uid: str


class Office:
    """Somebody signed in who may prepare a night. The token is renewed by signing in again."""

    def __init__(self, asks: Asks, clock: Clock, credentials: Credentials) -> None:
        """Call `sign_in` or `sign_up` first."""
        self._asks = asks
        self._clock = clock
        self._credentials = credentials
        self._token: str | None = None
        self._expires_ms = 0

    async def sign_in(self) -> None:
        """Sign in. Raises RefusedError."""
        body = {"email": self._credentials.email, "password": self._credentials.password}
        self._keep(await self._ask("POST", "/v1/auth/sign-in", body, None))

    async def sign_up(self, business: str, *, currency: str, time_zone: str, name: str) -> None:
        """Open an account for a new business. Raises RefusedError."""
        body = {
            "business_name": business, "currency": currency, "time_zone": time_zone, "name": name,
            "email": self._credentials.email, "password": self._credentials.password,
        }  # fmt: skip
        self._keep(await self._ask("POST", "/v1/auth/sign-up", body, None))

    def _keep(self, session: Any) -> None:
        self._token, self._expires_ms = session["access_token"], session["expires_ms"]
        self.tenant_id: str = session["tenant"]["id"]

    async def token(self) -> str:
        """A token that is good for another minute at least."""
        if self._token is None or self._expires_ms - self._clock.now_ms() < 60_000:
            await self.sign_in()
        assert self._token is not None
        return self._token

    async def get(self, path: str, shape: type[T]) -> T:
        """GET and decode. Raises RefusedError, Unanswered."""
        answer = await self._asks.ask("GET", path, None, await self.token())
        if answer.status != 200:
            raise RefusedError(f"GET {path}", answer)
        return msgspec.json.decode(answer.body, type=shape)

    async def post(self, path: str, body: Any) -> Any:
        """POST and decode. Raises RefusedError, Unanswered."""
        return await self._ask("POST", path, body, await self.token())

    async def patch(self, path: str, body: Any) -> Any:
        """PATCH and decode. Raises RefusedError, Unanswered."""
        return await self._ask("PATCH", path, body, await self.token())

    async def _ask(self, method: str, path: str, body: Any, token: str | None) -> Any:
        answer = await self._asks.ask(method, path, contract.encode(body), token)
        if not 200 <= answer.status < 300:
            raise RefusedError(f"{method} {path}", answer)
        return answer.json() if answer.body else None

    async def pages(self, path: str, shape: type[T]) -> AsyncIterator[T]:
        """Every item of a paged list."""
        cursor = ""
        while True:
            mark = "&" if "?" in path else "?"
            page = await self.get(f"{path}{mark}limit={PAGE}{cursor}", dict[str, Any])
            for item in page["items"]:
                yield msgspec.convert(item, shape)
            if not page["next"]:
                return
            cursor = f"&cursor={page['next']}"

    async def open_event(self, name: str, venue: str, *, starts_ms: int, ends_ms: int, **more: Any) -> str:
        """A venue and an event that takes orders; the event's id."""
        place = await self.post("/v1/venues", {"name": venue})
        new = {"name": name, "venue_id": place["id"], "starts_ms": starts_ms, "ends_ms": ends_ms}
        event = await self.post("/v1/events", new | more)
        await self.patch(f"/v1/events/{event['id']}", {"state": "open"})
        return str(event["id"])

    async def add_station(self, event_id: str, name: str, kind: str) -> str:
        """A station; its id."""
        made = await self.post(f"/v1/events/{event_id}/stations", {"name": name, "kind": kind})
        return str(made["id"])

    async def import_menu(self, event_id: str, menu: Any) -> Menu:
        """Put a menu on the event; as it is now."""
        made = await self.post(f"/v1/events/{event_id}/menu/import", menu)
        return msgspec.convert(made, Menu)

    async def menu(self, event_id: str) -> Menu:
        """The event's menu."""
        return await self.get(f"/v1/events/{event_id}/menu", Menu)

    async def register(self, event_id: str, guests: Sequence[Guest], *, at_once: int = 16) -> dict[str, str]:
        """Register guests and put their wristbands on; attendee id by uid."""
        ids: dict[str, str] = {}
        waiting = iter(guests)

        async def desk() -> None:
            for guest in waiting:
                made = await self.post(f"/v1/events/{event_id}/attendees", {"name": guest.name})
                await self.post(f"/v1/attendees/{made['id']}/tags", {"uid": guest.uid})
                ids[guest.uid] = made["id"]

        await _all([desk() for _ in range(at_once)])
        return ids

    async def pair(self, event_id: str, station_id: str, name: str) -> DeviceSession:
        """Pair a till, as somebody types the code at it."""
        code = await self.post(f"/v1/events/{event_id}/pairing-codes", {"station_id": station_id, "name": name})
        made = await self._ask("POST", "/v1/auth/device", {"code": code["code"], "name": name}, None)
        return msgspec.convert(made, DeviceSession)


async def _all(works: Sequence[Any]) -> None:
    """Run all; the first that fails ends the others."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
