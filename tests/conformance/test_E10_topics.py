# ruff: noqa: PT012  # a transaction is more than one statement
"""E10. Topics: a fact is published in a transaction; every subscription's queue gets its copy."""

from __future__ import annotations

import pytest
from tests.conformance.bar import Drink, effects, held, order, pouring

from barback.engine import Message, Topic
from barback.storage import Database
from barback.testing import assert_enqueued, enqueued, run_until_quiet


def served() -> Topic[Drink]:
    return Topic("drink.served", Drink)


async def test_E10_every_subscription_gets_its_own_copy(tables: Database) -> None:
    topic = served()
    stock, loyalty = pouring(name="stock.take", queue="stock"), pouring(name="loyalty.add", queue="loyalty")
    topic.subscribe(stock)
    topic.subscribe(loyalty, key=lambda fact: f"guest:{fact.n % 2}")
    async with tables.transaction() as tx:
        for n in range(4):
            await topic.publish(tx, Drink(n), tenant="t")
        assert [(one.payload.n, one.key, one.tenant) for one in await enqueued(tx, loyalty)] == [
            (n, f"guest:{n % 2}", "t") for n in range(4)
        ]
    await run_until_quiet(tables, [stock, loyalty])
    done = await effects(tables)
    assert len({one.message for one in done}) == 8
    assert sorted(one.n for one in done) == [0, 0, 1, 1, 2, 2, 3, 3]


async def test_E10_a_fact_is_told_if_and_only_if_its_transaction_commits(tables: Database) -> None:
    topic = served()
    topic.subscribe(pouring())
    with pytest.raises(ValueError, match="on purpose"):
        async with tables.transaction() as tx:
            await topic.publish(tx, Drink(1))
            raise ValueError("on purpose")
    assert await held(tables) == {}


async def test_E10_a_subscriber_that_fails_keeps_no_other_from_its_copy(tables: Database) -> None:
    def fail(_message: Message[Drink]) -> None:
        raise ValueError("no ice")

    topic = served()
    bad, good = pouring(fail, name="bad.one", attempts_max=1), pouring(name="good.one")
    topic.subscribe(bad)
    topic.subscribe(good)
    async with tables.transaction() as tx:
        await topic.publish(tx, Drink(1))
    await run_until_quiet(tables, [bad, good])
    assert [one.n for one in await effects(tables)] == [1]
    assert await held(tables) == {"dead": 1}


async def test_E10_a_fact_that_nobody_wants_costs_nothing(tables: Database) -> None:
    async with tables.transaction() as tx:
        await served().publish(tx, Drink(1))
    assert await held(tables) == {}


async def test_E10_to_subscribe_twice_is_to_subscribe_once(tables: Database) -> None:
    topic, task = served(), pouring()
    topic.subscribe(task)
    topic.subscribe(task)
    assert topic.subscribers == ["bar.pour"]
    async with tables.transaction() as tx:
        await topic.publish(tx, Drink(1))
        await assert_enqueued(tx, task, Drink(1))


async def test_E10_a_handler_may_publish_and_its_news_share_its_fate(tables: Database) -> None:
    topic, listener = served(), pouring(name="stock.take")
    topic.subscribe(listener)

    def fail_after(message: Message[Drink]) -> None:
        if message.payload.n == 1:
            raise ValueError("no ice")

    pour = pouring(fail_after, attempts_max=1)
    original = pour.handle

    async def handle(tx, message):  # noqa: ANN001, ANN202 - as the task's own
        await topic.publish(tx, message.payload)
        return await original(tx, message)

    pour.handle = handle
    await order(tables, pour, [1, 2])
    await run_until_quiet(tables, [pour, listener])
    assert [one.n for one in await effects(tables)] == [2, 2]
