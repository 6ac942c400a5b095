"""A menu and what is wanted of it, made into the next menu. Pure: new ids are passed in."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from barback.commerce.menu.rules.body import Category, MenuBody, Modifier, ModifierGroup, Product, Rate, TaxClass
from barback.commerce.menu.rules.checks import Problems, check_wanted, repeated
from barback.commerce.menu.rules.wanted import LIST_MAX, MenuWanted, ModifierGroupWanted, ModifierWanted


class _Named(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


class _Wanted(Protocol):
    @property
    def id(self) -> str | None: ...

    @property
    def name(self) -> str: ...


class _Shelf:
    """Things of one kind while a menu is being made: found by id, else by name, else new at the end."""

    def __init__(self, there: Sequence[_Named], ids: Iterator[str], *, by_name: bool) -> None:
        self._ids = ids
        self._by_name = by_name
        self._known = {one.id for one in there}
        self._names = {name_key(one.name): one.id for one in reversed(there)}

    def id_for(self, wanted: _Wanted) -> str:
        """The id that `wanted` has or gets."""
        found = wanted.id
        if found is None and self._by_name:
            found = self._names.get(name_key(wanted.name))
        if found is None:
            found = next(self._ids)
        self._known.add(found)
        self._names.setdefault(name_key(wanted.name), found)
        return found

    def refer(self, reference: str) -> str | None:
        """The id meant by an id or a name; None when there is no such thing."""
        return reference if reference in self._known else self._names.get(name_key(reference))


def name_key(name: str) -> str:
    """Names that people take for the same."""
    return name.strip().casefold()


def merge(
    body: MenuBody, wanted: MenuWanted, ids: Iterator[str], *, by_name: bool = True, single: bool = False
) -> MenuBody:
    """The menu with `wanted` on it. Raises MenuInvalid that names every wrong field.

    `by_name`: what comes without an id is matched by its name. `single`: `wanted` holds one thing,
    and fields are named without their list.
    """
    problems = Problems()
    check_wanted(wanted, problems, single=single)
    _check_repeats(wanted, problems)
    problems.raise_if_any()
    made = _Merge(body, ids, by_name=by_name, replace=wanted.replace, problems=problems, single=single)
    result = made.run(wanted)
    problems.raise_if_any()
    return result


def _check_repeats(wanted: MenuWanted, problems: Problems) -> None:
    kinds = (
        ("tax_classes", wanted.tax_classes),
        ("categories", wanted.categories),
        ("modifier_groups", wanted.modifier_groups),
        ("products", wanted.products),
    )
    given = [one.id for _, things in kinds for one in things if one.id]
    given += [one.id for group in wanted.modifier_groups for one in group.modifiers if one.id]
    for twice in repeated(given):
        problems.add("id", twice, "given to two things", "give each its own id, or none")
    for kind, things in kinds:
        for twice in repeated(name_key(one.name) for one in things if not one.id):
            problems.add(kind, twice, "named twice, and neither has an id", "name it once, or give both an id")
    for place, group in enumerate(wanted.modifier_groups):
        for twice in repeated(name_key(one.name) for one in group.modifiers if not one.id):
            at = f"modifier_groups[{place}].modifiers"
            problems.add(at, twice, "named twice, and neither has an id", "name it once, or give both an id")


class _Merge:
    """One pass over a menu; the kinds in the order in which they refer to each other."""

    def __init__(
        self, body: MenuBody, ids: Iterator[str], *, by_name: bool, replace: bool, problems: Problems, single: bool
    ) -> None:
        self._body = body
        self._ids = ids
        self._by_name = by_name
        self._replace = replace
        self._problems = problems
        self._single = single
        self._kinds = body.ids()

    def run(self, wanted: MenuWanted) -> MenuBody:
        tax_classes, tax_shelf = self._tax_classes(wanted)
        categories, category_shelf = self._categories(wanted)
        groups, group_shelf = self._groups(wanted)
        products = self._products(wanted, tax_shelf, category_shelf, group_shelf)
        kinds = (("tax_classes", tax_classes), ("categories", categories), ("modifier_groups", groups))
        for kind, things in (*kinds, ("products", products)):
            if len(things) > LIST_MAX:
                self._problems.add(
                    kind, len(things), f"more than {LIST_MAX} on one menu", "use a second event, or fewer"
                )
        return MenuBody(tax_classes, categories, products, groups)

    def _tax_classes(self, wanted: MenuWanted) -> tuple[tuple[TaxClass, ...], _Shelf]:
        shelf = self._shelf(self._body.tax_classes)
        made = {one.id: one for one in self._body.tax_classes}
        for one in wanted.tax_classes:
            rates = tuple(Rate(rate.code, rate.name.strip(), rate.ppm, rate.compound) for rate in one.rates)
            id_ = self._id(shelf, one, "tax_class")
            made[id_] = TaxClass(id_, one.name.strip(), rates)
        return tuple(made.values()), shelf

    def _categories(self, wanted: MenuWanted) -> tuple[tuple[Category, ...], _Shelf]:
        shelf = self._shelf(self._body.categories)
        made = {one.id: one for one in self._body.categories}
        end = _end_of(self._body.categories)
        for one in wanted.categories:
            id_ = self._id(shelf, one, "category")
            position = _position(one.position, made.get(id_), end)
            made[id_] = Category(id_, one.name.strip(), position, one.color.lower())
        return tuple(made.values()), shelf

    def _groups(self, wanted: MenuWanted) -> tuple[tuple[ModifierGroup, ...], _Shelf]:
        shelf = self._shelf(self._body.modifier_groups)
        made = {one.id: one for one in self._body.modifier_groups}
        for place, one in enumerate(wanted.modifier_groups):
            id_ = self._id(shelf, one, "modifier_group")
            old = made.get(id_)
            modifiers = self._modifiers(one, old.modifiers if old else ())
            at = "" if self._single else f"modifier_groups[{place}]."
            if one.min > sum(modifier.active for modifier in modifiers):
                self._problems.add(
                    f"{at}min", one.min, "more than there are modifiers to choose", "add modifiers, or lower it"
                )
            made[id_] = ModifierGroup(id_, one.name.strip(), one.min, one.max, modifiers)
        return tuple(made.values()), shelf

    def _modifiers(self, group: ModifierGroupWanted, there: tuple[Modifier, ...]) -> tuple[Modifier, ...]:
        shelf = self._shelf(there)
        if self._replace:
            there = tuple(msgspec.structs.replace(one, active=False) for one in there)
        made = {one.id: one for one in there}
        known = set(made)
        for one in group.modifiers:
            id_ = self._id(shelf, one, "modifier")
            if id_ not in known and self._elsewhere(one):
                self._problems.add("id", one.id, "a modifier of another group", "change it there, or leave the id out")
            made[id_] = Modifier(id_, one.name.strip(), one.price_minor, one.active)
        return tuple(made.values())

    def _elsewhere(self, one: ModifierWanted) -> bool:
        return one.id is not None and any(
            one.id == m.id for group in self._body.modifier_groups for m in group.modifiers
        )

    def _products(self, wanted: MenuWanted, taxes: _Shelf, categories: _Shelf, groups: _Shelf) -> tuple[Product, ...]:
        shelf = self._shelf(self._body.products)
        there = self._body.products
        if self._replace:
            there = tuple(msgspec.structs.replace(one, active=False) for one in there)
        made = {one.id: one for one in there}
        end = _end_of(there)
        for place, one in enumerate(wanted.products):
            at = "" if self._single else f"products[{place}]."
            id_ = self._id(shelf, one, "product")
            tax_class = self._refer(taxes, one.tax_class_id, f"{at}tax_class_id", "tax class")
            category = self._refer(categories, one.category_id, f"{at}category_id", "category")
            chosen = [
                self._refer(groups, ref, f"{at}modifier_group_ids", "modifier group") for ref in one.modifier_group_ids
            ]
            group_ids = tuple(dict.fromkeys(id_ for id_ in chosen if id_ is not None))
            position = _position(one.position, made.get(id_), end)
            made[id_] = Product(
                id_, one.name.strip(), category, one.price_minor, tax_class, one.active, position, group_ids
            )
        return tuple(made.values())

    def _shelf(self, there: Sequence[_Named]) -> _Shelf:
        return _Shelf(there, self._ids, by_name=self._by_name)

    def _id(self, shelf: _Shelf, one: _Wanted, kind: str) -> str:
        id_ = shelf.id_for(one)
        if self._kinds.get(id_, kind) != kind:
            self._problems.add("id", id_, f"names a {self._kinds[id_]} already", "leave the id out, or make another")
        return id_

    def _refer(self, shelf: _Shelf, reference: str | None, field: str, what: str) -> str | None:
        if reference is None:
            return None
        found = shelf.refer(reference)
        if found is None:
            self._problems.add(
                field, reference, f"no such {what} on this menu", f"add the {what} first, or in the same call"
            )
        return found


def _end_of(there: Sequence[Category] | Sequence[Product]) -> Iterator[int]:
    """Positions after the last one."""
    return itertools.count(max((one.position for one in there), default=-1) + 1)


def _position(wanted: int | None, old: Category | Product | None, end: Iterator[int]) -> int:
    if wanted is not None:
        return wanted
    return old.position if old is not None else next(end)
