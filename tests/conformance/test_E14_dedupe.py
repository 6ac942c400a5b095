"""E14. A dedupe key with a window: a repeat enqueues nothing and returns the first message's id."""

from __future__ import annotations

import asyncio

import pytest
from tests.conformance.bar import Drink, held, numbers, pouring
from tests.conformance.tools import count

from barback.engine import Dead, Work
from barback.engine.history.tidy import tidy_page
from barback.storage import Database, open_database
from barback.testing import HandClock, run_until_quiet

HOUR_MS = 3_600_000


async def _pour_once(db: Database, n: int, **options: object) -> str:
    async with db.transaction() as tx:
        return await pouring().enqueue(tx, Drink(n), dedupe="order:7", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [{}, {"key": "tab:1"}, {"delay_ms": 1_000}], ids=["plain", "keyed", "delayed"])
async def test_E14_a_repeat_is_the_first_message(
    tables: Database, clock: HandClock, options: dict[str, object]
) -> None:
    first = await _pour_once(tables, 1, **options)
    assert await _pour_once(tables, 2, **options) == first
    clock.advance(1_000)
    await run_until_quiet(tables, [pouring()])
    assert await numbers(tables) == [1]
    assert await _pour_once(tables, 3, **options) == first, "also when the first is done"
    assert await held(tables) == {}


async def test_E14_the_window_ends_to_the_millisecond(tables: Database, clock: HandClock) -> None:
    first = await _pour_once(tables, 1, dedupe_ms=HOUR_MS)
    clock.advance(HOUR_MS - 1)
    assert await _pour_once(tables, 2, dedupe_ms=HOUR_MS) == first, "a repeat does not make the window longer"
    clock.advance(1)
    second = await _pour_once(tables, 3, dedupe_ms=HOUR_MS)
    assert second != first
    assert await _pour_once(tables, 4) == second
    assert await held(tables) == {"ready": 2}


async def test_E14_many_at_once_with_repeats_among_them(tables: Database) -> None:
    task = pouring()
    works = [
        Work(Drink(1), dedupe="a"),
        Work(Drink(2)),
        Work(Drink(3), dedupe="a"),
        Work(Drink(4), dedupe="b", id="mine"),
        Work(Drink(5), id="other"),
    ]
    async with tables.transaction() as tx:
        ids = await task.enqueue_many(tx, works)
        again = await task.enqueue_many(tx, [Work(Drink(6), dedupe="b"), Work(Drink(7), dedupe="c")])
    assert ids[0] == ids[2]
    assert (ids[3], ids[4], again[0]) == ("mine", "other", "mine")
    await run_until_quiet(tables, [task])
    assert sorted(await numbers(tables)) == [1, 2, 4, 5, 7]


async def test_E14_a_token_belongs_to_its_task(tables: Database) -> None:
    """Two tasks that hear of the same order both have work with it."""
    pour, ring = pouring(), pouring(name="bar.ring")
    async with tables.transaction() as tx:
        ids = [await task.enqueue(tx, Drink(1), dedupe="order:7") for task in (pour, ring, pour, ring)]
    assert ids[:2] == ids[2:]
    assert await run_until_quiet(tables, [pour, ring]) == 2


async def test_E14_what_was_undone_was_never_there(tables: Database) -> None:
    async def undone() -> None:
        async with tables.transaction() as tx:
            await pouring().enqueue(tx, Drink(1), dedupe="order:7")
            raise LookupError

    with pytest.raises(LookupError):
        await undone()
    await _pour_once(tables, 2)
    await run_until_quiet(tables, [pouring()])
    assert await numbers(tables) == [2]


async def test_E14_a_repeat_of_a_dead_letter_is_still_a_repeat(tables: Database) -> None:
    """Somebody decides about the letter; a second message would do the work twice when it is sent round again."""
    task = pouring(lambda _message: Dead("no such drink"))
    first = await _pour_once(tables, 1)
    await run_until_quiet(tables, [task])
    assert await _pour_once(tables, 2) == first
    assert await held(tables) == {"dead": 1}


@pytest.mark.parametrize("ending", ["commit", "undo"])
async def test_E14_of_two_at_once_the_second_waits_for_the_first(tables: Database, ending: str) -> None:
    """Through connections of their own, as two servers do it."""
    other = await open_database(tables.url, clock=tables.clock, bells=False)
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def first() -> str:
        async with tables.transaction() as tx:
            id_ = await pouring().enqueue(tx, Drink(1), dedupe="order:7")
            entered.set()
            await go_on.wait()
            if ending == "undo":
                raise LookupError
            return id_

    async def second() -> str:
        await entered.wait()
        return await _pour_once(other, 2)

    running = [asyncio.create_task(first()), asyncio.create_task(second())]
    await entered.wait()
    await asyncio.sleep(0.05)  # time for the second to come up to the token and wait
    assert not running[1].done()
    go_on.set()
    ids = await asyncio.gather(*running, return_exceptions=True)
    await other.close()
    await run_until_quiet(tables, [pouring()])
    if ending == "commit":
        assert ids[0] == ids[1]
        assert await numbers(tables) == [1]
    else:
        assert isinstance(ids[0], LookupError)
        assert await numbers(tables) == [2]


async def test_E14_many_at_once_from_many_sides_are_one(tables: Database) -> None:
    """Tokens in any order, from twenty transactions at a time: one message each, and nobody fails."""
    task = pouring()

    async def bring(turn: int) -> list[str]:
        tokens = [str((n * 7 + turn) % 20) for n in range(20)]
        async with tables.transaction() as tx:
            ids = await task.enqueue_many(tx, [Work(Drink(int(token)), dedupe=token) for token in tokens])
        return [id_ for _, id_ in sorted(zip(tokens, ids, strict=True))]

    answers = await asyncio.gather(*(bring(turn) for turn in range(20)))
    assert all(answer == answers[0] for answer in answers)
    await run_until_quiet(tables, [task])
    assert sorted(await numbers(tables)) == list(range(20))


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"dedupe": ""}, "`dedupe`"),
        ({"dedupe": "x" * 513}, "got 513"),
        ({"dedupe": "a\0b"}, "zero"),
        ({"dedupe": "a", "dedupe_ms": 0}, "`dedupe_ms`"),
    ],
    ids=["empty", "long", "zero", "no window"],
)
async def test_E14_a_token_that_is_none_is_refused(tables: Database, options: dict[str, object], what: str) -> None:
    async with tables.transaction() as tx:
        with pytest.raises(ValueError, match=what):
            await pouring().enqueue(tx, Drink(1), **options)  # type: ignore[arg-type]
    assert await held(tables) == {}


async def test_E14_tokens_are_forgotten_after_their_window(tables: Database, clock: HandClock) -> None:
    await _pour_once(tables, 1, dedupe_ms=HOUR_MS)
    clock.advance(HOUR_MS + 1)
    async with tables.transaction() as tx:
        await tidy_page(tx)
    assert await count(tables, "engine_dedupe") == 0


async def test_E14_without_tokens_nothing_is_asked(tables: Database) -> None:
    async with tables.transaction() as tx:
        await pouring().enqueue_many(tx, [Work(Drink(n)) for n in range(5)])
    assert await count(tables, "engine_dedupe") == 0
