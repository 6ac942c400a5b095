"""Whether a message is one that a search looks for: what the tables were asked for, asked again of what is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from barback.engine.leases import Pack
from barback.engine.operations.packed_looks import Held
from barback.engine.operations.payload_looks import has_field, has_text, piece_of

if TYPE_CHECKING:
    from barback.engine.operations.looking import Look, Seen, Shown

_OF_ALL = ("queue", "tenant", "task")
_OF_ONE = ("id", "key")


class Fitting:
    """One search: `look`, enqueued before `before`, with payloads as they are `shown` to whoever asks."""

    def __init__(self, look: Look, before: tuple[int, str], shown: Shown) -> None:
        """What is not looked for is not compared."""
        self._look, self._before, self._shown = look, before, shown
        self._of_all = [(name, value) for name in _OF_ALL if (value := getattr(look, name)) is not None]
        self._of_one = [(name, value) for name in _OF_ONE if (value := getattr(look, name)) is not None]
        self._of_payload = look.text is not None or bool(look.fields)
        self._piece = piece_of(look.text, look.fields)

    def may_be_in(self, pack: Pack) -> bool:
        """Whether some of a pack may fit: its messages are alike in nearly everything."""
        return pack.enqueued_ms <= self._before[0] and all(getattr(pack, name) == it for name, it in self._of_all)

    def may_be(self, held: Held) -> bool:
        """Whether it is worth looking at more closely."""
        row = held.row
        if (row.enqueued_ms, row.id) >= self._before or self._look.state not in (None, held.state):
            return False
        if any(getattr(row, name) != value for name, value in (*self._of_one, *self._of_all)):
            return False
        return self._piece is None or self._piece in row.payload.lower()

    def fits(self, seen: Seen) -> bool:
        """Whether it is one of those that are looked for."""
        look = self._look
        if (seen.enqueued_ms, seen.id) >= self._before or look.state not in (None, seen.state):
            return False
        if any(getattr(seen, name) != value for name, value in (*self._of_one, *self._of_all)):
            return False
        if look.parent not in (None, seen.about.parent) or look.batch not in (None, seen.about.batch):
            return False
        due_ms = seen.at_ms if seen.state in ("scheduled", "retrying") else None
        if not (
            _within(seen.enqueued_ms, look.enqueued_from_ms, look.enqueued_to_ms)
            and _within(due_ms, look.due_from_ms, look.due_to_ms)
        ):
            return False
        if not self._of_payload:
            return True
        payload = self._shown(seen)
        return (look.text is None or has_text(payload, look.text)) and all(has_field(payload, it) for it in look.fields)


def _within(at_ms: int | None, from_ms: int | None, to_ms: int | None) -> bool:
    if from_ms is None and to_ms is None:
        return True
    return at_ms is not None and (from_ms is None or at_ms >= from_ms) and (to_ms is None or at_ms < to_ms)
