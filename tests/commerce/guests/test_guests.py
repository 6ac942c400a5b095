"""Guests and their tags: one wearer at a time, the history kept, tenants apart; on both databases."""

from __future__ import annotations

import asyncio

import pytest
from tests.commerce.world import World, make_world

from barback.commerce import guests
from barback.commerce.accounts import Principal
from barback.commerce.events import EventNotFound
from barback.commerce.guests import AttendeeNotFound, TagInvalid, TagNotFound
from barback.commerce.guests.rules import TAGS_MAX, AttendeeInvalid, check_attendee, check_uid
from barback.foundation.clock import HandClock
from barback.foundation.ids import new_id
from barback.storage import Database


async def _add(db: Database, world: World, name: str) -> guests.Attendee:
    async with db.transaction() as tx:
        return await guests.add_attendee(tx, world.owner, world.event.id, name=name)


async def _bind(db: Database, who: Principal, attendee_id: str, uid: str) -> guests.Attendee:
    async with db.transaction() as tx:
        return await guests.bind_tag(tx, who, attendee_id, uid)


async def test_a_tag_finds_its_wearer_however_it_is_spelled(database: Database) -> None:
    world = await make_world(database)
    ada = await _add(database, world, " Ada ")
    assert (await _bind(database, world.owner, ada.id, "04:a2:24 b2")).tags == ("04A224B2",)
    keys = [(*world.where, uid) for uid in ("04a224b2", "04-A2-24-B2", "FFFF")] + [
        (new_id(), world.event.id, "04A224B2")
    ]
    async with database.reading() as tx:
        found = await guests.holders_of_tags(tx, keys)
    assert set(found) == {keys[0], keys[1]}
    assert (found[keys[0]].attendee_id, found[keys[0]].name) == (ada.id, "Ada")


async def test_rebinding_ends_the_binding_before(database: Database, clock: HandClock) -> None:
    world = await make_world(database)
    ada, bob = await _add(database, world, "Ada"), await _add(database, world, "Bob")
    await _bind(database, world.owner, ada.id, "04A2")
    start = clock.now_ms()
    clock.advance(1000)
    await _bind(database, world.owner, ada.id, "04A2")
    await _bind(database, world.owner, bob.id, "04A2")
    async with database.reading() as tx:
        holder, history = await guests.wearer(tx, *world.where, "04a2")
        assert holder.name == "Bob"
        assert (await guests.attendee_of(tx, world.event.tenant_id, ada.id)).tags == ()
    assert [(one.attendee_id, one.since_ms, one.until_ms) for one in history] == [
        (ada.id, start, start + 1000),
        (bob.id, start + 1000, None),
    ]


async def test_a_tag_is_taken_off_and_put_on_again(database: Database, clock: HandClock) -> None:
    world = await make_world(database)
    ada = await _add(database, world, "Ada")
    await _bind(database, world.owner, ada.id, "04A2")
    clock.advance(1)
    async with database.transaction() as tx:
        await guests.release_tag(tx, world.owner, world.event.id, "04A2")
        assert await guests.holders_of_tags(tx, [(*world.where, "04A2")]) == {}
        with pytest.raises(TagNotFound):
            await guests.release_tag(tx, world.owner, world.event.id, "04A2")
    clock.advance(1)
    await _bind(database, world.owner, ada.id, "04A2")
    async with database.reading() as tx:
        _, history = await guests.wearer(tx, *world.where, "04A2")
    assert [one.until_ms is None for one in history] == [False, True]


async def test_two_hands_bind_one_tag_at_once(database: Database) -> None:
    world = await make_world(database)
    people = [await _add(database, world, f"Guest {n}") for n in range(6)]
    await asyncio.gather(*(_bind(database, world.owner, one.id, "04A2") for one in people))
    async with database.reading() as tx:
        holder, history = await guests.wearer(tx, *world.where, "04A2")
        worn = [
            one for person in people for one in (await guests.attendee_of(tx, world.event.tenant_id, person.id)).tags
        ]
    assert worn == ["04A2"]
    assert len(history) == 6
    assert [one.attendee_id for one in history if one.until_ms is None] == [holder.id]


async def test_tenants_do_not_see_each_other(database: Database) -> None:
    world, other = await make_world(database), await make_world(database)
    ada = await _add(database, world, "Ada")
    await _bind(database, world.owner, ada.id, "04A2")
    async with database.transaction() as tx:
        with pytest.raises(AttendeeNotFound):
            await guests.bind_tag(tx, other.owner, ada.id, "04A3")
        with pytest.raises(EventNotFound):
            await guests.release_tag(tx, other.owner, world.event.id, "04A2")
        with pytest.raises(EventNotFound):
            await guests.add_attendee(tx, other.owner, world.event.id, name="Eve")
        with pytest.raises(TagNotFound):
            await guests.wearer(tx, other.event.tenant_id, world.event.id, "04A2")
    eve = await _add(database, other, "Eve")
    await _bind(database, other.owner, eve.id, "04A2")
    async with database.reading() as tx:
        both = await guests.holders_of_tags(tx, [(*world.where, "04A2"), (*other.where, "04A2")])
    assert [holder.name for holder in both.values()] == ["Ada", "Eve"]


async def test_a_guest_wears_a_family_not_a_box(database: Database) -> None:
    world = await make_world(database)
    ada = await _add(database, world, "Ada")
    for n in range(TAGS_MAX):
        await _bind(database, world.owner, ada.id, f"AA{n}")
    with pytest.raises(TagInvalid):
        await _bind(database, world.owner, ada.id, "BB")


async def test_search_and_paging(database: Database) -> None:
    world = await make_world(database)
    async with database.transaction() as tx:
        for name, email, phone in (
            ("Ada", "ada@example.org", None),
            ("Zoë ÅNGSTRÖM", None, "+49 30 555-1"),
            ("Bob", None, None),
        ):
            await guests.add_attendee(tx, world.owner, world.event.id, name=name, email=email, phone=phone)

    async def find(contains: str | None, limit: int = 9, before: str | None = None) -> list[guests.Attendee]:
        async with database.reading() as tx:
            return await guests.page(tx, *world.where, before_id=before, contains=contains, limit=limit)

    assert [one.name for one in await find(None)] == ["Bob", "Zoë ÅNGSTRÖM", "Ada"]
    assert [one.name for one in await find("ångström")] == ["Zoë ÅNGSTRÖM"]
    assert [one.name for one in await find("EXAMPLE.org")] == ["Ada"]
    assert [one.name for one in await find("30555")] == ["Zoë ÅNGSTRÖM"]
    first = await find(None, limit=2)
    assert [one.name for one in await find(None, before=first[-1].id)] == ["Ada"]


@pytest.mark.parametrize(
    ("name", "email", "phone", "field"),
    [
        ("", None, None, "name"),
        ("x" * 121, None, None, "name"),
        ("a\nb", None, None, "name"),
        ("A", "nope", None, "email"),
        ("A", "a b@c.de", None, "email"),
        ("A", None, "call me", "phone"),
    ],
)
def test_details_that_cannot_be_are_named(name: str, email: str | None, phone: str | None, field: str) -> None:
    with pytest.raises(AttendeeInvalid) as refusal:
        check_attendee(name, email, phone)
    assert [one.field for one in refusal.value.fields] == [field]


def test_empty_details_are_none() -> None:
    assert check_attendee("Ada", " ", "") == ("Ada", None, None)


@pytest.mark.parametrize("uid", ["", " : ", "04/A2", "x" * 65, "ä", "٣"])
def test_a_uid_that_cannot_be_one(uid: str) -> None:
    with pytest.raises(TagInvalid):
        check_uid(uid)
