# ruff: noqa: PT012  # a transaction is more than one statement
"""E1, for those who have nothing else to write: `submit` shares commits, and answers when the message is on disk."""

from __future__ import annotations

import asyncio

import pytest
from tests.conformance.bar import Drink, held, numbers, pouring
from tests.conformance.tools import count, sql

from barback.engine import Work, submit
from barback.engine.messages import KEY_CHARS_MAX
from barback.storage import Database, StorageError, open_database
from barback.testing import run_until_quiet

ADD = sql("INSERT INTO note (id, n) VALUES (:id, 0)")


async def test_E1_a_submitted_message_is_there_for_everybody_when_its_id_comes(
    tables: Database, database_url: str
) -> None:
    task = pouring()
    other = await open_database(database_url)
    try:
        for n, key in enumerate([None, "tab:1"]):
            await submit(tables, task, Work(Drink(n), key=key))
            assert sum((await held(other)).values()) == n + 1
    finally:
        await other.close()


async def test_E1_many_who_submit_at_once_share_commits_and_get_an_id_each(tables: Database) -> None:
    task, other = pouring(), pouring(name="bar.shake")
    begun = 0
    transaction, single = tables.transaction, tables.single

    def counted(make):  # noqa: ANN001, ANN202 - either of the two above
        def begin(**how):  # noqa: ANN003, ANN202
            nonlocal begun
            begun += 1
            return make(**how)

        return begin

    tables.transaction, tables.single = counted(transaction), counted(single)  # type: ignore[method-assign]
    works = [(task if n % 3 else other, Work(Drink(n), key=f"tab:{n % 5}" if n % 2 else None)) for n in range(200)]
    ids = await asyncio.gather(*(submit(tables, one, work) for one, work in works))
    tables.transaction, tables.single = transaction, single  # type: ignore[method-assign]
    assert len(set(ids)) == 200
    assert begun <= 5
    await run_until_quiet(tables, [task, other])
    assert sorted(await numbers(tables)) == list(range(200))


async def test_E1_one_who_submits_one_after_the_other_keeps_the_order_of_a_key(tables: Database) -> None:
    task = pouring()
    for n in range(20):
        await submit(tables, task, Work(Drink(n), key="tab:1"))
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == list(range(20))


async def test_E1_a_bad_one_fails_alone(tables: Database) -> None:
    task = pouring()
    works = [Work(Drink(n), key="k" * (KEY_CHARS_MAX + 1) if n == 7 else None) for n in range(20)]
    answers = await asyncio.gather(*(submit(tables, task, work) for work in works), return_exceptions=True)
    assert [n for n, answer in enumerate(answers) if not isinstance(answer, str)] == [7]
    assert isinstance(answers[7], ValueError)
    assert sum((await held(tables)).values()) == 19


async def test_E1_whoever_waits_for_the_queue_is_woken(tables: Database) -> None:
    listener = tables.bell.listen("queue:bar")
    await submit(tables, pouring(), Work(Drink(1)))
    assert await listener.wait(5)


async def test_E1_who_gives_up_waiting_takes_nobodys_message_with_him(tables: Database, database_url: str) -> None:
    """Nor his own, which is on its way: it is there afterwards, as is that of whoever came in the meantime."""
    task = pouring()
    other = await open_database(database_url)
    try:
        async with other.transaction() as tx:
            if tx.dialect == "postgres":
                await tx.run(sql("LOCK TABLE engine_ready IN SHARE MODE"))
            impatient = asyncio.create_task(submit(tables, task, Work(Drink(1))))
            await asyncio.sleep(0.1)  # time for the statement to reach the server, where it waits
            patient = asyncio.create_task(submit(tables, task, Work(Drink(2))))
            await asyncio.sleep(0)
            impatient.cancel()
            await asyncio.sleep(0.1)  # time for the cancellation to do harm
        assert await patient
        with pytest.raises(asyncio.CancelledError):
            await impatient
    finally:
        await other.close()
    await run_until_quiet(tables, [task])
    assert sorted(await numbers(tables)) == [1, 2]


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_transaction_of_one_statement_keeps_it_and_refuses_a_second(tables: Database) -> None:
    """On SQLite it is a transaction like any other: nothing would be saved by forbidding more."""
    with pytest.raises(StorageError, match="exactly one"):
        async with tables.single() as tx:
            await tx.run(ADD, id="a")
            await tx.run(ADD, id="b")
    assert await count(tables, "note") == 1


async def test_a_statement_that_fails_alone_wakes_nobody(tables: Database) -> None:
    called: list[int] = []
    with pytest.raises(StorageError):
        async with tables.single() as tx:
            tx.after_commit(lambda: called.append(1))
            await tx.run(sql("INSERT INTO note (id, n) VALUES (:id, NULL)"), id="a")
    assert called == []
