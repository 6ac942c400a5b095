"""Walks through every state of the lease protocol's model, and says how it got to the first one that is wrong."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from barback.engine.leasing.claims_model import Protocol
from barback.engine.leasing.claims_state import Lease, State, Tables, Worker

FINAL = ("dead", "buried", "unborn")


@dataclass(frozen=True)
class Walked:
    """What a walk saw. `wrong` is empty, or says what is wrong and the steps that lead there."""

    states: int
    wrong: str = ""


def walk(protocol: Protocol, states_max: int = 2_000_000) -> Walked:
    """Every state that can be reached, breadth first: the first wrong one is reached in the fewest steps."""
    first = normal(protocol.start())
    came: dict[State, tuple[State, str] | None] = {first: None}
    before: dict[State, list[State]] = {}
    waiting = deque([first])
    while waiting:
        state = waiting.popleft()
        for what, step in protocol.steps(state):
            after = normal(step)
            before.setdefault(after, []).append(state)
            if after in came:
                continue
            came[after] = state, what
            if wrong := verdict(protocol, state, after):
                return Walked(len(came), f"{wrong}: {way_to(after, came)}")
            waiting.append(after)
        assert len(came) <= states_max, "the bounds are too wide"
    return Walked(len(came), stuck(came, before))


def verdict(protocol: Protocol, state: State, after: State) -> str:
    """What is wrong with `after`, which came of `state`; empty when nothing is."""
    for n in range(len(protocol.keys)):
        places = [table for table, m, _ in after.rows if m == n]
        places += ["lease" for lease in after.leases for m, _ in lease.rows if m == n]
        done = after.effects[n]
        signs = {
            f"is in two places, {places}": len(places) > 1,
            "is lost": not places and not done,
            "had its effect twice": done > 1,
            f"had its effect and is still {places}": done and places and not any(one.half for one in after.workers),
            "killed more workers than it has attempts": after.lone_deaths[n] > protocol.attempts_max + after.crashed,
            "was buried for what others did": "buried" in places and not (was_buried(state, n) or was_alone(state, n)),
        }
        for what, holds in signs.items():
            if holds:
                return f"message {n} {what}"
    return out_of_order(protocol, state, after)


def was_buried(state: State, n: int) -> bool:
    """Whether message `n` died of its worker's death before."""
    return any(table == "buried" and m == n for table, m, _ in state.rows)


def was_alone(state: State, n: int) -> bool:
    """Whether message `n` was alone in its lease, so that it is known whose doing the silence of its worker was."""
    return any([m for m, _ in lease.rows] == [n] for lease in state.leases)


def out_of_order(protocol: Protocol, state: State, after: State) -> str:
    """Whether a message did its work before an earlier one of its key had ended."""
    for n, key in enumerate(protocol.keys):
        if key is None or after.effects[n] == state.effects[n]:
            continue
        for earlier in range(n):
            live = [t for t, m, _ in after.rows if m == earlier and t not in FINAL]
            live += ["lease" for lease in after.leases for m, _ in lease.rows if m == earlier]
            if protocol.keys[earlier] == key and live:
                return f"message {n} came before {earlier} of the same key"
    return ""


def stuck(came: dict[State, tuple[State, str] | None], before: dict[State, list[State]]) -> str:
    """Whether there is a state from which nothing that can happen ends every message."""
    ends = [state for state in came if not state.leases and all(table in FINAL[:2] for table, _, _ in state.rows)]
    good, waiting = set(ends), deque(ends)
    while waiting:
        for state in before.get(waiting.popleft(), ()):
            if state not in good:
                good.add(state)
                waiting.append(state)
    bad = next((state for state in came if state not in good), None)
    return "" if bad is None else f"stuck for ever: {way_to(bad, came)}"


def way_to(state: State, came: dict[State, tuple[State, str] | None]) -> str:
    """The steps from the start."""
    steps: list[str] = []
    while (link := came[state]) is not None:
        state, what = link
        steps.append(what)
    return " · ".join(reversed(steps))


def normal(state: State) -> State:
    """The same state with small numbers for names and tokens, and workers in a fixed order.

    Only the order of numbers matters, and no worker is special: states that differ in nothing else are one.
    """
    workers = sorted(state.workers, key=_looks)
    names = {
        name: at for at, name in enumerate(sorted({*_names(state), *(w.name for w in workers), *_lease_names(state)}))
    }
    tokens = {token: at for at, token in enumerate(sorted({lease.token for lease in _leases(state)}))}

    def lease(old: Lease) -> Lease:
        return Lease(tokens[old.token], names[old.name], old.rows, old.loose)

    def worker(old: Worker) -> Worker:
        return old._replace(name=names[old.name], holds=None if old.holds is None else lease(old.holds))

    # A name that holds nothing and belongs to no process is forgotten by tidying up; it changes nothing here.
    current = {old.name for old in workers if old.up}

    def numbers(old: State | Tables) -> dict[str, frozenset[Lease] | frozenset[int]]:
        held = {one.name for one in old.leases}
        return {
            "leases": frozenset(map(lease, old.leases)),
            "followed": frozenset(tokens[one.token] for one in old.leases if one.token in old.followed),
            "names": frozenset(names[name] for name in old.names if name in held or name in current),
        }

    disk = None if state.disk is None else state.disk._replace(**numbers(state.disk))
    return state._replace(**numbers(state), workers=tuple(map(worker, workers)), disk=disk)


def _names(state: State) -> frozenset[int]:
    return state.names | (frozenset() if state.disk is None else state.disk.names)


def _leases(state: State) -> list[Lease]:
    on_disk = () if state.disk is None else state.disk.leases
    return [*state.leases, *on_disk, *(one.holds for one in state.workers if one.holds is not None)]


def _lease_names(state: State) -> set[int]:
    return {lease.name for lease in _leases(state)}


def _looks(worker: Worker) -> tuple[object, ...]:
    return worker.up, worker.paused, worker.holds is None, worker.holds or (), worker.taking, worker.name
