"""Lines that a breaker holds (E16): not claimed until a time, then one message at a time, until they are mended.

A held line has room for one message whatever its limits say, so that whichever worker claims its first message
when the time has come has the probe, and nobody gets a second one.
"""

from __future__ import annotations

from collections.abc import Iterable

from barback.engine.fairness.lines import ring
from barback.storage import Transaction, statements

SQL = statements(__file__, "breaking.sql")

FOREVER_MS = 10 * 365 * 86_400_000
"""Until somebody mends it."""


async def hold(tx: Transaction, queues: Iterable[str], line: str, until_ms: int) -> None:
    """Claim nothing of `line` in `queues` until `until_ms`, then one message at a time. What runs goes on.

    Takes the rows of the turns: after whatever else `tx` does to lines.
    """
    for queue in sorted(queues):
        await tx.run(SQL.turn_break, queue=queue, line=line, until_ms=until_ms)
        ring(tx, queue)  # whoever rests until another time looks again


async def mend(tx: Transaction, queues: Iterable[str], line: str) -> None:
    """Claim of `line` again as its limits say."""
    for queue in sorted(queues):
        await tx.run(SQL.turn_mend, queue=queue, line=line)
        ring(tx, queue)
