"""What the menu says of an order's lines, and the order's price by the rules."""

from __future__ import annotations

from barback.commerce.menu import Catalog
from barback.commerce.orders.rules import Priced, Sold, price
from barback.commerce.orders.shapes import LineIn, OrderIn


def price_order(order: OrderIn, catalog: Catalog) -> Priced:
    """Names, taxes and flags from `catalog`; prices from the device, because the guest was told them."""
    sold = [_sold(line, catalog) for line in order.lines]
    return price(order, sold, prices_include_tax=catalog.prices_include_tax, scope=catalog.rounding_scope)


def _sold(line: LineIn, catalog: Catalog) -> Sold | None:
    product = catalog.products.get(line.product_id)
    if product is None:
        return None
    listed: int | None = product.price_minor
    modifiers: list[tuple[str, int]] = []
    for chosen in line.modifiers:
        modifier = catalog.modifiers.get(chosen.modifier_id)
        modifiers.append((modifier.name if modifier else chosen.name or chosen.modifier_id, chosen.price_minor))
        if listed is not None:
            listed = None if modifier is None else listed + modifier.price_minor
    return Sold(product.name, listed, catalog.stacks[product.id], tuple(modifiers))
