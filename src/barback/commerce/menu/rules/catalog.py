"""A menu made ready for pricing: look-ups by id, tax worked out. One is shared by thousands of orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from barback.commerce.menu.rules.body import MenuBody, Modifier, Product, TaxClass
from barback.commerce.menu.rules.taxes import (
    UNTAXED,
    RoundingScope,
    TaxableLine,
    TaxedOrder,
    TaxRate,
    TaxStack,
    tax_order,
)
from barback.foundation.money import Rounding


@dataclass(frozen=True, slots=True)
class Catalog:
    """The menu of an event at one version, with the event's currency and way of counting tax. Never changes."""

    tenant_id: str
    event_id: str
    currency: str
    prices_include_tax: bool
    rounding_scope: RoundingScope
    version: int
    body: MenuBody
    rounding: Rounding = "half_up"
    products: Mapping[str, Product] = field(init=False, repr=False)
    modifiers: Mapping[str, Modifier] = field(init=False, repr=False)
    stacks: Mapping[str, TaxStack] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make the look-ups: `products` and `modifiers` by id, `stacks` (of tax) by product id."""
        by_class = {one.id: _stack(one) for one in self.body.tax_classes}
        object.__setattr__(self, "products", {one.id: one for one in self.body.products})
        modifiers = {one.id: one for group in self.body.modifier_groups for one in group.modifiers}
        object.__setattr__(self, "modifiers", modifiers)
        stacks = {one.id: by_class.get(one.tax_class_id or "", UNTAXED) for one in self.body.products}
        object.__setattr__(self, "stacks", stacks)

    def unit_price(self, product_id: str, modifier_ids: Sequence[str]) -> int | None:
        """What one costs with these modifiers, by this version; None if one of them is not on it."""
        product = self.products.get(product_id)
        if product is None:
            return None
        price = product.price_minor
        for modifier_id in modifier_ids:
            modifier = self.modifiers.get(modifier_id)
            if modifier is None:
                return None
            price += modifier.price_minor
        return price

    def tax(self, lines: Sequence[tuple[str, int]]) -> TaxedOrder:
        """Tax lines of (product_id, amount charged for the whole line, in minor units).

        The amount is gross if prices include tax, else net. A product that is not on this version
        is not taxed: its order is flagged by whoever prices it.
        """
        stacks = self.stacks
        return tax_order(
            [TaxableLine(amount, stacks.get(product_id, UNTAXED)) for product_id, amount in lines],
            prices_include_tax=self.prices_include_tax,
            rounding_scope=self.rounding_scope,
            rounding=self.rounding,
        )


def _stack(tax_class: TaxClass) -> TaxStack:
    return TaxStack(tuple(TaxRate(rate.code, rate.name, rate.ppm, rate.compound) for rate in tax_class.rates))
