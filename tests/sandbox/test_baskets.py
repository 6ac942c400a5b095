"""The demo night's baskets have the shape of the real bar's; so has the evening's menu."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from barback.sandbox import copper_still
from barback.sandbox.baskets import Taste
from barback.sandbox.contract import Menu, Modifier, ModifierGroup, Product

BASKETS = 20_000


def copper_menu() -> Menu:
    """The menu as the server would give it back; names for ids."""
    wanted = copper_still.menu()
    groups = tuple(
        ModifierGroup(
            one["name"], one["name"], one["min"], one["max"],
            tuple(Modifier(m["name"], m["name"], m["price_minor"]) for m in one["modifiers"]),
        )
        for one in wanted["modifier_groups"]
    )  # fmt: skip
    products = tuple(
        Product(one["name"], one["name"], one["price_minor"], modifier_group_ids=tuple(one["modifier_group_ids"]))
        for one in wanted["products"]
    )
    return Menu("event", "EUR", 1, products, groups)


def test_baskets_have_the_real_shape() -> None:
    """1.72 lines a basket; half cost at most 5.10, nine in ten at most 12.90, 99 in a hundred at most 25.00."""
    taste = Taste(copper_menu(), random.Random(1), copper_still.POPULARITY)
    baskets = [taste.basket() for _ in range(BASKETS)]
    lengths = sorted(len(basket) for basket in baskets)
    totals = sorted(sum(line.total_minor for line in basket) for basket in baskets)

    assert sum(lengths) / BASKETS == pytest.approx(1.72, abs=0.03)
    assert [lengths[int(BASKETS * share)] for share in (0.5, 0.9, 0.99)] == [1, 3, 5]
    assert totals[BASKETS // 2] == pytest.approx(510, rel=0.1)
    assert totals[BASKETS * 9 // 10] == pytest.approx(1_290, rel=0.1)
    assert totals[BASKETS * 99 // 100] == pytest.approx(2_500, rel=0.1)


def test_choices_keep_to_their_groups() -> None:
    """A gin and tonic always has its mixer, once; nothing has more than the group allows."""
    menu = copper_menu()
    taste = Taste(menu, random.Random(2))
    groups = {group.id: group for group in menu.modifier_groups}
    by_name = {product.name: product for product in menu.products}
    for _ in range(3_000):
        for line in taste.basket():
            chosen = Counter(one.modifier_id for one in line.modifiers)
            for group_id in by_name[str(line.name)].modifier_group_ids:
                group = groups[group_id]
                taken = sum(chosen.pop(one.id, 0) for one in group.modifiers)
                assert group.min <= taken <= group.max
            assert not chosen


def test_a_seed_says_everything() -> None:
    menu = copper_menu()
    one, other = (Taste(menu, random.Random(3)) for _ in range(2))
    assert [one.basket() for _ in range(50)] == [other.basket() for _ in range(50)]


def test_what_is_not_sold_is_not_drawn() -> None:
    menu = copper_menu()
    only = Menu("event", "EUR", 1, (menu.products[0], Product("off", "Off", 1, active=False)), menu.modifier_groups)
    taste = Taste(only, random.Random(4))
    assert {line.product_id for _ in range(200) for line in taste.basket()} == {menu.products[0].id}
    with pytest.raises(ValueError, match="something to sell"):
        Taste(Menu("event", "EUR", 1, (), ()), random.Random(1))


def test_guests_have_names_of_their_own() -> None:
    names = copper_still.guest_names(500, random.Random(5))
    assert len(set(names)) == 500
