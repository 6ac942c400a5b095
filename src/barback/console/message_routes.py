"""Messages and keys over HTTP: search, look at one, run it now, run it later, cancel it; a key and its line."""

from __future__ import annotations

from typing import Annotated

from litestar import get, post
from litestar.params import Parameter

from barback.console import message_shapes as shapes
from barback.console import search_words
from barback.console.access import Operator, TasksKnown
from barback.console.errand_shapes import ErrandFigures
from barback.console.errand_shapes import figures as errand_figures
from barback.console.search_words import LINE_CHARS_MAX
from barback.console.snippets import as_test
from barback.engine import changes
from barback.engine.dead import dead_letters
from barback.engine.operations import errands, figures, key_looks, looking, moving
from barback.engine.operations.errand_steps import Change
from barback.engine.operations.looking import NEWEST, Look, Shown
from barback.engine.operations.places import STATES
from barback.foundation.paging import LIMIT_DEFAULT, check_limit, decode_cursor, encode_cursor
from barback.foundation.settings import Settings
from barback.storage import Database, Transaction

Line = Annotated[
    str,
    Parameter(
        max_length=LINE_CHARS_MAX, description='queue:mail state:dead payload.order.id:4711 enqueued:-2h.. "text"'
    ),
]
Its = Annotated[
    str | None,
    Parameter(max_length=LINE_CHARS_MAX, description="Its queue, if known: what waits elsewhere need not be looked at"),
]
COUNT_MAX = 10_000
"""Where counting what a search finds stops."""
KIN_MAX = 50
DRAIN_PAGES_MAX = 50
"""Transactions of one call that drains a key; what is left is drained by the next call."""


@get("/console/messages", tags=["console"])
async def messages(
    db: Database, reader: Operator, tasks_known: TasksKnown, *, q: Line = "", cursor: str | None = None,
    limit: int = LIMIT_DEFAULT,
) -> shapes.MessageList:  # fmt: skip
    """Messages that wait, run or are dead, the youngest first. Looks at the first 20,000 of each table."""
    del reader
    check_limit(limit)
    async with db.reading() as tx:
        look = search_words.read(q, tx.now_ms)
        shown = shapes.payload_for(tasks_known)
        found = await looking.search(tx, look, before=_before(cursor), limit=limit, shown=shown)
    return shapes.MessageList(
        [shapes.figures(one) for one in found.items], _after(found.after), found.looked, found.whole
    )


@get("/console/messages/count", tags=["console"])
async def count_messages(
    db: Database, reader: Operator, tasks_known: TasksKnown, *, q: Line = ""
) -> shapes.MessageCount:
    """How many messages a search finds, up to 10,000: what to know before all of them are changed."""
    del reader
    async with db.reading() as tx:
        return await _count(tx, search_words.read(q, tx.now_ms), shapes.payload_for(tasks_known))


async def _count(tx: Transaction, look: Look, shown: Shown) -> shapes.MessageCount:
    count, before = 0, NEWEST
    while count < COUNT_MAX:
        found = await looking.search(tx, look, before=before, limit=2_000, shown=shown)
        count += len(found.items)
        if found.after is None:
            return shapes.MessageCount(count, at_least=not found.whole)
        before = found.after
    return shapes.MessageCount(count, at_least=True)


@get("/console/messages/words", tags=["console"])
async def search_completions(db: Database, reader: Operator, tasks_known: TasksKnown) -> shapes.SearchWords:
    """What a search can be made of: to complete it while somebody types."""
    del reader
    seen = await figures.watcher_of(db).look(db)
    queues = sorted(one.queue for one in seen.queues)
    return shapes.SearchWords(list(search_words.NAMES), list(STATES), queues, sorted(tasks_known.by_name))


@post("/console/messages/change", tags=["console"], status_code=200)
async def change_messages(
    db: Database, operator: Operator, tasks_known: TasksKnown, data: shapes.ChangeMessages
) -> ErrandFigures:
    """Cancel, put off or run now what a search finds now. Workers do it, 200 messages in each transaction.

    Only an admin may cancel many: of dead letters and members of batches there is no way back. What becomes of it:
    `/console/errands/{id}`.
    """
    if data.action == "cancel":
        operator.require_admin("cancel many messages at once")
    async with db.reading() as tx:
        look = search_words.read(data.q, tx.now_ms)
        counted = await _count(tx, look, shapes.payload_for(tasks_known))
    asked = Change(line=data.q, look=look, action=data.action, delay_ms=data.ms)
    async with db.transaction() as tx:
        begun = await errands.start(tx, asked, found=counted.found, at_least=counted.at_least, who=operator.who)
    return errand_figures(begun)


def _before(cursor: str | None) -> tuple[int, str]:
    if cursor is None:
        return NEWEST
    at_ms, id_ = decode_cursor(cursor, int, str)
    return int(at_ms), str(id_)


def _after(place: tuple[int, str] | None) -> str | None:
    return None if place is None else encode_cursor(*place)


@get("/console/messages/{message_id:str}", tags=["console"])
async def message_detail(
    db: Database, reader: Operator, tasks_known: TasksKnown, settings: Settings, message_id: str, queue: Its = None
) -> shapes.MessageDetail:
    """One message: where it is, its payload, every attempt that failed, what was done with it."""
    del reader
    async with db.reading() as tx:
        seen = await looking.one(tx, message_id, queue=queue)
        failures = await dead_letters.history(tx, message_id)
        done = await changes.page(tx, subject=f"message:{message_id}")
    return shapes.detail(seen, tasks_known, failures, done, settings.trace_url)


@get("/console/messages/{message_id:str}/kin", tags=["console"])
async def message_kin(db: Database, reader: Operator, message_id: str, queue: Its = None) -> shapes.MessageKin:
    """What enqueued a message, if that is dead or at work, and of what its handler enqueued what is not done yet."""
    del reader
    async with db.reading() as tx:
        seen = await looking.one(tx, message_id, queue=queue)
        kin = await looking.kin(tx, seen, limit=KIN_MAX)
    return shapes.MessageKin(
        parent_id=seen.about.parent,
        parent=shapes.figures(kin.parent) if kin.parent else None,
        children=[shapes.figures(one) for one in kin.children],
        more=kin.more,
    )


@get("/console/messages/{message_id:str}/test", tags=["console"])
async def message_as_test(
    db: Database, reader: Operator, tasks_known: TasksKnown, message_id: str, queue: Its = None
) -> shapes.MessageAsTest:
    """A test in Python that handles this message again, on a database of its own. What is secret is masked."""
    del reader
    async with db.reading() as tx:
        seen = await looking.one(tx, message_id, queue=queue)
    payload = shapes.payload_for(tasks_known)(seen)
    return shapes.MessageAsTest(as_test(seen, tasks_known.by_name.get(seen.task), payload))


@post("/console/messages/{message_id:str}/run-now", tags=["console"], status_code=200)
async def hasten_message(db: Database, operator: Operator, message_id: str, queue: Its = None) -> shapes.MessageMoved:
    """Run it now, not when it is due."""
    async with db.transaction() as tx:
        await moving.hurry(tx, message_id, who=operator.who, queue=queue)
    figures.watcher_of(db).forget()
    return shapes.MessageMoved(message_id)


@post("/console/messages/{message_id:str}/snooze", tags=["console"], status_code=200)
async def snooze_message(
    db: Database, operator: Operator, message_id: str, data: shapes.SnoozeMessage, queue: Its = None
) -> shapes.MessageMoved:
    """Run it so much later, and not before; its key waits with it."""
    async with db.transaction() as tx:
        await moving.snooze(tx, message_id, data.ms, who=operator.who, queue=queue)
    figures.watcher_of(db).forget()
    return shapes.MessageMoved(message_id)


@post("/console/messages/{message_id:str}/cancel", tags=["console"], status_code=200)
async def cancel_message(db: Database, operator: Operator, message_id: str, queue: Its = None) -> shapes.MessageMoved:
    """It does not run. If it was the head of its key, the next one is. For a week it can be brought back."""
    async with db.transaction() as tx:
        await moving.cancel(tx, message_id, who=operator.who, queue=queue)
    figures.watcher_of(db).forget()
    return shapes.MessageMoved(message_id)


@post("/console/messages/{message_id:str}/bring-back", tags=["console"], status_code=200)
async def bring_message_back(db: Database, operator: Operator, message_id: str) -> shapes.MessageMoved:
    """Let a cancelled message wait again, as it did. It is kept for a week."""
    async with db.transaction() as tx:
        await moving.bring_back(tx, message_id, who=operator.who)
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
    return shapes.key_page(found, done)


@post("/console/keys/drain", tags=["console"], status_code=200)
async def drain_key(db: Database, admin: Operator, data: shapes.OneKey) -> shapes.KeyDrained:
    """Cancel everything that waits behind the head of a key."""
    total = 0
    for _ in range(DRAIN_PAGES_MAX):
        async with db.transaction() as tx:
            count = await moving.drain_key(tx, data.queue, data.key, who=admin.who)
        total += count
        if count < moving.DRAIN_PAGE:
            break
    figures.watcher_of(db).forget()
    return shapes.KeyDrained(total)


ROUTES = [
    messages,
    count_messages,
    search_completions,
    change_messages,
    message_detail,
    message_kin,
    message_as_test,
    hasten_message,
    snooze_message,
    cancel_message,
    bring_message_back,
    keys,
    key_detail,
    drain_key,
]
