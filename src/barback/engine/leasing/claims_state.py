"""What the model of the lease protocol (`claims_model.py`) looks at: a state of the database and of every worker."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

Row = tuple[str, int, int]
"""A table, a message, its attempts so far. A message that is in no table and no lease has ended."""


class Lease(NamedTuple):
    """A row of engine_lease, as a worker remembers it. `rows`: message and attempt; `loose`: keys without a lane."""

    token: int
    name: int
    rows: tuple[tuple[int, int], ...]
    loose: frozenset[int] = frozenset()


class Worker(NamedTuple):
    """A process. `taking`: rows that a claim has taken whose commit is still to come (on PostgreSQL)."""

    up: bool
    paused: bool
    name: int
    holds: Lease | None
    taking: tuple[Row, ...]
    half: bool = False


class Tables(NamedTuple):
    """What the database holds, as it was when its log was last on the disk as a whole."""

    rows: frozenset[Row]
    lanes: frozenset[int]
    leases: frozenset[Lease]
    names: frozenset[int]
    effects: tuple[int, ...]
    followed: frozenset[int]


class State(NamedTuple):
    """The database (rows, lanes, leases, names), the workers, and what an observer counts.

    `followed`: tokens of leases for whose loose keys something came.
    `effects`: commits of a message's work. `lone_deaths`: workers that died with it alone in their hands.
    `disk`: what a crash of the server leaves; None: everything. `crashed`: whether it did, and something was lost.
    """

    rows: frozenset[Row]
    lanes: frozenset[int]
    leases: frozenset[Lease]
    names: frozenset[int]
    workers: tuple[Worker, ...]
    effects: tuple[int, ...]
    lone_deaths: tuple[int, ...]
    faults_left: int
    followed: frozenset[int] = frozenset()
    disk: Tables | None = None
    crashed: bool = False


def with_worker(state: State, at: int, worker: Worker) -> State:
    """`state` with `worker` in place number `at`."""
    return state._replace(workers=(*state.workers[:at], worker, *state.workers[at + 1 :]))


def more(counts: tuple[int, ...], rows: Iterable[tuple[int, int]]) -> tuple[int, ...]:
    """`counts` with one more for each message of `rows`."""
    counted = {n for n, _ in rows}
    return tuple(count + (n in counted) for n, count in enumerate(counts))


def without(leases: frozenset[Lease], token: int) -> frozenset[Lease]:
    """`leases` without that of this token."""
    return frozenset(one for one in leases if one.token != token)
