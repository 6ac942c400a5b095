"""What the tests of lines share: a look at tokens and turns, and the rule that they must always agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tests.conformance.bar import Drink, register
from tests.conformance.tools import sql

from barback.engine import Task, Work, Worker
from barback.engine.fairness.lines import line_of
from barback.engine.store import COUNTED, leased_rows
from barback.storage import Database

LEASES = sql("SELECT queue, lined, body FROM engine_lease")
TURNS = sql("SELECT line, state, running FROM engine_turn WHERE queue = :queue")
WAITING = sql("SELECT line, count(*) AS n FROM engine_line WHERE queue = :queue GROUP BY line")
NEWS = sql("SELECT line FROM engine_news WHERE queue = :queue")


async def order_for(db: Database, task: Task[Drink], line: str, ns: Iterable[int], *, key: str | None = None) -> None:
    """Enqueue drinks of a tenant."""
    async with db.transaction() as tx:
        await task.enqueue_many(tx, [Work(Drink(n), key=key, tenant=line) for n in ns])


async def running(db: Database, queue: str = "bar") -> dict[str, int]:
    """How many tokens of each line are out, without those that have none out; and they must be right.

    A token is out for each message that somebody holds, unless nothing limits its line; and a line in which
    something waits can be found.
    """
    async with db.reading() as tx:
        turns = {row["line"]: row for row in await tx.all(TURNS, queue=queue)}
        leases = [row for row in await tx.all(LEASES) if row["queue"] == queue and row["lined"] == COUNTED]
        waiting = {row["line"] for row in await tx.all(WAITING, queue=queue)}
        news = {row["line"] for row in await tx.all(NEWS, queue=queue)}
    held = Counter(line_of(row) for lease in leases for row in leased_rows(lease["body"]))
    out = {line: row["running"] for line, row in turns.items() if row["running"]}
    assert out == dict(held), f"tokens {out}, held {dict(held)}"
    lost = {line for line in waiting - news if line not in turns or turns[line]["state"] == 0}
    assert not lost, f"messages wait in {lost}, and nobody would find them"
    return out


async def work_off(db: Database, *tasks: Task[Drink]) -> int:
    """Everything that can run now; how many messages that were."""
    worker = Worker(db, tasks)
    count = await worker.until_quiet()
    await worker.retire()
    return count


async def start(db: Database, *tasks: Task[Drink]) -> None:
    """Make the queues' rows, as the first worker does, and two names that can hold leases."""
    worker = Worker(db, tasks)
    await worker.start()
    await worker.retire()
    await register(db, "w1", "w2")
