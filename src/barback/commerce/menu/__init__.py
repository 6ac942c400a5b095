"""Menu: products, modifiers, categories and tax classes of an event, and how an order is taxed.

A menu is a document with versions: every change (one product, or a whole import) makes the next
`catalog_version` and a snapshot that never changes, so an order can be checked against the version
its till had. Nothing that was sold disappears: products become inactive.

`catalog`, `catalogs` and `catalog_at` give a frozen `Catalog`, kept in memory by snapshot, with
look-ups by id and `Catalog.tax`, the one place where tax is worked out.
"""

from barback.commerce.menu.actions import add, catalog, catalog_at, catalogs, change, import_menu
from barback.commerce.menu.rules.body import MenuBody, MenuInvalid, MenuItemNotFound, Modifier, Product
from barback.commerce.menu.rules.catalog import Catalog
from barback.commerce.menu.rules.taxes import (
    UNTAXED,
    TaxableLine,
    TaxedLine,
    TaxedOrder,
    TaxPart,
    TaxRate,
    TaxStack,
    tax_order,
)
from barback.commerce.menu.rules.wanted import (
    CategoryWanted,
    MenuWanted,
    ModifierGroupWanted,
    ModifierWanted,
    ProductWanted,
    RateWanted,
    TaxClassWanted,
)

__all__ = [
    "UNTAXED",
    "Catalog",
    "CategoryWanted",
    "MenuBody",
    "MenuInvalid",
    "MenuItemNotFound",
    "MenuWanted",
    "Modifier",
    "ModifierGroupWanted",
    "ModifierWanted",
    "Product",
    "ProductWanted",
    "RateWanted",
    "TaxClassWanted",
    "TaxPart",
    "TaxRate",
    "TaxStack",
    "TaxableLine",
    "TaxedLine",
    "TaxedOrder",
    "add",
    "catalog",
    "catalog_at",
    "catalogs",
    "change",
    "import_menu",
    "tax_order",
]
