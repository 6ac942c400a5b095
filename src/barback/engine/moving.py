"""Everything that waits behind a key, cancelled at once. Single messages: `waiting`."""

from __future__ import annotations

from barback.engine import changes
from barback.engine.looking import SQL
from barback.storage import Transaction


async def drain_key(tx: Transaction, queue: str, key: str, *, who: str) -> int:
    """Cancel everything that waits behind the head of a key; how many there were. The head stays what it is."""
    ids = sorted(str(row["id"]) for row in await tx.all(SQL.key_drain, queue=queue, key=key))
    if ids:
        await changes.record(tx, who, "key.drained", f"key:{queue}:{key}", before={"waiting": ids}, after=None)
    return len(ids)
