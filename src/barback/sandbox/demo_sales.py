"""The demo night goes on: gentle sales over HTTP at the running server, so that screens move."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
from collections.abc import Sequence
from typing import Any

from barback.foundation.clock import SystemClock
from barback.foundation.settings import Settings
from barback.sandbox import copper_still, demo
from barback.sandbox.baskets import Taste
from barback.sandbox.book import Book, Sale
from barback.sandbox.contract import Menu
from barback.sandbox.demo import OWNER, whose
from barback.sandbox.evening import Evening, Notebook
from barback.sandbox.office import Office, RefusedError
from barback.sandbox.tills import Basket, GivenUp, Till
from barback.sandbox.wire import Asks, Pool, Unanswered

HOUR_MS = 3_600_000
SALES_PER_MINUTE = 18
"""Livelier than any real hour was, so that whoever looks for a minute sees it move."""
LOOK_EVERY_S = 0.2


class Seller:
    """Sells on, gently, over HTTP."""

    def __init__(
        self,
        notebook: Notebook,
        evening: Evening,
        menu: Menu,
        asks: Asks,
        rng: random.Random,
        *,
        patience_s: float = 120.0,
    ) -> None:
        """`asks`: the running server. `patience_s`: how long a sale is tried before it is left for later."""
        self._notebook, self._evening, self._asks, self._rng = notebook, evening, asks, rng
        self._book = Book()
        clock = SystemClock()
        self._stands = [
            Till(till.session, menu, self._book, clock, seq=till.seq, patience_s=patience_s) for till in evening.tills
        ]
        self._taste = Taste(menu, rng, copper_still.POPULARITY)

    async def finish(self) -> None:
        """Send what an earlier start had sold and not sent."""
        for number, till in enumerate(self._evening.tills):
            if till.unsent:
                await self._send(number, [self._book.sold(order, 0.0) for order in till.unsent])

    async def sell_one(self) -> None:
        """One guest at one till."""
        number = self._rng.randrange(len(self._stands))
        till, state = self._stands[number], self._evening.tills[number]
        sale = till.ring_up(Basket(whose(self._evening, self._rng), self._taste.basket()))
        state.seq = till.seq
        state.unsent.append(sale.order)
        self._notebook.write(self._evening)
        await self._send(number, [sale])

    async def _send(self, number: int, sales: Sequence[Sale]) -> None:
        state = self._evening.tills[number]
        try:
            await self._stands[number].send(self._asks, sales, self._rng)
        except GivenUp:
            return  # it stays written down, and is sent at the next start
        answered = {sale.order.id for sale in sales}
        state.unsent = [order for order in state.unsent if order.id not in answered]
        state.session = self._stands[number].session
        self._notebook.write(self._evening)
        # The demo runs for days: what is answered is the server's to remember.
        self._book.sales.clear()
        self._book.waits.clear()

    def rest_s(self) -> float:
        """How long until the next guest."""
        return self._rng.expovariate(SALES_PER_MINUTE / 60)


async def sell(settings: Settings, stop: asyncio.Event) -> None:
    """Print who can sign in, then sell at the running server until `stop`."""
    address = f"http://{settings.host}:{settings.port}"
    asks = Pool(address, 2)
    office = Office(asks, SystemClock(), OWNER)
    notebook = Notebook(settings.database())
    if not await _signed_in(office, stop):
        return
    evening = notebook.read()
    if evening is None:
        _say(f"There is no demo night at {notebook.path}; `barback run --demo` makes one.")
        await stop.wait()
        return
    await _stay_open(office, evening.event_id)
    sys.stdout.write(await welcome(office, evening, settings.public_url or address))
    sys.stdout.flush()
    seller = Seller(notebook, evening, await office.menu(evening.event_id), asks, random.Random())
    await seller.finish()
    while not stop.is_set():
        await seller.sell_one()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seller.rest_s())


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


async def _signed_in(office: Office, stop: asyncio.Event) -> bool:
    """Wait for the server. False when there is nothing (any more) to do; then `stop` is set."""
    while not stop.is_set():
        try:
            await office.sign_in()
        except Unanswered:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_EVERY_S)
        except RefusedError as error:
            _say(f"The demo night stands still: {error}")
            await stop.wait()
        else:
            return True
    return False


async def _stay_open(office: Office, event_id: str) -> None:
    """A night that is over by the clock goes on: whoever starts it the next day wants to see it move."""
    event = await office.get(f"/v1/events/{event_id}", dict[str, Any])
    now_ms = SystemClock().now_ms()
    if event["ends_ms"] < now_ms + HOUR_MS:
        await office.patch(f"/v1/events/{event_id}", {"ends_ms": now_ms + demo.OPEN_AFTER_HOURS * HOUR_MS})


async def welcome(office: Office, evening: Evening, address: str) -> str:
    """Addresses, sign-ins, a guest's link and a pairing code, one a line; nothing is cut, so that it can be copied."""
    tabs = await office.get(f"/v1/events/{evening.event_id}/tabs?limit=200", dict[str, Any])
    busiest = max(tabs["items"], key=lambda tab: int(tab["order_count"]))
    link = await office.post(f"/v1/tabs/{busiest['id']}/link", None)
    new = {"station_id": evening.tills[0].session.station_id, "name": "Your till"}
    code = str((await office.post(f"/v1/events/{evening.event_id}/pairing-codes", new))["code"])
    rows = [
        ("Office", f"{address}/office", f"{demo.OWNER.email}  (owner)"),
        *(("", "", f"{email}  ({role})") for role, _, email in demo.PEOPLE[1:]),
        ("Console", f"{address}/console", demo.OPERATOR.email),
        ("Till", f"{address}/till", f"pairing code {code[:4]}-{code[4:]}, for ten minutes; new ones in the office"),
        ("Guest", f"{address}/t/{link['link']}", f"the phone of {busiest['label']}"),
        ("API", f"{address}/docs", ""),
        ("Password", demo.PASSWORD, "for every sign-in"),
    ]
    widths = [max(len(row[column]) for row in rows) + 2 for column in (0, 1)]
    lines = [f"  {what:<{widths[0]}}{where:<{widths[1]}}{who}".rstrip() for what, where, who in rows]
    return "\n".join(["", f"{copper_still.NAME} is open. Ctrl-C closes it; what was sold stays.", "", *lines, "", ""])
