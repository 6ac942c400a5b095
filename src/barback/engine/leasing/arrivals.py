"""Keyed messages that just came: from where they are to the lines of their keys (see lanes.py), in order.

A key with a long backlog must not hold up those that came after it. So a runner remembers which keys are *busy*:
so much of them is parked already that theirs may wait where they are, and others are taken from between them. What
is left behind goes into its line when claims have room, or when the key has used up what is parked: a page at a time.

To leave messages where they are is always in order. To begin behind them is, as long as nothing of other keys is
there, or can still come: that is what the *floor* says, which is proven as those of ready messages are (floors.py).
Whoever forgets that a key is busy begins at the beginning.

All of it is memory of one process.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Sequence
from functools import partial
from operator import attrgetter

from barback.engine import store
from barback.engine.leasing import lanes
from barback.engine.messages import Stored
from barback.storage import Transaction, statements

SQL = statements(__file__, "arrivals.sql")

ROUTE_MAX = 1_000
"""Arrivals that a claim puts into their lines when it has little room, for itself and those that follow."""
PAGE_MIN = 50
"""With so much room it puts as many into their lines as it can take."""
LOOK_MAX = 20_000
"""Arrivals that a page walks over."""
BUSY_SHARE, BUSY_LEAST = 16, 8
"""A key is busy with a sixteenth of a page, and with at least eight messages."""
BUSY_S = 1.0
"""How long a key counts as busy: another worker may have used up what is parked."""
LOOK_EVERY_S = 0.1
FORGET_EVERY_S = 300.0
_ANYWHERE = 2**62
IN_ORDER = attrgetter("pos")


async def route_arrivals(tx: Transaction, queue: str, limit: int) -> tuple[list[Stored], int]:
    """Put the first `limit` arrivals into their lanes; returns the new heads and how many arrivals there were.

    The heads are in no table now: the caller claims them or puts them back with `store.add_ready`.
    """
    arrivals = await _out(tx, queue, limit, 0, [])
    return (await lanes.enter(tx, queue, arrivals) if arrivals else []), len(arrivals)


async def route_key(tx: Transaction, queue: str, key: str, limit: int) -> list[Stored]:
    """Put the first `limit` arrivals of `key` into its line; a new head, if it had none.

    For who wants to see all of it there: waits for whoever is routing. The head is in no table now.
    """
    await lanes.hold_gate(tx, queue)
    rows = store.rows_of(await tx.all(SQL.arrival_of_key, queue=queue, key=key, n=limit), key=IN_ORDER)
    return await lanes.enter(tx, queue, rows) if rows else []


async def _out(tx: Transaction, queue: str, n: int, place: int, busy: Sequence[str]) -> list[Stored]:
    """Up to `n` arrivals from a place on out of their table, in order, but those of `busy` keys."""
    look = LOOK_MAX if busy else n
    found = await tx.all(SQL.arrival_take, queue=queue, n=n, place=place, look=look, busy=list(busy))
    return store.rows_of(found, key=IN_ORDER)


class Arrivals:
    """What one runner knows of the arrivals of its queue."""

    def __init__(self) -> None:
        """Nothing: begins at the beginning."""
        self._floor = self._reach = 0
        """Nothing before it is there but messages of busy keys, and nothing can come.

        `_reach`: the same, if the transaction is not undone."""
        self._forgotten = 0
        """How often it was begun anew."""
        self._busy: dict[str, float] = {}
        """Until when (`time.monotonic`) nobody looks whether they still are."""
        self._parking = False
        """Whether others left room in the last claim."""
        self._settled = 0
        """Up to here all that has a place can be seen, or is gone for good."""
        self._last, self._writers = 0, frozenset[str]()
        self._look_at = self._forget_at = 0.0

    async def heads(self, tx: Transaction, queue: str, room: int, loose: lanes.Loose | None = None) -> list[Stored]:
        """New heads, for a claim that has room for so many; there may be more, which are ready then.

        They are in no table now; `loose` as in `lanes.enter`. Where others leave room, a page of what busy keys have
        left behind is parked next.
        """
        heads, _ = await self._next(
            tx, queue, room if room >= PAGE_MIN else ROUTE_MAX, parking=self._parking, loose=loose
        )
        # Most busy keys have a head already, which brought none.
        self._parking = bool(self._busy) and not self._parking and len(heads) + len(self._busy) < room
        return heads

    async def some(
        self, tx: Transaction, queue: str, n: int, loose: lanes.Loose | None = None
    ) -> tuple[list[Stored], int]:
        """Put up to `n` arrivals into their lines, for a claim that others could fill; heads, and how many in all."""
        return await self._next(tx, queue, n, parking=False, loose=loose)

    def ended(self, moved: Collection[str], offered: Sequence[Stored]) -> None:
        """The heads of `moved` ended, and `offered` follow them: busy keys without one have nothing parked any more."""
        if self._busy and (gone := self._busy.keys() & set(moved)):
            self._busy.update(dict.fromkeys(gone - {row.key for row in offered}, 0.0))

    async def _next(
        self, tx: Transaction, queue: str, n: int, *, parking: bool, loose: lanes.Loose | None
    ) -> tuple[list[Stored], int]:
        """One page, or what busy keys left behind, if it is time; those of whom little is left are busy no more.

        Only one of them: a transaction enters lanes once, in order, or two could wait for each other.
        """
        now = time.monotonic()
        self._reach = self._floor
        if now >= self._forget_at:
            self._begin_anew([])
            self._forget_at = now + FORGET_EVERY_S
        old = {key for key, until in self._busy.items() if until <= now}
        if not old and not parking:
            rows = await self._page(tx, queue, n)
            many = self._note(rows)
        else:
            rows = await _out(tx, queue, ROUTE_MAX, 0, [])
            many = self._note(rows)
            if over := old.difference(many):
                self._begin_anew(over)
        if many:
            rows += await self._others(tx, queue, n - len({row.key for row in rows}))
        return (await lanes.enter(tx, queue, rows, loose) if rows else []), len(rows)

    async def _page(self, tx: Transaction, queue: str, n: int) -> list[Stored]:
        """Up to `n` arrivals, those of busy keys aside."""
        place, busy = self._reach, list(self._busy)
        settled = await self._settled_to(tx) if busy else 0
        rows = await _out(tx, queue, n, place, busy)
        if busy and len(rows) == n:
            self._reach = max(place, min(rows[-1].pos, settled) + 1)
        elif busy:
            look = await tx.one(SQL.arrival_pass, queue=queue, place=place, look=LOOK_MAX, busy=busy)
            assert look is not None
            if look["n"]:
                passed = look["last"] + 1 if look["other"] is None else look["other"]
                self._reach = max(place, min(passed, settled + 1))
            if look["n"] == LOOK_MAX and self._reach == place and not rows:
                # Nothing but busy keys as far as one looks, and who adds messages has not ended: no way around them.
                rows = await _out(tx, queue, n, 0, [])
        tx.after_commit(partial(self._rise, self._reach, self._forgotten))
        return rows

    def _note(self, rows: Sequence[Stored]) -> list[str]:
        """Which keys have much of these: they are busy now."""
        counts = Counter([row.key for row in rows])
        if len(counts) == len(rows):
            return []
        enough = max(BUSY_LEAST, len(rows) // BUSY_SHARE)
        many = [str(key) for key, count in counts.most_common(BUSY_SHARE) if count > enough]
        # If this transaction is undone they count as busy without anything parked, for as long.
        self._busy.update(dict.fromkeys(many, time.monotonic() + BUSY_S))
        return many

    async def _others(self, tx: Transaction, queue: str, n: int) -> list[Stored]:
        """Up to `n` arrivals from between those of busy keys, which had taken their room in the page.

        From the floor on, not from behind the page: what was committed since may have a place before its end.
        """
        return await _out(tx, queue, n, self._reach, list(self._busy)) if n > 0 else []

    async def _settled_to(self, tx: Transaction) -> int:
        """When all have ended who held a lock on the table after a place was given out, all up to there is settled."""
        now = time.monotonic()
        if tx.dialect != "postgres":
            return _ANYWHERE
        if now >= self._look_at:
            last = await tx.one(SQL.arrival_last)
            assert last is not None
            writers = frozenset(str(row["who"]) for row in await tx.all(SQL.arrival_writers))
            if not writers:
                self._settled = last["pos"]
            if not any(who in self._writers or who.startswith("-1/") for who in writers):
                self._settled = max(self._settled, self._last)
                self._last, self._writers = last["pos"], writers
            self._look_at = now + LOOK_EVERY_S
        return self._settled

    def _rise(self, floor: int, forgotten: int) -> None:
        if forgotten == self._forgotten:
            self._floor = floor

    def _begin_anew(self, keys: Collection[str]) -> None:
        """They count as busy no more: what they have left behind comes before what comes for them."""
        for key in keys:
            del self._busy[key]
        self._floor = self._reach = 0
        self._forgotten += 1
