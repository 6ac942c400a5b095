"""The file of real orders: read whole, explained to the cent, and refused when it is not one."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barback.sandbox import restaurant
from barback.sandbox.restaurant import BadFileError, build, load, minor_units, parse_choices, read_items

SPACE = uuid.UUID(int=7)
HEADER = "order_id\tquantity\titem_name\tchoice_description\titem_price"


def test_the_whole_file_is_read() -> None:
    real = load(SPACE)
    assert len(real.orders) == 1_834
    assert real.line_count == sum(len(lines) for lines in real.orders.values()) == 4_622
    assert real.total_minor == 3_450_016


def test_every_line_costs_what_the_file_says_and_what_the_menu_says() -> None:
    """So that nothing is flagged: product plus modifiers at list price, times quantity, is the price in the file."""
    with restaurant.FILE.open(encoding="utf-8", newline="") as file:
        items = read_items(file)
    real = build(items, SPACE)
    prices = {product["id"]: product["price_minor"] for product in real.menu["products"]}
    extras = {one["id"]: one["price_minor"] for group in real.menu["modifier_groups"] for one in group["modifiers"]}
    lines = [line for order in real.orders.values() for line in order]
    by_order = sorted(items, key=lambda item: list(real.orders).index(item.order_id))
    assert [line.total_minor for line in lines] == [item.price_minor for item in by_order]
    for line in lines:
        listed = prices[line.product_id] + sum(extras[one.modifier_id] for one in line.modifiers)
        assert line.quantity * listed == line.total_minor


def test_the_menu_explains_the_prices() -> None:
    """Guacamole is the surcharge, price lists are variants; no product exists only because of a surcharge."""
    menu = load(SPACE).menu
    guacamole = {
        one["name"]: one["price_minor"] for one in menu["modifier_groups"][0]["modifiers"] if "Guacamole" in one["name"]
    }
    assert guacamole == {
        "Guacamole": 250, "Guacamole at 2.49": 249, "Guacamole at 2.39": 239, "Guacamole, included": 0,
    }  # fmt: skip
    bowls = {one["name"]: one["price_minor"] for one in menu["products"] if one["name"].startswith("Chicken Bowl")}
    assert bowls == {
        "Chicken Bowl": 875, "Chicken Bowl at 8.49": 849, "Chicken Bowl at 8.19": 819, "Chicken Bowl at 8.50": 850,
    }  # fmt: skip
    assert max(one["price_minor"] for one in menu["products"] if one["category_id"] != "Drinks") < 1_000


def test_the_same_file_makes_the_same_menu() -> None:
    assert load(SPACE) == load(SPACE)
    assert load(SPACE).menu != load(uuid.UUID(int=8)).menu


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[Apple]", ["Apple"]),
        ("[Salsa (Mild), [Rice, Cheese]]", ["Salsa (Mild)", "Rice", "Cheese"]),
        ("[[A, B], [C, [D]]]", ["A", "B", "C", "D"]),
        ("[Fresh Tomato Salsa, Rice]", ["Fresh Tomato Salsa", "Rice"]),
    ],
)
def test_choices_are_nested_lists(text: str, names: list[str]) -> None:
    assert parse_choices(text) == names


@pytest.mark.parametrize(
    "text", ["", "[]", "[Apple", "Apple]", "[Apple]]", "[Apple] x", "Apple", "[" * 30 + "A" + "]" * 30]
)
def test_broken_choices_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected choices"):
        parse_choices(text)


Names = st.text(st.characters(exclude_characters="[],\n\t", exclude_categories=["Z", "C"]), min_size=1, max_size=8)
Nested = st.recursive(Names, lambda inner: st.lists(inner, min_size=1, max_size=4), max_leaves=12)


def written(value: object) -> str:
    return f"[{', '.join(written(one) for one in value)}]" if isinstance(value, list) else str(value)


def flat(value: object) -> list[str]:
    return [name for one in value for name in flat(one)] if isinstance(value, list) else [str(value)]


@given(st.lists(Nested, min_size=1, max_size=4))
def test_any_nested_list_reads_back(choices: list[object]) -> None:
    assert parse_choices(written(choices)) == flat(choices)


def test_prices_are_whole_cents() -> None:
    assert minor_units("$2.39 ") == 239
    assert minor_units("$1000.05") == 100_005
    for text in ("2,39", "$2.3", "$2.399", "$-1.00", "$", "$.50", "$1e5.00"):
        with pytest.raises(ValueError, match="expected a price"):
            minor_units(text)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("1\t1\tIzze\t[Apple\t$3.39", "line 2: expected choices"),
        ("1\t1\tIzze\t[Apple]\t3", "line 2: expected a price"),
        ("1\t0\tIzze\t[Apple]\t$3.39", "line 2: .* is not 0 times"),
        ("1\t2\tIzze\t[Apple]\t$3.39", "line 2: .* is not 2 times a whole number"),
        ("1\tmany\tIzze\t[Apple]\t$3.39", "line 2: invalid literal"),
        ("1\t1\tIzze", "line 2"),
    ],
)
def test_a_bad_line_is_named(line: str, said: str) -> None:
    with pytest.raises(BadFileError, match=said):
        read_items([HEADER, line])


def test_another_file_is_refused() -> None:
    with pytest.raises(BadFileError, match="expected the columns order_id"):
        read_items(["a,b,c", "1,2,3"])
