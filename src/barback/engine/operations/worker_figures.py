"""Workers as an operator sees them: what each works and holds, and what its last beat said."""

from __future__ import annotations

from collections import defaultdict

import msgspec

from barback.engine import store
from barback.storage import Row, Transaction, statements

SQL = statements(__file__, "console.sql")

IDLE_SILENT_MS = 150_000
HOLDING_SILENT_MS = 10_000


class Held(msgspec.Struct, frozen=True):
    """What a worker holds of one queue: so many messages, the first of them since `since_ms`."""

    queue: str
    messages: int
    since_ms: int


class WorkerFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One worker. `state`: working (holds messages), idle, or silent (no beat for longer than it should be).

    `draining_ms`: since when it is to end, if somebody asked it to. The rest is what its last beat said of the process:
    memory, processor time since it began, and the percent of one processor that it used between two beats.
    """

    id: str
    host: str
    pid: int
    queues: list[str]
    state: str
    leased: int
    oldest_claim_ms: int | None
    started_ms: int
    seen_ms: int
    holds: list[Held]
    draining_ms: int | None
    memory_bytes: int
    cpu_us: int
    cpu_percent: float

    @property
    def works(self) -> bool:
        """Whether it claims messages, as far as anybody knows."""
        return self.state != "silent" and self.draining_ms is None


async def workers(tx: Transaction) -> list[WorkerFigures]:
    """Every worker that has entered its name, by name."""
    held: dict[str, list[Row]] = defaultdict(list)
    for row in await tx.all(SQL.figures_leased):
        held[str(row["worker"])].append(row)
    return [_worker(row, held[str(row["id"])], tx.now_ms) for row in await tx.all(store.SQL.workers)]


def _worker(row: Row, held: list[Row], now_ms: int) -> WorkerFigures:
    silent_ms = HOLDING_SILENT_MS if held else IDLE_SILENT_MS
    state = "silent" if now_ms - row["seen_ms"] > silent_ms else "working" if held else "idle"
    return WorkerFigures(
        id=row["id"],
        host=row["host"],
        pid=row["pid"],
        queues=[name for name in str(row["queues"]).split(",") if name],
        state=state,
        leased=sum(one["n"] for one in held),
        oldest_claim_ms=min((one["first_ms"] for one in held), default=None),
        started_ms=row["started_ms"],
        seen_ms=row["seen_ms"],
        holds=[Held(one["queue"], one["n"], one["first_ms"]) for one in sorted(held, key=lambda one: one["first_ms"])],
        draining_ms=row["drain_ms"],
        memory_bytes=row["memory_bytes"],
        cpu_us=row["cpu_us"],
        cpu_percent=row["cpu_permille"] / 10,
    )
