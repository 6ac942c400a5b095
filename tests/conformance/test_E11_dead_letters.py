"""E11. Dead letters keep payload, errors and history; they can be sent round again or thrown away.

More of it, by error and in bulk: tests/engine/test_dead_letters.py.
"""

from __future__ import annotations

from tests.conformance.bar import Drink, effects, held, numbers, order, pouring

from barback.engine import Dead, Message, Outcome
from barback.engine.dead import dead_letters
from barback.storage import Database
from barback.testing import HandClock, run_until_quiet


async def test_E11_a_dead_letter_keeps_what_it_was_and_how_it_died(tables: Database, clock: HandClock) -> None:
    def does(message: Message[Drink]) -> Outcome:
        if message.attempt == 1:
            raise ValueError("no ice")
        return Dead("closed for ever")

    task = pouring(does)
    [id_] = await order(tables, task, [7], key="tab:1")
    await run_until_quiet(tables, [task])
    clock.advance(600_000)
    await run_until_quiet(tables, [task])
    async with tables.reading() as tx:
        letter = await dead_letters.one(tx, id_)
        history = await dead_letters.history(tx, id_)
    assert (letter.task, letter.key, letter.payload) == ("bar.pour", "tab:1", '{"n":7}')
    assert (letter.attempts, letter.reason, letter.error) == (2, "handler", "closed for ever")
    assert [(one.attempt, one.error) for one in history] == [(1, "ValueError: no ice"), (2, "closed for ever")]
    assert (letter.enqueued_ms, letter.died_ms) == (clock.now_ms() - 600_000, clock.now_ms())


async def test_E11_a_dead_letter_sent_round_again_has_all_its_attempts(tables: Database) -> None:
    broken = pouring(lambda _message: Dead("no ice"))
    [id_] = await order(tables, broken, [1], key="tab:1")
    await run_until_quiet(tables, [broken])
    mended = pouring()
    async with tables.transaction() as tx:
        await dead_letters.retry(tx, id_, who="operator:mara")
    await run_until_quiet(tables, [mended])
    assert [(one.n, one.attempt) for one in await effects(tables)][-1] == (1, 1)
    assert await held(tables) == {}


async def test_E11_a_parked_key_goes_on_in_order_when_its_dead_head_is_sent_round(tables: Database) -> None:
    broken = pouring(lambda message: Dead("no ice") if message.payload.n == 1 else None, on_head_failure="park")
    [id_, *_] = await order(tables, broken, [1, 2, 3], key="tab:1")
    await run_until_quiet(tables, [broken])
    async with tables.transaction() as tx:
        await dead_letters.retry(tx, id_, who="operator:mara")
    await run_until_quiet(tables, [pouring()])
    assert await numbers(tables) == [1, 1, 2, 3], "the effect of the attempt that said Dead stands, too"


async def test_E11_a_dead_letter_thrown_away_is_gone_and_its_key_goes_on(tables: Database) -> None:
    broken = pouring(lambda message: Dead("no ice") if message.payload.n == 1 else None, on_head_failure="park")
    [id_, *_] = await order(tables, broken, [1, 2], key="tab:1")
    await run_until_quiet(tables, [broken])
    async with tables.transaction() as tx:
        await dead_letters.discard(tx, id_, who="operator:mara")
    await run_until_quiet(tables, [broken])
    assert await numbers(tables) == [1, 2]
    assert await held(tables) == {}
