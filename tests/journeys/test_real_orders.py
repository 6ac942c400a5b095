"""Real orders over HTTP (issue 2, shows 1): each exactly once on its tab, sums to the cent, books balanced to zero.

1,834 orders with 4,622 lines, 34,500.16 USD, by 20 tills at once, every order sent at least twice, in random
order and in requests of 1 to 100, two requests of each till racing each other, and every twentieth answer
lost on the way. The server and the worker are processes of their own, on a real socket.
"""

from __future__ import annotations

from collections import Counter

import pytest
from tests.support.processes import running_house

from barback.foundation.clock import SystemClock
from barback.sandbox import oracle
from barback.sandbox.office import Credentials, Office
from barback.sandbox.replay import Plan, prepare, replay
from barback.sandbox.wire import Pool

TOTAL_MINOR = 34_500_16
ORDERS = 1_834
LINES = 4_622


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_every_real_order_is_on_its_tab_exactly_once(database_url: str) -> None:
    async with running_house(database_url) as house:
        pool = Pool(house.url, 16)
        office = Office(pool, SystemClock(), Credentials("owner@chain.example", "three odd words"))
        await office.sign_up("The chain", currency="USD", time_zone="America/New_York", name="Owner")
        plan = Plan(tills=20, copies=2, guests=None)
        prepared = await prepare(office, plan)

        book = await replay(house.url, prepared, plan)

        assert await oracle.until_processed(office, prepared.event_id, within_s=60) == 0, house.logs
        seen = await oracle.look(office, prepared.event_id)
        found = oracle.judge(book, seen, wearers=prepared.wearers, total_minor=TOTAL_MINOR)
        assert [str(one) for one in found[:20]] == []
        # What the oracle cannot know: that it was this file, sent this way.
        assert len(seen.orders) == len(seen.tabs) == ORDERS
        assert sum(len(order.lines) for order in seen.orders) == LINES
        assert sum(order.total_minor for order in seen.orders) == TOTAL_MINOR
        assert book.sent >= 2 * ORDERS
        assert book.results() - Counter(accepted=ORDERS, duplicate=ORDERS) == Counter()
        assert not book.refusals
        assert not any(order.flags for order in seen.orders)
        pool.close()
