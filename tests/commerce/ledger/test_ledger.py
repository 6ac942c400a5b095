"""The books: balanced or not at all, once or not at all, never edited; on both databases."""

from __future__ import annotations

import asyncio
import random

import pytest

from barback.commerce import ledger
from barback.commerce.ledger import Entry, Posting, UnbalancedEntryError
from barback.commerce.ledger.rules import checked
from barback.commerce.menu import TaxPart
from barback.foundation.ids import new_id
from barback.storage import Database, Statement, StorageError


def _sale(order_id: str | None = None, *, tab: str = "tab-1", net: int = 1000, tax: int = 190, **where: str) -> Entry:
    return ledger.sale(
        tenant_id=where.get("tenant", "t"), event_id=where.get("event", "e"), order_id=order_id or new_id(), tab_id=tab,
        station_id="bar", currency="EUR", effective_ms=5, net_minor=net, taxes=[TaxPart("S19", "VAT", 190_000, tax)],
    )  # fmt: skip


async def test_a_sale_is_what_the_guest_owes_what_we_earned_and_the_tax(database: Database) -> None:
    async with database.transaction() as tx:
        assert await ledger.post(tx, [_sale()]) == 1
    async with database.reading() as tx:
        found = {one.account: one.balance_minor for one in await ledger.balances(tx, "t", "e")}
        assert found == {"tab_receivable": 1190, "revenue": -1000, "tax_payable:S19": -190}
        assert await ledger.imbalance(tx) == {}


async def test_the_same_source_is_posted_once(database: Database) -> None:
    entry = _sale()
    async with database.transaction() as tx:
        assert await ledger.post(tx, [entry, entry]) == 1
        assert await ledger.post(tx, [entry]) == 0
    async with database.transaction() as tx:
        assert await ledger.post(tx, [entry, _sale()]) == 1
    async with database.reading() as tx:
        assert await ledger.subject_balances(tx, "t", ledger.TAB_RECEIVABLE, ["tab-1", "tab-2"]) == {"tab-1": 2380}


async def test_an_unbalanced_entry_stops_everything_before_it_is_written(database: Database) -> None:
    wrong = Entry("t", "e", "sale", "order", new_id(), 1, "EUR", 5, (Posting("a", 100), Posting("b", -99)))
    with pytest.raises(UnbalancedEntryError, match="sum to 0, got 1"):
        async with database.transaction() as tx:
            await ledger.post(tx, [_sale(), wrong])
    async with database.reading() as tx:
        assert await ledger.balances(tx, "t", "e") == []


def test_postings_are_whole_minor_units() -> None:
    wrong = Entry("t", "e", "x", "order", "o", 1, "EUR", 5, (Posting("a", 0.5), Posting("b", -0.5)))  # pyright: ignore[reportArgumentType]
    with pytest.raises(UnbalancedEntryError, match="whole minor units"):
        checked(wrong)


async def test_a_total_of_zero_posts_cleanly(database: Database) -> None:
    async with database.transaction() as tx:
        assert await ledger.post(tx, [_sale(net=0, tax=0)]) == 1
    async with database.reading() as tx:
        assert await ledger.balances(tx, "t", "e") == []
        assert await ledger.imbalance(tx) == {}


async def test_a_reversal_undoes_an_entry_and_keeps_both(database: Database) -> None:
    entry = _sale()
    async with database.transaction() as tx:
        await ledger.post(tx, [entry, ledger.reversal(entry, effective_ms=9)])
    async with database.reading() as tx:
        found = await ledger.balances(tx, "t", "e")
    assert [one.balance_minor for one in found] == [0, 0, 0]
    assert {one.account: one.debit_minor for one in found}["tab_receivable"] == 1190


@pytest.mark.parametrize(
    "sql", ["UPDATE posting SET amount_minor = 0", "DELETE FROM posting", "DELETE FROM journal_entry"]
)
async def test_the_books_are_never_edited(database: Database, sql: str) -> None:
    async with database.transaction() as tx:
        await ledger.post(tx, [_sale()])
    with pytest.raises(StorageError, match="never edited"):
        async with database.transaction() as tx:
            await tx.run(Statement("test", {"sqlite": sql, "postgres": sql}))


async def test_an_oracle_sees_an_entry_that_is_off(database: Database) -> None:
    sql = "INSERT INTO posting (entry_id, n, account, amount_minor) VALUES ('x', 0, 'a', 7)"
    async with database.transaction() as tx:
        await tx.run(Statement("test", {"sqlite": sql, "postgres": sql}))
        assert await ledger.imbalance(tx) == {"x": 7}


async def test_thousands_in_one_call_and_tenants_apart(database: Database) -> None:
    seed = random.Random(7)
    entries = [_sale(tab=f"tab-{n % 50}", net=seed.randrange(1, 5000), tax=seed.randrange(900)) for n in range(3000)]
    foreign = [_sale(tenant="u", event="f", tab="tab-1") for _ in range(3)]
    async with database.transaction() as tx:
        assert await ledger.post(tx, entries + foreign) == 3003
        assert await ledger.post(tx, entries) == 0
    async with database.reading() as tx:
        owed = await ledger.subject_balances(tx, "t", ledger.TAB_RECEIVABLE, [f"tab-{n}" for n in range(50)])
        assert sum(owed.values()) == sum(entry.postings[0].amount_minor for entry in entries)
        assert await ledger.subject_balances(tx, "u", ledger.TAB_RECEIVABLE, ["tab-1"]) == {"tab-1": 3570}
        assert sum(one.balance_minor for one in await ledger.balances(tx, "t", "e")) == 0
        assert await ledger.balances(tx, "u", "e") == []
        assert await ledger.imbalance(tx) == {}


async def test_two_at_once_post_the_same_facts_once(database: Database) -> None:
    entries = [_sale() for _ in range(1500)]

    async def post(mine: list[Entry]) -> None:
        async with database.transaction() as tx:
            await ledger.post(tx, mine)

    await asyncio.gather(post(entries), post(entries[::-1]), post(entries))
    async with database.reading() as tx:
        assert await ledger.subject_balances(tx, "t", ledger.TAB_RECEIVABLE, ["tab-1"]) == {"tab-1": 1500 * 1190}
        assert await ledger.imbalance(tx) == {}
