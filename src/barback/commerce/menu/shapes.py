"""Menus over the wire: bodies of requests and answers."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from barback.commerce.menu.rules.body import Category, ModifierGroup, Product, TaxClass
from barback.commerce.menu.rules.catalog import Catalog
from barback.commerce.menu.rules.wanted import PriceMinor, Reference


class MenuShape(msgspec.Struct):
    """The whole menu. Tills keep it and say its `catalog_version` with every order."""

    event_id: str
    currency: str
    catalog_version: Annotated[int, Meta(description="Grows by one with every change.")]
    prices_include_tax: bool
    tax_classes: list[TaxClass]
    categories: list[Category]
    products: list[Product]
    modifier_groups: list[ModifierGroup]


class ProductChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: str | UnsetType = UNSET
    price_minor: PriceMinor | UnsetType = UNSET
    category_id: Reference | UnsetType | None = UNSET
    tax_class_id: Reference | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET
    position: int | UnsetType = UNSET
    modifier_group_ids: list[str] | UnsetType = UNSET


class CategoryChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: str | UnsetType = UNSET
    position: int | UnsetType = UNSET
    color: str | UnsetType = UNSET


class ModifierChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: str | UnsetType = UNSET
    price_minor: PriceMinor | UnsetType = UNSET
    active: bool | UnsetType = UNSET


def menu_shape(catalog: Catalog) -> MenuShape:
    """A catalog as it goes over the wire, in the order in which it is shown."""
    body = catalog.body
    return MenuShape(
        event_id=catalog.event_id,
        currency=catalog.currency,
        catalog_version=catalog.version,
        prices_include_tax=catalog.prices_include_tax,
        tax_classes=list(body.tax_classes),
        categories=sorted(body.categories, key=lambda one: (one.position, one.name)),
        products=sorted(body.products, key=lambda one: (one.position, one.name)),
        modifier_groups=list(body.modifier_groups),
    )


def given(changes: ProductChange | CategoryChange | ModifierChange) -> dict[str, object]:
    """The fields that were sent."""
    return {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not UNSET}
