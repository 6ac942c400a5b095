"""Tabs: one per owner however many ask at once, sums that add up, moves, links; on both databases."""

from __future__ import annotations

import asyncio
import random

import pytest

from barback.commerce import tabs
from barback.commerce.tabs import Tab, TabDelta, TabNotFound, TabWanted
from barback.commerce.tabs.rules import LINK_LIFE_MS, TabChanged, TabLinkInvalid, TabMoveImpossible
from barback.foundation.clock import HandClock
from barback.foundation.ids import new_id
from barback.storage import Database


def _wanted(attendee: str | None = None, key: str | None = None, *, event: str = "e", label: str = "Ada") -> TabWanted:
    return TabWanted("t", event, attendee, key, label, "EUR")


async def _ensure(db: Database, wanted: list[TabWanted]) -> list[str]:
    async with db.transaction() as tx:
        return await tabs.ensure_tabs(tx, wanted)


async def _tab(db: Database, tab_id: str) -> Tab:
    async with db.reading() as tx:
        return await tabs.get(tx, "t", tab_id)


def test_a_tab_has_exactly_one_owner() -> None:
    with pytest.raises(ValueError, match="either"):
        _wanted("a", "k")
    with pytest.raises(ValueError, match="either"):
        _wanted()


async def test_an_owner_has_one_tab_and_an_event_its_own(database: Database) -> None:
    ada, unknown = _wanted("ada"), _wanted(None, "04A2", label="Tag 04A2")
    first = await _ensure(database, [ada, unknown, ada, _wanted("ada", event="f")])
    assert first[0] == first[2]
    assert len(set(first)) == 3
    assert await _ensure(database, [unknown, ada]) == [first[1], first[0]]
    tab = await _tab(database, first[1])
    assert (tab.label, tab.unassigned_key, tab.attendee_id, tab.state) == ("Tag 04A2", "04A2", None, "open")
    assert (tab.total_minor, tab.order_count, tab.version, tab.currency) == (0, 0, 1, "EUR")


async def test_many_at_once_want_the_same_new_tabs(database: Database) -> None:
    # So many that the transactions overlap on PostgreSQL: those that lock in another order wait in a circle.
    everyone = [_wanted(f"guest-{n}") for n in range(300)] + [_wanted(None, f"uid-{n}") for n in range(300)]
    seeds = [random.Random(seed) for seed in range(6)]
    asked = [seed.sample(everyone, len(everyone)) for seed in seeds]
    together = asyncio.Barrier(len(asked))

    async def ensure(wanted: list[TabWanted]) -> list[str]:
        async with database.transaction() as tx:
            if tx.dialect == "postgres":
                await together.wait()
            return await tabs.ensure_tabs(tx, wanted)

    answers = await asyncio.gather(*(ensure(one) for one in asked))
    ids = [
        dict(zip((one.owner for one in wanted), answer, strict=True))
        for wanted, answer in zip(asked, answers, strict=True)
    ]
    assert all(one == ids[0] for one in ids)
    assert len(set(ids[0].values())) == 600


async def test_sales_add_up_when_many_add_at_once(database: Database) -> None:
    ids = await _ensure(database, [_wanted(f"guest-{n}") for n in range(20)])
    seed = random.Random(11)
    batches = [
        [TabDelta(seed.choice(ids), seed.randrange(-300, 2000), seed.randrange(300)) for _ in range(40)]
        for _ in range(8)
    ]

    async def add(batch: list[TabDelta]) -> None:
        async with database.transaction() as tx:
            await tabs.add_to_tabs(tx, batch, tx.now_ms)

    await asyncio.gather(*(add(batch) for batch in batches))
    every = [delta for batch in batches for delta in batch]
    async with database.reading() as tx:
        found = await tabs.tabs_by_ids(tx, [("t", id_) for id_ in ids])
    for id_ in ids:
        tab = found["t", id_]
        assert tab.total_minor == sum(delta.total_minor for delta in every if delta.tab_id == id_)
        assert tab.tax_minor == sum(delta.tax_minor for delta in every if delta.tab_id == id_)
        assert tab.order_count == sum(1 for delta in every if delta.tab_id == id_)
        assert tab.version == 1 + sum(1 for batch in batches if any(delta.tab_id == id_ for delta in batch))


async def test_adding_answers_the_tabs_as_they_are_now(database: Database, clock: HandClock) -> None:
    [tab_id] = await _ensure(database, [_wanted("ada")])
    clock.advance(5_000)
    async with database.transaction() as tx:
        changed = await tabs.add_to_tabs(tx, [TabDelta(tab_id, 650, 104), TabDelta(tab_id, 700, 112)], tx.now_ms)
        tab = changed[tab_id]
    assert (tab.total_minor, tab.tax_minor, tab.order_count, tab.version) == (1350, 216, 2, 2)
    assert tab.updated_ms == tab.opened_ms + 5_000
    assert await _tab(database, tab_id) == tab


async def test_a_sale_for_a_tab_that_does_not_exist_keeps_nothing(database: Database) -> None:
    [tab_id] = await _ensure(database, [_wanted("ada")])
    with pytest.raises(TabNotFound):
        async with database.transaction() as tx:
            await tabs.add_to_tabs(tx, [TabDelta(tab_id, 650, 104), TabDelta(new_id(), 1, 0)], tx.now_ms)
    assert (await _tab(database, tab_id)).total_minor == 0


async def test_another_tenants_tab_is_absent(database: Database) -> None:
    [tab_id] = await _ensure(database, [_wanted("ada")])
    async with database.reading() as tx:
        assert await tabs.tabs_by_ids(tx, [("u", tab_id), ("t", new_id())]) == {}
        with pytest.raises(TabNotFound):
            await tabs.get(tx, "u", tab_id)
        assert await tabs.page(tx, "u", "e", before_id=None, state=None, contains=None, limit=9) == []


async def test_a_held_tab_makes_others_wait(database: Database) -> None:
    ids = await _ensure(database, [_wanted("ada"), _wanted("bob")])
    seen: list[str] = []
    held = asyncio.Event()

    async def first() -> None:
        async with database.transaction() as tx:
            assert set(await tabs.lock(tx, ids)) == set(ids)
            held.set()
            # Give the other every chance to go past.
            for _ in range(50):
                await asyncio.sleep(0)
            await tabs.add_to_tabs(tx, [TabDelta(ids[0], 1, 0)], tx.now_ms)
            seen.append("first")

    async def second() -> None:
        await held.wait()
        async with database.transaction() as tx:
            found = await tabs.lock(tx, ids[::-1])
            seen.append("second")
            assert found[ids[0]].total_minor == 1

    await asyncio.gather(first(), second())
    assert seen == ["first", "second"]


async def test_a_tab_moves_only_where_it_may(database: Database) -> None:
    [tab_id] = await _ensure(database, [_wanted("ada")])
    async with database.transaction() as tx:
        with pytest.raises(TabMoveImpossible, match="open cannot become closed"):
            await tabs.move(tx, "t", tab_id, "closed")
        closing = await tabs.move(tx, "t", tab_id, "closing")
        assert (closing.state, closing.version) == ("closing", 2)
        assert (await tabs.move(tx, "t", tab_id, "closing")).version == 2
        with pytest.raises(TabChanged):
            await tabs.move(tx, "t", tab_id, "closed", version=1)
        closed = await tabs.move(tx, "t", tab_id, "closed", version=2)
        assert not closed.takes_orders
        assert (await tabs.move(tx, "t", tab_id, "open")).takes_orders
        with pytest.raises(TabNotFound):
            await tabs.move(tx, "u", tab_id, "closing")


async def test_a_page_has_the_newest_first_and_finds_by_label(database: Database) -> None:
    labels = ["Ada", "Ärwin Öz", "100% Bob", "ada two"]
    ids = await _ensure(database, [_wanted(f"guest-{n}", label=label) for n, label in enumerate(labels)])
    by_label = dict(zip(labels, ids, strict=True))

    async def find(contains: str | None, before: str | None = None, limit: int = 9) -> list[str]:
        async with database.reading() as tx:
            found = await tabs.page(tx, "t", "e", before_id=before, state="open", contains=contains, limit=limit)
            return [tab.label for tab in found]

    assert set(await find(None)) == set(labels)
    assert await find(None) == [tab for tab, _ in sorted(by_label.items(), key=lambda one: one[1], reverse=True)]
    newest = await find(None, limit=1)
    assert newest + await find(None, before=by_label[newest[0]]) == await find(None)
    assert set(await find("ADA")) == {"Ada", "ada two"}
    assert await find("äRWIN ö") == ["Ärwin Öz"]
    assert await find("0%") == ["100% Bob"]
    assert await find("_") == []


async def test_a_link_opens_one_tab_until_it_ends_and_is_not_kept(database: Database, clock: HandClock) -> None:
    [tab_id] = await _ensure(database, [_wanted("ada")])
    tab = await _tab(database, tab_id)
    async with database.transaction() as tx:
        made = await tabs.make_link(tx, tab, made_by="person:p")
        again = await tabs.make_link(tx, tab, made_by="person:p")
    assert made.link != again.link
    assert len(made.link) == 22
    clock.advance(LINK_LIFE_MS - 1)
    async with database.reading() as tx:
        assert (await tabs.tab_of_link(tx, made.link)).tab_id == tab_id
        with pytest.raises(TabLinkInvalid):
            await tabs.tab_of_link(tx, made.link[:-1])
    clock.advance(1)
    async with database.reading() as tx:
        with pytest.raises(TabLinkInvalid):
            await tabs.tab_of_link(tx, made.link)


async def test_a_very_long_label_is_cut(database: Database) -> None:
    [tab_id] = await _ensure(database, [_wanted("ada", label="x" * 500)])
    assert len((await _tab(database, tab_id)).label) == 120
