"""The console over HTTP: parse, one call of the engine, shape. Made to be asked every second."""

from __future__ import annotations

from typing import Annotated

from litestar import get, post
from litestar.params import Parameter

from barback.console import (
    batch_routes,
    errand_routes,
    guard_routes,
    message_routes,
    redrive_routes,
    schedule_routes,
    shapes,
    tenant_routes,
    topic_routes,
    tuning_routes,
    worker_routes,
)
from barback.console.access import Operator, TasksKnown
from barback.console.watching import glance
from barback.engine import changes
from barback.engine.changes import NEWEST, Change
from barback.engine.dead import dead_letters
from barback.engine.operations import control, figures, minutes, timings
from barback.engine.operations.activity import activity_of
from barback.engine.operations.control import QueueNotFound
from barback.engine.operations.figures import QueueFigures
from barback.engine.operations.hours import queue_hour
from barback.engine.operations.timings import timings_of
from barback.foundation.paging import LIMIT_DEFAULT, Page, check_limit, decode_cursor, encode_cursor
from barback.foundation.settings import Settings
from barback.storage import Database

Piece = Annotated[str | None, Parameter(max_length=200, description="a piece of who, what, or on what")]


@get("/console/overview", tags=["console"], operation_id="console_overview")
async def overview(db: Database, reader: Operator) -> shapes.Overview:
    """Everything at a glance, and what needs a person now."""
    del reader
    return await glance(db)


@get("/console/queues", tags=["console"])
async def queues(db: Database, reader: Operator) -> shapes.QueueList:
    """Every queue with its figures."""
    del reader
    seen = await figures.watcher_of(db).look(db)
    return shapes.queue_list(seen, await timings_of(db).look(db))


@get("/console/activity", tags=["console"])
async def activity(db: Database, reader: Operator) -> shapes.ActivityList:
    """How busy each queue was in the last thirty minutes, minute by minute."""
    del reader
    return shapes.ActivityList(await activity_of(db).look(db))


@get("/console/day", tags=["console"])
async def day(db: Database, reader: Operator, queue: str = minutes.ALL) -> shapes.Day:
    """The last 24 hours of a queue, or of all: what was done, what failed, what waited, every five minutes."""
    del reader
    async with db.reading() as tx:
        if queue:
            await control.require_queue(tx, queue)
        return shapes.Day(tx.now_ms, await minutes.day(tx, queue))


@get("/console/queues/{queue:str}", tags=["console"])
async def queue_detail(db: Database, reader: Operator, queue: str) -> shapes.QueueDetail:
    """One queue: its last hour, its tasks, and why its messages gave up."""
    del reader
    seen = await figures.watcher_of(db).look(db)
    found = _one_of(seen.queues, queue)
    async with db.reading() as tx:
        hour = await queue_hour(tx, queue)
        timing = await timings.of_queue(tx, queue)
        errors = await dead_letters.groups(tx, queue=queue)
    return shapes.queue_detail(found, seen.as_of_ms, hour, timing, errors)


@post("/console/queues/{queue:str}/pause", tags=["console"], status_code=200)
async def pause_queue(db: Database, operator: Operator, queue: str) -> QueueFigures:
    """Stop claiming from a queue, on every worker, within a second. What has begun is finished."""
    async with db.transaction() as tx:
        await control.pause(tx, queue, who=operator.who)
    return await _anew(db, queue)


@post("/console/queues/{queue:str}/resume", tags=["console"], status_code=200)
async def resume_queue(db: Database, operator: Operator, queue: str) -> QueueFigures:
    """Claim from a queue again."""
    async with db.transaction() as tx:
        await control.resume(tx, queue, who=operator.who)
    return await _anew(db, queue)


@post("/console/queues/{queue:str}/release", tags=["console"], status_code=200)
async def release_key(db: Database, operator: Operator, queue: str, data: shapes.ReleaseKey) -> QueueFigures:
    """Let the messages behind a closed key go on, without the one that closed it."""
    async with db.transaction() as tx:
        await control.release_key(tx, queue, data.key, who=operator.who)
    return await _anew(db, queue)


@get("/console/dead", tags=["console"])
async def dead_letters_page(
    db: Database,
    reader: Operator,
    tasks_known: TasksKnown,
    queue: str | None = None,
    limit: int = LIMIT_DEFAULT,
    cursor: str | None = None,
) -> Page[shapes.DeadLetter]:
    """Dead letters, newest first, of one queue or all."""
    del reader
    check_limit(limit)
    async with db.reading() as tx:
        found = await dead_letters.page(tx, queue=queue, before=_before(cursor), limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return Page(
        [shapes.dead_letter(one, tasks_known.by_name) for one in found[:limit]],
        encode_cursor(last.died_ms, last.id) if last else None,
    )


@get("/console/dead/groups", tags=["console"])
async def dead_letter_groups(db: Database, reader: Operator, queue: str | None = None) -> shapes.ErrorGroupList:
    """Dead letters grouped by what their errors have in common."""
    del reader
    async with db.reading() as tx:
        return shapes.ErrorGroupList(await dead_letters.groups(tx, queue=queue))


@get("/console/dead/{letter_id:str}", tags=["console"])
async def dead_letter_detail(
    db: Database, reader: Operator, tasks_known: TasksKnown, settings: Settings, letter_id: str
) -> shapes.DeadLetterDetail:
    """One dead letter: its payload, every attempt that failed, what was done with it before."""
    del reader
    async with db.reading() as tx:
        letter = await dead_letters.one(tx, letter_id)
        failures = await dead_letters.history(tx, letter_id)
        done = await changes.page(tx, subject=f"message:{letter_id}")
    return shapes.dead_letter_detail(letter, failures, done, tasks_known.by_name, settings.trace_url)


@post("/console/dead/retry", tags=["console"], status_code=200)
async def retry_dead_letters(db: Database, operator: Operator, data: shapes.RetryMany) -> shapes.RetriedMany:
    """Send many round again, those that died first at first, at most 1,000 a call."""
    async with db.transaction() as tx:
        await control.require_queue(tx, data.queue)
        answer = await dead_letters.retry_queue(
            tx, data.queue, who=operator.who, fingerprint=data.fingerprint, limit=data.limit
        )
    figures.watcher_of(db).forget()
    return shapes.RetriedMany(answer.retried, answer.more)


@post("/console/dead/{letter_id:str}/retry", tags=["console"], status_code=200)
async def retry_dead_letter(
    db: Database, operator: Operator, tasks_known: TasksKnown, letter_id: str
) -> shapes.DeadLetter:
    """Send one round again, with its attempts counted from zero."""
    async with db.transaction() as tx:
        letter = await dead_letters.retry(tx, letter_id, who=operator.who)
    figures.watcher_of(db).forget()
    return shapes.dead_letter(letter, tasks_known.by_name)


@post("/console/dead/{letter_id:str}/discard", tags=["console"], status_code=200)
async def discard_dead_letter(
    db: Database, operator: Operator, tasks_known: TasksKnown, letter_id: str
) -> shapes.DeadLetter:
    """Throw one away for good. If it closed its key, the key goes on."""
    async with db.transaction() as tx:
        letter = await dead_letters.discard(tx, letter_id, who=operator.who)
    figures.watcher_of(db).forget()
    return shapes.dead_letter(letter, tasks_known.by_name)


@get("/console/changes", tags=["console"])
async def changes_page(
    db: Database,
    reader: Operator,
    subject: str | None = None,
    contains: Piece = None,
    limit: int = LIMIT_DEFAULT,
    cursor: str | None = None,
) -> Page[Change]:
    """What operators changed, newest first; `subject` (`queue:…`, `message:…`) narrows to one thing.

    `contains` finds by a piece of who it was, what was done, or of the subject.
    """
    del reader
    check_limit(limit)
    async with db.reading() as tx:
        found = await changes.page(tx, subject=subject, contains=contains, before=_before(cursor), limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return Page(found[:limit], encode_cursor(last.at_ms, last.id) if last else None)


def _before(cursor: str | None) -> tuple[int, str]:
    if not cursor:
        return NEWEST
    at_ms, id_ = decode_cursor(cursor, int, str)
    return int(at_ms), str(id_)


def _one_of(found: list[QueueFigures], queue: str) -> QueueFigures:
    for one in found:
        if one.queue == queue:
            return one
    raise QueueNotFound(f"No queue is called {queue[:80]}. Look at the list of queues for what there is.")


async def _anew(db: Database, queue: str) -> QueueFigures:
    """The queue after a change, not as it was a moment ago."""
    seen = await figures.watcher_of(db).look(db, anew=True)
    return _one_of(seen.queues, queue)


ROUTES = [
    overview,
    queues,
    activity,
    day,
    queue_detail,
    pause_queue,
    resume_queue,
    release_key,
    dead_letters_page,
    dead_letter_groups,
    dead_letter_detail,
    retry_dead_letters,
    retry_dead_letter,
    discard_dead_letter,
    *message_routes.ROUTES,
    *redrive_routes.ROUTES,
    *errand_routes.ROUTES,
    *batch_routes.ROUTES,
    *guard_routes.ROUTES,
    *tuning_routes.ROUTES,
    *worker_routes.ROUTES,
    *schedule_routes.ROUTES,
    *topic_routes.ROUTES,
    *tenant_routes.ROUTES,
    changes_page,
]
