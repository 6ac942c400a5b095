"""The gate of a queue whose breaker goes `per` line: lines that are open are not claimed, but for a probe each.

That they are not is the work of their turns (`fairness.breaking`); here is what attempts tell, which message is a
probe, and that what was claimed before its line opened does not begin. The rows of the breaker are locked before
those of the turns.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from barback.engine.fairness.lines import line_of
from barback.engine.guards import breakers, broken_lines
from barback.engine.guards.breakers import Breaker, BreakerState
from barback.engine.handlers.declarations import breakers_of
from barback.engine.handlers.gates import FOREVER_MS, Gate, Noted, has_answer, wait_ms, weigh
from barback.engine.leases import Lease
from barback.engine.messages import Outcome, Snooze, Stored, Tripped
from barback.engine.tasks import Task
from barback.storage import Transaction


class LineGate(Gate):
    """Of one runner."""

    by_line = True

    async def through(
        self, tx: Transaction, worker: str, limit: int, claim: Callable[[int], Awaitable[list[Lease]]]
    ) -> list[Lease]:
        """Claim up to `limit`; of an open line nothing, or the one probe when it is time."""
        of = await breakers.one(tx, self._breaker.name)
        if of.holds:
            return []
        leases = await claim(limit)
        await self._probes_among(tx, of, worker, leases)
        return leases

    async def followed(self, tx: Transaction, worker: str, lease: Lease | None) -> Lease | None:
        """The same lease; probes among its messages are known as such."""
        if lease is not None:
            await self._probes_among(tx, await breakers.one(tx, self._breaker.name), worker, [lease])
        return lease

    async def _probes_among(self, tx: Transaction, of: BreakerState, worker: str, leases: list[Lease]) -> None:
        rows = {line_of(row): row for lease in leases if not lease.packs for row in lease.rows}
        if rows:
            for line, state in sorted((await broken_lines.look(tx, of, rows)).items()):
                if state.holds:
                    await broken_lines.probes(tx, of.name, line, worker, rows[line].id)

    async def begins(self, tx: Transaction, row: Stored) -> Snooze | None:
        """What was claimed before its line opened and has not begun waits with the others; a probe begins."""
        of = await breakers.one(tx, self._breaker.name)
        state = of if of.holds else (await broken_lines.look(tx, of, [line_of(row)])).get(line_of(row), of)
        return Snooze(wait_ms(state, tx.now_ms)) if state.holds and state.probe != row.id else None

    async def rest_ms(self, tx: Transaction) -> int | None:
        """For ever while an operator holds all of it open; lines that are held have times of their own."""
        return FOREVER_MS if await self.holds(tx) else None

    async def note(
        self, tx: Transaction, lease: Lease, outcomes: Mapping[str, Outcome], *, answered: bool | None = None
    ) -> Noted:
        """As the gate of a whole queue does, for each line by itself."""
        messages: dict[str, list[str]] = {}
        for row in lease.rows:
            messages.setdefault(line_of(row), []).append(row.id)
        of = await breakers.one(tx, self._breaker.name)
        if of.forced is not None:
            ids = [row.id for row in lease.rows]
            return Noted({**outcomes, **weigh(of, tx.now_ms, ids, outcomes, answered=False)[2]})
        known = await broken_lines.look(tx, of, messages)
        final, turned = dict(outcomes), list[BreakerState]()
        for line, ids in sorted(messages.items()):
            tripped = any(isinstance(outcomes.get(id_), Tripped) for id_ in ids)
            if not tripped and line not in known:
                continue
            state = await broken_lines.locked(tx, of, line)
            answer = has_answer(ids, outcomes) if answered is None else answered
            after, action, waiting = weigh(state, tx.now_ms, ids, outcomes, answered=answer)
            final |= waiting
            await broken_lines.keep(tx, after)
            if after != state:
                await breakers.tell(tx, state, after, who=lease.worker, action=action)
                if state.holds or after.holds:
                    turned.append(after)
        return Noted(final, turned)


def gate_of(tasks: list[Task[Any]]) -> Gate | None:
    """The gate of a queue with these tasks; None, and nothing is asked, when they have no breaker."""
    breaker: Breaker | None = next(iter(breakers_of(tasks).values()), None)
    if breaker is None:
        return None
    return Gate(breaker, tasks) if breaker.per is None else LineGate(breaker, tasks)
