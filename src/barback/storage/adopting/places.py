"""Where bells are rung for somebody else's database, and how a ring gets there without their connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol


class Sender(Protocol):
    """Carries rings to one place. Used by the ringer's thread alone."""

    def send(self, names: frozenset[str]) -> None:
        """Ring `names`. May raise: a ring that is lost costs time, never work."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


@dataclass(frozen=True)
class Place:
    """One database's bells. Places with the same name are the same place."""

    name: str
    open: Callable[[], Sender] = field(compare=False)
