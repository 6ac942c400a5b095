"""The gate between a runner and its queue, when its tasks have a breaker: who may claim, and what attempts tell.

The row of the breaker is locked before anything else of a transaction that changes it, so that no two of
them wait for each other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from barback.engine.guards import breakers, broken_lines
from barback.engine.guards.breakers import SQL, Breaker, BreakerState
from barback.engine.leases import Lease
from barback.engine.messages import DONE, Done, Outcome, Snooze, Stored, Tripped
from barback.engine.tasks import Task
from barback.storage import Transaction

PROBE_SPARE_MS = 5_000
FOREVER_MS = 30 * 86_400_000


@dataclass(frozen=True)
class Noted:
    """What attempts told: the outcomes that are to be, and which lines stand otherwise now."""

    outcomes: Mapping[str, Outcome]
    turned: Sequence[BreakerState] = ()

    async def turn(self, tx: Transaction) -> None:
        """Have claims go by it; when everything else in `tx` is done."""
        await broken_lines.turn(tx, self.turned)


class Gate:
    """Of one runner. `by_line`: it holds lines, not the whole queue."""

    by_line = False

    def __init__(self, breaker: Breaker, tasks: Sequence[Task[Any]]) -> None:
        """`tasks` are those of the runner's queue; a probe is given up after the longest they may take."""
        self._breaker = breaker
        self._tasks = tasks

    async def through(
        self, tx: Transaction, worker: str, limit: int, claim: Callable[[int], Awaitable[list[Lease]]]
    ) -> list[Lease]:
        """Claim up to `limit`; while the breaker is open nothing, or the one probe when it is time."""
        state = await breakers.one(tx, self._breaker.name)
        if not state.holds:
            return await claim(limit)
        until_ms = tx.now_ms + self._patience_ms(tx.dialect)
        place = {"name": self._breaker.name, "worker": worker, "now_ms": tx.now_ms, "prober_until_ms": until_ms}
        if state.until_ms > tx.now_ms or not await tx.run(SQL.breaker_probe, **place):
            return []
        leases = await claim(1)
        taken = await breakers.one(tx, self._breaker.name)
        probe = leases[0].rows[0].id if leases else None
        after = msgspec.structs.replace(taken, prober=worker if leases else None, probe=probe)
        await breakers.keep(tx, after)
        return leases

    def _patience_ms(self, dialect: str) -> int:
        times_s = (2 * task.handler_s(dialect) + getattr(task, "act_timeout_s", 0.0) for task in self._tasks)
        return int(max(times_s) * 1000) + PROBE_SPARE_MS

    async def holds(self, tx: Transaction) -> bool:
        """Whether the next claim is not simply free: it goes through the gate in a transaction of its own."""
        return (await breakers.one(tx, self._breaker.name)).holds

    async def followed(self, tx: Transaction, worker: str, lease: Lease | None) -> Lease | None:
        """The same lease, which was claimed without going through the gate, because nothing `holds`."""
        del tx, worker
        return lease

    async def begins(self, tx: Transaction, row: Stored) -> Snooze | None:
        """What was claimed before the breaker opened and has not begun waits with the others; a probe begins."""
        state = await breakers.one(tx, self._breaker.name)
        return Snooze(wait_ms(state, tx.now_ms)) if state.holds and state.probe != row.id else None

    async def rest_ms(self, tx: Transaction) -> int | None:
        """Milliseconds until this runner need not look again; None when the breaker does not hold it up."""
        state = await breakers.one(tx, self._breaker.name)
        if not state.holds:
            return None
        if state.forced is not None:
            return FOREVER_MS
        ahead = max(state.until_ms, state.prober_until_ms if state.prober is not None else 0) - tx.now_ms
        return ahead if ahead > 0 else None

    async def note(
        self, tx: Transaction, lease: Lease, outcomes: Mapping[str, Outcome], *, answered: bool | None = None
    ) -> Noted:
        """What the attempts of a lease tell, and the outcomes that are to be.

        `answered`: whether what they depend on gave an answer; None: messages that are done got one. Those that
        failed because of an outage that is known by now wait for its end, with no attempt counted.
        """
        messages = [row.id for row in lease.rows]
        answered = has_answer(messages, outcomes) if answered is None else answered
        tripped = any(isinstance(outcomes.get(id_), Tripped) for id_ in messages)
        state = await breakers.one(tx, self._breaker.name)
        if not tripped and state.state == "closed" and (state.failures == 0 or not answered):
            return Noted(outcomes)
        state = await breakers.one(tx, self._breaker.name, lock=True)
        after, action, waiting = weigh(state, tx.now_ms, messages, outcomes, answered=answered)
        if after != state:
            await breakers.keep(tx, after)
            await breakers.tell(tx, state, after, who=lease.worker, action=action)
        return Noted({**outcomes, **waiting})


def has_answer(messages: Sequence[str], outcomes: Mapping[str, Outcome]) -> bool:
    """Whether what `messages` depend on answered one of them: one that is done was answered."""
    return any(isinstance(outcomes.get(id_, DONE), Done) for id_ in messages)


def weigh(
    state: BreakerState, now_ms: int, messages: Sequence[str], outcomes: Mapping[str, Outcome], *, answered: bool
) -> tuple[BreakerState, str, Mapping[str, Outcome]]:
    """The state after attempts of `messages`, what to call the change, and which outcomes are others because of it."""
    tripped = [id_ for id_ in messages if isinstance(outcomes.get(id_), Tripped)]
    after, action, burnt = state, "", 0
    if state.forced is None:
        error = next((o.error for id_ in tripped if isinstance(o := outcomes[id_], Tripped)), state.error)
        probed = state.probe in messages
        after, action = judge(state, now_ms, len(tripped), error, answered=answered, probed=probed)
        # Those that it took to know of the outage are failed attempts; the others need not suffer.
        burnt = state.failures_max - (after.failures - len(tripped)) if state.state == "closed" else 0
    if not after.holds:
        return after, action, {}
    return after, action, dict.fromkeys(tripped[burnt:], Snooze(wait_ms(after, now_ms)))


def judge(
    state: BreakerState, now_ms: int, tripped: int, error: str | None, *, answered: bool, probed: bool
) -> tuple[BreakerState, str]:
    """The state after attempts of which `tripped` met an outage; and what to call the change, if it is one."""
    if state.state == "closed":
        return _judge_closed(state, now_ms, 0 if answered else tripped, error)
    if not probed:
        return state, ""  # begun before it opened: says nothing new
    ended = msgspec.structs.replace(state, prober=None, probe=None)
    if answered:
        closed = msgspec.structs.replace(ended, state="closed", failures=0, changed_ms=now_ms, until_ms=0)
        return closed, "breaker.closed"
    # One that said nothing about what it depends on makes room for the next probe at once.
    until_ms, error = (now_ms + state.open_ms, error) if tripped else (state.until_ms, state.error)
    return msgspec.structs.replace(ended, until_ms=until_ms, error=error), ""


def _judge_closed(state: BreakerState, now_ms: int, tripped: int, error: str | None) -> tuple[BreakerState, str]:
    if not tripped:
        return msgspec.structs.replace(state, failures=0), ""
    goes_on = state.failures > 0 and now_ms - state.since_ms <= state.within_ms
    since_ms, before = (state.since_ms, state.failures) if goes_on else (now_ms, 0)
    counted = msgspec.structs.replace(state, failures=before + tripped, since_ms=since_ms, error=error)
    if counted.failures < state.failures_max:
        return counted, ""
    opened = msgspec.structs.replace(counted, state="open", changed_ms=now_ms, until_ms=now_ms + state.open_ms)
    return opened, "breaker.opened"


def wait_ms(state: BreakerState, now_ms: int) -> int:
    """How long a message that was held up waits; when nobody knows, as long as a breaker stays open."""
    return max(1, state.until_ms - now_ms) if state.until_ms > now_ms else state.open_ms
