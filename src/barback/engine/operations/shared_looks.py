"""Looks that are shared: what was read once is told to all who ask, until it is too old.

    one = looks_of(db).shared("troubles", lambda: SharedLook(read, fresh_ms=5_000))
    await one.look(db)

Who asks while somebody reads waits for that answer; two never read the same at a time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast
from weakref import WeakKeyDictionary

from barback.storage import Database, Transaction

T = TypeVar("T")

FRESH_MS = 5_000
LOOK_SHARE = 20
"""A look that took long is kept so many times as long: looking stays a twentieth of the time."""
KEPT_AT_MOST_MS = 600_000
"""Also when the clock was set forward while somebody read."""
KEPT_MAX = 64
"""Questions of one database whose answers are kept."""

log = logging.getLogger("barback.looks")


@dataclass(frozen=True)
class _Kept(Generic[T]):
    answer: T
    found_ms: int
    fresh_until_ms: int


class SharedLook(Generic[T]):
    """One question and its last answer."""

    def __init__(
        self,
        read: Callable[[Transaction], Awaitable[T]],
        *,
        fresh_ms: int = FRESH_MS,
        stale_ms: int = 0,
        worth: Callable[[T], bool] = lambda _answer: True,
    ) -> None:
        """`fresh_ms`: how long an answer is given again, at least. `worth`: whether it is worth keeping.

        `stale_ms`: how long after it was found it is given while the next one is read behind whoever asks.
        """
        self._read = read
        self._fresh_ms, self._stale_ms = fresh_ms, stale_ms
        self._worth = worth
        self._kept: _Kept[T] | None = None
        self._reading: asyncio.Task[T] | None = None

    async def look(self, db: Database) -> T:
        """The answer as it is, or was lately. Raises what reading raises to those who wait for it."""
        now_ms, kept = db.clock.now_ms(), self._kept
        if kept is not None and kept.found_ms <= now_ms < kept.fresh_until_ms:
            return kept.answer
        if self._reading is None:
            self._reading = asyncio.create_task(self._behind(db))
            self._reading.add_done_callback(self._ended)
        if kept is not None and kept.found_ms <= now_ms < kept.found_ms + self._stale_ms:
            return kept.answer
        # One who goes away does not take the answer from the others who wait.
        return await asyncio.shield(self._reading)

    async def within(self, tx: Transaction) -> T:
        """The same for who has a transaction already: they read in it, and wait for nobody."""
        now_ms, kept = tx.now_ms, self._kept
        if kept is not None and kept.found_ms <= now_ms < kept.fresh_until_ms:
            return kept.answer
        return await self._found(tx, now_ms)

    async def _behind(self, db: Database) -> T:
        began_ms = db.clock.now_ms()
        async with db.reading() as tx:
            return await self._found(tx, began_ms)

    async def _found(self, tx: Transaction, began_ms: int) -> T:
        answer = await self._read(tx)
        ended_ms = tx.database.clock.now_ms()
        fresh_ms = max(self._fresh_ms, min((ended_ms - began_ms) * LOOK_SHARE, KEPT_AT_MOST_MS))
        self._kept = _Kept(answer, ended_ms, ended_ms + fresh_ms) if self._worth(answer) else None
        return answer

    def _ended(self, reading: asyncio.Task[T]) -> None:
        self._reading = None
        if not reading.cancelled() and (error := reading.exception()) is not None:
            log.warning("a look at the database failed: %s", error)


class Looks:
    """The questions that are asked about one database; of many the one that nobody asked for longest is forgotten."""

    def __init__(self) -> None:
        """Use `looks_of`, so that all who ask share one."""
        self._shared: dict[Hashable, SharedLook[Any]] = {}

    def shared(self, question: Hashable, make: Callable[[], SharedLook[T]]) -> SharedLook[T]:
        """The look that all who ask this share; made by the first of them."""
        look = self._shared.pop(question, None) or make()
        self._shared[question] = look
        if len(self._shared) > KEPT_MAX:
            del self._shared[next(iter(self._shared))]
        return cast("SharedLook[T]", look)


_looks: WeakKeyDictionary[Database, Looks] = WeakKeyDictionary()


def looks_of(db: Database) -> Looks:
    """What all who look at `db` in this process share."""
    return _looks.get(db) or _looks.setdefault(db, Looks())
