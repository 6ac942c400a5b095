"""Turns: how the runner of a queue shares its time between bundles and single messages."""

from __future__ import annotations

import time
from dataclasses import dataclass

from barback.engine import store
from barback.engine.bulk import bundles
from barback.engine.fairness import lines
from barback.engine.fairness.newcomers import Newcomers
from barback.engine.leases import Lease
from barback.engine.leasing import at_once, claims
from barback.engine.leasing.at_once import Glance
from barback.engine.leasing.claims import Settled
from barback.engine.leasing.sight import Sight
from barback.storage import Transaction

AT_ONCE_MAX = 10
"""Bundles in one lease, when their handlers are quick."""
QUICK_S, SLOW_S = 0.025, 0.1
LOOK_EVERY_S = 1.0
MANY = 1 << 20
"""More messages than anybody claims at once."""


@dataclass(frozen=True)
class Seen:
    """Where a claim must look, besides among messages that can run.

    `aside`: those that are tried alone. `due`: those whose time has come. `arrived`: keyed ones that just came.
    """

    aside: bool = True
    due: bool = True
    arrived: bool = True


class Turns:
    """Bundles and single messages take turns where both wait and are as urgent; the more urgent go first.

    A runner that is busy with single messages looks for bundles once a second, so that a queue without
    any pays nothing.
    """

    def __init__(self, queue: str, *, counts: bool) -> None:
        """Starts with one bundle at once; quick ones become more. `counts`: claims of lines always take tokens."""
        self._queue = queue
        self.sight = Sight(newcomers=Newcomers(counts))
        self._bundles_next = True
        self._look_at = 0.0
        self._at_once = 1
        self._fit = MANY

    async def look(self, tx: Transaction) -> Seen:
        """One statement that spares a claim three others, which seldom find anything. What comes after it rings."""
        row = await tx.one(store.SQL.at_hand, queue=self._queue, now_ms=tx.now_ms)
        assert row is not None
        return Seen(bool(row["aside"]), bool(row["due"]), bool(row["arrived"]))

    def may_glance(self, dialect: str) -> bool:
        """Whether a claim in one statement may find something (see `at_once.py`)."""
        return dialect == "postgres" and not (self.sight.lined and self.sight.crowded)

    def may_end(self, lease: Lease, dialect: str) -> bool:
        """Whether a lease can end in the statement that claims the next one. Deep backlogs have their own claim."""
        sight = self.sight
        plain = sight.plain and not sight.crowded and not lease.packs and not lease.alone
        return (
            plain
            and lease.lined == bool(sight.lined)
            and self.may_glance(dialect)
            and all(row.key is None and row.about is None for row in lease.rows)
        )

    async def glance(
        self,
        tx: Transaction,
        worker: str,
        limit: int,
        *,
        singly: bool = False,
        ending: Lease | None = None,
        relaxed: bool = False,
    ) -> Glance:
        """Claim in one statement, if messages that can run are all there is. The last one of `tx`. See `at_once`."""
        how = {"singly": singly, "relaxed": relaxed}
        return await at_once.claim(tx, self._queue, worker, min(limit, self._fit), self.sight, ending=ending, **how)

    async def put_back(self, tx: Transaction, settled: Settled) -> None:
        """What settling hands to the next claim, when there is none."""
        await store.add_ready(tx, settled.heads)
        await lines.free(tx, self._queue, settled.freed)

    async def claim(self, tx: Transaction, worker: str, limit: int, settled: Settled, seen: Seen) -> Lease | None:
        """The next lease: bundles, or up to `limit` messages, first those that `settled` hands out.

        Who asks for one message gets one: of bundles he has one taken apart.
        """
        limit = min(limit, self._fit)
        if limit == 1 and not settled.heads and not self.sight.lined:
            return next(iter(await self.claim_singly(tx, worker, 1, Seen())), None)
        slack = self._slack()
        if slack is not None:
            packed = await self._bundles(tx, worker, slack)
            if packed is not None:
                await self.put_back(tx, settled)
                return packed
        offered, due = settled.heads, dict[str, int]()
        self.sight.arrivals.ended(settled.moved, offered)
        if seen.due:
            offered = [*offered, *await claims.take_due(tx, self._queue, limit, due, self.sight)]
        leases = await claims.claim(
            tx, self._queue, worker, limit, offered=offered, sight=self.sight, freed=settled.freed, arrived=seen.arrived
        )
        if leases:
            leases[0].due = due
            return leases[0]
        packed = await self._bundles(tx, worker, bundles.ANY_PRIORITY)
        if packed is None and self.sight.lined and self._look_at == 0.0:
            # Bundles were taken apart into lines.
            leases = await claims.claim(tx, self._queue, worker, limit, sight=self.sight)
        return leases[0] if leases else packed

    async def claim_singly(self, tx: Transaction, worker: str, limit: int, seen: Seen) -> list[Lease]:
        """A lease for each message. Bundles are taken apart for it: one a second, or where nothing else waits."""
        slack = self._slack()
        if slack is not None:
            self._look_at = time.monotonic() + LOOK_EVERY_S
            await bundles.take_apart(tx, self._queue, slack=slack)
        due: dict[str, int] = {}
        offered = await claims.take_due(tx, self._queue, limit, due, self.sight) if seen.due else []
        leases = await claims.claim(
            tx, self._queue, worker, limit, offered=offered, singly=True, sight=self.sight, arrived=seen.arrived
        )
        for lease in leases:
            lease.due = due
        if not leases and await bundles.take_apart(tx, self._queue):
            leases = await claims.claim(tx, self._queue, worker, limit, singly=True, sight=self.sight)
        return leases

    def took(self, lease: Lease, seconds: float) -> None:
        """So long a lease took, claim to commit: of quick bundles more are taken at once."""
        self._fit = min(MANY, self._fit + self._fit // 10 + 1)
        if not lease.packs:
            return
        if seconds < QUICK_S:
            self._at_once = min(AT_ONCE_MAX, self._at_once * 2)
        elif seconds > SLOW_S:
            self._at_once = max(1, self._at_once // 2)

    def took_too_long(self, lease: Lease) -> None:
        """It was more than its handlers could do in their time, or one of them hung: the next are half as large.

        They grow again as they go well, for nobody can tell which of the two it was.
        """
        self._at_once = 1
        self._fit = max(1, len(lease.rows) // 2)

    def _slack(self) -> int | None:
        """How urgent bundles must be to go now (see `bundle_find`); None: it is not time to look."""
        return None if time.monotonic() < self._look_at else int(self._bundles_next)

    async def _bundles(self, tx: Transaction, worker: str, slack: int) -> Lease | None:
        if self.sight.lined:
            # Its messages take turns, each by itself.
            found = await bundles.take_apart(tx, self._queue, n=AT_ONCE_MAX)
            self._look_at = 0.0 if found else time.monotonic() + LOOK_EVERY_S
            return None
        lease = await bundles.claim(tx, self._queue, worker, self._at_once, slack=slack)
        self._bundles_next = lease is None
        self._look_at = 0.0 if lease is not None or slack == 0 else time.monotonic() + LOOK_EVERY_S
        return lease
