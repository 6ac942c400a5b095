# ruff: noqa: ARG002  # a task's methods have fixed arguments
"""E4. Outside effects: decide, act, record. A crash between any two repeats `act` with the same key."""

from __future__ import annotations

import asyncio
from typing import get_args

import msgspec
import pytest
from tests.conformance.bar import held
from tests.conformance.tools import count, sql

from barback.engine import ActingTask, Cancel, Dead, Message, Outcome, RetryAfter, Snooze
from barback.storage import Database, Transaction
from barback.testing import HandClock, PowerCut, cut_after, recover, run_until_quiet
from barback.testing.power import Step

DECIDED = sql(
    "INSERT INTO note (id, n, words) VALUES (:id, :n, 'charging') ON CONFLICT (id) DO UPDATE SET words = note.words "
    "RETURNING n"
)
RECORD = sql("UPDATE note SET words = 'charged' WHERE id = :id")
STATES = sql("SELECT id, words FROM note")


class Tab(msgspec.Struct):
    """What is to be charged."""

    id: str
    due: int


class Bank:
    """The world outside: it remembers what it was asked, and does the same key once."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.charged: dict[str, int] = {}

    async def charge(self, key: str, amount: int) -> str:
        self.asked.append((key, amount))
        self.charged.setdefault(key, amount)
        return "ok"


class Charge(ActingTask[Tab, tuple[str, int], str]):
    """Charges what is due, once."""

    name = "tabs.charge"
    queue = "charges"
    payload = Tab

    def __init__(self, bank: Bank, answer: Outcome | None = None, records: Outcome | None = None) -> None:
        self.bank, self.answer, self.records = bank, answer, records

    async def decide(self, tx: Transaction, message: Message[Tab]) -> tuple[str, int] | Outcome:
        if self.answer is not None:
            return self.answer
        row = await tx.one(DECIDED, id=message.payload.id, n=message.payload.due)
        assert row is not None
        return f"tab:{message.payload.id}:charge", int(row["n"])

    async def act(self, decision: tuple[str, int]) -> str:
        return await self.bank.charge(*decision)

    async def record(
        self, tx: Transaction, message: Message[Tab], decision: tuple[str, int], result: str
    ) -> Outcome | None:
        assert result == "ok"
        await tx.run(RECORD, id=message.payload.id)
        return self.records


async def enqueue(db: Database, task: Charge, *tabs: str) -> None:
    async with db.transaction() as tx:
        for tab in tabs:
            await task.enqueue(tx, Tab(tab, 1_250), key=f"tab:{tab}")


async def states(db: Database) -> dict[str, str]:
    async with db.reading() as tx:
        return {row["id"]: row["words"] for row in await tx.all(STATES)}


async def test_E4_three_steps_and_the_message_is_done(tables: Database) -> None:
    bank = Bank()
    task = Charge(bank)
    await enqueue(tables, task, "a", "b")
    assert await run_until_quiet(tables, [task]) == 2
    assert await states(tables) == {"a": "charged", "b": "charged"}
    assert sorted(bank.asked) == [("tab:a:charge", 1_250), ("tab:b:charge", 1_250)]
    assert await held(tables) == {}


@pytest.mark.parametrize("step", get_args(Step))
async def test_E4_a_power_cut_after_any_step_charges_once(tables: Database, step: Step) -> None:
    bank = Bank()
    await enqueue(tables, Charge(bank), "a")
    with pytest.raises(PowerCut):
        await run_until_quiet(tables, [cut_after(Charge(bank), step)])
    before = await states(tables)
    assert before == {"a": "charged" if step == "recorded" else "charging"}, "each step's commit stood before the cut"
    await recover(tables, [Charge(bank)])
    assert await states(tables) == {"a": "charged"}
    assert bank.charged == {"tab:a:charge": 1_250}
    assert len(bank.asked) == {"decided": 1, "acted": 2, "recorded": 1}[step]
    assert len(set(bank.asked)) == 1, "asked again with the same key and the same amount"
    assert await held(tables) == {}


async def test_E4_no_transaction_is_open_while_it_acts(tables: Database) -> None:
    """On SQLite everybody could write meanwhile, on PostgreSQL no lock is held."""

    class Slow(Bank):
        async def charge(self, key: str, amount: int) -> str:
            async with asyncio.timeout(5), tables.transaction() as tx:
                await tx.run(sql("UPDATE note SET words = words"))
            return await super().charge(key, amount)

    task = Charge(Slow())
    await enqueue(tables, task, "a")
    await run_until_quiet(tables, [task])
    assert await states(tables) == {"a": "charged"}


@pytest.mark.parametrize(
    ("answer", "left"),
    [(Cancel("paid in cash"), {}), (Snooze(5_000), {"later": 1, "lane": 1}), (Dead("no card"), {"dead": 1}),
     (RetryAfter(5_000, "bank holiday"), {"later": 1, "lane": 1})], ids=lambda one: type(one).__name__,
)  # fmt: skip
async def test_E4_a_decision_may_be_an_outcome_and_nothing_is_acted(
    tables: Database, answer: Outcome, left: dict[str, int]
) -> None:
    bank = Bank()
    task = Charge(bank, answer)
    await enqueue(tables, task, "a")
    await run_until_quiet(tables, [task])
    assert bank.asked == []
    assert await held(tables) == left


async def test_E4_an_act_that_takes_too_long_is_a_failed_attempt(tables: Database, clock: HandClock) -> None:
    class Deaf(Bank):
        async def charge(self, key: str, amount: int) -> str:
            if len(self.asked) < 1:
                self.asked.append((key, amount))
                await asyncio.Event().wait()
            return await super().charge(key, amount)

    bank = Deaf()
    task = Charge(bank)
    task.act_timeout_s = 0.05
    await enqueue(tables, task, "a")
    await run_until_quiet(tables, [task])
    assert await states(tables) == {"a": "charging"}
    clock.advance(10_000)
    await run_until_quiet(tables, [task])
    assert await states(tables) == {"a": "charged"}
    async with tables.reading() as tx:
        [failure] = await tx.all(sql("SELECT attempt, error FROM engine_failure"))
    assert (failure["attempt"], failure["error"]) == (1, "TimeoutError: took longer than 0.05 s")


async def test_E4_an_answer_that_does_not_parse_is_a_failed_attempt_and_no_bad_payload(tables: Database) -> None:
    class Garbled(Bank):
        async def charge(self, key: str, amount: int) -> str:
            return msgspec.json.decode(b"<html>", type=str)

    task = Charge(Garbled())
    await enqueue(tables, task, "a")
    await run_until_quiet(tables, [task])
    assert await held(tables) == {"later": 1, "lane": 1}


async def test_E4_a_payload_that_does_not_fit_is_a_dead_letter_at_once(tables: Database) -> None:
    class Other(Charge):
        payload = int  # type: ignore[assignment]

    async with tables.transaction() as tx:
        await Other(Bank()).enqueue(tx, 7)  # type: ignore[arg-type]
    await run_until_quiet(tables, [Charge(Bank())])
    assert await held(tables) == {"dead": 1}


async def test_E4_what_record_answers_is_the_outcome(tables: Database) -> None:
    bank = Bank()
    task = Charge(bank, records=RetryAfter(5_000, "look again"))
    await enqueue(tables, task, "a")
    await run_until_quiet(tables, [task])
    assert await held(tables) == {"later": 1, "lane": 1}
    assert await count(tables, "note", "words = 'charged'") == 1
