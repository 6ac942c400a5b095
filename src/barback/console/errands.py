"""What the console and its commands ask about long work: one transaction in, one answer out."""

from __future__ import annotations

from barback.console import errand_shapes as shapes
from barback.engine.dead import redrive
from barback.engine.dead.redrive import RedriveNotFound
from barback.engine.operations import errands
from barback.storage import Transaction


async def listed(tx: Transaction) -> list[shapes.ErrandFigures]:
    """Errands and redrives together, those that are under way first."""
    found = [shapes.figures(one) for one in await errands.newest(tx)]
    return shapes.in_order(found + [shapes.redrive_figures(one) for one in await redrive.newest(tx)])


async def stopped(tx: Transaction, errand_id: str, *, who: str) -> shapes.ErrandFigures:
    """Stop an errand or a redrive. Raises ErrandNotFound, and ErrandEnded or RedriveEnded when it is over already."""
    try:
        return shapes.redrive_figures(await redrive.stop(tx, errand_id, who=who))
    except RedriveNotFound:
        return shapes.figures(await errands.stop(tx, errand_id, who=who))
