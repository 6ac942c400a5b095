"""What the lease protocol's machine knows: its tasks, keys and queries, and the model of a message."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from hypothesis import strategies as st
from tests.conformance.bar import pouring
from tests.conformance.tools import sql

from barback.engine import DONE, Cancel, Dead, Outcome, RetryAfter, Snooze
from barback.engine.tasks import HeadFailure
from barback.storage import Database
from barback.testing import HandClock

ATTEMPTS_MAX = 3
POLICIES: list[HeadFailure] = ["block", "skip", "park"]
TASKS = {
    policy: pouring(name=f"bar.{policy}", on_head_failure=policy, attempts_max=ATTEMPTS_MAX) for policy in POLICIES
}
BY_NAME = {task.name: task for task in TASKS.values()}
KEYS: dict[str | None, HeadFailure] = {None: "block", "b1": "block", "b2": "block", "s1": "skip", "p1": "park"}
PLACES = {name: sql(f"SELECT id, key FROM engine_{name}") for name in ("ready", "arrival", "parked", "dead")} | {
    "later": sql("SELECT id, key FROM engine_later WHERE is_head = 0"),
    "later head": sql("SELECT id, key FROM engine_later WHERE is_head = 1"),
}
LEASES = sql("SELECT token, worker, body, keys, followed FROM engine_lease")
LANES = sql("SELECT key, state FROM engine_lane")
EMPTY = "\n".join(
    f"DELETE FROM engine_{table};"
    for table in ("ready", "arrival", "parked", "later", "lease", "dead", "lane", "failure", "worker")
)
OUTCOMES = st.sampled_from(
    [DONE, DONE, Cancel("no"), RetryAfter(50, "no"), RetryAfter(0, "no"), Snooze(50), Dead("no")]
)


@dataclass
class Known:
    """What the model knows of a message."""

    number: int
    key: str | None
    delayed: bool
    attempt: int = 0
    claimed: bool = False
    state: str = "waiting"  # waiting · leased · aside · done · dead

    def settled(self, outcome: Outcome) -> None:
        """What an outcome makes of it."""
        match outcome:
            case RetryAfter():
                self.state = "dead" if self.attempt >= ATTEMPTS_MAX else "waiting"
            case Snooze():
                self.state, self.attempt = "waiting", self.attempt - 1
            case Dead():
                self.state = "dead"
            case _:
                self.state = "done"


@dataclass
class World:
    """Where the machine runs; one for each database."""

    db: Database
    clock: HandClock
    loop: asyncio.AbstractEventLoop
