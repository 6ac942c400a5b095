"""The lease protocol of `claims.py` as a model small enough to be looked at in every state it can reach.

A `State` is what the database holds and what each worker has in its memory; `steps` yields every state
that one step leads to: a claim (also one whose commit comes late), an outcome, a message given back, a
crash, a restart, a pause, a worker given up for dead, its lease taken over. One step is one transaction,
or one thing that happens to a process. `tests/conformance/test_lease_model.py` walks through all of
them within bounds and holds each to the promises E2, E3, E5 and E6; it also breaks the protocol in the
ways named in `BREAKS` and sees that the walk finds each. Whoever changes `claims.py` changes this too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from barback.engine.leasing.claims_state import Lease, Row, State, Worker, more, with_worker, without

BREAKS = (
    "fencing off",
    "attempt counted late",
    "settle outside of the transaction",
    "key order off",
    "key goes on at the claim",
    "taken over and forgotten",
    "taken over and kept",
    "batch buried whole",
    "key forgotten at a burial",
    "lease without a name ignored",
    "name used again",
    "keys in leases not looked at",
    "follower not seen",
    "loose head given back without a lane",
)
"""What can be broken on purpose; the walk must find each."""


@dataclass(frozen=True)
class Protocol:
    """The bounds of a walk: so many workers, a message for each of `keys` (None: without one), in that order.

    `faults`: crashes and pauses in all; what follows of them (restarts, take-overs) is not bounded.
    """

    workers: int
    keys: tuple[int | None, ...]
    attempts_max: int = 2
    batch: int = 2
    faults: int = 3
    late_commits: bool = True
    broken: str = ""

    def start(self) -> State:
        """Nothing is enqueued yet; every worker runs."""
        unborn = frozenset(("unborn", n, 0) for n in range(len(self.keys)))
        workers = tuple(Worker(up=True, paused=False, name=w, holds=None, taking=()) for w in range(self.workers))
        zeros = (0,) * len(self.keys)
        return State(
            unborn, frozenset(), frozenset(), frozenset(range(self.workers)), workers, zeros, zeros, self.faults
        )

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        """Everything that can happen next, with what to call it."""
        yield from self._enqueue(state)
        for at, worker in enumerate(state.workers):
            for what, after in self._worker_steps(state, at, worker):
                yield f"{what} (worker {at})", after
        for name in state.names:
            if self._is_silent(state, name):
                yield f"give {name} up for dead", state._replace(names=state.names - {name})
        for lease in state.leases:
            if self._is_silent(state, lease.name):
                yield f"take over {lease.rows}", self._take_over(state, lease)

    def _enqueue(self, state: State) -> Iterator[tuple[str, State]]:
        unborn = sorted(row for row in state.rows if row[0] == "unborn")
        if unborn:
            n = unborn[0][1]
            table = "ready" if self.keys[n] is None else "arrival"
            yield f"enqueue {n}", state._replace(rows=state.rows - {unborn[0]} | {(table, n, 0)})

    def _worker_steps(self, state: State, at: int, worker: Worker) -> Iterator[tuple[str, State]]:
        if not worker.up:
            yield "restart", self._register(state, at, worker._replace(up=True, paused=False))
            return
        fewer = state._replace(faults_left=state.faults_left - 1)
        if state.faults_left:
            yield "crash", self._crash(fewer, at, worker)
        if worker.paused:
            yield "resume", with_worker(state, at, worker._replace(paused=False))
            return
        if state.faults_left:
            yield "pause", with_worker(fewer, at, worker._replace(paused=True))
        if worker.name not in state.names:
            yield "take a new name", self._register(state, at, worker)
        if worker.holds is not None:
            yield from self._settle(state, at, worker, worker.holds)
            if not worker.half:
                yield "give back", self._give_back(state, at, worker, worker.holds)
        elif worker.taking:
            yield "commit the claim", self._claimed(state, at, worker, worker.taking, state.rows, state.lanes)
        elif worker.name in state.names:  # what lease_add asks for
            yield from self._claim(state, at, worker)

    def _claim(self, state: State, at: int, worker: Worker) -> Iterator[tuple[str, State]]:
        locked = {row for one in state.workers for row in one.taking}
        free = state.rows - locked
        for row in free:
            if row[0] == "aside":
                yield f"claim {row[1]} alone", self._claimed(state, at, worker, (row,), state.rows, state.lanes)
        heads = [row for row in free if row[0] in ("ready", "later head")]
        rows, lanes, loose = state.rows, state.lanes, set[int]()
        entering = sorted((row for row in free if row[0] in ("arrival", "later")), key=lambda row: row[1])
        for row in entering:  # each enters the line of its key, in order
            key = self.keys[row[1]]
            rows -= {row}
            state, lanes = self._reveal(state, lanes, key)
            is_head = key is None or key not in lanes or self.broken == "key order off"
            if key is not None:  # only a head that comes alone is loose
                loose = loose - {key} if key in lanes else loose | {key}
                lanes |= {key}
            placed = ("ready" if is_head else "behind", row[1], row[2])
            rows |= {placed}
            heads += [placed] if is_head else []
        found = tuple(sorted(heads, key=lambda row: row[1])[: self.batch])
        if found:
            loose &= {key for row in found if (key := self.keys[row[1]]) is not None}
            yield "claim", self._claimed(state, at, worker, found, rows, lanes - loose, frozenset(loose))
        elif rows != state.rows:
            yield "put into lines", state._replace(rows=rows, lanes=lanes)
        old = tuple(row for row in found if row in free)
        if self.late_commits and old and not locked:
            yield "claim, commit late", with_worker(state, at, worker._replace(taking=old))

    def _reveal(self, state: State, lanes: frozenset[int], key: int | None) -> tuple[State, frozenset[int]]:
        """A key that a lease holds without a lane gets one, and the lease is marked."""
        holding = {lease.token for lease in state.leases if key in lease.loose}
        if key is None or key in lanes or not holding or self.broken == "keys in leases not looked at":
            return state, lanes
        return state._replace(followed=state.followed | holding), lanes | {key}

    def _claimed(
        self,
        state: State,
        at: int,
        worker: Worker,
        taken: Iterable[Row],
        rows: frozenset[Row],
        lanes: frozenset[int],
        loose: frozenset[int] = frozenset(),
    ) -> State:
        late = self.broken == "attempt counted late"
        counted = tuple((n, attempt + (not late)) for _, n, attempt in taken)
        lease = Lease(self.next_token(state), worker.name, counted, loose)
        state = state._replace(rows=rows - frozenset(taken), lanes=lanes, leases=state.leases | {lease})
        if self.broken == "key goes on at the claim":
            state = self._move_on(state, [n for n, _ in lease.rows])
        return with_worker(state, at, worker._replace(holds=lease, taking=()))

    def next_token(self, state: State) -> int:
        """One that nobody has heard of."""
        used = {lease.token for lease in state.leases}
        return max(used | {one.holds.token for one in state.workers if one.holds is not None}, default=-1) + 1

    def may_end(self, state: State, lease: Lease) -> bool:
        """The fence: what lease_end asks for."""
        if self.broken == "fencing off":
            return True
        return any((one.token, one.name) == (lease.token, lease.name) for one in state.leases)

    def _settle(self, state: State, at: int, worker: Worker, lease: Lease) -> Iterator[tuple[str, State]]:
        gone = with_worker(state, at, worker._replace(holds=None, half=False))
        if not self.may_end(state, lease):
            yield "refused", gone
            return
        if self.broken == "settle outside of the transaction" and not worker.half:
            half = with_worker(state, at, worker._replace(half=True))
            yield "do the work, settle later", half._replace(effects=more(state.effects, lease.rows))
            return
        for outcomes in product(("done",) if worker.half else ("done", "retry", "snooze"), repeat=len(lease.rows)):
            after = gone._replace(leases=without(gone.leases, lease.token))
            seen = lease.token in state.followed and self.broken != "follower not seen"
            laneless = frozenset[int]() if seen else lease.loose
            for (n, attempt), outcome in zip(lease.rows, outcomes, strict=True):
                after = self._become(after, n, attempt, outcome, laneless, done_before=worker.half)
            yield f"settle {dict(zip((n for n, _ in lease.rows), outcomes, strict=True))}", after

    def _become(
        self, state: State, n: int, attempt: int, outcome: str, laneless: frozenset[int], *, done_before: bool
    ) -> State:
        late = self.broken == "attempt counted late"
        if outcome == "done":
            effects = state.effects if done_before else more(state.effects, ((n, 0),))
            return self._move_on(state._replace(effects=effects), [n], laneless)
        attempt += late
        if outcome == "retry" and attempt >= self.attempts_max:
            return self._move_on(state._replace(rows=state.rows | {("dead", n, attempt)}), [n], laneless)
        waits = "later" if self.keys[n] is None else "later head"
        return self._own(state._replace(rows=state.rows | {(waits, n, attempt - (outcome == "snooze"))}), [n])

    def _own(self, state: State, stay: Iterable[int]) -> State:
        """Heads that stay have a lane, if they had none."""
        return state._replace(lanes=state.lanes | {key for n in stay if (key := self.keys[n]) is not None})

    def _move_on(self, state: State, ended: Iterable[int], laneless: frozenset[int] = frozenset()) -> State:
        """The keys of what has ended go on: the next in line becomes the head, or the lane ends. Not the `laneless`."""
        for key in sorted({key for n in ended if (key := self.keys[n]) is not None} - laneless):
            behind = sorted(row for row in state.rows if row[0] == "behind" and self.keys[row[1]] == key)
            if behind:
                table, n, attempt = min(behind, key=lambda row: row[1])
                rows = state.rows - {(table, n, attempt)} | {("ready", n, attempt)}
                state = state._replace(rows=rows)
            else:
                state = state._replace(lanes=state.lanes - {key})
        return state

    def _give_back(self, state: State, at: int, worker: Worker, lease: Lease) -> State:
        state = with_worker(state, at, worker._replace(holds=None))
        if not self.may_end(state, lease):
            return state
        if self.broken != "loose head given back without a lane":
            state = self._own(state, [n for n, _ in lease.rows])
        back = frozenset(("ready", n, max(0, attempt - 1)) for n, attempt in lease.rows)
        return state._replace(leases=without(state.leases, lease.token), rows=state.rows | back)

    def _crash(self, state: State, at: int, worker: Worker) -> State:
        lone = worker.holds is not None and len(worker.holds.rows) == 1 and worker.holds in state.leases
        deaths = more(state.lone_deaths, worker.holds.rows) if lone and worker.holds else state.lone_deaths
        fallen = worker._replace(up=False, paused=False, holds=None, taking=(), half=False)
        return with_worker(state, at, fallen)._replace(lone_deaths=deaths)

    def _register(self, state: State, at: int, worker: Worker) -> State:
        if self.broken == "name used again":
            return with_worker(state, at, worker)._replace(names=state.names | {worker.name})
        name = max([*state.names, *(one.name for one in state.workers), *(lease.name for lease in state.leases)]) + 1
        return with_worker(state, at, worker._replace(name=name))._replace(names=state.names | {name})

    def _is_silent(self, state: State, name: int) -> bool:
        """Whether a holder may be given up: it does not beat, or its name is not in the table of workers any more."""
        if name not in state.names:
            return self.broken != "lease without a name ignored"
        return not any(one.name == name and one.up and not one.paused for one in state.workers)

    def _take_over(self, state: State, lease: Lease) -> State:
        kept = self.broken == "taken over and kept"
        state = state._replace(
            leases=state.leases if kept else state.leases - {lease}, names=state.names - {lease.name}
        )
        state = self._own(state, [n for n, _ in lease.rows])
        for n, attempt in lease.rows if self.broken != "taken over and forgotten" else ():
            lone = len(lease.rows) == 1 or self.broken == "batch buried whole"
            if lone and attempt >= self.attempts_max:
                state = state._replace(rows=state.rows | {("buried", n, attempt)})
                if self.broken != "key forgotten at a burial":
                    state = self._move_on(state, [n])
            else:
                state = state._replace(rows=state.rows | {("aside", n, attempt)})
        return state
