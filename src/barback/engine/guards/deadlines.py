"""Deadlines (E15): work that is worthless late ends as *expired*, which is neither done nor a failure.

A message is looked at when its turn comes, so it expires when it is claimed and not by a clock of its own:
behind its key, in a paused queue, that may be later than its deadline, but never is it handled late.
"""

from __future__ import annotations

from barback.engine.messages import Stored, about_of


def is_late(row: Stored, now_ms: int) -> bool:
    """Whether the deadline of `row` has passed; without one it never does."""
    expires_ms = _expires_ms(row)
    return expires_ms is not None and expires_ms <= now_ms


def due_ms(row: Stored, now_ms: int, delay_ms: int) -> int:
    """When a message that waits `delay_ms` is to be looked at: at its deadline, if that comes first."""
    expires_ms = _expires_ms(row)
    due = now_ms + delay_ms
    return expires_ms if expires_ms is not None and now_ms < expires_ms < due else due


def _expires_ms(row: Stored) -> int | None:
    if row.about is None or "expires_ms" not in row.about:
        return None  # decoding is for those that have one
    return about_of(row).expires_ms
