"""Menus: whole imports, versions that never change, clear refusals, tenants apart; on both databases."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from tests.commerce.world import BAR, World, make_world, with_menu

from barback.commerce import menu
from barback.commerce.accounts import NotPermitted, Principal
from barback.commerce.events import EventNotFound
from barback.commerce.menu import (
    Catalog,
    CategoryWanted,
    MenuInvalid,
    MenuItemNotFound,
    MenuWanted,
    ModifierGroupWanted,
    ModifierWanted,
    Product,
    ProductWanted,
    RateWanted,
    TaxClassWanted,
)
from barback.commerce.menu import store as menu_store
from barback.commerce.menu.rules.body import MenuIdTaken
from barback.commerce.menu.rules.merge import merge
from barback.commerce.menu.shapes import menu_shape
from barback.foundation.ids import new_id
from barback.storage import Database


async def _catalog(db: Database, world: World) -> Catalog:
    async with db.reading() as tx:
        return await menu.catalog(tx, *world.where)


def _product(catalog: Catalog, name: str) -> Product:
    return next(one for one in catalog.products.values() if one.name == name)


async def _change(db: Database, world: World, kind: Any, item_id: str, **changes: Any) -> Any:
    async with db.transaction() as tx:
        return await menu.change(tx, world.owner, kind, item_id, changes)


async def test_an_event_starts_with_an_empty_menu(database: Database) -> None:
    world = await make_world(database)
    catalog = await _catalog(database, world)
    assert (catalog.version, len(catalog.products), catalog.currency) == (0, 0, "EUR")


async def test_a_whole_menu_in_one_call_and_again_changes_nothing(database: Database) -> None:
    world = await make_world(database)
    catalog = await with_menu(database, world)
    assert catalog.version == 1
    ale = _product(catalog, "Pale ale")
    large = next(one for one in catalog.modifiers.values() if one.name == "Large")
    assert catalog.unit_price(ale.id, [large.id]) == 850
    assert catalog.unit_price(ale.id, [new_id()]) is None
    assert catalog.unit_price(new_id(), []) is None
    again = await with_menu(database, world)
    assert again.version == 1
    assert again.body == catalog.body


async def test_what_get_answers_can_be_imported_as_it_is(database: Database) -> None:
    world = await make_world(database)
    shape = msgspec.to_builtins(menu_shape(await with_menu(database, world)))
    lists = {name: shape[name] for name in ("tax_classes", "categories", "products", "modifier_groups")}
    again = await with_menu(database, world, msgspec.convert(lists, MenuWanted))
    assert again.version == 1


async def test_ids_may_be_given_and_belong_to_one_event(database: Database) -> None:
    world, other = await make_world(database), await make_world(database)
    beer = new_id()
    catalog = await with_menu(database, world, MenuWanted(products=(ProductWanted("Ale", 650, id=beer),)))
    assert catalog.products[beer].price_minor == 650
    renamed = await with_menu(database, world, MenuWanted(products=(ProductWanted("Pale ale", 650, id=beer),)))
    assert (renamed.version, renamed.products[beer].name) == (2, "Pale ale")
    with pytest.raises(MenuIdTaken):
        await with_menu(database, other, MenuWanted(products=(ProductWanted("Ale", 650, id=beer),)))
    assert (await _catalog(database, other)).version == 0


async def test_every_change_is_a_version_and_old_ones_stay(database: Database) -> None:
    world = await make_world(database)
    ale = _product(await with_menu(database, world), "Pale ale")
    changed = await _change(database, world, "product", ale.id, price_minor=700, active=False)
    assert (changed.price_minor, changed.active, changed.name) == (700, False, "Pale ale")
    assert changed.modifier_group_ids == ale.modifier_group_ids
    await _change(database, world, "product", ale.id, price_minor=700)
    catalog = await _catalog(database, world)
    assert (catalog.version, catalog.products[ale.id].price_minor) == (2, 700)
    async with database.reading() as tx:
        first = await menu.catalog_at(tx, *world.where, 1)
        assert first is not None
        assert first.products[ale.id].price_minor == 650
        assert await menu.catalog_at(tx, *world.where, 3) is None


async def test_a_field_can_be_emptied_and_others_stay(database: Database) -> None:
    world = await make_world(database)
    catalog = await with_menu(database, world)
    ale = _product(catalog, "Pale ale")
    assert (await _change(database, world, "product", ale.id, category_id=None)).category_id is None
    small = next(one for one in catalog.modifiers.values() if one.name == "Small")
    assert (await _change(database, world, "modifier", small.id, price_minor=-50)).price_minor == -50
    beer = catalog.body.categories[0]
    assert (await _change(database, world, "category", beer.id, name="Beers")).color == "#f59e0b"


async def test_replace_makes_inactive_what_is_not_named(database: Database) -> None:
    world = await make_world(database)
    await with_menu(database, world)
    size = ModifierGroupWanted("Size", 0, 1, (ModifierWanted("Large", 200),))
    only = MenuWanted(products=(ProductWanted("Stout", 700),), modifier_groups=(size,), replace=True)
    catalog = await with_menu(database, world, only)
    assert {one.name for one in catalog.products.values() if one.active} == {"Stout"}
    assert {one.name for one in catalog.modifiers.values() if one.active} == {"Large"}
    assert len(catalog.products) == 3


async def test_one_thing_at_a_time(database: Database) -> None:
    world = await make_world(database)
    async with database.transaction() as tx:
        tax = await menu.add(
            tx, world.owner, world.event.id, TaxClassWanted("Standard", (RateWanted("S", "S", 200_000),))
        )
        category = await menu.add(tx, world.owner, world.event.id, CategoryWanted("Beer"))
        one = await menu.add(tx, world.owner, world.event.id, ProductWanted("Ale", 600, category.id, tax.id))
        two = await menu.add(tx, world.owner, world.event.id, ProductWanted("Ale", 600, "beer", "STANDARD"))
    assert isinstance(two, Product)
    assert (two.category_id, two.tax_class_id, two.position) == (category.id, tax.id, 1)
    assert one.id != two.id
    assert (await _catalog(database, world)).tax([(two.id, 1200)]).tax_minor == 200


async def test_catalogs_of_many_events_come_from_memory(database: Database) -> None:
    worlds = [await make_world(database) for _ in range(3)]
    for world in worlds[:2]:
        await with_menu(database, world)
    asked = [world.event.id for world in worlds] * 2 + [new_id()]
    async with database.reading() as tx:
        first, second = await menu.catalogs(tx, asked), await menu.catalogs(tx, asked)
    assert set(first) == {world.event.id for world in worlds}
    assert all(first[world.event.id] is second[world.event.id] for world in worlds[:2])
    assert first[worlds[0].event.id].tenant_id == worlds[0].event.tenant_id


async def test_what_was_rolled_back_is_not_remembered(database: Database) -> None:
    world = await make_world(database)
    ale = _product(await with_menu(database, world), "Pale ale")

    async def change_and_stop() -> None:
        async with database.transaction() as tx:
            await menu.change(tx, world.owner, "product", ale.id, {"price_minor": 1})
            assert (await menu.catalog(tx, *world.where)).products[ale.id].price_minor == 1
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        await change_and_stop()
    await _change(database, world, "product", ale.id, price_minor=2)
    catalog = await _catalog(database, world)
    assert (catalog.version, catalog.products[ale.id].price_minor) == (2, 2)


async def test_changes_at_once_all_count(database: Database) -> None:
    world = await make_world(database)
    await asyncio.gather(
        *(with_menu(database, world, MenuWanted(products=(ProductWanted(f"P{n}", n),))) for n in range(8))
    )
    catalog = await _catalog(database, world)
    assert catalog.version == 8
    assert sorted(one.price_minor for one in catalog.products.values()) == list(range(8))


async def test_memory_is_bounded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(menu_store, "CATALOGS_KEPT", 2)
    for _ in range(4):
        await with_menu(database, await make_world(database))
    assert menu_store.catalogs_kept() <= 2


async def test_tenants_and_roles_are_kept_apart(database: Database) -> None:
    world, other = await make_world(database), await make_world(database)
    ale = _product(await with_menu(database, world), "Pale ale")
    staff = Principal(world.event.tenant_id, "person", new_id(), "staff")
    async with database.transaction() as tx:
        with pytest.raises(MenuItemNotFound):
            await menu.change(tx, other.owner, "product", ale.id, {"price_minor": 1})
        with pytest.raises(EventNotFound):
            await menu.import_menu(tx, other.owner, world.event.id, BAR)
        with pytest.raises(EventNotFound):
            await menu.catalog(tx, other.event.tenant_id, world.event.id)
        with pytest.raises(NotPermitted):
            await menu.change(tx, staff, "product", ale.id, {"price_minor": 1})
        with pytest.raises(MenuItemNotFound):
            await menu.change(tx, world.owner, "category", ale.id, {"name": "x"})


def _products(*wanted: ProductWanted) -> MenuWanted:
    return MenuWanted(products=wanted)


def _group(low: int, high: int, *names: str) -> MenuWanted:
    modifiers = tuple(ModifierWanted(name) for name in names)
    return MenuWanted(modifier_groups=(ModifierGroupWanted("Size", low, high, modifiers),))


def _rates(*rates: tuple[str, int]) -> MenuWanted:
    return MenuWanted(tax_classes=(TaxClassWanted("S", tuple(RateWanted(code, "Tax", ppm) for code, ppm in rates)),))


WRONG: list[tuple[MenuWanted, str, str]] = [
    (_products(ProductWanted("Ale", -1)), "products[0].price_minor", "below zero"),
    (_products(ProductWanted("Ale", 10**30)), "products[0].price_minor", "not between"),
    (_products(ProductWanted(" ", 1)), "products[0].name", "empty"),
    (_products(ProductWanted("A\nB", 1)), "products[0].name", "control"),
    (_products(ProductWanted("A", 1, tax_class_id="X")), "products[0].tax_class_id", "no such tax class"),
    (_products(ProductWanted("A", 1, category_id="X")), "products[0].category_id", "no such category"),
    (_products(ProductWanted("A", 1, modifier_group_ids=("X",))), "products[0].modifier_group_ids", "no such modifier"),
    (_products(ProductWanted("Ale", 1, id="7")), "products[0].id", "not a UUID"),
    (_products(ProductWanted("Ale", 1), ProductWanted("ale ", 2)), "products", "named twice"),
    (_group(0, 1, "A", "a"), "modifier_groups[0].modifiers", "named twice"),
    (_group(2, 1), "modifier_groups[0].min", "more than max"),
    (_group(1, 1), "modifier_groups[0].min", "more than there are"),
    (_group(0, 0), "modifier_groups[0].max", "not between"),
    (_rates(("S", -1)), "tax_classes[0].rates[0].ppm", "below zero"),
    (_rates(("S", 1), ("S", 2)), "tax_classes[0].rates", "two components"),
    (_rates(("a b", 1)), "tax_classes[0].rates[0].code", "not a code"),
    (MenuWanted(categories=(CategoryWanted("Beer", color="red"),)), "categories[0].color", "not a colour"),
]


@pytest.mark.parametrize(("wanted", "field", "reason"), WRONG, ids=[field for _, field, _ in WRONG])
async def test_what_cannot_be_is_refused_by_field(wanted: MenuWanted, field: str, reason: str) -> None:
    with pytest.raises(MenuInvalid) as refusal:
        merge(menu.MenuBody(), wanted, iter([new_id(), new_id(), new_id()]))
    assert any(one.field == field and reason in one.reason and one.cure for one in refusal.value.fields)


async def test_a_refused_import_changes_nothing(database: Database) -> None:
    world = await make_world(database)
    await with_menu(database, world)
    with pytest.raises(MenuInvalid) as refusal:
        await with_menu(
            database,
            world,
            MenuWanted(products=(ProductWanted("Good", 1), ProductWanted("Bad", -1), ProductWanted("", 1))),
        )
    assert [one.field for one in refusal.value.fields] == ["products[1].price_minor", "products[2].name"]
    assert (await _catalog(database, world)).version == 1
