"""Dead letters in bulk (E11): send many round again, or throw many away, at a bounded rate.

A redrive is a row that says which letters and how fast, and a message of the engine's own that works it
off: each step takes the letters that may go by now, sends them round, and notes how far it came, all in
one commit. So it survives any kill, goes on where it was, and says at any time how far it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from barback.engine import changes
from barback.engine.dead import dead_letters
from barback.engine.dead.fingerprints import fingerprint_of
from barback.engine.messages import About, Message
from barback.engine.tasks import TransactionalTask
from barback.foundation.errors import Conflict, FieldProblem, Invalid, NotFound
from barback.foundation.ids import new_id
from barback.storage import Row, Transaction, statements

SQL = statements(__file__, "redrive.sql")

PER_SECOND_MIN = 0.001
PER_SECOND_MAX = 1_000.0
STEP_MS = 200
"""How often a redrive takes its next letters, when its rate is not slower than that."""
CATCH_UP_MS = 1_000
"""After a pause a redrive catches up for so long at most: a dead worker must not end in a flood."""
LOOK_PAGE = 1_000
LOOKS_MAX = 10
"""Pages that one step looks through; most letters may be others than those that are wanted."""
FOUND_MAX = 10_000
"""Letters that are counted at the start; there may be more."""

Action = Literal["retry", "discard"]
State = Literal["running", "done", "stopped"]


class RedriveNotFound(NotFound):
    """No redrive has that id."""

    code = "redrive_not_found"
    title = "No such redrive"


class RedriveEnded(Conflict):
    """It is done, or was stopped before."""

    code = "redrive_ended"
    title = "This redrive has ended"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which dead letters of a queue: all, or those of a task, a key, an error (its fingerprint) or a batch."""

    queue: str
    task: str | None = None
    key: str | None = None
    fingerprint: str | None = None
    batch: str | None = None

    def takes(self, row: Row) -> bool:
        """Whether a letter is one of them."""
        return (
            (self.task is None or row["task"] == self.task)
            and (self.key is None or row["key"] == self.key)
            and (self.fingerprint is None or fingerprint_of(row["task"], row["error"]) == self.fingerprint)
            and (self.batch is None or _batch_of(row["about"]) == self.batch)
        )


class Redrive(msgspec.Struct, frozen=True, kw_only=True):
    """How far a redrive is. `found` letters were counted at its start (10,000: or more); `handled` went by now."""

    id: str
    action: Action
    wanted: Wanted
    per_second: float
    state: State
    found: int
    handled: int
    who: str
    started_ms: int
    ended_ms: int | None


class Step(msgspec.Struct):
    """Work on this redrive."""

    redrive: str


async def count(tx: Transaction, wanted: Wanted) -> int:
    """How many letters there are of those that are wanted, counted to 10,000. What a dry run answers."""
    looked = _Look(tx, wanted, tx.now_ms, (0, ""))
    while looked.more and len(looked.found) < FOUND_MAX:
        await looked.page(FOUND_MAX)
    return len(looked.found)


async def start(tx: Transaction, wanted: Wanted, *, per_second: float, who: str, action: Action = "retry") -> Redrive:
    """Begin to send the wanted letters round again (or to throw them away), so many a second at most.

    The worker that works the engine's own queue goes on with it; what dies meanwhile is not taken
    again. Raises Invalid for a rate that cannot be.
    """
    if not PER_SECOND_MIN <= per_second <= PER_SECOND_MAX:
        cure = f"send {PER_SECOND_MIN:g} to {PER_SECOND_MAX:g}"
        problem = FieldProblem("per_second", per_second, "out of range", cure)
        raise Invalid(f"per_second: {problem.reason}; {cure}.", fields=[problem])
    id_ = new_id()
    fields = msgspec.structs.asdict(wanted)
    found = await count(tx, wanted)
    await tx.run(
        SQL.redrive_add, **fields, id=id_, action=action, every_us=int(1_000_000 / per_second), found=found,
        next_us=tx.now_ms * 1_000, who=who, now_ms=tx.now_ms,
    )  # fmt: skip
    await REDRIVE.enqueue(tx, Step(id_))
    after = {"redrive": id_, "action": action, "per_second": per_second, "found": found, **fields}
    await changes.record(tx, who, "redrive.started", f"queue:{wanted.queue}", before=None, after=after)
    return await one(tx, id_)


async def stop(tx: Transaction, redrive_id: str, *, who: str) -> Redrive:
    """No further letters go. Raises RedriveNotFound, and RedriveEnded when it is over already."""
    row = await tx.one(SQL.redrive_lock, id=redrive_id)
    if row is None:
        raise _not_found(redrive_id)
    if row["state"] != "running":
        raise RedriveEnded(f"The redrive {redrive_id} is over: {row['state']}, {row['handled']} letters went.")
    await tx.run(SQL.redrive_end, id=redrive_id, state="stopped", now_ms=tx.now_ms)
    after = {"redrive": redrive_id, "handled": row["handled"]}
    await changes.record(tx, who, "redrive.stopped", f"queue:{row['queue']}", before=None, after=after)
    return await one(tx, redrive_id)


async def one(tx: Transaction, redrive_id: str) -> Redrive:
    """How far it is. Raises RedriveNotFound."""
    row = await tx.one(SQL.redrive_of_id, id=redrive_id)
    if row is None:
        raise _not_found(redrive_id)
    return _redrive(row)


async def newest(tx: Transaction, limit: int = 50) -> list[Redrive]:
    """The redrives that were started last."""
    return [_redrive(row) for row in await tx.all(SQL.redrives_newest, n=limit)]


class RedriveDeadLetters(TransactionalTask[Step]):
    """Send dead letters round again, or throw them away, at the rate that was asked for."""

    name = "engine.redrive"
    queue = "engine"
    payload = Step
    batch_max = 10

    async def handle(self, tx: Transaction, message: Message[Step]) -> None:
        """The letters that may go by now; while there are more, the next step is enqueued with it."""
        row = await tx.one(SQL.redrive_lock, id=message.payload.redrive)
        if row is None or row["state"] != "running":
            return
        since_us = max(row["next_us"], (tx.now_ms - CATCH_UP_MS) * 1_000)
        room = (tx.now_ms * 1_000 - since_us) // row["every_us"] + 1
        if tx.now_ms * 1_000 < since_us:  # woken too early, or by a clock that was set back
            room = 0
        looked = _Look(tx, _wanted(row), row["started_ms"], (row["after_ms"], row["after_id"]))
        went = await _take(tx, row, looked, room) if room else 0
        next_us = since_us + went * row["every_us"]
        after_ms, after_id = looked.place
        handled = row["handled"] + went
        await tx.run(
            SQL.redrive_move, id=row["id"], handled=handled, after_ms=after_ms, after_id=after_id, next_us=next_us
        )
        if looked.more:
            # A message of its own, with all its attempts, as in `errands`: kills of workers are not added up.
            wait_ms = min(max(STEP_MS, next_us // 1_000 - tx.now_ms), 60_000)
            await self.enqueue(tx, message.payload, delay_ms=wait_ms)
            return
        await tx.run(SQL.redrive_end, id=row["id"], state="done", now_ms=tx.now_ms)
        after = {"redrive": row["id"], "handled": handled}
        await changes.record(tx, row["who"], "redrive.done", f"queue:{row['queue']}", before=None, after=after)


REDRIVE = RedriveDeadLetters()
TASKS = [REDRIVE]


@dataclass
class _Look:
    """Goes through the letters of a queue in the order in which they died, from `place` on."""

    tx: Transaction
    wanted: Wanted
    upto_ms: int
    place: tuple[int, str]
    found: list[Row] = field(default_factory=list[Row])
    more: bool = True

    async def page(self, room: int) -> None:
        """Find further letters, until there are `room` of them or a page is looked through."""
        rows = await self.tx.all(
            SQL.redrive_looks, queue=self.wanted.queue, upto_ms=self.upto_ms,
            after_ms=self.place[0], after_id=self.place[1], n=LOOK_PAGE,
        )  # fmt: skip
        for row in rows:
            if len(self.found) >= room:
                return
            self.place = (row["died_ms"], row["id"])
            if self.wanted.takes(row):
                self.found.append(row)
        self.more = len(rows) == LOOK_PAGE


async def _take(tx: Transaction, row: Row, looked: _Look, room: int) -> int:
    """Take up to `room` letters, and do with them what is asked; how many there were."""
    for _ in range(LOOKS_MAX):
        if looked.more and len(looked.found) < room:
            await looked.page(room)
    ids = {str(found["id"]) for found in looked.found} | await _same_closed_keys(tx, looked)
    removed: Sequence[Row] = await tx.all(dead_letters.SQL.dead_remove, ids=sorted(ids)) if ids else ()
    if not removed:
        return 0
    queue, retrying = str(row["queue"]), row["action"] == "retry"
    await (dead_letters.send_round if retrying else dead_letters.throw_away)(tx, queue, removed)
    before = {"redrive": row["id"], "dead": sorted(str(one["id"]) for one in removed)}
    action = "dead.retried" if retrying else "dead.discarded"
    await changes.record(tx, row["who"], action, f"queue:{queue}", before=before, after=None)
    return len(removed)


async def _same_closed_keys(tx: Transaction, looked: _Look) -> set[str]:
    """The other wanted letters of closed keys go along: each goes before all that wait, so the last would be first."""
    keys = sorted({str(row["key"]) for row in looked.found if row["key"] is not None})
    shut = await dead_letters.closed(tx, looked.wanted.queue, keys) if keys else {}
    if not shut:
        return set()
    rows = await tx.all(SQL.redrive_of_keys, queue=looked.wanted.queue, keys=sorted(shut), upto_ms=looked.upto_ms)
    return {str(row["id"]) for row in rows if looked.wanted.takes(row)}


def _batch_of(about: str | None) -> str | None:
    return None if about is None else msgspec.json.decode(about, type=About).batch


def _wanted(row: Row) -> Wanted:
    return Wanted(
        queue=row["queue"], task=row["task"], key=row["key"], fingerprint=row["fingerprint"], batch=row["batch"]
    )


def _redrive(row: Row) -> Redrive:
    names: tuple[Any, ...] = ("id", "action", "state", "found", "handled", "who", "started_ms", "ended_ms")
    per_second = round(1_000_000 / row["every_us"], 3)
    return Redrive(wanted=_wanted(row), per_second=per_second, **{name: row[name] for name in names})


def _not_found(redrive_id: str) -> RedriveNotFound:
    return RedriveNotFound(f"No redrive has the id {redrive_id[:80]}.")
