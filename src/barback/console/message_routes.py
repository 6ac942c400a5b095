"""Messages and keys over HTTP: search, look at one, run it now, run it later, cancel it; a key and its line."""

from __future__ import annotations

from typing import Annotated

from litestar import get, post
from litestar.params import Parameter

from barback.console import message_shapes as shapes
from barback.console.access import Operator, TasksKnown
from barback.engine import changes, dead_letters, figures, key_looks, looking, moving, waiting
from barback.engine.looking import NEWEST_MS, Look, State
from barback.foundation.paging import LIMIT_DEFAULT, check_limit
from barback.storage import Database

Before = Annotated[int | None, Parameter(ge=0, description="Only messages enqueued before this.")]
Text = Annotated[str | None, Parameter(max_length=200, description="A piece of the payload's JSON.")]


@get("/console/messages", tags=["console"])
async def messages(
    db: Database,
    reader: Operator,
    *,
    queue: str | None = None,
    key: str | None = None,
    tenant: str | None = None,
    task: str | None = None,
    message_state: Annotated[State | None, Parameter(query="state")] = None,
    text: Text = None,
    before_ms: Before = None,
    limit: int = LIMIT_DEFAULT,
) -> shapes.MessageList:
    """Messages that wait, run or are dead, the youngest first. Looks at the first 20,000 of each state."""
    del reader
    check_limit(limit)
    look = Look(queue=queue, key=key, tenant=tenant, task=task, state=message_state, text=text)
    async with db.reading() as tx:
        found = await looking.search(tx, look, before_ms=NEWEST_MS if before_ms is None else before_ms, limit=limit)
    # Everything of the last millisecond is told again on the next page rather than left out.
    more = found[-1].enqueued_ms + 1 if len(found) == limit and found[-1].enqueued_ms < found[0].enqueued_ms else None
    return shapes.MessageList([shapes.figures(one) for one in found], more)


@get("/console/messages/{message_id:str}", tags=["console"])
async def message_detail(
    db: Database, reader: Operator, tasks_known: TasksKnown, message_id: str
) -> shapes.MessageDetail:
    """One message: where it is, its payload, every attempt that failed, what was done with it."""
    del reader
    async with db.reading() as tx:
        seen = await looking.one(tx, message_id)
        failures = await dead_letters.history(tx, message_id)
        done = await changes.page(tx, subject=f"message:{message_id}")
    return shapes.detail(seen, tasks_known, failures, done)


@post("/console/messages/{message_id:str}/run-now", tags=["console"], status_code=200)
async def hasten_message(db: Database, operator: Operator, message_id: str) -> shapes.MessageMoved:
    """Run it now, not when it is due."""
    async with db.transaction() as tx:
        await waiting.hurry(tx, message_id, who=operator.who)
    figures.watcher_of(db).forget()
    return shapes.MessageMoved(message_id)


@post("/console/messages/{message_id:str}/snooze", tags=["console"], status_code=200)
async def snooze_message(
    db: Database, operator: Operator, message_id: str, data: shapes.SnoozeMessage
) -> shapes.MessageMoved:
    """Run it so much later, and not before; its key waits with it."""
    async with db.transaction() as tx:
        await waiting.snooze(tx, message_id, data.ms, who=operator.who)
    figures.watcher_of(db).forget()
    return shapes.MessageMoved(message_id)


@post("/console/messages/{message_id:str}/cancel", tags=["console"], status_code=200)
async def cancel_message(db: Database, operator: Operator, message_id: str) -> shapes.MessageMoved:
    """It never runs. If it was the head of its key, the next one is."""
    async with db.transaction() as tx:
        await waiting.cancel(tx, message_id, who=operator.who)
    figures.watcher_of(db).forget()
    return shapes.MessageMoved(message_id)


@get("/console/keys", tags=["console"])
async def keys(db: Database, reader: Operator) -> shapes.KeyList:
    """Keys that somebody has to look at: the closed ones, and those with the longest lines."""
    del reader
    async with db.reading() as tx:
        return shapes.KeyList(await key_looks.keys(tx))


@get("/console/keys/one", tags=["console"])
async def key_detail(db: Database, reader: Operator, queue: str, key: str) -> shapes.KeyPage:
    """One key: its head, what waits behind it, what died of it."""
    del reader
    async with db.reading() as tx:
        found = await key_looks.one(tx, queue, key)
        done = await changes.page(tx, subject=f"key:{queue}:{key}")
    return shapes.KeyPage(
        queue=queue, key=key, lane=found.lane, since_ms=found.since_ms, waiting=found.waiting, line=found.line,
        head=None if found.head is None else shapes.figures(found.head), dead=found.dead, changes=done,
    )  # fmt: skip


@post("/console/keys/drain", tags=["console"], status_code=200)
async def drain_key(db: Database, operator: Operator, data: shapes.OneKey) -> shapes.KeyDrained:
    """Cancel everything that waits behind the head of a key."""
    async with db.transaction() as tx:
        count = await moving.drain_key(tx, data.queue, data.key, who=operator.who)
    figures.watcher_of(db).forget()
    return shapes.KeyDrained(count)


ROUTES = [
    messages,
    message_detail,
    hasten_message,
    snooze_message,
    cancel_message,
    keys,
    key_detail,
    drain_key,
]
