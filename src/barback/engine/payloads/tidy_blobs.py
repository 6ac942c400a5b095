"""Retention of blobs: what a store has and no message needs is removed after a day.

tidy = TidyBlobs(db, blobs)
Worker(db, [*tasks, tidy], schedules=[*schedules, tidy.schedule])
"""

from __future__ import annotations

from barback.engine.blobs.stores import Blobs
from barback.engine.history.tidy import Tidy
from barback.engine.messages import Message
from barback.engine.payloads.blob_payloads import remove_orphans
from barback.engine.schedules import Schedule
from barback.engine.tasks import ActingTask
from barback.storage import Database, Transaction


class TidyBlobs(ActingTask[Tidy, Tidy, int]):
    """Look once an hour; a look removes at most 1,000."""

    name = "engine.tidy_blobs"
    queue = "engine.blobs"
    payload = Tidy
    act_timeout_s = 600.0

    def __init__(self, db: Database | None, blobs: Blobs) -> None:
        """The store whose blobs the messages of `db` need; None: of the database that it is worked in."""
        self._db = db
        self._store = blobs
        self.schedule = Schedule(self.name, "11 * * * *", self, Tidy())

    async def decide(self, tx: Transaction, message: Message[Tidy]) -> Tidy:
        """Nothing to decide."""
        self._db = self._db or tx.database
        return message.payload

    async def act(self, decision: Tidy) -> int:
        """Remove what nobody needs."""
        del decision
        assert self._db is not None, "`decide` came before"
        return await remove_orphans(self._db, self._store)

    async def record(self, tx: Transaction, message: Message[Tidy], decision: Tidy, result: int) -> None:
        """Nothing to write down."""
        del tx, message, decision, result
