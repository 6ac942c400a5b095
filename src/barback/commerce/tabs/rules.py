"""What a tab is and what may happen to it. Pure."""

from dataclasses import dataclass
from typing import Literal, get_args

from barback.foundation.errors import Conflict, FieldProblem, Invalid, NotFound

TabState = Literal["open", "closing", "closed"]
STATES: tuple[TabState, ...] = get_args(TabState)

MOVES: dict[TabState, frozenset[TabState]] = {
    "open": frozenset({"closing"}),
    "closing": frozenset({"open", "closed"}),
    "closed": frozenset({"open"}),
}
"""open → closing (grace for orders still on tills) → closed; open again until the money is taken.

The states after `closed` (finalised, payment_pending, paid …) come with payments; each gets its row here.
"""

LINK_LIFE_MS = 7 * 24 * 3_600_000
"""How long a guest's link works: an event and the days after it."""
LABEL_MAX = 120


class TabNotFound(NotFound):
    """No such tab in this tenant, or not this guest's."""

    code = "tab_not_found"
    title = "No such tab"


class TabMoveImpossible(Conflict):
    """The tab cannot go from the state it is in to the one asked for."""

    code = "tab_move_impossible"
    title = "The tab cannot go to that state"


class TabChanged(Conflict):
    """Somebody else changed the tab since it was read."""

    code = "tab_changed"
    title = "The tab has changed meanwhile"


class TabLinkInvalid(NotFound):
    """The link was never made, or its time is over."""

    code = "tab_link_invalid"
    title = "This link does not work (any more)"


class TabFilterInvalid(Invalid):
    """A filter of the list of tabs says something that cannot be."""

    code = "tab_filter_invalid"
    title = "The filter is not valid"


@dataclass(frozen=True, slots=True)
class Tab:
    """What one guest (or one tag nobody has claimed yet) has had, summed. Minor units; times in ms."""

    id: str
    tenant_id: str
    event_id: str
    attendee_id: str | None
    unassigned_key: str | None
    label: str
    state: TabState
    total_minor: int
    tax_minor: int
    order_count: int
    version: int
    currency: str
    opened_ms: int
    updated_ms: int

    @property
    def takes_orders(self) -> bool:
        """Whether a sale belongs on it without question. One that happened goes on it anyway, with a flag."""
        return self.state in ("open", "closing")


@dataclass(frozen=True, slots=True)
class TabWanted:
    """The tab of an attendee, or of a tag without one: exactly one of the two keys is given."""

    tenant_id: str
    event_id: str
    attendee_id: str | None
    unassigned_key: str | None
    label: str
    currency: str

    def __post_init__(self) -> None:
        """Refuse a tab of nobody and a tab of two."""
        if (self.attendee_id is None) == (self.unassigned_key is None):
            raise ValueError(f"expected either attendee_id or unassigned_key, got {self}")

    @property
    def owner(self) -> tuple[str, str, str]:
        """What makes the tab unique: event, kind of owner, owner."""
        if self.attendee_id is not None:
            return self.event_id, "attendee", self.attendee_id
        return self.event_id, "unassigned", self.unassigned_key or ""


@dataclass(frozen=True, slots=True)
class TabDelta:
    """What one order (or one correction) changes on a tab; amounts may be below zero."""

    tab_id: str
    total_minor: int
    tax_minor: int
    orders: int = 1


def summed(deltas: list[TabDelta]) -> list[TabDelta]:
    """One delta per tab, by tab id: the order in which rows are locked everywhere."""
    sums: dict[str, list[int]] = {}
    for delta in deltas:
        total = sums.setdefault(delta.tab_id, [0, 0, 0])
        total[0] += delta.total_minor
        total[1] += delta.tax_minor
        total[2] += delta.orders
    return [TabDelta(tab_id, *sums[tab_id]) for tab_id in sorted(sums)]


def check_move(tab: Tab, to: TabState) -> None:
    """Raise TabMoveImpossible unless a tab in this state may go to `to`."""
    if to not in MOVES[tab.state]:
        ways = " or ".join(sorted(MOVES[tab.state]))
        problem = FieldProblem("state", to, f"the tab is {tab.state}", f"from there it can go to {ways}")
        raise TabMoveImpossible(f"A tab that is {tab.state} cannot become {to}.", fields=[problem])


def check_state(state: str) -> TabState:
    """`state` itself if tabs have it; raises TabFilterInvalid."""
    for known in STATES:
        if state == known:
            return known
    problem = FieldProblem("state", state[:40], "tabs have no such state", f"use one of {', '.join(STATES)}")
    raise TabFilterInvalid(f"expected a state of a tab, got {state[:40]!r}", fields=[problem])
