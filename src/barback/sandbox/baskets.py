"""What guests take: baskets with the shape of a real bar's.

From the till rolls of a real four-day bar: 1.72 lines per transaction (half have 1, nine in ten at most 3,
99 in a hundred at most 5). Prices follow from the menu and from how popular each product is.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from barback.sandbox.contract import Chosen, Line, Menu, ModifierGroup, Product

LINES = (1, 2, 3, 4, 5, 6)
LINES_SHARE = (0.57, 0.25, 0.11, 0.045, 0.02, 0.005)
QUANTITIES = (1, 2, 3, 4)
QUANTITIES_SHARE = (0.93, 0.055, 0.01, 0.005)
EXTRA_SHARE = 0.25
"""How often somebody takes something from a group of choices from which nothing must be taken."""


class Taste:
    """Draws baskets from a menu. The same seed draws the same baskets."""

    def __init__(self, menu: Menu, rng: random.Random, popularity: Mapping[str, float] | None = None) -> None:
        """`popularity`: weight by product name; what is not named weighs 1. Raises ValueError for an empty menu."""
        self._products = [product for product in menu.products if product.active]
        if not self._products:
            raise ValueError("expected a menu with something to sell, got an empty one")
        weights = popularity or {}
        self._weights = [weights.get(product.name, 1.0) for product in self._products]
        self._groups = {group.id: group for group in menu.modifier_groups}
        self._rng = rng

    def basket(self) -> tuple[Line, ...]:
        """The lines of one order."""
        count = self._rng.choices(LINES, LINES_SHARE)[0]
        drawn = self._rng.choices(self._products, self._weights, k=count)
        return tuple(self._line(product) for product in drawn)

    def _line(self, product: Product) -> Line:
        quantity = self._rng.choices(QUANTITIES, QUANTITIES_SHARE)[0]
        chosen = [one for group_id in product.modifier_group_ids for one in self._choose(self._groups[group_id])]
        return Line(product.id, quantity, product.price_minor, tuple(chosen), product.name)

    def _choose(self, group: ModifierGroup) -> list[Chosen]:
        offered = [modifier for modifier in group.modifiers if modifier.active]
        count = min(group.min, len(offered))
        if count < min(group.max, len(offered)) and self._rng.random() < EXTRA_SHARE:
            count += 1
        return [Chosen(one.id, one.price_minor, one.name) for one in self._rng.sample(offered, count)]
