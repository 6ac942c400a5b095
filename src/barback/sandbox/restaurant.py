"""A file of real restaurant orders, read as a menu and baskets that give back its prices to the cent.

The file has one line per item: order_id, quantity, item_name, choice_description, item_price (tabs between,
the price of the line with a dollar sign). What the prices turn out to be made of:

- Guacamole is the one choice that is charged for. Where a line has it, its unit price is that of the same
  item without it plus 2.50, 2.49 or 2.39, or plus nothing ("included").
- The same item has several base prices: the orders come from restaurants with price lists of their own
  (Chicken Bowl 8.75, 8.49, 8.19). Each is a product, the usual price under the plain name, the others as
  "Chicken Bowl at 8.49".

So every line is a product plus its modifiers at the prices on the menu, and nothing is left to flag.
"""

from __future__ import annotations

import csv
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from barback.sandbox.contract import Chosen, Line

FILE = Path(__file__).with_name("data") / "restaurant-orders.tsv"
COLUMNS = ("order_id", "quantity", "item_name", "choice_description", "item_price")
CHARGED = "Guacamole"
SURCHARGES_MINOR = (250, 249, 239, 0)
TAX = {"name": "Meals", "rates": [{"code": "MEALS8", "name": "Meals tax 8 %, in the price", "ppm": 80_000}]}
SECTIONS = (("Chips", "Chips"), ("Bowl", "Bowls"), ("Burrito", "Burritos"), ("Tacos", "Tacos"), ("Salad", "Salads"))
NESTING_MAX = 20


class BadFileError(ValueError):
    """The file is not one of orders; says the line and what is wrong."""


@dataclass(frozen=True)
class Item:
    """A line of the file. `choices` are all names in the brackets; inner ones come after their outer list began."""

    order_id: str
    quantity: int
    name: str
    choices: tuple[str, ...]
    price_minor: int

    @property
    def unit_minor(self) -> int:
        """The price of one."""
        return self.price_minor // self.quantity


@dataclass(frozen=True)
class Restaurant:
    """The file as a menu to import and baskets to sell, in the order of the file."""

    menu: dict[str, Any]
    orders: dict[str, tuple[Line, ...]]
    total_minor: int
    line_count: int


def read_items(lines: Iterable[str]) -> list[Item]:
    """The file's lines. Raises BadFileError."""
    rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise BadFileError(f"expected the columns {', '.join(COLUMNS)}, got {rows.fieldnames}")
    items: list[Item] = []
    for row in rows:
        try:
            items.append(_item(row))
        except (ValueError, TypeError, AttributeError) as error:
            raise BadFileError(f"line {rows.line_num}: {error}") from error
    return items


def _item(row: dict[str, str]) -> Item:
    quantity, price = int(row["quantity"]), minor_units(row["item_price"])
    if quantity < 1 or price % quantity:
        raise ValueError(f"{row['item_price']!r} is not {quantity} times a whole number of cents")
    described = row["choice_description"]
    choices = () if described == "NULL" else tuple(parse_choices(described))
    return Item(row["order_id"], quantity, row["item_name"].strip(), choices, price)


def minor_units(text: str) -> int:
    """`$2.39 ` is 239. Raises ValueError."""
    whole, dot, cents = text.strip().removeprefix("$").partition(".")
    if not (whole.isdigit() and dot and len(cents) == 2 and cents.isdigit()):
        raise ValueError(f"expected a price like $2.39, got {text!r}")
    return int(whole) * 100 + int(cents)


def parse_choices(text: str) -> list[str]:
    """`[Salsa (Mild), [Rice, Cheese]]` is Salsa (Mild), Rice, Cheese. Raises ValueError when brackets do not match."""
    names: list[str] = []
    depth, name = 0, ""
    for character in text:
        if character in "[],":
            if name.strip():
                names.append(name.strip())
            name = ""
            depth += {"[": 1, "]": -1}.get(character, 0)
            if not 0 <= depth <= NESTING_MAX:
                break
        elif depth == 0 and not character.isspace():
            break
        else:
            name += character
    else:
        if depth == 0 and names:
            return names
    raise ValueError(f"expected choices like [Salsa, [Rice, Cheese]], got {text!r}")


def explain(items: Sequence[Item]) -> dict[Item, tuple[int, int]]:
    """Base price and surcharge of every line; they add up to the line's unit price."""
    bases: dict[str, Counter[int]] = {}
    for item in items:
        if CHARGED not in item.choices:
            bases.setdefault(item.name, Counter())[item.unit_minor] += 1
    anywhere = {price for prices in bases.values() for price in prices}
    found: dict[Item, tuple[int, int]] = {}
    for item in items:
        surcharge = 0
        if CHARGED in item.choices:
            own = bases.get(item.name, Counter[int]())
            fitting = [one for known in (own, anywhere) for one in SURCHARGES_MINOR if item.unit_minor - one in known]
            surcharge = fitting[0] if fitting else 0
        found[item] = item.unit_minor - surcharge, surcharge
    return found


def build(items: Sequence[Item], namespace: uuid.UUID) -> Restaurant:
    """Menu and baskets. Ids are made from names within `namespace`, so that the same file gives the same menu."""
    explained = explain(items)
    usual: dict[str, Counter[int]] = {}
    for item in items:
        usual.setdefault(item.name, Counter())[explained[item][0]] += 1
    card = _Card(namespace, {name: counts.most_common(1)[0][0] for name, counts in usual.items()})
    orders: dict[str, list[Line]] = {}
    for item in items:
        orders.setdefault(item.order_id, []).append(card.line(item, *explained[item]))
    return Restaurant(
        card.menu(),
        {order_id: tuple(lines) for order_id, lines in orders.items()},
        sum(item.price_minor for item in items),
        len(items),
    )


def load(namespace: uuid.UUID, path: Path = FILE) -> Restaurant:
    """The restaurant in a file. Raises BadFileError, OSError."""
    with path.open(encoding="utf-8", newline="") as lines:
        return build(read_items(lines), namespace)


class _Card:
    """Collects products and modifiers as lines name them."""

    def __init__(self, namespace: uuid.UUID, usual: dict[str, int]) -> None:
        self._namespace = namespace
        self._usual = usual
        self._products: dict[str, dict[str, Any]] = {}
        self._modifiers: dict[str, dict[str, Any]] = {}

    def line(self, item: Item, base_minor: int, surcharge_minor: int) -> Line:
        """The line as a till would sell it."""
        name = item.name if base_minor == self._usual[item.name] else f"{item.name} at {_amount(base_minor)}"
        product = self._products.setdefault(
            name,
            {"id": self._id("product", name), "name": name, "price_minor": base_minor, "category_id": _section(name)},
        )
        chosen = tuple(self._chosen(choice, surcharge_minor if choice == CHARGED else 0) for choice in item.choices)
        if chosen:
            product["modifier_group_ids"] = ["Choices"]
        return Line(product["id"], item.quantity, base_minor, chosen, name)

    def _chosen(self, choice: str, price_minor: int) -> Chosen:
        name = choice
        if choice == CHARGED and price_minor != SURCHARGES_MINOR[0]:
            name = f"{choice} at {_amount(price_minor)}" if price_minor else f"{choice}, included"
        modifier = self._modifiers.setdefault(
            name, {"id": self._id("modifier", name), "name": name, "price_minor": price_minor}
        )
        return Chosen(modifier["id"], price_minor, name)

    def _id(self, kind: str, name: str) -> str:
        return str(uuid.uuid5(self._namespace, f"{kind}:{name}"))

    def menu(self) -> dict[str, Any]:
        """What POST /v1/events/{id}/menu/import takes."""
        products = [product | {"tax_class_id": TAX["name"]} for product in self._products.values()]
        choices = list(self._modifiers.values())
        return {
            "tax_classes": [TAX],
            "categories": [{"name": name} for name in sorted({_section(name) for name in self._products})],
            "modifier_groups": [{"name": "Choices", "min": 0, "max": 20, "modifiers": choices}],
            "products": products,
        }


def _section(name: str) -> str:
    for word, section in (
        ("Chips", "Chips"),
        ("Bowl", "Bowls"),
        ("Burrito", "Burritos"),
        ("Tacos", "Tacos"),
        ("Salad", "Salads"),
    ):
        if word in name:
            return section
    return "Drinks"


def _amount(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"
