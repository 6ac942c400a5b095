"""Fair turns, limits and rates (E8): one mechanism, tokens that are taken in the claim.

A queue with lines keeps what can run in `engine_line`, by line. A claim takes the lines whose turn it
is, a few messages of each, and counts them as running in the same transaction; whoever ends their lease
gives the tokens back in the transaction that ends it. Rates are the generic cell rate algorithm: a line
remembers when its next start would be due if all went evenly (`tat_us`), and starts that far ahead at most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from barback.engine import store
from barback.engine.fairness.limits import UNLIMITED
from barback.engine.fairness.line_floors import LineFloors
from barback.engine.fairness.newcomers import Newcomers, begin_change, quantum
from barback.engine.fairness.shares import HELD, Turn, grant, held_until_ms, shares
from barback.engine.messages import Stored, bell_name
from barback.storage import Transaction, statements

SQL = statements(__file__, "lines.sql")

NEWS_MAX = 10_000
PICKS_MAX = 20
"""How often one claim looks for further lines, when those it found had nothing left."""
ROUNDS_MAX = 3


def line_of(row: Stored) -> str:
    """The line of a message: what its task said, else its tenant, else one for all that have none."""
    return row.line if row.line is not None else row.tenant or ""


def freed_by(rows: Sequence[Stored]) -> dict[str, int]:
    """How many tokens each line gets back when these messages are not held any more."""
    return dict(Counter(line_of(row) for row in rows))


async def add(tx: Transaction, rows: Sequence[Stored]) -> None:
    """Enqueue rows of one queue that can run, each in its line. Takes no lock, so it holds no enqueuer up."""
    if len(rows) == 1 and tx.dialect == "postgres":
        await tx.run(SQL.line_send, **msgspec.structs.asdict(_lined(rows[0])))
        return
    await store.add_rows(tx, SQL.line_add, [_lined(row) for row in rows])
    queue_lines = sorted({(row.queue, line_of(row)) for row in rows})
    await tx.bulk(SQL.news_add, [{"queue": queue, "line": line} for queue, line in queue_lines])


def _lined(row: Stored) -> Stored:
    return row if row.line is not None else msgspec.structs.replace(row, line=line_of(row))


async def claim(
    tx: Transaction,
    queue: str,
    limit: int,
    *,
    entering: Sequence[Stored],
    freed: Mapping[str, int],
    newcomers: Newcomers,
) -> tuple[list[Stored], bool]:
    """Take up to `limit` messages in fair turns; they are in no table now. Whether they hold tokens.

    `entering` can run and are in no table: they go into their lines first. `freed` are the tokens of
    leases that `tx` has ended.
    """
    added = [_lined(row) for row in entering]
    await store.add_rows(tx, SQL.line_add, added)
    opened = dict.fromkeys((line_of(row) for row in added), 0)
    heard = await newcomers.hear(tx, queue, limit)
    if heard is None:
        opened |= dict.fromkeys((str(row["line"]) for row in await tx.all(SQL.news_take, queue=queue, n=NEWS_MAX)), 0)
    else:
        opened |= heard.opened
    full = await _change(tx, queue, opened, freed)
    gate = await _hold_gate(tx, queue)
    rows, counting = (heard.rows, False) if heard is not None else ([], True)
    room = limit if gate is None else min(limit, gate.may)
    may_wait = not rows and gate is None and not full
    left, floors = room - len(rows), newcomers.floors
    picked, more = await _pick(tx, queue, limit, left, floors, counting=counting, may_wait=may_wait)
    rows += picked
    if more:
        ring(tx, queue)
    if gate is not None and rows:
        await _pass_gate(tx, queue, gate, len(rows))
    if len(rows) >= limit and any(full.values()):
        ring(tx, queue)
    return rows, counting


async def _pick(
    tx: Transaction, queue: str, limit: int, room: int, floors: LineFloors, *, counting: bool, may_wait: bool
) -> tuple[list[Stored], bool]:
    """Take up to `room` messages of the lines whose turn it is. Whether there may be more for a claim with room."""
    rows: list[Stored] = []
    # A line may take more than one, so fewer lines will do; when they had too little, all are asked.
    asked, more = -(-room // quantum(limit)), room > 0
    for _ in range(PICKS_MAX):
        if not more:
            break
        found = await tx.all(SQL.turn_pick, queue=queue, now_ms=tx.now_ms, n=asked)
        # A line whose last message was taken looks open until its next turn: others may have work behind many such.
        more = len(found) >= asked
        if not found and may_wait and tx.dialect == "postgres":
            found = await tx.all(SQL.turn_await, queue=queue)
        may_wait = False
        turns = sorted((Turn.of(row, tx.now_ms) for row in found), key=lambda turn: (turn.turn, turn.line))
        rows += await _take(tx, queue, turns, room - len(rows), floors, counting=counting)
        more = more and len(rows) < room
        asked = room - len(rows)
    return rows, more


async def _change(tx: Transaction, queue: str, opened: Mapping[str, int], freed: Mapping[str, int]) -> dict[str, bool]:
    names = sorted(opened.keys() | freed.keys())
    if not names:
        return {}
    changes = [(name, opened.get(name, 0), int(name in opened), freed.get(name, 0)) for name in names]
    if tx.dialect == "sqlite":
        changed = await tx.all(SQL.turn_change, queue=queue, changes=changes)
    else:
        lines, places, opens, back = map(list, zip(*changes, strict=True))
        changed = await tx.all(SQL.turn_change, queue=queue, lines=lines, places=places, opens=opens, freed=back)
    full = {str(row["line"]): row["running"] + freed.get(str(row["line"]), 0) >= row["room"] for row in changed}
    return dict.fromkeys(names, False) | full


async def _take(
    tx: Transaction, queue: str, turns: Sequence[Turn], n: int, floors: LineFloors, *, counting: bool
) -> list[Stored]:
    """Take `n` messages of lines that are ours, in a few rounds: what one line has not, another may have."""
    rows: list[Stored] = []
    for _ in range(ROUNDS_MAX):
        asked = [(turn, share) for turn, share in zip(turns, shares(turns, n - len(rows)), strict=True) if share]
        if not asked:
            break
        got = await floors.take(tx, queue, [(turn.line, share) for turn, share in asked])
        count = Counter(line_of(row) for row in got)
        rows += got
        for turn, share in asked:
            turn.taken += count[turn.line]
            turn.empty = count[turn.line] < share
    empty = [turn.line for turn in turns if turn.empty]
    if empty and tx.dialect == "postgres":
        # Who changes a message, or takes it and thinks better of it, has hidden it from us: its line stays open.
        waiting = {row["line"] for row in await floors.not_empty(tx, queue, empty)}
        for turn in turns:
            turn.empty = turn.empty and turn.line not in waiting
    touched = [turn for turn in turns if turn.taken or turn.empty or turn.may <= 0]
    if touched:
        # Each a place of its own, behind all that were served before, in the order in which they had their turn now.
        last = max(tx.now_ms, touched[-1].turn + 1)
        after = [turn.after(queue, tx.now_ms, last + n, counting=counting) for n, turn in enumerate(touched, 1)]
        await tx.bulk(SQL.turn_take, after)
    rows.sort(key=lambda row: (row.priority, row.pos))
    return rows


@dataclass
class _Gate:
    """What a whole queue may do; its row is locked until the commit."""

    interval_us: int
    burst: int
    tat_us: int
    by_rate: int
    room: int

    @property
    def may(self) -> int:
        """How many may start now."""
        return min(self.by_rate, self.room)


async def _hold_gate(tx: Transaction, queue: str) -> _Gate | None:
    row = await tx.one(SQL.gate_hold, queue=queue)
    if row is None:
        return None
    interval_us = row["per_us"] // row["rate_n"] if row["rate_n"] else 0
    by_rate, tat_us = grant(tx.now_ms * 1000, row["tat_us"], interval_us, row["burst"])
    if row["until_ms"] > tx.now_ms:
        by_rate = 0
    room = row["room"]
    if room < UNLIMITED:
        # Counted after the lock is ours, by a statement of its own: it sees every claim that held it before.
        running = await tx.one(SQL.gate_running, queue=queue)
        assert running is not None
        room -= int(running["running"])
    return _Gate(interval_us, row["burst"], tat_us, by_rate, room)


async def _pass_gate(tx: Transaction, queue: str, gate: _Gate, count: int) -> None:
    if gate.interval_us == 0:
        return
    tat_us = gate.tat_us + count * gate.interval_us
    more, _ = grant(tx.now_ms * 1000, tat_us, gate.interval_us, gate.burst)
    until_ms = 0 if more else held_until_ms(tat_us, gate.interval_us, gate.burst)
    await tx.run(SQL.gate_take, queue=queue, tat_us=tat_us, until_ms=until_ms)


async def free(tx: Transaction, queue: str, freed: Mapping[str, int]) -> None:
    """Give tokens back, and wake others when somebody may have waited for one."""
    if not freed:
        return
    full = await _change(tx, queue, {}, freed)
    wake = any(full.values())
    if not wake and (gate := await tx.one(SQL.gate_room, queue=queue)) is not None:
        wake = gate["running"] + sum(freed.values()) >= gate["room"]
    if wake:
        ring(tx, queue)


async def admits(tx: Transaction, queue: str, line: str) -> bool:
    """Take one start of the rate of `line` for a message that holds its token already. False: not now."""
    seen = await tx.one(SQL.line_closed, queue=queue, line=line, now_ms=tx.now_ms)
    row = None if seen is not None else await tx.one(SQL.line_admits, queue=queue, line=line)
    if row is None:
        return seen is None
    # Locked as everybody does it: the line before the gate.
    gate = await _hold_gate(tx, queue)
    may, tat_us = grant(tx.now_ms * 1000, row["tat_us"], row["interval_us"], row["burst"])
    held = row["state"] == HELD and row["until_ms"] > tx.now_ms
    if row["paused"] or held or may < 1 or (gate is not None and gate.by_rate < 1):
        return False
    if gate is not None:
        await _pass_gate(tx, queue, gate, 1)
    await tx.run(SQL.turn_start, queue=queue, line=line, tat_us=tat_us + row["interval_us"])
    return True


async def hold_back(tx: Transaction, queue: str, line: str | None, until_ms: int) -> None:
    """Claim nothing of a line, or with None of the whole queue, until `until_ms`; a time that is past: claim again.

    What runs goes on. The queue must have lines. A hold is forgotten when the limits are changed.
    """
    await begin_change(tx, queue)
    if line is None:
        await tx.run(SQL.gate_hold_back, queue=queue, until_ms=until_ms)
    else:
        await tx.run(SQL.turn_hold, queue=queue, line=line, until_ms=until_ms)
    ring(tx, queue)


async def restart_rates(tx: Transaction, queue: str) -> None:
    """The clock may have stepped back: what a rate holds is held for no longer than until its next start."""
    await tx.run(SQL.gate_restart, queue=queue, now_us=tx.now_ms * 1000)
    await tx.run(SQL.turns_restart, queue=queue, now_us=tx.now_ms * 1000)


async def pause(tx: Transaction, queue: str, line: str, *, paused: bool) -> bool:
    """Claim nothing of a line any more, or again; what runs goes on. The queue must have lines. False: it was so."""
    await begin_change(tx, queue)
    before = await tx.one(SQL.turn_paused, queue=queue, line=line)
    if bool(before and before["paused"]) == paused:
        return False
    await tx.run(SQL.turn_pause, queue=queue, line=line, paused=int(paused))
    ring(tx, queue)
    return True


async def are_used(tx: Transaction, queue: str) -> bool:
    """Whether `queue` has lines."""
    row = await tx.one(SQL.queue_lined, queue=queue)
    return row is not None and bool(row["lined"])


async def rest(tx: Transaction, queue: str) -> tuple[int | None, bool]:
    """When the next line that is held back may go on, and whether something can be claimed now."""
    row = await tx.one(SQL.lines_rest, queue=queue)
    assert row is not None
    if row["gate_full"]:
        # Whoever ends a lease rings.
        return None, False
    gate_ms = row["gate_ms"] or 0
    if row["open"] or row["news"]:
        return (gate_ms, False) if gate_ms > tx.now_ms else (None, True)
    return None if row["due_ms"] is None else max(row["due_ms"], gate_ms), False


def ring(tx: Transaction, queue: str) -> None:
    """Wake whoever works `queue`, once `tx` is committed."""
    tx.after_commit(partial(tx.database.bell.ring, bell_name(queue)))
