"""E16. Circuit breakers: while a dependency is down its queue is not claimed; one probe finds out when it is back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.conformance.bar import Drink, Ring, effects, held, lease, numbers, order, pouring, register, write_effect
from tests.conformance.tools import count, eventually, sql

from barback.engine import ActingTask, Breaker, Cancel, Message, Task, Worker, breakers, changes
from barback.engine.liveness import bury
from barback.engine.outages import is_outage
from barback.engine.store import SQL
from barback.storage import Database, Transaction, open_database
from barback.testing import HandClock, run_until_quiet

OPEN_MS = 30_000
TAPS = Breaker("taps", failures=3, within_s=60, open_s=30)
ATTEMPTS = sql("SELECT attempt FROM engine_later ORDER BY attempt")
TOLD = sql("SELECT channels, kind FROM engine_live ORDER BY pos")


class Tap(ActingTask[Drink, int, int]):
    """Pours from a tap that may be dry: `down` counts how often it will still be."""

    name = "bar.tap"
    queue = "bar"
    payload = Drink
    breaker = TAPS
    attempts_max = 3
    concurrency = 1

    def __init__(self, down: int = 1_000, *, error: Exception | None = None) -> None:
        self.down, self.tried, self.again = down, 0, False
        self.error = error or ConnectionRefusedError("no beer comes out")

    async def decide(self, tx: Transaction, message: Message[Drink]) -> int:
        del tx
        return message.payload.n

    async def act(self, decision: int) -> int:
        self.tried += 1
        self.down -= 1
        if self.down >= 0:
            raise self.error
        return decision

    async def record(self, tx: Transaction, message: Message[Drink], decision: int, result: int) -> None:
        assert decision == result
        await write_effect(tx, message)


async def state(db: Database, name: str = "taps") -> breakers.BreakerState:
    async with db.reading() as tx:
        return await breakers.one(tx, name)


async def attempts(db: Database) -> list[int]:
    """How many attempts were counted, of each message that waits for another."""
    async with db.reading() as tx:
        return [int(row["attempt"]) for row in await tx.all(ATTEMPTS)]


def pouring_from(tap: Tap, **options: Any) -> Task[Drink]:
    """The same as a task that only touches a database: the one that may be away is another's."""

    def pour(_message: Message[Drink]) -> None:
        tap.again = tap.down > 0 and not tap.again
        if tap.again:
            raise tap.error  # an attempt that fails is made twice: trusting, then with care
        tap.tried += 1
        tap.down -= 1
        if tap.down >= 0:
            raise tap.error

    return pouring(pour, breaker=TAPS, attempts_max=3, batch_max=1, **options)


@pytest.fixture(params=["acting", "transactional"])
def kind(request: pytest.FixtureRequest) -> str:
    """Both kinds of tasks keep the promise."""
    return str(request.param)


def make(kind: str, tap: Tap) -> Task[Drink]:
    return tap if kind == "acting" else pouring_from(tap)


async def test_E16_it_opens_after_failures_in_a_row_and_burns_no_more_attempts(tables: Database, kind: str) -> None:
    tap = Tap()
    await order(tables, make(kind, tap), range(10))
    await run_until_quiet(tables, [make(kind, tap)])
    assert tap.tried == 3
    found = await state(tables)
    assert (found.state, found.failures, found.queues) == ("open", 3, ["bar"])
    assert "no beer comes out" in str(found.error)
    assert await count(tables, "engine_failure") == 3
    assert sum(await attempts(tables)) == 3


async def test_E16_while_it_is_open_nothing_is_tried(tables: Database, clock: HandClock, kind: str) -> None:
    tap = Tap()
    await order(tables, make(kind, tap), range(10))
    await run_until_quiet(tables, [make(kind, tap)])
    for _ in range(3):
        clock.advance(9_000)
        await order(tables, make(kind, tap), [99])
        assert tap.tried == 3
        await run_until_quiet(tables, [make(kind, tap)])
    assert tap.tried == 3


async def test_E16_one_probe_and_it_burns_no_attempt(tables: Database, clock: HandClock, kind: str) -> None:
    tap = Tap()
    await order(tables, make(kind, tap), range(10))
    await run_until_quiet(tables, [make(kind, tap)])
    for probes in range(1, 6):
        clock.advance(OPEN_MS)
        await run_until_quiet(tables, [make(kind, tap)])
        assert tap.tried == 3 + probes
    assert await count(tables, "engine_failure") == 3
    assert (await held(tables)).get("dead") is None
    assert max(await attempts(tables)) <= 1


async def test_E16_the_probe_that_succeeds_closes_it(tables: Database, clock: HandClock, kind: str) -> None:
    tap = Tap(down=4)
    await order(tables, make(kind, tap), range(10))
    await run_until_quiet(tables, [make(kind, tap)])
    clock.advance(OPEN_MS)
    await run_until_quiet(tables, [make(kind, tap)])
    assert (await state(tables)).state == "open"
    clock.advance(OPEN_MS)
    await run_until_quiet(tables, [make(kind, tap)])
    assert (await state(tables)).state == "closed"
    clock.advance(OPEN_MS)
    await run_until_quiet(tables, [make(kind, tap)])
    assert sorted(await numbers(tables)) == list(range(10))
    assert tap.tried == 10 + 4


async def test_E16_order_per_key_survives_it(tables: Database, clock: HandClock, kind: str) -> None:
    tap = Tap(down=5)
    await order(tables, make(kind, tap), range(5), key="tab:1")
    await order(tables, make(kind, tap), range(10, 15), key="tab:2")
    for _ in range(8):
        await run_until_quiet(tables, [make(kind, tap)])
        clock.advance(OPEN_MS)
    poured = await effects(tables)
    assert [one.n for one in poured if one.key == "tab:1"] == list(range(5))
    assert [one.n for one in poured if one.key == "tab:2"] == list(range(10, 15))
    assert await held(tables) == {}


async def test_E16_what_was_claimed_before_and_has_not_begun_is_not_tried(tables: Database) -> None:
    """Twenty in hand when it opens: they wait with the others, their attempts as they were."""
    tap = Tap()
    await order(tables, tap, range(20))
    await run_until_quiet(tables, [tap])  # claims all of them at once
    assert (tap.tried, await held(tables)) == (3, {"later": 20})
    assert await attempts(tables) == [0] * 17 + [1] * 3


async def test_E16_many_at_once_burn_no_more_than_it_takes(tables: Database) -> None:
    """A batch that is tried one by one: three tell of the outage, the others come back as they were."""
    tap = Tap()
    task = pouring_from(tap)
    task.batch_max = 50
    await order(tables, task, range(50))
    await run_until_quiet(tables, [task])
    assert await attempts(tables) == [0] * 47 + [1] * 3


async def test_E16_a_success_in_between_counts_from_zero(tables: Database) -> None:
    tap = Tap(down=2)
    for _ in range(4):
        await order(tables, tap, range(3))
        await run_until_quiet(tables, [tap])
        tap.down = 2
    assert tap.tried == 12
    assert (await state(tables)).state == "closed"


async def test_E16_failures_far_apart_are_no_outage(tables: Database, clock: HandClock) -> None:
    tap = Tap()
    for _ in range(5):
        await order(tables, tap, [1])
        await run_until_quiet(tables, [tap])
        clock.advance(61_000)
        tap.backoff_first_ms = 10_000_000
    assert (await state(tables)).state == "closed"
    assert tap.tried >= 5


@pytest.mark.parametrize("error", [ValueError("the glass is broken"), KeyError("tab")], ids=repr)
async def test_E16_other_errors_say_nothing_about_it(tables: Database, error: Exception) -> None:
    tap = Tap(error=error)
    await order(tables, tap, range(10))
    await run_until_quiet(tables, [tap])
    assert ((await state(tables)).state, tap.tried) == ("closed", 10)


async def test_E16_the_task_says_what_counts(tables: Database) -> None:
    class Glass(Tap):
        def trips(self, error: Exception) -> bool:
            return isinstance(error, ValueError)

    task = Glass(error=ValueError("the glass is broken"))
    await order(tables, task, range(10))
    await run_until_quiet(tables, [task])
    assert ((await state(tables)).state, task.tried) == ("open", 3)


class StatusError(Exception):
    """As HTTP clients raise it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.response = type("Response", (), {"status_code": status})()


def _because(error: Exception) -> Exception:
    outer = RuntimeError("could not pay")
    outer.__cause__ = error
    return outer


def test_E16_what_counts_when_the_task_says_nothing() -> None:
    httpx = type("ConnectError", (type("TransportError", (Exception,), {"__module__": "httpx._exceptions"}),), {})
    down = [ConnectionResetError(), TimeoutError(), StatusError(503), httpx("no route"), _because(TimeoutError())]
    fine = [ValueError(), StatusError(404), StatusError(429), KeyError(), _because(ValueError())]
    assert [is_outage(error) for error in down + fine] == [True] * 5 + [False] * 5


async def test_E16_queues_that_depend_on_the_same_share_it(tables: Database, clock: HandClock) -> None:
    """What one worker learns in one queue holds another worker back in the other."""
    tap = Tap()
    other = pouring(name="kitchen.rinse", queue="kitchen", breaker=TAPS)
    await order(tables, tap, range(3))
    await run_until_quiet(tables, [tap])
    await order(tables, other, [77])
    await run_until_quiet(tables, [other])
    assert await numbers(tables) == []
    clock.advance(OPEN_MS)
    await run_until_quiet(tables, [other])
    assert await numbers(tables) == [77]
    assert (await state(tables)).state == "closed"


async def test_E16_of_many_workers_one_probes(tables: Database, clock: HandClock) -> None:
    tap = Tap(down=3)
    await order(tables, tap, range(20))
    await run_until_quiet(tables, [tap])
    clock.advance(OPEN_MS)
    workers = [Worker(tables, [pouring(queue="bar", breaker=TAPS)]) for _ in range(4)]
    for worker in workers:
        await worker.start()
    claimed = await asyncio.gather(*(worker._runners[0].claim() for worker in workers))
    assert [len(one.rows) for one in claimed if one is not None] == [1]


async def test_E16_the_probe_of_a_worker_that_died_is_made_by_another(tables: Database, clock: HandClock) -> None:
    tap = Tap(down=3)
    await order(tables, tap, range(5))
    await run_until_quiet(tables, [tap])
    clock.advance(OPEN_MS)
    dying = Worker(tables, [Tap()])
    await dying.start()
    assert await dying._runners[0].claim() is not None
    await run_until_quiet(tables, [tap])
    assert tap.tried == 3, "one probe is under way"
    await bury(tables, dying.name, None, {tap.name: tap})
    for _ in range(2):
        await run_until_quiet(tables, [tap])
        clock.advance(OPEN_MS)
    assert sorted(await numbers(tables)) == list(range(5))


async def test_E16_a_probe_that_tells_nothing_makes_room_for_another(tables: Database, clock: HandClock) -> None:
    class Changed(Tap):
        async def decide(self, tx: Transaction, message: Message[Drink]) -> Any:
            return Cancel("not thirsty") if message.payload.n == 0 else await super().decide(tx, message)

    task = Changed(down=3)
    await order(tables, task, [1, 2, 3])
    await run_until_quiet(tables, [task])
    await order(tables, task, [0], key="first")
    clock.advance(OPEN_MS)
    await run_until_quiet(tables, [task])
    assert (await state(tables)).state == "closed"


async def test_E16_an_empty_queue_uses_up_no_probe(tables: Database, clock: HandClock) -> None:
    tap = Tap(down=3)
    await order(tables, tap, range(3))
    await run_until_quiet(tables, [tap])
    await register(tables, "w1")
    clock.advance(OPEN_MS - 1)
    other = pouring(name="kitchen.rinse", queue="kitchen", breaker=TAPS)
    clock.advance(1)
    await run_until_quiet(tables, [other])
    assert (await state(tables)).prober is None
    await run_until_quiet(tables, [tap])
    assert (await state(tables)).state == "closed"


async def _force(db: Database, to: breakers.State | None) -> None:
    async with db.transaction() as tx:
        await breakers.force(tx, "taps", to, who="operator:1")


async def test_E16_an_operator_forces_it_open_and_closed(tables: Database, clock: HandClock) -> None:
    tap = Tap(down=0)
    await run_until_quiet(tables, [tap])
    await _force(tables, "open")
    await order(tables, tap, range(3))
    clock.advance(10 * OPEN_MS)
    await run_until_quiet(tables, [tap])
    assert tap.tried == 0, "no probe either"
    await _force(tables, "closed")
    tap.down = 4
    await run_until_quiet(tables, [tap])
    assert tap.tried == 3, "and failures do not open it"
    await _force(tables, None)
    clock.advance(OPEN_MS)
    await run_until_quiet(tables, [tap])
    clock.advance(OPEN_MS)
    await run_until_quiet(tables, [tap])
    assert sorted(await numbers(tables)) == [0, 1, 2]
    async with tables.reading() as tx:
        done = [one.action for one in await changes.page(tx, subject="breaker:taps")]
        with pytest.raises(breakers.BreakerNotFound, match="No breaker is called tabs"):
            await breakers.one(tx, "tabs")
    assert done == ["breaker.reset", "breaker.forced_closed", "breaker.forced_open"]


async def test_E16_its_history_is_kept_and_told(tables: Database, clock: HandClock) -> None:
    tap = Tap(down=4)
    await order(tables, tap, range(3))
    for _ in range(3):
        await run_until_quiet(tables, [tap])
        clock.advance(OPEN_MS)
    async with tables.reading() as tx:
        kept = await changes.page(tx, subject="breaker:taps")
        told = [tuple(row) for row in await tx.all(TOLD)]  # type: ignore[call-overload]
    assert [one.action for one in kept] == ["breaker.closed", "breaker.opened"]
    assert b"no beer comes out" in bytes(kept[1].after)
    assert told == [("breaker:taps", "breaker.opened"), ("breaker:taps", "breaker.closed")]


async def test_E16_workers_that_run_find_out_by_themselves(tables: Database) -> None:
    """On the real clock: down for a while, few tries meanwhile, then everything is done with no attempt lost."""
    db = await open_database(tables.url)
    quick = Breaker("taps", failures=3, within_s=60, open_s=0.2)

    class Beer(Tap):
        breaker = quick
        concurrency = 5

    task = Beer()
    await order(db, task, range(30))
    workers = [Worker(db, [task]), Worker(db, [task])]
    running = [asyncio.create_task(worker.run()) for worker in workers]

    async def probed() -> bool:
        return await count(db, "engine_breaker", "state = 'open'") == 1 and task.tried >= 14

    await eventually(probed, 60)
    failed = await count(db, "engine_failure")
    task.down = 0

    async def done() -> bool:
        return await count(db, "effect") == 30

    await eventually(done, 60)
    for worker in workers:
        worker.stop()
    await asyncio.gather(*running)
    assert sorted(await numbers(db)) == list(range(30))
    assert failed == await count(db, "engine_failure") == 3
    assert (await state(db)).state == "closed"
    await db.close()


def test_E16_a_queue_depends_on_one_thing(tables: Database) -> None:
    """Otherwise one that is down would hold up messages that do not need it."""
    with pytest.raises(ValueError, match="do not share one breaker"):
        Worker(tables, [Tap(), Ring()])
    with pytest.raises(ValueError, match="different numbers"):
        Worker(tables, [Tap(), pouring(name="a.b", queue="a", breaker=Breaker("taps"))])
    with pytest.raises(ValueError, match="at least one failure"):
        Breaker("taps", failures=0)


async def test_E16_without_breakers_nothing_is_asked(tables: Database) -> None:
    await order(tables, pouring(), range(3))
    worker = Worker(tables, [pouring()])
    assert [runner._gate for runner in worker._runners] == [None]
    assert await worker.until_quiet() == 3
    assert await count(tables, "engine_breaker") == 0
    await register(tables, "w1")
    assert await lease(tables, "w1") is None
    async with tables.reading() as tx:
        assert await tx.all(SQL.lease_holders) == []
