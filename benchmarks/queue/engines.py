"""The engines that are measured: where they keep messages, how durable that is, and the settings that are swept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Settings = dict[str, Any]
FSYNC = "fsync at every commit"
LEAST, MOST = "at least once", "AT MOST once: deleted when taken"


@dataclass(frozen=True)
class Engine:
    """One engine on one store.

    - `speed`: roughly what it drains a second, so that a slow one gets fewer messages.
    - `also`: cases it can do beyond enqueue, drain and latency.
    - `quick`: settings for latency and idle, where they are not the sweep's best; `keyed`, `tenants`: for those cases.
    """

    name: str
    store: str
    program: str
    sweep: list[Settings]
    speed: int
    durable: str = FSYNC
    delivery: str = LEAST
    also: frozenset[str] = frozenset()
    quick: Settings = field(default_factory=dict[str, Any])
    keyed: Settings = field(default_factory=dict[str, Any])
    tenants: Settings = field(default_factory=dict[str, Any])

    @property
    def ours(self) -> bool:
        return self.program == "ours.py"


def _ours(name: str, store: str, kind: str, speed: int, also: frozenset[str]) -> Engine:
    sweep = [{"kind": kind, "batch": batch} for batch in (200, 500, 1000)]
    durable = FSYNC if store == "postgres" else "WAL, synchronous=FULL: fsync at every commit"
    return Engine(name, store, "ours.py", sweep, speed, durable, also=also, quick=sweep[0])


def _at_once(*numbers: int) -> list[Settings]:
    return [{"concurrency": number} for number in numbers]


CONFIRMED = "disk, publisher confirms"
CELERY = [
    {"pool": "solo", "prefetch": 100},
    {"pool": "prefork", "size": 1, "prefetch": 100},
    {"pool": "threads", "size": 8, "prefetch": 50},
]
CELERY_QUICK = {"pool": "solo", "prefetch": 4}
FLOW = frozenset({"callers", "flow"})
ALL = FLOW | {"keyed", "tenants", "snapshot", "idle"}
EMBEDDED = FLOW | {"keyed", "tenants", "idle"}
ENGINES = {
    engine.name: engine
    for engine in [
        _ours("barback, batch handler", "postgres", "batch", 60_000, ALL),
        _ours("barback, handler a message", "postgres", "row", 40_000, FLOW),
        _ours("barback, packed", "postgres", "packed", 150_000, frozenset({"bulk only"})),
        _ours("barback, batch handler, SQLite", "sqlite", "batch", 60_000, EMBEDDED),
        _ours("barback, handler a message, SQLite", "sqlite", "row", 40_000, FLOW),
        _ours("barback, packed, SQLite", "sqlite", "packed", 150_000, frozenset({"bulk only"})),
        Engine(
            "graphile-worker", "postgres", "graphile_worker.mjs",
            [{"local": local, "jobs": jobs} for local, jobs in ((500, 24), (500, 100), (1000, 24), (100, 24))],
            25_000, also=ALL, quick={"local": 0, "jobs": 24}, keyed={"local": 0, "jobs": 24},
        ),
        Engine(
            "PgQueuer", "postgres", "pgqueuer_peer.py", [{"batch": batch} for batch in (50, 100, 250, 500)],
            8_000, also=FLOW | {"snapshot", "idle"}, quick={"batch": 10},
        ),
        Engine(
            "pg-boss", "postgres", "pg_boss.mjs",
            [
                {"style": "loop", "batch": 500}, {"style": "loop", "batch": 1000},
                {"style": "loop", "batch": 500, "workers": 4}, {"style": "loop", "batch": 500, "partition": True},
                {"style": "work", "batch": 500, "workers": 2},
            ],
            8_000, also=ALL, quick={"style": "work", "batch": 10}, keyed={"style": "loop", "batch": 500},
            tenants={"style": "loop", "batch": 500, "group": 250},
        ),
        Engine(
            "Oban for Python", "postgres", "oban_peer.py", [{"limit": limit} for limit in (20, 50, 200)],
            3_000, also=FLOW | {"idle"}, quick={"limit": 20},
        ),
        Engine(
            "Procrastinate", "postgres", "procrastinate_peer.py", [{"concurrency": n} for n in (1, 10, 20, 50)],
            500, also=frozenset({"callers", "keyed", "idle"}), quick={"concurrency": 10},
        ),
        Engine("DBOS", "postgres", "dbos_peer.py", _at_once(100, 500), 500, quick=_at_once(100)[0]),
        Engine(
            "DBOS, SQLite", "sqlite", "dbos_peer.py", _at_once(100, 500), 300, "SQLite, its default synchronous",
            quick=_at_once(100)[0],
        ),
        Engine("SAQ, PostgreSQL", "postgres", "saq_peer.py", _at_once(20, 100), 700, quick=_at_once(20)[0]),
        Engine("SAQ, Redis", "redis", "saq_peer.py", _at_once(20, 100), 2_000, "memory only", quick=_at_once(20)[0]),
        Engine("Celery, RabbitMQ", "rabbitmq", "celery_peer.py", CELERY, 3_000, CONFIRMED, quick=CELERY_QUICK),
        Engine("Celery, Redis", "redis", "celery_peer.py", CELERY, 1_000, "memory only", quick=CELERY_QUICK),
        Engine(
            "Dramatiq, RabbitMQ", "rabbitmq", "dramatiq_peer.py", [{"threads": n} for n in (4, 8, 16)], 3_000,
            CONFIRMED, quick={"threads": 8},
        ),
        Engine(
            "Huey, SQLite", "sqlite", "huey_peer.py", [{"workers": n} for n in (1, 2, 4)], 2_500,
            "synchronous=FULL: fsync at every commit", MOST, quick={"workers": 1},
        ),
        Engine(
            "BullMQ, fsynced Redis", "redis-fsync", "bullmq_peer.mjs", _at_once(50, 100, 300), 10_000,
            "AOF, fsync always", also=frozenset({"callers"}), quick=_at_once(100)[0],
        ),
        Engine(
            "BullMQ, Redis", "redis", "bullmq_peer.mjs", _at_once(50, 100, 300), 12_000,
            "memory only", also=frozenset({"callers"}), quick=_at_once(100)[0],
        ),
    ]
}  # fmt: skip
FIRST = ["barback, batch handler", "barback, handler a message", "graphile-worker", "PgQueuer", "pg-boss"]
"""The comparison that counts most: one row a message on PostgreSQL."""
