# ruff: noqa: PT012  # a transaction is more than one statement
"""E1. Enqueue in your transaction: rows and messages commit together or not at all."""

from __future__ import annotations

import pytest
from tests.conformance.bar import Drink, held, numbers, order, pouring
from tests.conformance.tools import count, sql

from barback.engine import Message, PayloadTooLargeError, Queue, Work
from barback.engine.messages import KEY_CHARS_MAX, PAYLOAD_BYTES_MAX
from barback.storage import Database, Transaction, open_database
from barback.testing import HandClock, assert_enqueued, enqueued, run_until_quiet

ADD = sql("INSERT INTO note (id) VALUES (:id)")


class OnPurposeError(Exception):
    """Raised by a test inside a transaction."""


@pytest.mark.parametrize("how", [{}, {"key": "tab:1"}, {"delay_ms": 5}, {"key": "tab:1", "delay_ms": 5}], ids=str)
async def test_E1_a_message_exists_if_and_only_if_its_transaction_commits(tables: Database, how: dict) -> None:
    task = pouring()
    with pytest.raises(OnPurposeError):
        async with tables.transaction() as tx:
            await tx.run(ADD, id="a")
            await task.enqueue(tx, Drink(1), **how)
            raise OnPurposeError
    assert await held(tables) == {}
    async with tables.transaction() as tx:
        await tx.run(ADD, id="a")
        await task.enqueue(tx, Drink(2), **how)
    assert sum((await held(tables)).values()) == 1
    assert await count(tables, "note") == 1


async def test_E1_a_message_of_an_undone_savepoint_does_not_exist(tables: Database) -> None:
    task = pouring()
    async with tables.transaction() as tx:
        await task.enqueue(tx, Drink(1))
        with pytest.raises(OnPurposeError):
            async with tx.savepoint():
                await task.enqueue(tx, Drink(2))
                raise OnPurposeError
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [1]


async def test_E1_nobody_is_woken_before_the_commit_and_everybody_after_it(tables: Database) -> None:
    task = pouring()
    alone = await open_database(tables.url, bells=False)  # one that listens wakes everybody when it begins to
    listener = alone.bell.listen("queue:bar")
    with pytest.raises(OnPurposeError):
        async with alone.transaction() as tx:
            await task.enqueue(tx, Drink(1))
            raise OnPurposeError
    assert not await listener.wait(0)
    async with alone.transaction() as tx:
        await task.enqueue(tx, Drink(1))
        assert not await listener.wait(0)
    assert await listener.wait(0)
    await alone.close()


async def test_E1_what_is_enqueued_can_be_asserted_in_the_same_transaction(tables: Database, clock: HandClock) -> None:
    task, other = pouring(), pouring(name="bar.wash")
    async with tables.transaction() as tx:
        first = await task.enqueue(tx, Drink(1), key="tab:1")
        await task.enqueue(tx, Drink(2), tenant="t", delay_ms=60_000)
        assert (await assert_enqueued(tx, task, Drink(1), key="tab:1")).id == first
        later = await assert_enqueued(tx, task, Drink(2), key=None)
        assert (later.tenant, later.due_ms) == ("t", clock.now_ms() + 60_000)
        with pytest.raises(AssertionError, match="found 0"):
            await assert_enqueued(tx, task, Drink(3))
        with pytest.raises(AssertionError, match="found 2"):
            await assert_enqueued(tx, task)
        assert await enqueued(tx, other) == []


async def test_E1_many_messages_get_their_ids_in_order(tables: Database) -> None:
    task = pouring()
    works = [Work(Drink(n), key=f"tab:{n % 3}" if n % 2 else None, delay_ms=n % 5) for n in range(500)]
    async with tables.transaction() as tx:
        ids = await task.enqueue_many(tx, works)
        found = {one.id: one.payload.n for one in await enqueued(tx, task)}
    assert [found[id_] for id_ in ids] == list(range(500))


async def test_E1_a_handler_can_enqueue_and_its_messages_share_its_fate(tables: Database) -> None:
    follower = pouring(name="bar.wash")
    leader = Queue("bar").task("bar.lead", payload=Drink)

    @leader
    async def lead(tx: Transaction, message: Message[Drink]) -> None:
        await follower.enqueue(tx, message.payload)
        if message.payload.n == 1:
            raise OnPurposeError

    await order(tables, lead, [1, 2])
    await run_until_quiet(tables, [lead, follower])
    assert await numbers(tables) == [2]


async def test_E19_a_payload_that_is_too_large_is_a_clear_error_at_enqueue(tables: Database) -> None:
    task = Queue("bar").task("bar.say", payload=str)
    say = task(_nothing)
    fits = "x" * (PAYLOAD_BYTES_MAX - 2)
    async with tables.transaction() as tx:
        await say.enqueue(tx, fits)
        with pytest.raises(PayloadTooLargeError, match="store it elsewhere"):
            await say.enqueue(tx, fits + "x")
    assert await run_until_quiet(tables, [say]) == 1


@pytest.mark.parametrize("text", ["\0", "Größe 🍺", "\u2028"], ids=ascii)
async def test_E19_any_text_goes_into_a_payload_and_comes_out_unchanged(tables: Database, text: str) -> None:
    seen: list[str] = []

    async def hear(_tx: Transaction, message: Message[str]) -> None:
        seen.append(message.payload)

    say = Queue("bar").task("bar.say", payload=str)(hear)
    async with tables.transaction() as tx:
        await say.enqueue(tx, text, key="tab:Größe 🍺")
    await run_until_quiet(tables, [say])
    assert seen == [text]


@pytest.mark.parametrize("key", ["x" * (KEY_CHARS_MAX + 1), "a\0b"], ids=["long", "zero"])
async def test_E1_a_key_that_cannot_be_kept_is_refused_at_enqueue(tables: Database, key: str) -> None:
    """Later it would stop everybody: one router puts messages into their lines for the whole queue."""
    task = pouring()
    with pytest.raises(ValueError, match="expected a key of at most"):
        async with tables.transaction() as tx:
            await task.enqueue(tx, Drink(1), key=key)


async def test_E1_the_longest_key_works_in_any_script(tables: Database) -> None:
    """Incompressible four-byte characters: the worst case for an index."""
    task = pouring()
    key = "".join(chr(0x1F300 + (n * 7919) % 700) for n in range(KEY_CHARS_MAX))
    await order(tables, task, range(3), key=key)
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [0, 1, 2]


async def _nothing(_tx: Transaction, _message: Message[str]) -> None:
    """Done."""
