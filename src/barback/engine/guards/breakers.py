"""Circuit breakers (E16): when what a task depends on is down, its queue is not claimed and no attempt is burnt.

The state of a breaker is one row, which all workers share. It opens after `failures` in a row, whoever
had them. While it is open nothing is claimed; after `open_s` one worker claims one message, the *probe*.
If that gets an answer the breaker closes, else it stays open for another `open_s`. An operator can force
it open or closed. A breaker `per` line has a state for each of its lines (`broken_lines`), and that of the
row is only what an operator says of all of them. Each change is recorded (`changes`, subject
`breaker:<name>`) and told as live news.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import msgspec

from barback.engine import changes, live
from barback.engine.changes import CONTROL_BELL
from barback.engine.fairness.limits import Lines
from barback.foundation.errors import NotFound
from barback.storage import Row, Transaction, statements

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

    `per` goes by the line of a message instead, a partner or a host: one that is down holds up its own line.
    It says which line a `Work` waits in, as `Lines.by` does (a task needs no `lines` then); or "line": as the
    task's `lines` say.
    """

    name: str
    failures: int = 5
    within_s: float = 60.0
    open_s: float = 30.0
    per: Callable[[Any], str | None] | Literal["line"] | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for numbers that are none."""
        if not self.name or self.failures < 1 or self.within_s <= 0 or self.open_s <= 0:
            raise ValueError(
                f"expected a breaker with a name, at least one failure, and positive within_s and open_s, got {self!r}"
            )

    @property
    def lines(self) -> Lines | None:
        """The lines that a queue has because of it."""
        return Lines(by=self.per) if callable(self.per) else None

    @property
    def open_ms(self) -> int:
        """Milliseconds until a probe."""
        return int(self.open_s * 1000)


class BreakerState(msgspec.Struct, frozen=True, kw_only=True):
    """One breaker as it stands. `forced`: an operator's word, which holds until it is taken back.

    `by_line`: its lines stand open or closed by themselves, and this is none of them. `line`: this is one.
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
    by_line: bool = False
    line: str | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing but a probe may be claimed."""
        return (self.forced or self.state) == "open"


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
            by_line=int(breaker.per is not None),
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
    after = forced(before, to, tx.now_ms)
    await keep(tx, after)
    await tell(tx, before, after, who=who, action=forcing(to))
    return after


def forced(state: BreakerState, to: State | None, now_ms: int) -> BreakerState:
    """The state when an operator has spoken."""
    return msgspec.structs.replace(
        state, forced=to, state="closed", failures=0, changed_ms=now_ms, until_ms=0, prober=None, probe=None
    )


def forcing(to: State | None) -> str:
    """What that is called in the record of changes."""
    return "breaker.reset" if to is None else f"breaker.forced_{to}"


async def keep(tx: Transaction, after: BreakerState) -> None:
    """Write the state down."""
    await tx.run(SQL.breaker_write, **{name: getattr(after, name) for name in _WRITTEN})


async def tell(tx: Transaction, before: BreakerState, after: BreakerState, *, who: str, action: str) -> None:
    """Wake every worker if a new state matters to them; an `action` is also recorded and told as news."""
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
    brief = {"state": state.state, "forced": state.forced, "failures": state.failures, "error": state.error}
    return brief if state.line is None else {"line": state.line, **brief}


def _state(row: Row) -> BreakerState:
    values: dict[str, Any] = {name: row[name] for name in BreakerState.__struct_fields__ if name != "line"}
    values["queues"], values["by_line"] = str(row["queues"]).split(","), bool(row["by_line"])
    return BreakerState(**values)
