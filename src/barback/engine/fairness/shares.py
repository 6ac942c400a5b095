"""Whose turn it is, and how many it may take: arithmetic, without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from barback.engine.fairness.limits import UNLIMITED
from barback.storage import Row

EMPTY, OPEN, HELD = 0, 1, 2
"""States of a line: nothing waits; something may; held back until a time."""


def grant(now_us: int, tat_us: int, interval_us: int, burst: int) -> tuple[int, int]:
    """How many may start now, and from where the next ones count. Without a rate: any number.

    Nobody is ever ahead by more than the burst: who seems to be was written down before the clock stepped back.
    """
    if interval_us == 0:
        return UNLIMITED, tat_us
    base = max(now_us, min(tat_us, now_us + burst * interval_us))
    return max(0, (burst * interval_us - (base - now_us)) // interval_us), base


def held_until_ms(tat_us: int, interval_us: int, burst: int) -> int:
    """When the next one may start, in milliseconds, rounded up."""
    return -(-(tat_us - (burst - 1) * interval_us) // 1000)


@dataclass
class Turn:
    """A line while a claim takes of it; its row is locked."""

    line: str
    turn: int
    running: int
    room: int
    interval_us: int
    burst: int
    weight: int
    tat_us: int
    may: int = 0
    taken: int = 0
    empty: bool = False

    @classmethod
    def of(cls, row: Row, now_ms: int) -> Turn:
        """A picked row; `may` is how many may start now."""
        names = ("line", "turn", "running", "room", "interval_us", "burst", "weight", "tat_us")
        turn = cls(**{name: row[name] for name in names})
        by_rate, turn.tat_us = grant(now_ms * 1000, turn.tat_us, turn.interval_us, turn.burst)
        turn.may = min(turn.room - turn.running, by_rate)
        return turn

    def after(self, queue: str, now_ms: int, turn: int, *, counting: bool) -> dict[str, object]:
        """The row after the claim: what runs, when the next may start, and that others have their turn first."""
        tat_us = self.tat_us + self.taken * self.interval_us
        more, _ = grant(now_ms * 1000, tat_us, self.interval_us, self.burst)
        state = EMPTY if self.empty else OPEN if more else HELD
        return {
            "queue": queue,
            "line": self.line,
            "turn": turn if self.taken else self.turn,
            "state": state,
            "taken": self.taken if counting else 0,
            "tat_us": tat_us,
            "until_ms": held_until_ms(tat_us, self.interval_us, self.burst) if state == HELD else 0,
        }


def shares(turns: Sequence[Turn], n: int) -> list[int]:
    """How many of `n` to take of each line: equal by weight, what one may not take goes to the others."""
    given: list[int] = [0] * len(turns)
    able: list[int] = [at for at, turn in enumerate(turns) if turn.may > turn.taken and not turn.empty]
    while n > 0 and able:
        whole, weights = n, sum(turns[at].weight for at in able)
        for at in able:
            turn = turns[at]
            share = min(max(1, whole * turn.weight // weights), turn.may - turn.taken - given[at], n)
            given[at] += share
            n -= share
        able = [at for at in able if turns[at].may > turns[at].taken + given[at]]
    return given
