"""Slow down guessing: failures are counted in rows, so that every node counts the same."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from barback.commerce.accounts.rules import DAY_MS, Limit, TooManyAttempts
from barback.commerce.accounts.store import SQL
from barback.foundation.errors import Refusal
from barback.storage import Database

Counted = tuple[Limit, str]


@asynccontextmanager
async def limited(db: Database, *counted: Counted) -> AsyncIterator[None]:
    """Count an attempt against each limit before the block; take it back when the block succeeds.

    Counting first, in a transaction of its own, leaves no gap for a thousand attempts at once.
    Raises TooManyAttempts, with the seconds to wait.
    """
    window = await _count(db, counted)
    try:
        yield
    except Refusal:
        raise
    except BaseException:
        # Our own failure is no attempt of theirs.
        await _forgive(db, counted, window)
        raise
    await _forgive(db, counted, window)


async def _count(db: Database, counted: Sequence[Counted]) -> dict[str, int]:
    windows: dict[str, int] = {}
    over: tuple[Limit, int] | None = None
    async with db.transaction() as tx:
        for limit, subject in sorted(counted, key=lambda one: one[0].name):
            windows[limit.name] = start = tx.now_ms - tx.now_ms % limit.window_ms
            row = await tx.one(SQL.attempt_add, bucket=_bucket(limit, subject), window_ms=start)
            if row is not None and row["count"] == 1:
                await tx.run(SQL.attempts_delete_old, before_ms=tx.now_ms - DAY_MS)
            if row is not None and row["count"] > limit.count_max:
                over = limit, start + limit.window_ms - tx.now_ms
    if over:
        seconds = max(1, -(-over[1] // 1000))
        raise TooManyAttempts(f"Try again in {seconds} seconds.", retry_after_s=seconds)
    return windows


async def _forgive(db: Database, counted: Sequence[Counted], windows: dict[str, int]) -> None:
    async with db.transaction() as tx:
        for limit, subject in sorted(counted, key=lambda one: one[0].name):
            await tx.run(SQL.attempt_forgive, bucket=_bucket(limit, subject), window_ms=windows[limit.name])


def _bucket(limit: Limit, subject: str) -> str:
    # Hashed: the table must not become a list of addresses that people typed.
    return f"{limit.name}:{hashlib.sha256(subject.encode()).hexdigest()[:32]}"
