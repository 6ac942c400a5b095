"""A menu as it is at one version: frozen, whole, free of prices' history. Snapshots store exactly this."""

from typing import Literal

import msgspec

from barback.foundation.errors import Conflict, Invalid, NotFound

ItemKind = Literal["tax_class", "category", "product", "modifier_group", "modifier"]


class MenuItemNotFound(NotFound):
    """No such product, modifier or category in this tenant."""

    code = "menu_item_not_found"
    title = "Not on any menu of yours"


class MenuInvalid(Invalid):
    """Something in the menu cannot be; every field that is wrong is named."""

    code = "menu_invalid"
    title = "The menu is not valid"


class MenuIdTaken(Conflict):
    """An id that the caller gave already names something else."""

    code = "menu_id_taken"
    title = "An id is taken"


class Rate(msgspec.Struct, frozen=True):
    """One component of a tax class, in parts per million."""

    code: str
    name: str
    ppm: int
    compound: bool = False


class TaxClass(msgspec.Struct, frozen=True):
    """How some products are taxed: one component, or several stacked."""

    id: str
    name: str
    rates: tuple[Rate, ...]


class Category(msgspec.Struct, frozen=True):
    """A heading of the menu. `color` is `#rrggbb`, or empty."""

    id: str
    name: str
    position: int
    color: str


class Modifier(msgspec.Struct, frozen=True):
    """A choice within a group; its price is added to the product's and may be below zero."""

    id: str
    name: str
    price_minor: int
    active: bool


class ModifierGroup(msgspec.Struct, frozen=True):
    """Choices of which at least `min` and at most `max` are taken."""

    id: str
    name: str
    min: int
    max: int
    modifiers: tuple[Modifier, ...]


class Product(msgspec.Struct, frozen=True):
    """What is sold, at `price_minor`. Without a tax class it is not taxed."""

    id: str
    name: str
    category_id: str | None
    price_minor: int
    tax_class_id: str | None
    active: bool
    position: int
    modifier_group_ids: tuple[str, ...]


class MenuBody(msgspec.Struct, frozen=True):
    """Everything on a menu. Products are never dropped, only made inactive: late orders may name them."""

    tax_classes: tuple[TaxClass, ...] = ()
    categories: tuple[Category, ...] = ()
    products: tuple[Product, ...] = ()
    modifier_groups: tuple[ModifierGroup, ...] = ()

    def ids(self) -> dict[str, ItemKind]:
        """Every id with the kind of thing it names."""
        found: dict[str, ItemKind] = {one.id: "tax_class" for one in self.tax_classes}
        found |= {one.id: "category" for one in self.categories}
        found |= {one.id: "product" for one in self.products}
        for group in self.modifier_groups:
            found[group.id] = "modifier_group"
            found |= {one.id: "modifier" for one in group.modifiers}
        return found
