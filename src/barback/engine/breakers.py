"""Circuit breakers (E16): when what a task depends on is down, its queue is not claimed and no attempt is burnt.

The state of a breaker is one row, which all workers share. It opens after `failures` in a row, whoever
had them. While it is open nothing is claimed; after `open_s` one worker claims one message, the *probe*.
If that gets an answer the breaker closes, else it stays open for another `open_s`. An operator can force
it open or closed. Each change is recorded (`changes`, subject `breaker:<name>`) and told as live news.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from barback.engine import changes, live
from barback.engine.changes import CONTROL_BELL
from barback.foundation.errors import NotFound
from barback.storage import Row, Transaction, statements

if TYPE_CHECKING:
    from barback.engine.tasks import Task

SQL = statements(__file__, "guards.sql")
State = Literal["closed", "open"]


class BreakerNotFound(NotFound):
    """No task that a worker worked declares it."""

    code = "breaker_not_found"
    title = "No such breaker"


@dataclass(frozen=True)
class Breaker:
    """What a task depends on, and when it counts as down. Tasks that name the same one share it.

    - `failures`: failures in a row, by all workers together, that open it;
    - `within_s`: and no more than so many seconds between the first and the last of them;
    - `open_s`: seconds until a probe.

    Which errors count says `Task.trips`. The tasks of a queue have the same breaker: nothing of the
    queue is claimed while it is open.
    """

    name: str
    failures: int = 5
    within_s: float = 60.0
    open_s: float = 30.0

    def __post_init__(self) -> None:
        """Raises ValueError for numbers that are none."""
        if not self.name or self.failures < 1 or self.within_s <= 0 or self.open_s <= 0:
            raise ValueError(
                f"expected a breaker with a name, at least one failure, and positive within_s and open_s, got {self!r}"
            )

    @property
    def open_ms(self) -> int:
        """Milliseconds until a probe."""
        return int(self.open_s * 1000)


class BreakerState(msgspec.Struct, frozen=True, kw_only=True):
    """One breaker as it stands. `forced`: an operator's word, which holds until it is taken back.

    Open since `changed_ms`, the next probe goes at `until_ms`; `prober` is the worker whose probe is
    under way. Closed, it has had `failures` in a row since `since_ms`. `error`: the last that counted.
    """

    name: str
    state: State
    forced: State | None
    failures: int
    since_ms: int
    changed_ms: int
    until_ms: int
    prober: str | None
    probe: str | None
    prober_until_ms: int
    error: str | None
    failures_max: int
    within_ms: int
    open_ms: int
    queues: list[str]

    @property
    def holds(self) -> bool:
        """Whether nothing but a probe may be claimed."""
        return (self.forced or self.state) == "open"


def declared(tasks: Iterable[Task[Any]]) -> dict[str, Breaker]:
    """The breaker of each queue that has one. Raises ValueError when a queue has two, or a name two meanings."""
    by_queue: dict[str, Breaker] = {}
    by_name: dict[str, Breaker] = {}
    listed = list(tasks)
    for task in listed:
        if task.breaker is not None:
            by_queue.setdefault(task.queue, task.breaker)
            if by_name.setdefault(task.breaker.name, task.breaker) != task.breaker:
                raise ValueError(
                    f"the breaker {task.breaker.name} is declared with different numbers; share one object"
                )
    for task in listed:
        if task.queue in by_queue and task.breaker != by_queue[task.queue]:
            raise ValueError(
                f"the tasks of queue {task.queue} do not share one breaker: {task.name} has "
                f"{task.breaker.name if task.breaker else 'none'}, another has {by_queue[task.queue].name}; "
                "give them a queue each, or all of them the same breaker"
            )
    return by_queue


async def declare(tx: Transaction, by_queue: dict[str, Breaker]) -> None:
    """Make the rows; one that is there keeps its state."""
    queues: dict[str, list[str]] = {}
    for queue, breaker in by_queue.items():
        queues.setdefault(breaker.name, []).append(queue)
    for breaker in sorted(set(by_queue.values()), key=lambda one: one.name):
        await tx.run(
            SQL.breaker_declare,
            name=breaker.name,
            now_ms=tx.now_ms,
            failures_max=breaker.failures,
            within_ms=int(breaker.within_s * 1000),
            open_ms=breaker.open_ms,
            queues=",".join(sorted(queues[breaker.name])),
        )


async def every(tx: Transaction) -> list[BreakerState]:
    """Every breaker, by name."""
    return [_state(row) for row in await tx.all(SQL.breakers)]


async def one(tx: Transaction, name: str, *, lock: bool = False) -> BreakerState:
    """The breaker called `name`, locked until the end of `tx` if wanted. Raises BreakerNotFound."""
    row = await tx.one(SQL.breaker_lock if lock else SQL.breaker_look, name=name)
    if row is None:
        raise BreakerNotFound(f"No breaker is called {name[:80]}. Look at the list of breakers for what there is.")
    return _state(row)


async def force(tx: Transaction, name: str, to: State | None, *, who: str) -> BreakerState:
    """Hold it open or closed whatever happens; None takes that back, and it begins anew, closed."""
    before = await one(tx, name, lock=True)
    if before.forced == to and to is not None:
        return before
    after = msgspec.structs.replace(
        before, forced=to, state="closed", failures=0, changed_ms=tx.now_ms, until_ms=0, prober=None, probe=None
    )
    await change(tx, before, after, who=who, action="breaker.reset" if to is None else f"breaker.forced_{to}")
    return after


async def keep(tx: Transaction, after: BreakerState) -> None:
    """Write the state down."""
    await tx.run(SQL.breaker_write, **{name: getattr(after, name) for name in _WRITTEN})


async def change(tx: Transaction, before: BreakerState, after: BreakerState, *, who: str, action: str) -> None:
    """Keep the new state, and wake every worker if it matters to them; an `action` is also recorded and told."""
    await keep(tx, after)
    if after.holds or action:
        tx.after_commit(partial(tx.database.bell.ring, CONTROL_BELL))
    if not action:
        return
    subject = f"breaker:{after.name}"
    await changes.record(tx, who, action, subject, before=_brief(before), after=_brief(after))
    await live.publish(tx, [subject], action, {"name": after.name, **_brief(after)})


_WRITTEN = (
    *("name", "state", "forced", "failures", "since_ms", "changed_ms", "until_ms"),
    *("prober", "probe", "prober_until_ms", "error"),
)


def _brief(state: BreakerState) -> dict[str, Any]:
    return {"state": state.state, "forced": state.forced, "failures": state.failures, "error": state.error}


def _state(row: Row) -> BreakerState:
    values: dict[str, Any] = {name: row[name] for name in BreakerState.__struct_fields__}
    values["queues"] = str(row["queues"]).split(",")
    return BreakerState(**values)
