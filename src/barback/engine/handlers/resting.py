"""How long a runner that found nothing may rest: until what is known to become due, or until a bell rings."""

from __future__ import annotations

from barback.engine.fairness import lines
from barback.engine.handlers.gates import Gate
from barback.engine.handlers.line_gates import LineGate
from barback.engine.leasing.at_once import Glance
from barback.engine.leasing.sight import Sight
from barback.engine.store import SQL
from barback.storage import Database

FOREVER_S = 30 * 86_400.0
CONTENDED_S = 0.005
CONTENDED_S_MAX = 1.0


class Rest:
    """Of one runner."""

    def __init__(self, queue: str) -> None:
        """`due_ms`: when the next delayed message is due, as last seen."""
        self.due_ms: int | None = None
        self._queue = queue
        self._contended_s = CONTENDED_S

    async def look(self, db: Database, sight: Sight, gate: Gate | LineGate | None, *, held: bool) -> float:
        """Seconds in which nothing can become due. `held`: nothing of the queue is to be claimed."""
        async with db.reading() as tx:
            row = await tx.one(SQL.rest, queue=self._queue, **sight.floors.parts())
            held_ms = None if gate is None else await gate.rest_ms(tx)
            line_ms, claimable = await lines.rest(tx, self._queue) if sight.lined else (None, False)
        assert row is not None
        self.due_ms = row["due_ms"]
        due_ms = line_ms if row["due_ms"] is None else min(row["due_ms"], line_ms or row["due_ms"])
        if held:
            return FOREVER_S
        if held_ms is not None:
            return held_ms / 1000
        return self._until(db.clock.now_ms(), due_ms, waiting=bool(row["waiting"]) or claimable)

    def after(self, glance: Glance, now_ms: int) -> float:
        """The same, where a claim has just looked; what came since has rung."""
        self.due_ms = glance.due_ms
        return self._until(now_ms, glance.due_ms, waiting=glance.waiting)

    def _until(self, now_ms: int, due_ms: int | None, *, waiting: bool) -> float:
        due_s = FOREVER_S if due_ms is None else (due_ms - now_ms) / 1000
        if not waiting and due_s > 0:
            self._contended_s = CONTENDED_S
            return due_s
        # Somebody is just claiming it, or putting it into its line. If he dies at it nobody rings again.
        self._contended_s = min(CONTENDED_S_MAX, self._contended_s * 2)
        return self._contended_s

    def is_due(self, now_ms: int, next_due_ms: int | None) -> bool:
        """Whether to look for delayed messages; also once a second, for those that others added."""
        known = [at for at in (next_due_ms, self.due_ms) if at is not None]
        self.due_ms = min([*known, now_ms + 1_000])
        if self.due_ms > now_ms:
            return False
        self.due_ms = None
        return True
