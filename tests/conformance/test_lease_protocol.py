"""The lease protocol against a model: any order of enqueue, claim, settle, crash, give back, snooze and time.

After every step each message is where the model says and in no second place, each key has one head, and
attempts are what was claimed. At the end everything is worked off: each message ends exactly once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from tests.conformance.bar import Drink, register
from tests.conformance.lease_model import (
    ATTEMPTS_MAX,
    BY_NAME,
    EMPTY,
    KEYS,
    LANES,
    LEASES,
    OUTCOMES,
    PLACES,
    TASKS,
    Known,
    World,
)

from barback.engine import DONE, LeaseLostError, Outcome, Work
from barback.engine.leases import Lease
from barback.engine.leasing import claims, lanes
from barback.engine.leasing.liveness import bury
from barback.engine.messages import Stored
from barback.engine.store import add_ready, leased_rows, loose_keys
from barback.storage import Database, open_database
from barback.testing import HandClock


class LeaseProtocol(RuleBasedStateMachine):
    """Workers, messages and time, in any order."""

    world: ClassVar[World]
    leases = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[str, Known] = {}
        self.names = {n: f"w{n}.0" for n in range(3)}
        self.run(self._empty())

    @property
    def db(self) -> Database:
        return self.world.db

    def run(self, what: Any) -> Any:
        return self.world.loop.run_until_complete(what)

    async def _empty(self) -> None:
        async with self.db.transaction() as tx:
            await tx.script(EMPTY)
        await register(self.db, *self.names.values())

    @rule(key=st.sampled_from(list(KEYS)), delay_ms=st.sampled_from([0, 0, 0, 50]), many=st.integers(1, 3))
    def enqueue(self, key: str | None, delay_ms: int, many: int) -> None:
        async def do() -> list[str]:
            async with self.db.transaction() as tx:
                return await TASKS[KEYS[key]].enqueue_many(tx, [Work(Drink(), key=key, delay_ms=delay_ms)] * many)

        for id_ in self.run(do()):
            self.model[id_] = Known(len(self.model), key, delay_ms > 0)

    @rule(target=leases, worker=st.integers(0, 2), limit=st.integers(1, 5), singly=st.booleans())
    def claim(self, worker: int, limit: int, *, singly: bool) -> Any:
        async def do() -> list[Lease]:
            async with self.db.transaction() as tx:
                due = await claims.take_due(tx, "bar", limit)
                return await claims.claim(tx, "bar", self.names[worker], limit, offered=due, singly=singly)

        found = self.run(do())
        rows = [row for one in found for row in one.rows]
        assert len(rows) <= limit
        self._claimed(rows)
        return multiple(*found)

    @rule(target=leases, worker=st.integers(0, 2))
    def claim_aside(self, worker: int) -> Any:
        async def do() -> Lease | None:
            async with self.db.transaction() as tx:
                return await claims.claim_aside(tx, "bar", self.names[worker])

        found = self.run(do())
        if found is None:
            assert not any(known.state == "aside" for known in self.model.values())
            return multiple()
        assert self.model[found.rows[0].id].state == "aside"
        self._claimed(found.rows)
        return found

    def _claimed(self, rows: list[Stored]) -> None:
        keys = [row.key for row in rows if row.key is not None]
        assert len(keys) == len(set(keys)), "two of a key in one claim"
        for row in rows:
            known = self.model[row.id]
            assert known.state in ("waiting", "aside")
            self._in_order(known)
            known.state, known.claimed = "leased", True
            known.attempt += 1
            assert row.attempt == known.attempt

    def _in_order(self, mine: Known) -> None:
        """No message of the key that was enqueued earlier is still to come, as its policy says."""
        if mine.key is None or mine.delayed:
            return
        for other in self.model.values():
            earlier = other.key == mine.key and not other.delayed and other.number < mine.number
            if earlier and other.state not in ("done", "dead"):
                assert KEYS[mine.key] == "skip", f"{mine} before {other}"
                assert other.claimed or mine.claimed, f"{mine} before {other}"

    @rule(lease=consumes(leases), outcomes=st.lists(OUTCOMES, min_size=5, max_size=5))
    def settle(self, lease: Lease, outcomes: list[Outcome]) -> None:
        if not self._is_held(lease):
            self._settle_refused(lease)
            return
        by_id = {row.id: outcome for row, outcome in zip(lease.rows, outcomes, strict=False)}

        async def do() -> None:
            async with self.db.transaction() as tx:
                settled = await claims.settle(tx, [lease], by_id, BY_NAME)
                await add_ready(tx, settled.heads)

        self.run(do())
        for row in lease.rows:
            self.model[row.id].settled(by_id.get(row.id, DONE))

    def _settle_refused(self, lease: Lease) -> None:
        async def do() -> None:
            async with self.db.transaction() as tx:
                await claims.settle(tx, [lease], {}, BY_NAME)

        with pytest.raises(LeaseLostError):
            self.run(do())

    def _is_held(self, lease: Lease) -> bool:
        return lease.worker in self.names.values()

    @rule(lease=consumes(leases))
    def give_back(self, lease: Lease) -> None:
        async def do() -> None:
            async with self.db.transaction() as tx:
                await claims.give_back(tx, [lease])

        self.run(do())
        if self._is_held(lease):
            for row in lease.rows:
                self.model[row.id].state = "waiting"
                self.model[row.id].attempt -= 1

    @rule(target=leases, lease=consumes(leases))
    def split(self, lease: Lease) -> Any:
        if not self._is_held(lease):
            return lease

        async def do() -> list[Lease]:
            async with self.db.transaction() as tx:
                return await claims.split(tx, lease)

        return multiple(*self.run(do()))

    @rule(worker=st.integers(0, 2))
    def crash(self, worker: int) -> None:
        """The worker dies, is taken over, and starts anew; what it held in leases is lost to it."""
        name = self.names[worker]
        sizes = {row.id: len(rows) for _, holder, rows in self.run(self._leases()) if holder == name for row in rows}
        self.run(bury(self.db, name, None, BY_NAME))
        for id_, size in sizes.items():
            known = self.model[id_]
            known.state = "dead" if size == 1 and known.attempt >= ATTEMPTS_MAX else "aside"
        self.names[worker] = f"w{worker}.{int(name.rpartition('.')[2]) + 1}"
        self.run(register(self.db, self.names[worker]))

    @rule(ms=st.sampled_from([10, 50, 200]))
    def advance(self, ms: int) -> None:
        self.world.clock.advance(ms)

    @rule()
    def release(self) -> None:
        async def do() -> None:
            async with self.db.transaction() as tx:
                await lanes.release(tx, "bar", "p1")

        self.run(do())

    async def _leases(self) -> list[tuple[int, str, list[Stored]]]:
        decode = leased_rows
        async with self.db.reading() as tx:
            return [(row["token"], row["worker"], decode(row["body"])) for row in await tx.all(LEASES)]

    async def _places(self) -> dict[str, list[tuple[str, str | None]]]:
        async with self.db.reading() as tx:
            return {name: [(row["id"], row["key"]) for row in await tx.all(at)] for name, at in PLACES.items()}

    @invariant()
    def every_message_is_in_one_place(self) -> None:
        places = self.run(self._places())
        held = self.run(self._leases())
        places["leased"] = [(row.id, row.key) for _, worker, rows in held if worker != "nobody" for row in rows]
        places["aside"] = [(row.id, row.key) for _, worker, rows in held if worker == "nobody" for row in rows]
        found = [id_ for rows in places.values() for id_, _ in rows]
        assert len(found) == len(set(found)), "a message is in two places"
        where = {id_: name for name, rows in places.items() for id_, _ in rows}
        for id_, known in self.model.items():
            place = where.pop(id_, "done")
            state = place if place in ("leased", "aside", "dead", "done") else "waiting"
            assert state == known.state, f"{known} is in {place}"
        assert not where
        for _, _, rows in held:
            assert all(row.attempt == self.model[row.id].attempt for row in rows)
        self._each_lane_has_one_head(places)

    def _each_lane_has_one_head(self, places: dict[str, list[tuple[str, str | None]]]) -> None:
        heads = [key for name in ("ready", "leased", "aside", "later head") for _, key in places[name] if key]
        assert len(heads) == len(set(heads)), f"two heads of a key: {heads}"

        loose: dict[str, bool] = {}

        async def do() -> dict[str, str]:
            async with self.db.reading() as tx:
                for row in await tx.all(LEASES):
                    loose.update(dict.fromkeys(loose_keys(row["keys"]), bool(row["followed"])))
                return {row["key"]: row["state"] for row in await tx.all(LANES)}

        lanes_now = self.run(do())
        laned = {key for key, state in lanes_now.items() if state in {"alone", "busy"}}
        assert set(heads) - set(loose) <= laned <= set(heads)
        assert {key for key, followed in loose.items() if not followed}.isdisjoint(lanes_now), "a lane nobody looks for"
        assert {key for _, key in places["parked"]} <= {key for key, state in lanes_now.items() if state != "alone"}

    def teardown(self) -> None:
        """Work everything off."""
        for worker in self.names:
            self.crash(worker)
        for _ in range(400):
            if not any(known.state in ("waiting", "aside", "leased") for known in self.model.values()):
                break
            self.advance(60_000)
            self.release()
            self._work_off()
        assert all(known.state in ("done", "dead") for known in self.model.values()), "something is stuck"
        self.every_message_is_in_one_place()

    def _work_off(self) -> None:
        async def do() -> list[Lease]:
            async with self.db.transaction() as tx:
                alone = await claims.claim_aside(tx, "bar", self.names[0])
                due = await claims.take_due(tx, "bar", 5)
                return [*([alone] if alone else []), *await claims.claim(tx, "bar", self.names[0], 5, offered=due)]

        for one in self.run(do()):
            self._claimed(one.rows)
            self.settle(one, [DONE] * 5)


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A loop of its own: the machine's steps are no coroutines."""
    loop, clock = asyncio.new_event_loop(), HandClock()
    made = World(loop.run_until_complete(open_database(database_url, clock=clock, bells=False)), clock, loop)
    yield made
    loop.run_until_complete(made.db.close())
    loop.close()


@pytest.mark.slow
def test_E2_E5_E6_any_order_of_steps_keeps_every_message_once_and_each_key_in_order(world: World) -> None:
    machine = type("LeaseProtocolHere", (LeaseProtocol,), {"world": world})
    # To make a failure short takes minutes: add Phase.shrink by hand.
    how = settings(
        max_examples=60 if world.db.dialect == "sqlite" else 10,
        stateful_step_count=30,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    run_state_machine_as_test(machine, settings=how)
