"""Answers that cost much are kept for a while: who asks again gets the last one, and the next is found meanwhile."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from barback.engine.operations.figures import LOOK_SHARE
from barback.storage import Database

T = TypeVar("T")

FRESH_AT_LEAST_S = 1.0
STALE_AFTER_S = 600.0
"""An answer older than this is not given any more: whoever asks waits for a new one."""
KEPT_MAX = 64

log = logging.getLogger("barback.console")


@dataclass(frozen=True)
class _Kept:
    answer: Any
    found_at: float
    fresh_until: float


class Keeper:
    """What was found in one database, by what was asked. `clock`: seconds that only go on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Use `keeper_of`, so that all who ask share one."""
        self._clock = clock
        self._kept: dict[Hashable, _Kept] = {}
        self._asking: dict[Hashable, asyncio.Task[Any]] = {}

    async def answer(self, question: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        """A fresh answer, or the last one while `ask` finds the next. Raises what `ask` raises to who waits for it."""
        now, kept = self._clock(), self._kept.get(question)
        if kept is not None and now < kept.fresh_until:
            return kept.answer  # type: ignore[no-any-return]
        asking = self._asking.get(question)
        if asking is None:
            asking = self._asking[question] = asyncio.create_task(self._find(question, ask))
            asking.add_done_callback(partial(self._found, question))
        if kept is not None and now < kept.found_at + STALE_AFTER_S:
            return kept.answer  # type: ignore[no-any-return]
        # One who goes away does not take the answer from the others who wait.
        return await asyncio.shield(asking)  # type: ignore[no-any-return]

    async def _find(self, question: Hashable, ask: Callable[[], Awaitable[Any]]) -> Any:
        began = self._clock()
        try:
            answer = await ask()
        finally:
            del self._asking[question]
        ended = self._clock()
        if len(self._kept) >= KEPT_MAX and question not in self._kept:
            del self._kept[min(self._kept, key=lambda one: self._kept[one].found_at)]
        self._kept[question] = _Kept(answer, ended, ended + max(FRESH_AT_LEAST_S, (ended - began) * LOOK_SHARE))
        return answer

    def _found(self, question: Hashable, asking: asyncio.Task[Any]) -> None:
        if not asking.cancelled() and (error := asking.exception()) is not None:
            log.warning("console: %s: %s", question, error)


_keepers: WeakKeyDictionary[Database, Keeper] = WeakKeyDictionary()


def keeper_of(db: Database) -> Keeper:
    """The one that all who ask about `db` share."""
    return _keepers.setdefault(db, Keeper())
