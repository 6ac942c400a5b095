"""A night of kills (issue 2, shows 2): nothing lost, nothing twice, no tab out of order.

The real orders again, shared by 150 guests so that every tab gets a dozen, from 20 tills. Meanwhile a
worker is killed with SIGKILL every second, one that holds messages if there is one, and the server once,
in the middle. A supervisor starts again whatever falls, as an operating system would. Then the oracle counts.

That this test can fail was shown by breaking a copy of the source, running it with the copy in front
(`PYTHONPATH=copy/src pytest tests/chaos`), and reading what the oracle said first:

    a settled batch keeps its lease, so it is taken over and done again    out of order
    the same, and process_order does not ask whether it is done already    wrong tab sum
    taking over from a dead worker forgets its messages                    200 orders never processed
    orders are enqueued without their tab as key                           same version, out of order
    the answer is sent before the commit                                   accepted as new twice
    an order that is stored already is accepted again                      accepted as new twice
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sys

import pytest
from tests.support.processes import Child, House, running_house

from barback.engine.store import SQL
from barback.foundation.clock import SystemClock
from barback.sandbox import oracle
from barback.sandbox.office import Credentials, Office
from barback.sandbox.replay import Plan, prepare, replay
from barback.sandbox.wire import Pool
from barback.storage import Database, open_database

TOTAL_MINOR = 34_500_16
ORDERS = 1_834
KILL_EVERY_S = 1.0
SERVER_DIES_AT = 5
BUSY_LOOKS = 40
BUSY_LOOK_EVERY_S = 0.005
RATE = 300.0


class Killer:
    """Kills a worker every second, if it can one that holds messages, and the server once."""

    def __init__(self, house: House, database: Database) -> None:
        self._house = house
        self._database = database
        self._turns = itertools.cycle(house.workers)
        self.workers = self.servers = self.in_hand = 0

    async def run(self, over: asyncio.Event) -> None:
        """Until the night is `over`."""
        for second in itertools.count(1):
            if await passed(KILL_EVERY_S, over):
                return
            victim = await self._somebody_busy(over) or next(self._turns)
            pid = victim.kill()
            self.workers += 1
            # A lease is in the database until it is settled: what is still there was in dead hands.
            self.in_hand += pid in await self._holders()
            if second == SERVER_DIES_AT:
                self._house.server.kill()
                self.servers += 1

    async def _somebody_busy(self, over: asyncio.Event) -> Child | None:
        for _ in range(BUSY_LOOKS):
            holders = await self._holders()
            for worker in self._house.workers:
                if worker.process.pid in holders:
                    return worker
            if await passed(BUSY_LOOK_EVERY_S, over):
                break
        return None

    async def _holders(self) -> set[int]:
        async with self._database.reading() as tx:
            return {int(str(row["worker"]).split(":")[1]) for row in await tx.all(SQL.lease_holders)}


async def passed(seconds: float, over: asyncio.Event) -> bool:
    """Wait for the night to be over, at most so long; whether it is."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(over.wait(), seconds)
    return over.is_set()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_nothing_is_lost_or_doubled_while_processes_are_killed(database_url: str) -> None:
    async with running_house(database_url, workers=3) as house:
        pool = Pool(house.url, 16)
        office = Office(pool, SystemClock(), Credentials("owner@chain.example", "three odd words"))
        await office.sign_up("The chain", currency="USD", time_zone="America/New_York", name="Owner")
        plan = Plan(tills=20, copies=2, guests=150, rate=RATE, answer_s=5.0)
        prepared = await prepare(office, plan)

        database = await open_database(database_url, bells=False)
        over, killer = asyncio.Event(), Killer(house, database)
        killing = asyncio.create_task(killer.run(over))
        book = await replay(house.url, prepared, plan)
        over.set()
        await killing
        await database.close()

        assert await oracle.until_processed(office, prepared.event_id, within_s=60) == 0, house.logs
        seen = await oracle.look(office, prepared.event_id)
        found = oracle.judge(book, seen, wearers=prepared.wearers, total_minor=TOTAL_MINOR)
        sys.stdout.write(f"{killer.workers} workers killed, {killer.in_hand} with messages; {dict(book.failures)}\n")
        assert [str(one) for one in found[:20]] == [], house.logs
        assert len(seen.orders) == ORDERS
        assert len(seen.tabs) == 150
        # The night was as bad as it says.
        assert killer.workers >= 10
        assert killer.servers == 1
        assert killer.in_hand >= 1
        assert book.failures["no connection"] + book.failures["connection lost"] > 0
        pool.close()
