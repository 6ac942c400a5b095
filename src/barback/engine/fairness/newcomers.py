"""Lines that just got messages after a rest, in queues where nothing limits lines: they are served at once.

Most lines of a queue shared by thousands are quiet: a message now and then. To open a turn for it, take it and close
it again costs more than the message. So a claim first takes what such lines brought, without any row of a turn, and
then gives the rest of its room to the lines that have a backlog and take turns. A line that brings more than its
share, or that had a turn's worth since the line which now waits longest had its own, takes turns with the others.

Where more of them wait than a claim can take, an eighth of it is for those that came last: what comes now does not
wait behind all that came before it. A line has that until it had a whole turn while what waited then is served; however
many have it, nobody waits longer for it than an eighth of the time.

Such a claim counts no tokens: its lease says so. Whoever sets a limit waits until no such claim is under way
and counts what the leases hold (`begin_change`), so that limits are exact from the first claim that goes by them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from barback.engine import store
from barback.engine.fairness.line_floors import LineFloors
from barback.engine.messages import Stored
from barback.storage import Row, Transaction, statements

SQL = statements(__file__, "newcomers.sql")

LOOK_MORE = 20
LOOK_MAX = 10_000
"""News that one claim looks at, where many are of the same lines."""
TURNS_IN_CLAIM = 100
"""A turn is at least this part of a claim: less would be more work than it is fair."""
SHARE_OF_LAST = 8
REMEMBERED_MAX = 50_000


def quantum(limit: int) -> int:
    """How many messages one turn is at least, where a claim takes `limit`."""
    return max(1, limit // TURNS_IN_CLAIM)


@dataclass
class Heard:
    """What a claim took at once, and the lines that take turns from now on, each with its place (0: at the front).

    `last`: the lines that were served before others, because they came last.
    """

    rows: list[Stored] = field(default_factory=list[Stored])
    opened: dict[str, int] = field(default_factory=dict[str, int])
    last: set[str] = field(default_factory=set[str])


@dataclass(frozen=True)
class Served:
    """What a line had at once: `count` messages since `since_ms`, the last of them at `last_ms`."""

    since_ms: int
    last_ms: int
    count: int


@dataclass
class Newcomers:
    """When one runner served lines at once. `counts`: its claims take tokens, whatever the limits are.

    While news is left over, a round lasts until all that waited when it began is heard: from `_round_ms`, up to the
    place `_round_until`. `_owed` eighths of messages are for those that came last. `floors`: where long lines begin.
    """

    counts: bool = False
    floors: LineFloors = field(default_factory=LineFloors)
    _served: dict[str, Served] = field(default_factory=dict[str, Served])
    _left_over: bool = False
    _round_ms: int = 0
    _round_until: int = -1
    _owed: int = 0

    async def hear(self, tx: Transaction, queue: str, limit: int) -> Heard | None:
        """Take up to `limit` messages of lines that just came. None: claims must count tokens now; nothing was done.

        The rows of turns are not touched: that comes after it.
        """
        if self.counts or not await _uncounted(tx, queue):
            return None
        n = limit + LOOK_MORE
        found = await tx.all(SQL.news_look, queue=queue, after=0, n=n)
        if found[0]["bound"]:
            return None
        news, first_turn = [row for row in found if row["pos"] is not None], found[0]["first_turn"]
        share = quantum(limit)
        quiet = self._quiet(news, first_turn, share)
        if len(news) == n and len(quiet) < limit // 2:
            # Much news of few lines: whoever came behind them must not wait for that.
            more = await tx.all(SQL.news_look, queue=queue, after=news[-1]["pos"], n=LOOK_MAX)
            news += [row for row in more if row["pos"] is not None]
            quiet = self._quiet(news, first_turn, share)
        # Those that were served a moment ago have their turn when the others had theirs; most have nothing by now.
        others = list({str(row["line"]) for row in news} - quiet.keys())
        waiting: Sequence[Row] = await self.floors.not_empty(tx, queue, others)
        heard = Heard(opened={row["line"]: self._place_of(row["line"]) for row in waiting})
        places: list[int] = []
        if news and (self._left_over or len(news) >= n):
            places = await self._take_last(tx, queue, limit, news, first_turn, heard)
        first, left = [line for line in quiet if line not in heard.last], set[str]()
        if first:
            since_ms = self._round_ms if first_turn is None else first_turn
            left = await self._take(tx, queue, first, limit - len(heard.rows), share, heard, since_ms)
        self._left_over = bool(left)
        places += [row["pos"] for row in news if row["line"] not in left]
        if places:
            await tx.run(SQL.news_drop, queue=queue, places=places)
        return heard

    async def _take_last(
        self, tx: Transaction, queue: str, limit: int, news: Sequence[Row], first_turn: int | None, heard: Heard
    ) -> list[int]:
        """Take a part for lines that came last, though others still wait. The places of what they brought."""
        n, self._owed = divmod(self._owed + limit, SHARE_OF_LAST)
        if n == 0:
            return []
        last = await tx.all(SQL.news_last, queue=queue, after=news[0]["pos"], n=n)
        if news[0]["pos"] > self._round_until:
            self._round_ms, self._round_until = tx.now_ms, max([news[-1]["pos"], *(row["pos"] for row in last)])
        since_ms, share = self._round_ms if first_turn is None else min(first_turn, self._round_ms), quantum(limit)
        lines = list(self._unserved([row["line"] for row in last], since_ms, share))
        left = await self._take(tx, queue, lines, n, share, heard, since_ms) if lines else set[str]()
        heard.last = set(lines) - left
        return [row["pos"] for row in last if row["line"] in heard.last]

    def served(self, rows: Sequence[Stored], now_ms: int) -> None:
        """The lines of `rows` were served at once."""
        self._remember(Counter(row.line or "" for row in rows), now_ms, self._round_ms)

    def _remember(self, counts: Mapping[str, int], now_ms: int, since_ms: int) -> None:
        if len(self._served) > REMEMBERED_MAX:
            self._served.clear()
        for line, count in counts.items():
            had = self._served.get(line)
            if had is None or had.since_ms < since_ms:
                had = Served(now_ms, now_ms, 0)
            self._served[line] = Served(had.since_ms, now_ms, had.count + count)

    def _place_of(self, line: str) -> int:
        had = self._served.get(line)
        return 0 if had is None else had.last_ms

    def _quiet(self, news: Sequence[Row], first_turn: int | None, share: int) -> dict[str, None]:
        """The lines that may be served at once, in the order in which they came."""
        lines = [str(row["line"]) for row in news if row["quiet"]]
        return dict.fromkeys(lines) if first_turn is None else self._unserved(lines, first_turn, share)

    def _unserved(self, lines: Sequence[str], since_ms: int, share: int) -> dict[str, None]:
        """Those of `lines` that had less than a turn since then."""
        had = self._served
        return {
            line: None
            for line in lines
            if (its := had.get(line)) is None or its.since_ms < since_ms or its.count < share
        }

    async def _take(
        self, tx: Transaction, queue: str, lines: Sequence[str], limit: int, share: int, heard: Heard, since_ms: int
    ) -> set[str]:
        """Take up to `share` of each of `lines`, `limit` in all; those that were not come to for want of room."""
        if limit <= 0:
            return set(lines)
        taken = await tx.all(SQL.quiet_take, queue=queue, lines=lines[:limit], share=share, n=limit)
        seen = taken[0]["seen"] if taken else None
        columns = len(Stored.__struct_fields__)
        rows = store.rows_of(tuple(row)[:columns] for row in taken)  # type: ignore[arg-type]
        heard.rows += rows
        count = Counter(row.line or "" for row in rows)
        reached = len(lines[:limit])
        if len(rows) >= limit:
            reached = 1 + max(n for n, line in enumerate(lines[:limit]) if count[line])
            # One that had only a part of its turn for want of room keeps its news, and has the rest next time.
            reached -= count[lines[reached - 1]] < share
        self._remember({line: count[line] for line in lines[:reached] if count[line]}, tx.now_ms, since_ms)
        if tx.dialect == "postgres" and seen != len(taken):
            # Others are just taking of these lines, or hold a message for a moment: they may let it lie.
            perhaps = lines[:reached]
        else:
            perhaps = [line for line in lines[:reached] if count[line] >= share]
        more = await self.floors.not_empty(tx, queue, perhaps)
        if more:
            last = await tx.one(SQL.turn_last, queue=queue)
            place = max(tx.now_ms, last["turn"] + 1 if last is not None else 0)
            heard.opened |= {str(row["line"]): place for row in more}
        return set(lines[reached:])


async def _uncounted(tx: Transaction, queue: str) -> bool:
    """Whether a claim may go without tokens. Not while somebody changes limits, or waits for it."""
    if tx.dialect != "postgres":
        return True
    row = await tx.one(SQL.uncounted, queue=queue)
    return row is not None and bool(row["may"])


async def begin_change(tx: Transaction, queue: str) -> None:
    """Before anything is written that limits lines of `queue` or stops one: no claim goes on that does not see it.

    What such claims hold is counted as tokens from here on.
    """
    if tx.dialect == "postgres":
        await tx.one(SQL.change_begin, queue=queue)
        await tx.run(SQL.change_tell, queue=queue)
    # Again until there is none: what a worker held that died is a lease of nobody's when he who took it over commits.
    while await tx.one(SQL.uncounted_any, queue=queue):
        leases = await tx.all(SQL.uncounted_leases, queue=queue)
        rows = [row for lease in leases for row in store.leased_rows(lease["body"])]
        count = Counter(row.line if row.line is not None else row.tenant or "" for row in rows)
        await tx.run(SQL.leases_count, tokens=[lease["token"] for lease in leases])
        if tx.dialect == "sqlite":
            await tx.run(SQL.turns_count, queue=queue, changes=list(count.items()))
        else:
            await tx.run(SQL.turns_count, queue=queue, lines=list(count), counts=list(count.values()))
