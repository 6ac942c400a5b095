"""The lines of a breaker that goes `per` line (E16): each has a state of its own, a row while there is anything to say.

Rows are locked in the order of their lines, and before the rows of their turns (`fairness.breaking`), which say to
claims what is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from barback.engine.fairness import breaking
from barback.engine.guards import breakers
from barback.engine.guards.breakers import SQL, BreakerState, State
from barback.foundation.errors import Conflict
from barback.storage import Row, Transaction

LISTED_MAX = 1_000


class BreakerHasNoLines(Conflict):
    """It is open or closed as a whole."""

    code = "breaker_has_no_lines"
    title = "This breaker does not go by lines"


async def look(tx: Transaction, of: BreakerState, lines: Iterable[str]) -> dict[str, BreakerState]:
    """Those of `lines` that are open, forced, or had failures."""
    rows = await tx.all(SQL.broken_look, name=of.name, lines=sorted(lines))
    return {str(row["line"]): _state(of, row) for row in rows}


async def locked(tx: Transaction, of: BreakerState, line: str) -> BreakerState:
    """One line, ours until the end of `tx`; of several those that come first in the alphabet first."""
    row = await tx.one(SQL.broken_lock, name=of.name, line=line, now_ms=tx.now_ms)
    assert row is not None
    return _state(of, row)


async def held(tx: Transaction, of: BreakerState, limit: int = LISTED_MAX) -> list[BreakerState]:
    """Lines that are open or forced, those that changed last first."""
    return [_state(of, row) for row in await tx.all(SQL.broken_page, name=of.name, n=limit)]


async def counts(tx: Transaction) -> list[tuple[str, int]]:
    """How many lines of each breaker are open."""
    return [(str(row["name"]), int(row["open"])) for row in await tx.all(SQL.broken_counts)]


async def keep(tx: Transaction, after: BreakerState) -> None:
    """Write the state down; one that says nothing needs no row."""
    if after.state == "closed" and after.forced is None and after.failures == 0:
        await tx.run(SQL.broken_drop, name=after.name, line=after.line)
    else:
        await tx.run(SQL.broken_write, **{name: getattr(after, name) for name in ("name", *_KEPT)})


async def probes(tx: Transaction, name: str, line: str, worker: str, message: str) -> None:
    """This message of an open line was claimed: by how it fares one knows."""
    await tx.run(SQL.broken_probe, name=name, line=line, worker=worker, probe=message)


async def turn(tx: Transaction, states: Sequence[BreakerState]) -> None:
    """Have claims go by these states. The last thing that `tx` does to the turns of lines."""
    for one in sorted(states, key=lambda one: one.line or ""):
        line = one.line or ""
        if not one.holds:
            await breaking.mend(tx, one.queues, line)
        else:
            until_ms = tx.now_ms + breaking.FOREVER_MS if one.forced is not None else one.until_ms
            await breaking.hold(tx, one.queues, line, until_ms)


async def force(tx: Transaction, name: str, to: State | None, *, who: str, line: str | None = None) -> BreakerState:
    """Hold a breaker, or one line of it, open or closed whatever happens; None takes that back: it begins anew, closed.

    Raises BreakerNotFound, and BreakerHasNoLines for a line of one that is open or closed as a whole.
    """
    if line is None:
        whole = await breakers.force(tx, name, to, who=who)
        if whole.by_line and to != "open":
            await _let_go(tx, whole)
        return whole
    of = await breakers.one(tx, name)
    if not of.by_line:
        raise BreakerHasNoLines(f"The breaker {name} holds whole queues; force it without a line.")
    before = await locked(tx, of, line)
    if before.forced == to and to is not None:
        return before
    after = breakers.forced(before, to, tx.now_ms)
    await keep(tx, after)
    await breakers.tell(tx, before, after, who=who, action=breakers.forcing(to))
    await turn(tx, [after])
    return after


async def _let_go(tx: Transaction, of: BreakerState) -> None:
    """An operator spoke of the breaker as a whole: lines that went by what they saw begin anew, closed."""
    while page := [one for one in await held(tx, of) if one.forced is None]:
        closed: list[BreakerState] = []
        for one in sorted(page, key=lambda one: one.line or ""):
            closed.append(breakers.forced(await locked(tx, of, one.line or ""), None, tx.now_ms))
            await keep(tx, closed[-1])
        await turn(tx, closed)


_KEPT = ("line", "state", "forced", "failures", "since_ms", "changed_ms", "until_ms", "prober", "probe", "error")


def _state(of: BreakerState, row: Row) -> BreakerState:
    values: dict[str, Any] = {name: row[name] for name in _KEPT}
    return msgspec.structs.replace(of, **values)
