"""The model of `claims_model.py` with claims that do not wait for the disk (`relaxed.py`), and a server that crashes.

What was committed and is not on the disk is gone after a crash; workers go on and remember. Whatever is committed
otherwise brings all that came before it to the disk. After the first crash no claim is relaxed: in the model nobody
ever stops being careful.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from barback.engine.leasing.claims_model import Protocol
from barback.engine.leasing.claims_state import Lease, State, Tables

RELAXED_BREAKS = ("token given again", "never careful")
"""What can be broken on purpose besides; the walk must find each."""


@dataclass(frozen=True)
class RelaxedProtocol(Protocol):
    """Every claim is relaxed. A crash of the server is one of the `faults`."""

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        """As of `Protocol`, and: the log reaches the disk, the server crashes."""
        for what, after in super().steps(state):
            yield what, self._committed(state, after, relaxed=what.startswith(("claim", "commit the claim")))
        if state.disk is not None:
            yield "the log reaches the disk", state._replace(disk=None)
            if state.faults_left:
                yield "the server crashes", self._fallen(state, state.disk)

    def _committed(self, before: State, after: State, *, relaxed: bool) -> State:
        if _tables(before) == _tables(after):
            return after
        if relaxed and (not before.crashed or self.broken == "never careful"):
            return after._replace(disk=before.disk or _tables(before))
        return after._replace(disk=None)

    def _fallen(self, state: State, disk: Tables) -> State:
        workers = tuple(one._replace(taking=()) for one in state.workers)
        left = state._replace(**disk._asdict(), workers=workers, disk=None, crashed=True)
        return left._replace(faults_left=state.faults_left - 1)

    def next_token(self, state: State) -> int:
        """Broken: after a crash a sequence goes on where its log ended."""
        if self.broken != "token given again" or not state.crashed:
            return super().next_token(state)
        return max((lease.token for lease in state.leases), default=-1) + 1

    def may_end(self, state: State, lease: Lease) -> bool:
        """Broken: by the token alone, as between the runners of one worker, who share its name."""
        if self.broken != "token given again":
            return super().may_end(state, lease)
        return any(one.token == lease.token for one in state.leases)


def _tables(state: State) -> Tables:
    return Tables(state.rows, state.lanes, state.leases, state.names, state.effects, state.followed)
