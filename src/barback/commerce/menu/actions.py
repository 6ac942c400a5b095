"""What people can do with a menu: every change makes the next version, whole."""

from collections.abc import Iterator, Sequence

import msgspec

from barback.commerce import accounts, events
from barback.commerce.accounts import Principal
from barback.commerce.menu import store
from barback.commerce.menu.rules.body import (
    Category,
    ItemKind,
    MenuBody,
    MenuIdTaken,
    MenuItemNotFound,
    Modifier,
    ModifierGroup,
    Product,
    TaxClass,
)
from barback.commerce.menu.rules.catalog import Catalog
from barback.commerce.menu.rules.merge import merge
from barback.commerce.menu.rules.wanted import (
    CategoryWanted,
    MenuWanted,
    ModifierGroupWanted,
    ModifierWanted,
    ProductWanted,
    TaxClassWanted,
)
from barback.foundation.errors import FieldProblem
from barback.foundation.ids import new_id
from barback.storage import Transaction

Single = TaxClassWanted | CategoryWanted | ModifierGroupWanted | ProductWanted
Item = Product | Category | TaxClass | ModifierGroup | Modifier


async def import_menu(tx: Transaction, principal: Principal, event_id: str, wanted: MenuWanted) -> Catalog:
    """Put a whole menu (or part of one) on an event in one step; the same again changes nothing.

    Raises EventNotFound, NotPermitted, MenuInvalid (names every wrong field), MenuIdTaken.
    """
    await _change(tx, principal, event_id, wanted, action="menu.imported")
    return await catalog(tx, principal.tenant_id, event_id)


async def add(tx: Transaction, principal: Principal, event_id: str, one: Single) -> Item:
    """Put one thing on a menu, and answer it. With an id that is there already it takes that thing's place.

    Raises EventNotFound, NotPermitted, MenuInvalid, MenuIdTaken.
    """
    one_id = one.id or new_id()
    wanted, kind = _alone(msgspec.structs.replace(one, id=one_id))
    after = await _change(tx, principal, event_id, wanted, action=f"{kind}.saved", single=True)
    return item_of(after, one_id)


async def change(
    tx: Transaction, principal: Principal, kind: ItemKind, item_id: str, changes: dict[str, object]
) -> Item:
    """Change fields of a product, category or modifier; the thing as it is now.

    Raises MenuItemNotFound for another tenant's too, NotPermitted, MenuInvalid.
    """
    event_id = await store.event_of_item(tx, principal.tenant_id, kind, item_id)
    if event_id is None:
        raise MenuItemNotFound
    accounts.require(principal, "menu:write", event_id=event_id)
    _, body = await store.lock_head(tx, principal.tenant_id, event_id)
    wanted = _changed(body, kind, item_id, changes)
    after = await _change(tx, principal, event_id, wanted, action=f"{kind}.changed", single=True)
    return item_of(after, item_id)


async def _change(
    tx: Transaction, principal: Principal, event_id: str, wanted: MenuWanted, *, action: str, single: bool = False
) -> MenuBody:
    await events.event_of(tx, principal.tenant_id, event_id)
    accounts.require(principal, "menu:write", event_id=event_id)
    version, before = await store.lock_head(tx, principal.tenant_id, event_id)
    after = merge(before, wanted, _fresh_ids(), by_name=not single, single=single)
    if after == before:
        return before
    taken = await store.claim_ids(tx, principal.tenant_id, event_id, after, before)
    if taken:
        problem = FieldProblem("id", taken[0], "names something on another menu", "leave it out, or make another")
        raise MenuIdTaken(fields=[problem])
    await store.write(tx, principal.tenant_id, event_id, version + 1, after, made_by=principal.subject_id)
    was, now = {"catalog_version": version}, {"catalog_version": version + 1}
    await accounts.audit(tx, principal, action, f"event:{event_id}", before=was, after=now)
    return after


def _alone(one: Single) -> tuple[MenuWanted, str]:
    if isinstance(one, TaxClassWanted):
        return MenuWanted(tax_classes=(one,)), "tax_class"
    if isinstance(one, CategoryWanted):
        return MenuWanted(categories=(one,)), "category"
    if isinstance(one, ModifierGroupWanted):
        return MenuWanted(modifier_groups=(one,)), "modifier_group"
    return MenuWanted(products=(one,)), "product"


def _changed(body: MenuBody, kind: ItemKind, item_id: str, changes: dict[str, object]) -> MenuWanted:
    """What is wanted when a thing stays as it is but for `changes`."""
    if kind == "modifier":
        group = next(g for g in body.modifier_groups if any(one.id == item_id for one in g.modifiers))
        kept = {**msgspec.structs.asdict(item_of(body, item_id)), **changes}
        one = msgspec.convert(kept, ModifierWanted)
        return MenuWanted(modifier_groups=(ModifierGroupWanted(group.name, group.min, group.max, (one,), group.id),))
    kept = {**msgspec.structs.asdict(item_of(body, item_id)), **changes}
    if kind == "category":
        return MenuWanted(categories=(msgspec.convert(kept, CategoryWanted),))
    return MenuWanted(products=(msgspec.convert(kept, ProductWanted),))


def item_of(body: MenuBody, item_id: str) -> Item:
    """The thing on the menu with this id; raises MenuItemNotFound."""
    modifiers = (one for group in body.modifier_groups for one in group.modifiers)
    for things in (body.products, body.categories, body.tax_classes, body.modifier_groups, modifiers):
        for one in things:
            if one.id == item_id:
                return one
    raise MenuItemNotFound


def _fresh_ids() -> Iterator[str]:
    while True:
        yield new_id()


async def catalog(tx: Transaction, tenant_id: str, event_id: str) -> Catalog:
    """The current catalog of an event. Raises EventNotFound; an event without a menu has an empty one, version 0."""
    event = await events.event_of(tx, tenant_id, event_id)
    return (await store.catalogs(tx, [event]))[event_id]


async def catalogs(tx: Transaction, event_ids: Sequence[str]) -> dict[str, Catalog]:
    """The current catalog of each event, whatever its tenant; an event that does not exist is absent.

    Two statements however many events; the catalogs come from memory and are shared: never change one.
    """
    found = await events.events_by_ids(tx, list(dict.fromkeys(event_ids)))
    return await store.catalogs(tx, list(found.values()))


async def catalog_at(tx: Transaction, tenant_id: str, event_id: str, version: int) -> Catalog | None:
    """The catalog an event had at `version`, for orders that were made by it; None if there was none."""
    return await store.catalog_at(tx, await events.event_of(tx, tenant_id, event_id), version)
