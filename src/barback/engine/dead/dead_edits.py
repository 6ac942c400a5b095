"""Mending a dead letter before it goes round again (E11): its payload is changed under its task's own type.

An edit is refused where an enqueue would be, and also where it would lose something: a field that the
type does not have. What it was and what it is now are in the record of changes, without its secrets
(`masking`): a secret that comes back masked stays what it was.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from barback.engine import changes
from barback.engine.dead.dead_letters import not_found
from barback.engine.messages import NOTHING_ABOUT, About, PayloadTooLargeError
from barback.engine.payloads.masking import masked, unmasked
from barback.engine.tasks import Task, Work
from barback.foundation.bodies import InvalidRequest, MalformedJson, invalid
from barback.foundation.errors import Conflict, FieldProblem, TooLarge
from barback.storage import Row, Transaction, statements

SQL = statements(__file__, "redrive.sql")


class TaskNotKnown(Conflict):
    """What a payload may look like is known only to its task, and this program does not have it."""

    code = "task_not_known"
    title = "This program does not have the task of that message"


class PayloadTooLarge(TooLarge):
    """The payload is larger than a message may have."""

    code = "payload_too_large"
    title = "The payload is too large"


class Edited(msgspec.Struct, frozen=True):
    """An edit: the payload before and after, secrets masked. With `dry_run` nothing was changed."""

    id: str
    before: msgspec.Raw
    after: msgspec.Raw
    changed: bool
    dry_run: bool


async def edit(
    tx: Transaction, letter_id: str, payload: bytes, tasks: Mapping[str, Task[Any]], *, who: str, dry_run: bool = False
) -> Edited:
    """Give the letter another payload, JSON of its task's type; with `dry_run` only say what that would do.

    Raises DeadLetterNotFound, TaskNotKnown, PayloadTooLarge, MalformedJson, and InvalidRequest that names the field.
    """
    row = await tx.one(SQL.dead_lock, id=letter_id)
    if row is None:
        raise not_found(letter_id)
    task = tasks.get(row["task"])
    if task is None:
        raise TaskNotKnown(f"No task is called {row['task']} here. Edit the message where that task runs.")
    before = str(row["payload"]).encode()
    payload = unmasked(payload, before, task)
    value = _read(payload, task)
    try:
        stored = task.stored(Work(value, key=row["key"], tenant=row["tenant"], id=row["id"]), tx.now_ms)
    except PayloadTooLargeError as error:
        raise PayloadTooLarge(str(error)) from error
    after = stored.payload.encode()
    _refuse_lost(payload, after, task)
    shown, fresh = (msgspec.Raw(masked(one, task)) for one in (before, after))
    edited = Edited(letter_id, shown, fresh, before != after, dry_run)
    if edited.changed and not dry_run:
        await tx.run(SQL.dead_edit, id=letter_id, payload=stored.payload, line=stored.line, about=_without_blob(row))
        subject = f"message:{letter_id}"
        await changes.record(tx, who, "dead.edited", subject, before=edited.before, after=edited.after)
    return edited


def _read(payload: bytes, task: Task[Any]) -> Any:
    try:
        return msgspec.json.decode(payload, type=task.payload)
    except msgspec.ValidationError as error:
        raise invalid(str(error), msgspec.json.decode(payload), task.payload) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedJson(f"The payload is not JSON: {error}.") from error


def _refuse_lost(given: bytes, kept: bytes, task: Task[Any]) -> None:
    """A mistyped field would be left out in silence, and the message die of it once more."""
    known = _fields_of(task.payload)
    for steps in _lost(msgspec.json.decode(given), msgspec.json.decode(kept), ()):
        if steps[-1] not in known:  # a known one was left out because it says what is meant anyway
            near = difflib.get_close_matches(steps[-1], sorted(known), n=1)
            cure = f"did you mean {near[0]}?" if near else "leave it out"
            problem = FieldProblem(".".join(steps), None, f"not a field of {task.name}", cure)
            raise InvalidRequest(f"{problem.field}: {problem.reason}; {cure}.", fields=[problem])


def _lost(given: Any, kept: Any, steps: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(given, dict) and isinstance(kept, dict):
        there = cast("dict[str, Any]", kept)
        for name, value in cast("dict[str, Any]", given).items():
            if name in there:
                yield from _lost(value, there[name], (*steps, name))
            else:
                yield (*steps, name)
    elif isinstance(given, list) and isinstance(kept, list):
        pairs = zip(cast("list[Any]", given), cast("list[Any]", kept), strict=False)
        for index, (one, other) in enumerate(pairs):
            yield from _lost(one, other, (*steps, str(index)))


def _fields_of(payload: Any) -> set[str]:
    """The names of every field of the type, at any depth."""
    schema = msgspec.json.schema(payload)
    parts = [schema, *schema.get("$defs", {}).values()]
    return {name for part in parts for name in part.get("properties", {})}


def _without_blob(row: Row) -> str | None:
    """What the payload was read from elsewhere is not what it is now."""
    if row["about"] is None:
        return None
    about = msgspec.structs.replace(msgspec.json.decode(row["about"], type=About), blob=None)
    return None if about == NOTHING_ABOUT else msgspec.json.encode(about).decode()
