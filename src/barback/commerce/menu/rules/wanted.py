"""What somebody wants on a menu, as it comes over the wire. Nothing here is checked yet: see `checks`."""

from typing import Annotated

import msgspec
from msgspec import Meta

LIST_MAX = 2_000
"""Most things of one kind on one menu."""

ItemId = Annotated[str | None, Meta(description="A UUID of your own making; left out, one is made.")]
Reference = Annotated[str, Meta(description="Id or name of something on this menu, or in this request.")]
Position = Annotated[int | None, Meta(description="Where it stands; left out, at the end.")]
Ppm = Annotated[int, Meta(description="Parts per million: 19 % is 190000.", examples=[190000])]
PriceMinor = Annotated[int, Meta(description="Minor units of the event's currency: 650 is 6.50 EUR.", examples=[650])]


class RateWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One component of a tax class; `compound`: also on the components before it."""

    code: Annotated[str, Meta(examples=["S19"])]
    name: Annotated[str, Meta(examples=["VAT 19 %"])]
    ppm: Ppm
    compound: bool = False


class TaxClassWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tax class with its components."""

    name: Annotated[str, Meta(examples=["Standard"])]
    rates: Annotated[tuple[RateWanted, ...], Meta(max_length=10)]
    id: ItemId = None


class CategoryWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A heading of the menu."""

    name: Annotated[str, Meta(examples=["Beer"])]
    position: Position = None
    color: Annotated[str, Meta(examples=["#f59e0b"])] = ""
    id: ItemId = None


class ModifierWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A choice within a group."""

    name: Annotated[str, Meta(examples=["Large"])]
    price_minor: PriceMinor = 0
    active: bool = True
    id: ItemId = None


class ModifierGroupWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Choices of which between `min` and `max` are taken."""

    name: Annotated[str, Meta(examples=["Size"])]
    min: int = 0
    max: int = 1
    modifiers: Annotated[tuple[ModifierWanted, ...], Meta(max_length=LIST_MAX)] = ()
    id: ItemId = None


class ProductWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sold."""

    name: Annotated[str, Meta(examples=["Pale ale"])]
    price_minor: PriceMinor
    category_id: Reference | None = None
    tax_class_id: Reference | None = None
    active: bool = True
    position: Position = None
    modifier_group_ids: Annotated[tuple[Reference, ...], Meta(max_length=100)] = ()
    id: ItemId = None


class MenuWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A menu, or part of one. Things are matched by id, else by name: sending it again changes nothing.

    `replace`: products and modifiers that are not named become inactive.
    """

    tax_classes: Annotated[tuple[TaxClassWanted, ...], Meta(max_length=LIST_MAX)] = ()
    categories: Annotated[tuple[CategoryWanted, ...], Meta(max_length=LIST_MAX)] = ()
    modifier_groups: Annotated[tuple[ModifierGroupWanted, ...], Meta(max_length=LIST_MAX)] = ()
    products: Annotated[tuple[ProductWanted, ...], Meta(max_length=LIST_MAX)] = ()
    replace: bool = False
