"""Menus over HTTP: parse, one action, shape."""

from __future__ import annotations

from typing import TypeVar

from litestar import get, patch, post

from barback.commerce import accounts
from barback.commerce.accounts import Principal
from barback.commerce.menu import actions, shapes
from barback.commerce.menu.rules import body, wanted
from barback.storage import Database

T = TypeVar("T")


@get("/events/{event_id:str}/menu", tags=["menu"])
async def menu(db: Database, principal: Principal, event_id: str) -> shapes.MenuShape:
    """The menu of an event as it is now."""
    async with db.reading() as tx:
        catalog = await actions.catalog(tx, principal.tenant_id, event_id)
    accounts.require(principal, "menu:read", event_id=event_id)
    return shapes.menu_shape(catalog)


@post("/events/{event_id:str}/menu/import", tags=["menu"], status_code=200)
async def import_menu(db: Database, principal: Principal, event_id: str, data: wanted.MenuWanted) -> shapes.MenuShape:
    """Put a whole menu, or part of one, on an event in one call. The same call again changes nothing."""
    async with db.transaction() as tx:
        return shapes.menu_shape(await actions.import_menu(tx, principal, event_id, data))


@post("/events/{event_id:str}/tax-classes", tags=["menu"])
async def add_tax_class(
    db: Database, principal: Principal, event_id: str, data: wanted.TaxClassWanted
) -> body.TaxClass:
    """Add a tax class. With the id of one that is there, replace it."""
    return await _added(db, principal, event_id, data, body.TaxClass)


@post("/events/{event_id:str}/categories", tags=["menu"])
async def add_category(db: Database, principal: Principal, event_id: str, data: wanted.CategoryWanted) -> body.Category:
    """Add a category. With the id of one that is there, replace it."""
    return await _added(db, principal, event_id, data, body.Category)


@post("/events/{event_id:str}/products", tags=["menu"])
async def add_product(db: Database, principal: Principal, event_id: str, data: wanted.ProductWanted) -> body.Product:
    """Add a product. With the id of one that is there, replace it."""
    return await _added(db, principal, event_id, data, body.Product)


@post("/events/{event_id:str}/modifier-groups", tags=["menu"])
async def add_modifier_group(
    db: Database, principal: Principal, event_id: str, data: wanted.ModifierGroupWanted
) -> body.ModifierGroup:
    """Add a group of modifiers. With the id of one that is there, change it."""
    return await _added(db, principal, event_id, data, body.ModifierGroup)


@patch("/products/{product_id:str}", tags=["menu"])
async def change_product(
    db: Database, principal: Principal, product_id: str, data: shapes.ProductChange
) -> body.Product:
    """Change a product. Orders made before keep what they were charged."""
    return await _changed(db, principal, "product", product_id, data, body.Product)


@patch("/categories/{category_id:str}", tags=["menu"])
async def change_category(
    db: Database, principal: Principal, category_id: str, data: shapes.CategoryChange
) -> body.Category:
    """Change a category."""
    return await _changed(db, principal, "category", category_id, data, body.Category)


@patch("/modifiers/{modifier_id:str}", tags=["menu"])
async def change_modifier(
    db: Database, principal: Principal, modifier_id: str, data: shapes.ModifierChange
) -> body.Modifier:
    """Change a modifier. Orders made before keep what they were charged."""
    return await _changed(db, principal, "modifier", modifier_id, data, body.Modifier)


async def _added(db: Database, principal: Principal, event_id: str, data: actions.Single, kind: type[T]) -> T:
    async with db.transaction() as tx:
        added = await actions.add(tx, principal, event_id, data)
    assert isinstance(added, kind)
    return added


async def _changed(
    db: Database,
    principal: Principal,
    kind: body.ItemKind,
    item_id: str,
    data: shapes.ProductChange | shapes.CategoryChange | shapes.ModifierChange,
    shape: type[T],
) -> T:
    async with db.transaction() as tx:
        changed = await actions.change(tx, principal, kind, item_id, shapes.given(data))
    assert isinstance(changed, shape)
    return changed


ROUTES = [
    menu, import_menu, add_tax_class, add_category, add_product, add_modifier_group, change_product, change_category,
    change_modifier,
]  # fmt: skip
