"""What can be on a menu and what cannot: every field that is wrong is named, with the cure."""

import re
import unicodedata
from collections.abc import Iterable

from barback.commerce.menu.rules.body import MenuInvalid
from barback.commerce.menu.rules.wanted import (
    CategoryWanted,
    MenuWanted,
    ModifierGroupWanted,
    ModifierWanted,
    ProductWanted,
    TaxClassWanted,
)
from barback.foundation.errors import FieldProblem
from barback.foundation.money import PPM

NAME_MAX = 120
PRICE_MAX = 1_000_000_000
"""Ten million, in a currency of two digits: more is a slip of the finger."""
POSITION_MAX = 1_000_000
CHOICES_MAX = 100
PROBLEMS_MAX = 50

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,19}", re.ASCII)
_COLOR = re.compile(r"#[0-9a-fA-F]{6}|")


class Problems:
    """Collects what is wrong, so that one answer tells everything."""

    def __init__(self) -> None:
        """Nothing is wrong yet."""
        self._found: list[FieldProblem] = []

    def add(self, field: str, value: object, reason: str, cure: str) -> None:
        """One field that is wrong."""
        if isinstance(value, str):
            value = value[:80]
        elif isinstance(value, int) and abs(value) >= 2**53:
            value = str(value)[:40]
        self._found.append(FieldProblem(field, value, reason, cure))

    def text(self, field: str, value: str, limit: int = NAME_MAX) -> None:
        """Text for people: something to see, no control characters, not endless."""
        if not value.strip():
            self.add(field, value, "empty", "give it a name")
        elif len(value) > limit:
            self.add(field, value, f"longer than {limit} characters", "make it shorter")
        elif any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
            self.add(
                field, value.encode("ascii", "backslashreplace").decode(), "has control characters", "leave them out"
            )

    def between(self, field: str, value: int, low: int, high: int, cure: str) -> None:
        """A whole number within bounds."""
        if not low <= value <= high:
            reason = "below zero" if value < 0 <= low else f"not between {low} and {high}"
            self.add(field, value, reason, cure)

    def id(self, field: str, value: str | None) -> None:
        """An id given by the caller."""
        if value is not None and not _UUID.fullmatch(value):
            self.add(field, value, "not a UUID in lower case", "leave it out, or make a UUID")

    def raise_if_any(self) -> None:
        """Raise MenuInvalid with everything that was found."""
        if self._found:
            count = len(self._found)
            first = self._found[0]
            more = f" (and {count - 1} more)" if count > 1 else ""
            raise MenuInvalid(f"{first.field}: {first.reason}{more}", fields=self._found[:PROBLEMS_MAX])


def check_wanted(wanted: MenuWanted, problems: Problems, *, single: bool = False) -> None:
    """What can be said without knowing the rest of the menu. `single`: fields are named without their list."""
    for place, one in enumerate(wanted.tax_classes):
        _check_tax_class(one, "" if single else f"tax_classes[{place}].", problems)
    for place, one in enumerate(wanted.categories):
        _check_category(one, "" if single else f"categories[{place}].", problems)
    for place, one in enumerate(wanted.modifier_groups):
        _check_group(one, "" if single else f"modifier_groups[{place}].", problems)
    for place, one in enumerate(wanted.products):
        _check_product(one, "" if single else f"products[{place}].", problems)


def _check_tax_class(one: TaxClassWanted, at: str, problems: Problems) -> None:
    problems.id(f"{at}id", one.id)
    problems.text(f"{at}name", one.name)
    for place, rate in enumerate(one.rates):
        problems.text(f"{at}rates[{place}].name", rate.name)
        problems.between(f"{at}rates[{place}].ppm", rate.ppm, 0, PPM, "parts per million: 19 % is 190000")
        if not _CODE.fullmatch(rate.code):
            problems.add(
                f"{at}rates[{place}].code", rate.code, "not a code", "use up to 20 letters and digits, such as S19"
            )
    for code in repeated(rate.code for rate in one.rates):
        problems.add(f"{at}rates", code, "two components have this code", "give each its own")


def _check_category(one: CategoryWanted, at: str, problems: Problems) -> None:
    problems.id(f"{at}id", one.id)
    problems.text(f"{at}name", one.name)
    problems.between(f"{at}position", one.position or 0, 0, POSITION_MAX, "count from 0")
    if not _COLOR.fullmatch(one.color):
        problems.add(f"{at}color", one.color, "not a colour", "write it like #f59e0b, or leave it empty")


def _check_group(one: ModifierGroupWanted, at: str, problems: Problems) -> None:
    problems.id(f"{at}id", one.id)
    problems.text(f"{at}name", one.name)
    problems.between(f"{at}min", one.min, 0, CHOICES_MAX, "0 makes it a free choice")
    problems.between(f"{at}max", one.max, 1, CHOICES_MAX, "1 lets one be chosen")
    if one.min > one.max:
        problems.add(f"{at}min", one.min, f"more than max, which is {one.max}", "make min at most max")
    for place, modifier in enumerate(one.modifiers):
        _check_modifier(modifier, f"{at}modifiers[{place}].", problems)


def _check_modifier(one: ModifierWanted, at: str, problems: Problems) -> None:
    problems.id(f"{at}id", one.id)
    problems.text(f"{at}name", one.name)
    problems.between(f"{at}price_minor", one.price_minor, -PRICE_MAX, PRICE_MAX, "minor units: 50 is 0.50")


def _check_product(one: ProductWanted, at: str, problems: Problems) -> None:
    problems.id(f"{at}id", one.id)
    problems.text(f"{at}name", one.name)
    problems.between(f"{at}price_minor", one.price_minor, 0, PRICE_MAX, "a price is 0 or more; 650 is 6.50")
    problems.between(f"{at}position", one.position or 0, 0, POSITION_MAX, "count from 0")


def repeated(values: Iterable[str]) -> list[str]:
    """Those that occur more than once, each named once."""
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for value in values:
        if value in seen:
            twice[value] = None
        seen.add(value)
    return list(twice)
