"""What operators change of a queue while it runs, over HTTP: limits, pauses, paces, priorities; and a purge."""

from __future__ import annotations

from litestar import get, post

from barback.console import tuning_shapes as shapes
from barback.console.access import Operator, TasksKnown
from barback.console.errand_shapes import ErrandFigures
from barback.console.errand_shapes import figures as errand_figures
from barback.engine.operations import control, errands, figures, purging, tuning
from barback.engine.operations.errand_steps import Purge
from barback.engine.operations.tuning import Pace
from barback.foundation.errors import Invalid
from barback.storage import Database


@get("/console/queues/{queue:str}/limits", tags=["console"])
async def queue_limits(db: Database, reader: Operator, queue: str) -> shapes.LimitsList:
    """The limits of a queue that are in force."""
    del reader
    async with db.reading() as tx:
        return shapes.LimitsList([shapes.shown(one) for one in await tuning.limits_of(tx, queue)])


@post("/console/queues/{queue:str}/limits", tags=["console"], status_code=200)
async def set_queue_limits(db: Database, operator: Operator, queue: str, data: shapes.SetLimits) -> shapes.LimitsList:
    """Limit a queue, each of its lines, or one line, on every worker, from the next claim on."""
    try:
        limits = data.limits()
    except ValueError as error:
        raise Invalid(str(error)) from error
    async with db.transaction() as tx:
        await tuning.set_limits(tx, queue, limits, scope=data.scope, line=data.line, who=operator.who)
        return shapes.LimitsList([shapes.shown(one) for one in await tuning.limits_of(tx, queue)])


@post("/console/queues/{queue:str}/limits/reset", tags=["console"], status_code=200)
async def reset_queue_limits(
    db: Database, operator: Operator, queue: str, data: shapes.ResetLimits
) -> shapes.LimitsList:
    """Back to what the tasks declare."""
    async with db.transaction() as tx:
        await tuning.reset_limits(tx, queue, scope=data.scope, line=data.line, who=operator.who)
        return shapes.LimitsList([shapes.shown(one) for one in await tuning.limits_of(tx, queue)])


@post("/console/queues/{queue:str}/hold", tags=["console"], status_code=200)
async def hold_in_queue(db: Database, operator: Operator, queue: str, data: shapes.Hold) -> shapes.Changed:
    """Stop claiming messages of one key, line or tenant of a queue, or go on. What has begun is finished."""
    named = {"key": data.key, "line": data.line, "tenant": data.tenant}
    given = [(kind, name) for kind, name in named.items() if name is not None]
    if len(given) != 1:
        raise Invalid(f"Expected one of key, line and tenant, got {len(given)} of them.")
    kind, name = given[0]
    async with db.transaction() as tx:
        changed = await tuning.HOLDS[kind](tx, queue, name, paused=data.paused, who=operator.who)
    figures.watcher_of(db).forget()
    return shapes.Changed(int(changed))


@get("/console/queues/{queue:str}/pace", tags=["console"])
async def queue_pace(db: Database, reader: Operator, tasks_known: TasksKnown, queue: str) -> shapes.PaceShown:
    """How much each worker takes of a queue at once: what was set, and what the tasks declare."""
    del reader
    async with db.reading() as tx:
        pace = await tuning.pace_of(tx, queue)
    return shapes.pace_shown(pace, [task for task in tasks_known.by_name.values() if task.queue == queue])


@post("/console/queues/{queue:str}/pace", tags=["console"], status_code=200)
async def set_queue_pace(db: Database, operator: Operator, queue: str, data: Pace) -> Pace:
    """How much each worker takes of a queue at once; null is what the tasks say."""
    async with db.transaction() as tx:
        await tuning.set_pace(tx, queue, data, who=operator.who)
    return data


@post("/console/queues/{queue:str}/priority", tags=["console"], status_code=200)
async def set_queue_priority(db: Database, operator: Operator, queue: str, data: shapes.SetPriority) -> shapes.Changed:
    """Give waiting messages another priority, some 10,000 a call; call again until it changes none."""
    async with db.transaction() as tx:
        count = await tuning.set_priority(
            tx, queue, data.priority, task=data.task, key=data.key, tenant=data.tenant,
            message_id=data.message_id, who=operator.who,
        )  # fmt: skip
    return shapes.Changed(count)


@post("/console/queues/{queue:str}/purge", tags=["console"], status_code=200)
async def purge_queue(db: Database, admin: Operator, queue: str, data: shapes.Purge) -> ErrandFigures:
    """Take out for good what waits in a queue. Workers do it, 2,000 messages in each transaction.

    What a worker holds is finished, what is dead stays, and what comes meanwhile is left alone. What becomes of it:
    `/console/errands/{id}`; without any worker, `barback queue purge` does it.
    """
    purging.check_confirmed(queue, data.confirm)
    seen = await figures.watcher_of(db).look(db)
    its = next((one for one in seen.queues if one.queue == queue), None)
    found = 0 if its is None else its.ready + its.waiting + its.scheduled
    async with db.transaction() as tx:
        await control.require_queue(tx, queue)
        at_least = its is not None and its.at_least
        begun = await errands.start(tx, Purge(queue), found=found, at_least=at_least, who=admin.who)
    return errand_figures(begun)


ROUTES = [
    queue_limits,
    set_queue_limits,
    reset_queue_limits,
    hold_in_queue,
    queue_pace,
    set_queue_pace,
    set_queue_priority,
    purge_queue,
]
