"""Where the live messages of long lines begin, so that claims do not walk over those that are gone (PostgreSQL).

What `leasing/floors.py` is for queues without lines, for each line that many messages were taken of: a *mark* behind
the last one that was taken, and a proven *floor* before which nothing is or can come. Most claims begin at the marks;
ten times a second they begin at the floors, and so does what was short of messages behind its mark. That a line has
nothing is only known from its floor.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial

from barback.engine import store
from barback.engine.messages import Stored
from barback.storage import Row, Transaction, statements

SQL = statements(__file__, "line_floors.sql")

LOOK_EVERY_S = 0.1
SHARE = 20
"""Looks take at most one part in so many of the time, however long they are."""
FORGET_EVERY_S = 300.0
LONG_MIN = 100
"""Lines that fewer were taken of have no floor: there is little to walk over."""
KNOWN_MAX = 10_000
_LEAST, _BEYOND = -(2**31), 2**31

Places = dict[str, dict[int, int]]
"""By line and priority."""


class LineFloors:
    """What one runner knows of the lines of one queue. `now` is seconds of a clock that only goes on."""

    def __init__(self) -> None:
        """Nothing: claims begin at the beginning."""
        self._taken: Counter[str] = Counter()
        self._floors: Places = {}
        self._marks: Places = {}
        self._until: list[tuple[str, int, int]] = []
        """What was taken when `_writers` wrote: when they have ended, nothing before it can come any more."""
        self._writers: frozenset[str] = frozenset()
        self._look_at = self._floor_at = self._forget_at = 0.0

    async def take(
        self, tx: Transaction, queue: str, asked: Sequence[tuple[str, int]], now: float | None = None
    ) -> list[Stored]:
        """Take of each line up to so many messages. Nobody else does: their turns are locked."""
        if tx.dialect != "postgres":
            return await _take_from_the_beginning(tx, queue, asked)
        now = time.monotonic() if now is None else now
        if now >= self._forget_at:
            # A row that was put in by hand may have any place.
            self._forget()
            self._forget_at = now + FORGET_EVERY_S
        if self._marks and now >= self._look_at:
            await self._look(tx, queue, now)
        starts = self._marks
        if now >= self._floor_at:
            starts, self._floor_at = self._floors, now + LOOK_EVERY_S
        rows: list[Stored] = []
        if others := [one for one in asked if one[0] not in self._marks]:
            lines, shares = map(list, zip(*others, strict=True))
            rows += store.rows_of(await tx.all(SQL.take, queue=queue, lines=lines, shares=shares))
        if known := [one for one in asked if one[0] in self._marks]:
            rows += (got := await _take_parts(tx, queue, known, starts))
            if starts is self._marks:
                count = Counter(row.line or "" for row in got)
                if short := [(line, n - count[line]) for line, n in known if count[line] < n]:
                    rows += await _take_parts(tx, queue, short, self._floors)
        self._mark(rows)
        return rows

    async def not_empty(self, tx: Transaction, queue: str, lines: Collection[str]) -> Sequence[Row]:
        """Those of `lines` in which something waits, also what others are just taking or hold for a moment."""
        if not lines:
            return []
        if tx.dialect != "postgres":
            return await tx.all(SQL.not_empty, queue=queue, lines=list(lines))
        return await tx.all(SQL.not_empty, queue=queue, **self.parts(lines))

    def parts(self, lines: Collection[str]) -> dict[str, list[str] | list[int]]:
        """`lines` without what lies before their floors, as parameters of a statement."""
        found = [(line, *part) for line in lines for part in _parts(self._floors.get(line, {}))]
        names, priorities, places, untils = map(list, zip(*found, strict=True))
        return {"lines": names, "priorities": priorities, "places": places, "untils": untils}

    def _forget(self) -> None:
        self._taken.clear()
        self._floors, self._marks, self._until = {}, {}, []

    def _mark(self, rows: Sequence[Stored]) -> None:
        self._taken.update(row.line or "" for row in rows)
        if len(self._taken) > KNOWN_MAX:
            self._forget()
        for row in rows:
            line = row.line or ""
            if self._taken[line] >= LONG_MIN:
                marks = self._marks.setdefault(line, {})
                marks[row.priority] = max(row.pos + 1, marks.get(row.priority, 0))

    async def _look(self, tx: Transaction, queue: str, now: float) -> None:
        """Raise the floors; that it is right is shown in `leasing/floors.py`."""
        began = time.perf_counter()
        marks = [(line, priority, pos) for line, its in self._marks.items() for priority, pos in its.items()]
        writers = frozenset(str(row["who"]) for row in await tx.all(SQL.writers))
        if not any(who in self._writers or who.startswith("-1/") for who in writers):
            if self._until:
                lines, priorities, untils = map(list, zip(*self._until, strict=True))
                places = [self._floors.get(line, {}).get(priority, 0) for line, priority, _ in self._until]
                found = await tx.all(
                    SQL.first, queue=queue, lines=lines, priorities=priorities, places=places, untils=untils
                )
                # If this transaction is undone, what it has deleted is there again.
                tx.after_commit(partial(self._raise, self._marks, found))
            self._writers, self._until = writers, marks
        self._look_at = now + max(LOOK_EVERY_S, (time.perf_counter() - began) * SHARE)

    def _raise(self, of: Places, found: Sequence[Row]) -> None:
        if of is self._marks:  # or all was forgotten meanwhile
            for row in found:
                self._floors.setdefault(row["line"], {})[row["priority"]] = row["pos"]


def _parts(starts: Mapping[int, int]) -> Iterator[tuple[int, int, int]]:
    """From each priority that has a place up to the next one; before the first everything."""
    priorities = sorted(starts)
    yield from zip(
        [_LEAST, *priorities], [0, *(starts[one] for one in priorities)], [*priorities, _BEYOND], strict=True
    )


async def _take_parts(tx: Transaction, queue: str, asked: Sequence[tuple[str, int]], starts: Places) -> list[Stored]:
    parts = [(line, n, *part) for line, n in asked for part in _parts(starts.get(line, {}))]
    lines, shares, priorities, places, untils = map(list, zip(*parts, strict=True))
    given = {"lines": lines, "shares": shares, "priorities": priorities, "places": places, "untils": untils}
    return store.rows_of(await tx.all(SQL.take_parts, queue=queue, **given))


async def _take_from_the_beginning(tx: Transaction, queue: str, asked: Sequence[tuple[str, int]]) -> list[Stored]:
    by_share: dict[int, list[str]] = {}
    for line, share in asked:
        by_share.setdefault(share, []).append(line)
    rows: list[Stored] = []
    for share, lines in by_share.items():
        rows += store.rows_of(await tx.all(SQL.take, queue=queue, lines=lines, share=share))
    return rows
