"""Where the live messages of a ready table begin, so that claims do not walk over those that are gone (PostgreSQL).

While somebody keeps a snapshot open nothing may be removed: everything claimed since lies in the way of the next
claim, a million rows after half a minute. So a runner remembers, by priority, two places:

- the *floor*: no message before it is there, or can ever come. It is proven, not guessed (`_look`).
- the *mark*: behind the last message that was claimed. Most claims begin here. What came late (its place was given
  out before others', its commit came after theirs) lies between floor and mark: a claim that begins at the floor
  finds it, ten times a second, and whenever a claim from the mark finds nothing.

All of it is memory of one process: who begins anew begins at the beginning.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial

from barback.engine import store
from barback.engine.messages import Stored
from barback.engine.store import SQL
from barback.storage import Transaction

LOOK_EVERY_S = 0.1
SHARE = 20
"""Looks and claims from the floor take at most one part in so many of the time, however long they are."""
FORGET_EVERY_S = 300.0
PRIORITIES_MAX = 32
_LEAST, _BEYOND = -(2**31), 2**31


class Floors:
    """What one runner knows of one queue. `now` is seconds of a clock that only goes on."""

    def __init__(self) -> None:
        """Nothing: claims begin at the beginning."""
        self._floors: dict[int, int] = {}
        self._marks: dict[int, int] = {}
        self._writers: frozenset[str] = frozenset()
        self._until: dict[int, int] = {}
        """What was claimed when `_writers` wrote: when they have ended, nothing before it can come any more."""
        self._look_at = self._floor_at = self._forget_at = 0.0
        self._is_dear = False

    async def take(self, tx: Transaction, queue: str, n: int, *, crowded: bool, now: float) -> list[Stored]:
        """Take up to `n` messages that can run out of the ready table. `crowded`: the last claim was full."""
        if tx.dialect != "postgres":
            return store.rows_of(await tx.all(SQL.ready_claim, queue=queue, n=n))
        if now >= self._look_at and (crowded or self._is_dear):
            # Where little waits and claims are quick there is nothing to walk over: each look is a part of the latency.
            await self._look(tx, queue, now)
        rows: list[Stored] = []
        if now < self._floor_at and (crowded or self._is_dear):
            rows = await self._from(tx, queue, n, self._marks)
        return rows or await self._from_floor(tx, queue, n, now)

    def parts(self, starts: Mapping[int, int] | None = None) -> dict[str, list[int]]:
        """The ready table without what lies before the floors (or `starts`), as parameters of a statement."""
        starts = self._floors if starts is None else starts
        priorities = sorted(starts)
        return {
            "priorities": [_LEAST, *priorities],
            "places": [0, *(starts[priority] for priority in priorities)],
            "untils": [*priorities, _BEYOND],
        }

    def mark(self, rows: Sequence[Stored]) -> None:
        """These were claimed, in order."""
        last = {row.priority: row.pos + 1 for row in rows}
        for priority, place in last.items():
            self._marks[priority] = max(place, self._marks.get(priority, 0))
        if len(self._marks) > PRIORITIES_MAX:
            self._floors, self._marks, self._until = {}, {}, {}

    async def _from_floor(self, tx: Transaction, queue: str, n: int, now: float) -> list[Stored]:
        whole = now >= self._forget_at
        if whole:
            # A row that was put in by hand may have any place.
            self._floors, self._until = {}, {}
        began = time.perf_counter()
        rows = await self._from(tx, queue, n, self._floors)
        took_s = time.perf_counter() - began
        self._is_dear = took_s * SHARE > LOOK_EVERY_S
        self._floor_at = now + max(LOOK_EVERY_S, took_s * SHARE)
        if whole:
            self._forget_at = now + max(FORGET_EVERY_S, took_s * SHARE * SHARE)
        return rows

    async def _from(self, tx: Transaction, queue: str, n: int, starts: Mapping[int, int]) -> list[Stored]:
        rows = store.rows_of(await tx.all(SQL.ready_claim, queue=queue, n=n, **self.parts(starts)))
        self.mark(rows)
        return rows

    async def _look(self, tx: Transaction, queue: str, now: float) -> None:
        """Raise the floors.

        Whoever adds a message locks the table (not against others) before its place is given out, until the commit
        can be seen. So when all who held that lock after we had claimed place p have ended, every message up to p
        is there to be seen, or gone for good; and the first one that is seen is the floor. One that somebody is
        just claiming is seen still, until that is committed.
        """
        began, marks = time.perf_counter(), dict(self._marks)
        writers = frozenset(str(row["who"]) for row in await tx.all(SQL.ready_writers))
        if not any(who in self._writers or who.startswith("-1/") for who in writers):
            if self._until:
                starts = {priority: self._floors.get(priority, 0) for priority in self._until}
                untils = self._until
                found = await tx.all(
                    SQL.ready_first,
                    queue=queue,
                    priorities=list(starts),
                    places=list(starts.values()),
                    untils=list(untils.values()),
                )
                # If this transaction is undone, what it has deleted is there again.
                floors = {row["priority"]: row["pos"] for row in found}
                tx.after_commit(partial(self._floors.update, floors))
            self._writers, self._until = writers, marks
        self._look_at = now + max(LOOK_EVERY_S, (time.perf_counter() - began) * SHARE)
