"""What a runner remembers from one claim to the next."""

from __future__ import annotations

from dataclasses import dataclass, field

from barback.engine.fairness.line_floors import LineFloors
from barback.engine.fairness.newcomers import Newcomers
from barback.engine.leasing.arrivals import Arrivals
from barback.engine.leasing.floors import Floors
from barback.engine.leasing.lanes import Loose

FAR_AHEAD_MS = 2**62
"""Later than any clock: the first look is one after a clock that stepped back."""


@dataclass
class Sight:
    """What a runner knows of its queue from one claim to the next. Hints: the tables decide.

    `lined`: whether it has lines; None: not looked yet. `crowded`: others than arrivals filled the last claim;
    then `claims_until_look` counts how many more may be filled before arrivals are looked at. `floors`: where to begin.
    `arrivals`: the same of keyed ones. `plain`: messages that can run were all there was (see `at_once.py`).
    `loose`: keys of heads that need no lane.
    `entered`: whether delayed messages entered lanes in the transaction that claims, which does that once.
    `newcomers`: which lines were served lately.
    `calm_ms`: since when the server has not crashed, as the last claim in one statement saw it (see `relaxed.py`).
    `now_ms`: the clock at the last claim of a queue with lines, so that one that steps back is noticed.
    """

    lined: bool | None = None
    crowded: bool = False
    claims_until_look: int = 0
    plain: bool = False
    floors: Floors = field(default_factory=Floors)
    arrivals: Arrivals = field(default_factory=Arrivals)
    loose: Loose = field(default_factory=Loose)
    entered: bool = False
    newcomers: Newcomers = field(default_factory=Newcomers)
    calm_ms: int | None = None
    now_ms: int = FAR_AHEAD_MS

    def forget_places(self) -> None:
        """A server that takes over may give places out once more."""
        self.floors, self.arrivals, self.loose = Floors(), Arrivals(), Loose()
        self.newcomers.floors = LineFloors()
