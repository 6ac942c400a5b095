"""Dedupe (E14): what is enqueued again within its window is the message that is there already, or was.

A token belongs to a task. The row that remembers it is written in the transaction that enqueues, so of
two transactions that bring the same token at once the second waits for the first: if that one commits,
it gets the id of the first message, and if it is undone, its own message is the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from barback.engine.messages import KEY_CHARS_MAX
from barback.engine.works import Work
from barback.foundation.ids import new_id
from barback.storage import Transaction, statements

SQL = statements(__file__, "guards.sql")


async def sift(tx: Transaction, task: str, works: Sequence[Work[Any]]) -> tuple[list[Work[Any]], list[str]]:
    """Those of `works` that are to be enqueued, with their ids in them; and the id for each of `works`.

    Raises ValueError for a token or a window that is none. Tokens are entered in their order, so that
    two that enqueue the same ones do not wait for each other for ever.
    """
    named = [work if work.id else msgspec.structs.replace(work, id=new_id()) for work in works]
    first: dict[str, Work[Any]] = {}
    for work in named:
        if work.dedupe is not None:
            _check(task, work)
            first.setdefault(work.dedupe, work)
    known = await _enter(tx, task, first)
    fresh: list[Work[Any]] = []
    ids: list[str] = []
    for work in named:
        own = str(work.id)
        id_ = own if work.dedupe is None else known.get(work.dedupe, str(first[work.dedupe].id))
        ids.append(id_)
        if id_ == own:
            fresh.append(work)
    return fresh, ids


async def _enter(tx: Transaction, task: str, first: dict[str, Work[Any]]) -> dict[str, str]:
    """Enter the tokens; the ids of those that were there already, by token."""
    tokens = sorted(first)
    ids = [str(first[token].id) for token in tokens]
    until = [tx.now_ms + first[token].dedupe_ms for token in tokens]
    asked = {"asked": list(zip(tokens, ids, until, strict=True)), "tokens": tokens, "ids": ids, "until": until}
    entered = await tx.all(SQL.dedupe_enter, task=task, now_ms=tx.now_ms, **asked)
    repeated = sorted(set(tokens) - {str(row["token"]) for row in entered})
    if not repeated:
        return {}
    rows = await tx.all(SQL.dedupe_known, task=task, tokens=repeated)
    return {str(row["token"]): str(row["id"]) for row in rows}


def _check(task: str, work: Work[Any]) -> None:
    token = work.dedupe or ""
    if not token or len(token) > KEY_CHARS_MAX or "\0" in token:
        raise ValueError(
            f"expected `dedupe` to be 1 to {KEY_CHARS_MAX} characters without the character zero for {task}, "
            f"got {len(token)}: {token[:40]!r}"
        )
    if work.dedupe_ms <= 0:
        raise ValueError(f"expected `dedupe_ms` to be at least 1 millisecond for {task}, got {work.dedupe_ms}")
