"""Counts what a worker did, per queue, task and minute, and writes it down with work it commits anyway."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from barback.engine.history import latencies
from barback.engine.history.latencies import Spread, bucket_of, waits_of
from barback.engine.history.usage import Shares
from barback.engine.leases import Lease
from barback.engine.messages import DONE, Cancel, Dead, Done, Outcome, RetryAfter, Stored
from barback.engine.store import SQL
from barback.storage import Database, Transaction

WRITE_EVERY_S = 1.0
WRITING_S_MAX = 30.0
MINUTE_MS = 60_000


@dataclass
class Spreads:
    """How long messages waited until their handling began, and how long it took: a batch is shared equally."""

    waited: Spread = field(default_factory=Spread)
    ran: Spread = field(default_factory=Spread)


@dataclass
class Count:
    """What happened to one task in one minute; `wall_us` is handler time in microseconds."""

    done: int = 0
    failed: int = 0
    dead: int = 0
    wall_us: int = 0
    spreads: Spreads = field(default_factory=Spreads, compare=False)


class Tally:
    """The counts of one worker that are not in the database yet."""

    def __init__(self) -> None:
        """Starts empty."""
        self._counts: dict[tuple[str, str, int], Count] = {}
        # Of whole minutes, also what is written: it is written over, not added.
        self._spreads: dict[tuple[str, str, int], Spreads] = {}
        self._worker = ""
        self._written_at = 0.0
        self._writing_until = 0.0
        self.watch: Callable[[str, dict[str, Count], int], None] | None = None
        """Told of every lease that was settled: its queue, what became of its messages by task, microseconds."""

    def add(
        self, queue: str, task: str, now_ms: int, *, done: int = 0, failed: int = 0, dead: int = 0, wall_us: int = 0
    ) -> None:
        """Count attempts that were settled."""
        count = self._counts.setdefault((queue, task, now_ms - now_ms % MINUTE_MS), Count())
        count.done += done
        count.failed += failed
        count.dead += dead
        count.wall_us += wall_us

    def settled(self, lease: Lease, shares: Shares, outcomes: Mapping[str, Outcome], now_ms: int, wall_us: int) -> None:
        """Count what became of a lease handled in `wall_us`; messages that `outcomes` does not name are done."""
        counts: dict[str, Count] = defaultdict(Count)
        for (task, _), n in shares.items():
            counts[task].done += n
            counts[task].wall_us += wall_us * n // lease.size
        rows: Sequence[Stored] = ()
        if outcomes:
            rows = [lease.packed(id_) for id_ in outcomes] if lease.packs else lease.rows
        for row in rows:
            outcome = outcomes.get(row.id, DONE)
            if isinstance(outcome, Done | Cancel):
                continue
            count = counts[row.task]
            count.done -= 1
            count.failed += isinstance(outcome, RetryAfter)
            count.dead += isinstance(outcome, Dead) or (
                isinstance(outcome, RetryAfter) and row.attempt >= row.attempts_max
            )
        self._spread(lease, shares, counts, now_ms, wall_us)
        for task, count in counts.items():
            self.add(
                lease.queue, task, now_ms, done=count.done, failed=count.failed, dead=count.dead, wall_us=count.wall_us
            )
        if self.watch is not None:
            self.watch(lease.queue, counts, wall_us)

    def _spread(self, lease: Lease, shares: Shares, counts: Mapping[str, Count], now_ms: int, wall_us: int) -> None:
        began_ms, each = now_ms - wall_us // 1_000, bucket_of(wall_us // lease.size)
        for (task, _), n in shares.items():
            ran = counts[task].spreads.ran
            ran[each] = ran.get(each, 0) + n
        for (task, since_ms), n in waits_of(lease).items():
            waited, bucket = counts[task].spreads.waited, bucket_of((began_ms - since_ms) * 1_000)
            waited[bucket] = waited.get(bucket, 0) + n
        for task, count in counts.items():
            whole = self._spreads.setdefault((lease.queue, task, now_ms - now_ms % MINUTE_MS), Spreads())
            latencies.merge(whole.waited, count.spreads.waited)
            latencies.merge(whole.ran, count.spreads.ran)

    async def write(self, tx: Transaction, worker: str, *, at_once: bool = False) -> None:
        """Write what has gathered, at most once a second; counted once even if `tx` is rolled back."""
        now = time.monotonic()
        if not self._counts or (not at_once and now < max(self._written_at + WRITE_EVERY_S, self._writing_until)):
            return
        # Runners of one worker commit side by side: what one is writing, no other writes as well.
        self._writing_until = now + WRITING_S_MAX
        if self._worker and worker != self._worker:
            # Given up for dead, and entered anew: what stands under the old name is not written again.
            self._spreads.clear()
        self._worker = worker
        written = {key: replace(count) for key, count in self._counts.items()}
        spreads = {key: self._spreads.get(key, Spreads()) for key in written}
        rows: list[dict[str, Any]] = [
            {
                "queue": q,
                "task": t,
                "minute_ms": m,
                "worker": worker,
                "done": c.done,
                "failed": c.failed,
                "dead": c.dead,
                "wall_us": c.wall_us,
                "waited": latencies.encode(spreads[q, t, m].waited),
                "ran": latencies.encode(spreads[q, t, m].ran),
            }
            for (q, t, m), c in sorted(written.items())
        ]
        await tx.many(SQL.tally_add, rows)
        tx.after_commit(lambda: self._forget(written))

    def _forget(self, written: dict[tuple[str, str, int], Count]) -> None:
        self._written_at, self._writing_until = time.monotonic(), 0.0
        for key, count in written.items():
            if self._counts.get(key) == count:
                del self._counts[key]
            else:
                self.add(
                    key[0],
                    key[1],
                    key[2],
                    done=-count.done,
                    failed=-count.failed,
                    dead=-count.dead,
                    wall_us=-count.wall_us,
                )
        # Minutes that are over and written get nothing more: a lease counts where it ends.
        newest_ms = max(minute_ms for _, _, minute_ms in written)
        self._spreads = {key: one for key, one in self._spreads.items() if key[2] >= newest_ms or key in self._counts}

    async def flush(self, db: Database, worker: str) -> None:
        """Write everything now; at shutdown and when falling idle."""
        if self._counts:
            async with db.transaction() as tx:
                await self.write(tx, worker, at_once=True)
