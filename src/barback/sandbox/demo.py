"""The demo night: a bar that has been open for hours when one looks in, and goes on selling.

`seed` runs before the server starts. It makes the sign-ins, then plays the evening so far against the
server's own application, in this process, on a clock that is set by hand: so every time in the database is
one that a real evening would have left. A second start finds it all there and changes nothing. What goes
on selling beside the server is in `demo_sales.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from barback.commerce import accounts, events
from barback.engine import Task, Worker
from barback.foundation.clock import Clock, HandClock, SystemClock
from barback.foundation.errors import Conflict
from barback.foundation.settings import Settings
from barback.sandbox import copper_still
from barback.sandbox.baskets import Taste
from barback.sandbox.book import Book, Sale
from barback.sandbox.contract import Menu
from barback.sandbox.evening import Evening, Notebook, TillState
from barback.sandbox.office import Credentials, Guest, Office
from barback.sandbox.tills import Basket, Till
from barback.sandbox.wire import Answer, Asks
from barback.storage import Database

PASSWORD = "last orders please"  # noqa: S105 - printed on the screen of whoever starts the demo
OWNER = Credentials("nora@copperstill.example", PASSWORD)
PEOPLE = (
    ("owner", "Nora Falk", OWNER.email),
    ("manager", "Tomas Reuter", "tomas@copperstill.example"),
    ("viewer", "Ines Brandt", "ines@copperstill.example"),
)
OPERATOR = Credentials("operator@barback.example", PASSWORD)
GUESTS = 160
MINUTE_MS = 60_000
OPEN_BEFORE_MINUTES = 170
OPEN_AFTER_HOURS = 8
ORDERS_PER_MINUTE = 5.5
"""The busiest hour of the real bar had 327 payments."""
UNKNOWN_TAGS_SHARE = 0.006


class Application(Protocol):
    """The server's ASGI application, as far as seeding needs it."""

    def running(self) -> contextlib.AbstractAsyncContextManager[Any]:
        """Open it; gives a context with `db`."""
        ...

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request."""
        ...


class InProcess:
    """Asks an ASGI application directly, without a network."""

    def __init__(self, application: Application) -> None:
        """An application that is running."""
        self._application = application

    async def ask(self, method: str, path: str, body: bytes | None = None, token: str | None = None) -> Answer:
        """Send a request and wait for the answer."""
        bare, _, query = path.partition("?")
        headers = [(b"host", b"demo"), (b"content-type", b"application/json")]
        headers += [(b"authorization", f"Bearer {token}".encode())] if token else []
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": bare, "raw_path": bare.encode(), "root_path": "", "query_string": query.encode(),
            "headers": headers,
            "client": ("127.0.0.1", 0), "server": ("demo", 80), "state": {},
        }  # fmt: skip
        status, chunks = 0, list[bytes]()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body or b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)
            chunks.append(message.get("body", b""))

        await self._application(scope, receive, send)
        return Answer(status, b"".join(chunks))


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Hundreds of requests that nobody made are no news for the log."""
    logger = logging.getLogger("barback.server")
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)


async def seed(
    settings: Settings, application: Callable[[Settings, Clock], Application], tasks: Sequence[Task[Any]]
) -> None:
    """Make the demo night in a migrated database, unless it is there. `application` makes the server's own."""
    with _quietly():
        await _seed(settings, application, tasks)


async def _seed(
    settings: Settings, application: Callable[[Settings, Clock], Application], tasks: Sequence[Task[Any]]
) -> None:
    notebook = Notebook(settings.database())
    now_ms = SystemClock().now_ms()
    clock = HandClock(now_ms)
    app = application(settings, clock)
    async with app.running() as context:
        async with context.db.reading() as tx:
            known = notebook.read()
            if known is not None and known.event_id in await events.events_by_ids(tx, [known.event_id]):
                return
        clock.advance(-OPEN_BEFORE_MINUTES * MINUTE_MS)
        asks = InProcess(app)
        office = Office(asks, clock, OWNER)
        await _people(context.db, office)
        notebook.write(await _evening(office, asks, context.db, clock, tasks))


async def _people(db: Database, office: Office) -> None:
    """The sign-ins; whoever is there already keeps their password."""
    await _person(db, *PEOPLE[0], tenant_id=None, business=copper_still.NAME)
    await office.sign_in()
    for person in PEOPLE[1:]:
        await _person(db, *person, tenant_id=office.tenant_id, business="")
    await _person(db, "operator", "Operator", OPERATOR.email, tenant_id=None, business="Barback")


async def _person(db: Database, role: str, name: str, email: str, *, tenant_id: str | None, business: str) -> None:
    with contextlib.suppress(Conflict):
        await accounts.create_user(
            db, email=email, name=name, role=role, tenant_id=tenant_id, business_name=business, password=PASSWORD,
            currency=copper_still.CURRENCY, time_zone=copper_still.TIME_ZONE,
        )  # fmt: skip


async def _evening(office: Office, asks: Asks, db: Database, clock: HandClock, tasks: Sequence[Task[Any]]) -> Evening:
    """The event with everything on it, and its sales up to now."""
    rng = random.Random(20)
    await _close_unfinished(office)
    starts_ms = clock.now_ms()
    event_id = await office.open_event(
        copper_still.EVENT, copper_still.VENUE, starts_ms=starts_ms,
        ends_ms=starts_ms + OPEN_BEFORE_MINUTES * MINUTE_MS + OPEN_AFTER_HOURS * 60 * MINUTE_MS,
    )  # fmt: skip
    menu = await office.import_menu(event_id, copper_still.menu())
    guests = [Guest(name, f"04{rng.getrandbits(48):012X}") for name in copper_still.guest_names(GUESTS, rng)]
    await office.register(event_id, guests, at_once=4)
    tills: list[TillState] = []
    for station, kind, count in copper_still.STATIONS:
        station_id = await office.add_station(event_id, station, kind)
        for number in range(1, count + 1):
            name = f"{station} {number}"
            tills.append(TillState(name, await office.pair(event_id, station_id, name)))
    evening = Evening(event_id, [guest.uid for guest in guests], tills)
    await _sales_so_far(evening, menu, asks, Worker(db, tasks), clock, rng)
    return evening


async def _close_unfinished(office: Office) -> None:
    """An evening that an interrupted start left half made."""
    async for event in office.pages("/v1/events", dict[str, Any]):
        if event["name"] == copper_still.EVENT and event["state"] == "open":
            await office.patch(f"/v1/events/{event['id']}", {"state": "closed", "name": f"{event['name']}, unfinished"})


async def _sales_so_far(
    evening: Evening, menu: Menu, asks: Asks, worker: Worker, clock: HandClock, rng: random.Random
) -> None:
    """Minute by minute: it fills up slowly, and comes in waves."""
    book = Book()
    stands = [Till(till.session, menu, book, clock) for till in evening.tills]
    taste = Taste(menu, rng, copper_still.POPULARITY)
    for minute in range(OPEN_BEFORE_MINUTES):
        filled = min(1.0, 0.15 + minute / 90)
        count = int(rng.gammavariate(4, ORDERS_PER_MINUTE / 4) * filled + rng.random())
        sold: dict[int, list[Sale]] = {}
        for place in range(count):
            number = rng.randrange(len(stands))
            at_ms = clock.now_ms() - MINUTE_MS + place * MINUTE_MS // count
            basket = Basket(whose(evening, rng), taste.basket())
            sold.setdefault(number, []).append(stands[number].ring_up(basket, at_ms=at_ms))
        await asyncio.gather(*(stands[number].send(asks, sales, rng) for number, sales in sold.items()))
        await worker.until_quiet()
        clock.advance(MINUTE_MS)
    await worker.retire()
    for stand, till in zip(stands, evening.tills, strict=True):
        till.seq, till.session = stand.seq, stand.session


def whose(evening: Evening, rng: random.Random) -> str:
    """A wristband: some guests drink more than others, and now and then nobody has registered it yet."""
    if rng.random() < UNKNOWN_TAGS_SHARE:
        return f"04FF{rng.getrandbits(16):010X}"
    return evening.uids[min(int(rng.betavariate(1.1, 1.6) * len(evening.uids)), len(evening.uids) - 1)]
