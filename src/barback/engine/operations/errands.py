"""Errands: long work that an operator asked for, which workers do a step at a time. One way for all of it.

An errand is a row that says what was asked and how far it is, and a message of the engine's own that works it off:
each step and its progress are one commit, as with a redrive of dead letters. So nobody has to stay and watch, a
kill of anything repeats nothing and loses nothing, and it can be stopped between any two steps. What comes after
it began is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from barback.engine import changes
from barback.engine.handlers.handling import belongs_to_the_engine, error_text
from barback.engine.messages import Message
from barback.engine.operations import errand_steps
from barback.engine.operations.errand_steps import Asked, Change, Drain, Purge
from barback.engine.tasks import Task, TransactionalTask
from barback.foundation.errors import Conflict, NotFound
from barback.foundation.ids import new_id
from barback.storage import Row, Transaction, statements

SQL = statements(__file__, "errands.sql")

PAUSE_MS = 20
"""Between two steps, so that others get their turn at the writer."""

Kind = Literal["purge", "drain", "cancel", "run_now", "snooze"]
State = Literal["running", "done", "stopped", "failed"]
_ASKED: msgspec.json.Decoder[Asked] = msgspec.json.Decoder(Asked)


class ErrandNotFound(NotFound):
    """No errand has that id."""

    code = "errand_not_found"
    title = "No such errand"


class ErrandEnded(Conflict):
    """It is done, or was stopped before."""

    code = "errand_ended"
    title = "This errand has ended"


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is. `question`: the queue that is purged, the tenant that is drained, or the search.

    `found` messages were counted at its start (with `at_least`: or more), `handled` were changed by now, `left_alone`
    were found and could not be. `error`: why it failed.
    """

    id: str
    kind: Kind
    question: str
    state: State
    found: int
    at_least: bool
    handled: int
    left_alone: int
    error: str | None
    who: str
    started_ms: int
    ended_ms: int | None


class Step(msgspec.Struct):
    """Work on this errand."""

    errand: str


async def start(tx: Transaction, asked: Asked, *, found: int, at_least: bool, who: str) -> Errand:
    """Begin; a worker of the engine's own queue goes on with it. `found`: how many messages it is about, as counted."""
    id_ = new_id()
    told = msgspec.json.encode(asked).decode()
    await tx.run(
        SQL.errand_add, id=id_, asked=told, found=found, at_least=int(at_least), who=who, now_ms=tx.now_ms
    )  # fmt: skip
    await ERRAND.enqueue(tx, Step(id_))
    await _record(tx, id_, asked, who, "errand.started", {"found": found})
    return await one(tx, id_)


async def stop(tx: Transaction, errand_id: str, *, who: str) -> Errand:
    """No further step is done. Raises ErrandNotFound, and ErrandEnded when it is over already."""
    row = await tx.one(SQL.errand_lock, id=errand_id)
    if row is None:
        raise _not_found(errand_id)
    if row["state"] != "running":
        raise ErrandEnded(f"The errand {errand_id} is over: {row['state']}, {row['handled']} messages were changed.")
    await tx.run(SQL.errand_end, id=errand_id, state="stopped", error=None, now_ms=tx.now_ms)
    await _record(tx, errand_id, _asked(row), who, "errand.stopped", {"handled": row["handled"]})
    return await one(tx, errand_id)


async def one(tx: Transaction, errand_id: str) -> Errand:
    """How far it is. Raises ErrandNotFound."""
    row = await tx.one(SQL.errand_of_id, id=errand_id)
    if row is None:
        raise _not_found(errand_id)
    return _errand(row)


async def newest(tx: Transaction, limit: int = 50) -> list[Errand]:
    """The errands that were begun last."""
    return [_errand(row) for row in await tx.all(SQL.errands_newest, n=limit)]


class RunErrand(TransactionalTask[Step]):
    """The next step of something long that an operator asked for."""

    name = "engine.errand"
    queue = "engine"
    payload = Step
    batch_max = 10
    known: Mapping[str, Task[Any]] = {}
    """The tasks of this program by name: a search finds nothing by what is secret in their payloads."""

    async def handle(self, tx: Transaction, message: Message[Step]) -> None:
        """One step; while there is more, the next is enqueued with it."""
        row = await tx.one(SQL.errand_lock, id=message.payload.errand)
        if row is None or row["state"] != "running":
            return
        asked = _asked(row)
        try:
            async with tx.savepoint():
                step = await errand_steps.step(
                    tx, asked, row["place"], upto_ms=row["started_ms"], who=row["who"], known=self.known
                )
        except Exception as error:
            if belongs_to_the_engine(error) or message.attempt < message.attempts_max:
                raise
            await tx.run(SQL.errand_end, id=row["id"], state="failed", error=error_text(error), now_ms=tx.now_ms)
            await _record(tx, row["id"], asked, row["who"], "errand.failed", {"error": error_text(error)})
            return
        handled, left = row["handled"] + step.handled, row["left_alone"] + step.left_alone
        await tx.run(SQL.errand_move, id=row["id"], handled=handled, left_alone=left, place=step.place or "")
        if step.place is not None:
            # A message of its own for the next step, with all its attempts: each kill of a worker counts as one, and an
            # errand that goes on for a night sees more kills than one message may.
            await self.enqueue(tx, message.payload, delay_ms=PAUSE_MS)
            return
        await tx.run(SQL.errand_end, id=row["id"], state="done", error=None, now_ms=tx.now_ms)
        after = {"handled": handled, "left_alone": left}
        await _record(tx, row["id"], asked, row["who"], "errand.done", after)


ERRAND = RunErrand()
TASKS = [ERRAND]


def know(tasks: Mapping[str, Task[Any]]) -> None:
    """The tasks of this program: what is secret in their payloads is masked before a search looks at it."""
    ERRAND.known = tasks


async def _record(
    tx: Transaction, errand_id: str, asked: Asked, who: str, action: str, after: Mapping[str, object]
) -> None:
    told = {"errand": errand_id, "kind": kind_of(asked), **after}
    await changes.record(tx, who, action, subject_of(asked), before=None, after=told)


def subject_of(asked: Asked) -> str:
    """What the record of changes says it is about."""
    match asked:
        case Purge(queue):
            return f"queue:{queue}"
        case Drain(tenant):
            return f"tenant:{tenant}"
        case Change():
            return f"search:{asked.line}"


def kind_of(asked: Asked) -> Kind:
    """What is done."""
    match asked:
        case Purge():
            return "purge"
        case Drain():
            return "drain"
        case Change():
            return asked.action


def _asked(row: Row) -> Asked:
    return _ASKED.decode(row["asked"])


def _errand(row: Row) -> Errand:
    asked = _asked(row)
    same = ("id", "state", "found", "handled", "left_alone", "error", "who", "started_ms", "ended_ms")
    values: dict[str, Any] = {name: row[name] for name in same}
    question = subject_of(asked).partition(":")[2]
    return Errand(kind=kind_of(asked), question=question, at_least=bool(row["at_least"]), **values)


def _not_found(errand_id: str) -> ErrandNotFound:
    return ErrandNotFound(f"No errand has the id {errand_id[:80]}.")
