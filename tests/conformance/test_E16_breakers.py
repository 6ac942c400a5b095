"""E16. Circuit breakers: while a dependency is down its queue is not claimed; one probe finds out when it is back."""

from __future__ import annotations

import pytest
from tests.conformance.bar import Drink, effects, held, numbers, order
from tests.conformance.taps import OPEN_MS, Tap, attempts, pouring_from, state
from tests.conformance.tools import count

from barback.engine import Task
from barback.engine.guards.outages import is_outage
from barback.storage import Database
from barback.testing import HandClock, run_until_quiet


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
