"""Batches for the conformance tests: a round of drinks that ends with `bar.tell`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.conformance.bar import Drink, pouring

from barback.engine import Work
from barback.engine.fanout.batch_figures import BatchFigures
from barback.engine.fanout.batches import Batch
from barback.storage import Database

TOLD = pouring(name="bar.tell", queue="tell")


async def opened(db: Database, **options: Any) -> Batch:
    """A batch that ends with `bar.tell` of drink 999."""
    async with db.transaction() as tx:
        return await Batch.open(tx, "a round", then=(TOLD, Drink(999)), **options)


async def fill(db: Database, batch: Batch, task: Any, ns: Sequence[int], *, seal: bool = True) -> list[str]:
    """Add drinks, and seal."""
    async with db.transaction() as tx:
        ids = await batch.add(tx, task, [Work(Drink(n)) for n in ns])
        if seal:
            await batch.seal(tx)
    return ids


async def figures(db: Database, batch: Batch) -> BatchFigures:
    """How far it is."""
    async with db.reading() as tx:
        return await batch.figures(tx)


def counted(seen: BatchFigures) -> dict[str, object]:
    """The state and the counts that are not zero."""
    names = ("total", "waiting", "done", "dead", "cancelled", "expired", "failed_attempts")
    return {"state": seen.state} | {name: getattr(seen, name) for name in names if getattr(seen, name)}
