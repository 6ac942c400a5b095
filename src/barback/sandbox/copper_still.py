"""The Copper Still, a bar that does not exist: its menu in euro, what people order most, its stations, its guests."""

from __future__ import annotations

import random
from typing import Any

NAME = "The Copper Still"
EVENT = "Friday at The Copper Still"
VENUE = "The Copper Still, Hafenstraße"
CURRENCY = "EUR"
TIME_ZONE = "Europe/Berlin"
STATIONS = (("Main bar", "bar", 3), ("Terrace", "bar", 2), ("Kitchen hatch", "kitchen", 1))
"""Name, kind, and how many tills stand there."""

TAXES = (
    {"name": "Drinks", "rates": [{"code": "S19", "name": "VAT 19 %", "ppm": 190_000}]},
    {"name": "Food", "rates": [{"code": "R7", "name": "VAT 7 %", "ppm": 70_000}]},
)
CATEGORIES = (
    ("Beer", "#f59e0b"),
    ("Wine", "#be185d"),
    ("Cocktails", "#7c3aed"),
    ("Spirits", "#b45309"),
    ("Without alcohol", "#0d9488"),
    ("Coffee", "#78350f"),
    ("Kitchen", "#65a30d"),
)
GROUPS: tuple[tuple[str, int, int, tuple[tuple[str, int], ...]], ...] = (
    ("Size", 0, 1, (("Large, 0.5 l", 120),)),
    ("Measure", 0, 1, (("Double", 230),)),
    ("Mixer", 1, 1, (("Tonic", 0), ("Ginger beer", 0), ("Soda", 0), ("Cola", 0))),
    ("Ice and lemon", 0, 2, (("No ice", 0), ("Lemon", 0), ("Mint", 20))),
    ("Milk", 0, 1, (("Oat milk", 30), ("Lactose-free", 0))),
    ("Sauce", 0, 2, (("Mayonnaise", 40), ("Ketchup", 30), ("Aioli", 60))),
    ("On top", 0, 2, (("Bacon", 120), ("Extra cheese", 80), ("Pickles", 0))),
)
# Name, category, price, weight in how often it is ordered, groups of choices.
PRODUCTS: tuple[tuple[str, str, int, float, tuple[str, ...]], ...] = (
    ("Pilsner 0.3 l", "Beer", 250, 15, ("Size",)),
    ("Pale ale 0.3 l", "Beer", 300, 11, ("Size",)),
    ("Wheat beer 0.5 l", "Beer", 350, 7, ()),
    ("Stout 0.3 l", "Beer", 310, 4, ("Size",)),
    ("Shandy 0.3 l", "Beer", 240, 3, ("Size",)),
    ("Non-alcoholic pilsner", "Beer", 240, 3, ()),
    ("House white 0.2 l", "Wine", 380, 6, ()),
    ("House red 0.2 l", "Wine", 380, 4, ()),
    ("Rosé 0.2 l", "Wine", 400, 3, ()),
    ("Sparkling 0.1 l", "Wine", 340, 3, ()),
    ("White wine spritzer", "Wine", 320, 4, ()),
    ("Aperol spritz", "Cocktails", 510, 5, ()),
    ("Gin and tonic", "Cocktails", 580, 5, ("Mixer", "Measure")),
    ("Moscow mule", "Cocktails", 620, 3, ()),
    ("Espresso martini", "Cocktails", 710, 2, ()),
    ("Copper Still sour", "Cocktails", 750, 2, ()),
    ("Korn 2 cl", "Spirits", 180, 3, ("Measure",)),
    ("Rye whiskey 4 cl", "Spirits", 510, 1.5, ("Ice and lemon",)),
    ("Mexikaner", "Spirits", 190, 3, ()),
    ("Lemonade 0.3 l", "Without alcohol", 230, 5, ("Ice and lemon",)),
    ("Cola 0.3 l", "Without alcohol", 230, 5, ("Ice and lemon",)),
    ("Rhubarb spritzer", "Without alcohol", 250, 4, ()),
    ("Mineral water", "Without alcohol", 190, 5, ("Ice and lemon",)),
    ("Ginger beer", "Without alcohol", 250, 2, ("Ice and lemon",)),
    ("Espresso", "Coffee", 170, 2, ()),
    ("Flat white", "Coffee", 250, 2, ("Milk",)),
    ("Chips", "Kitchen", 290, 4, ("Sauce",)),
    ("Nachos with cheese", "Kitchen", 450, 2, ("Sauce",)),
    ("Burger of the house", "Kitchen", 840, 2.5, ("On top",)),
    ("Halloumi burger", "Kitchen", 770, 1.5, ("On top",)),
    ("Olives and bread", "Kitchen", 340, 2, ()),
)


def _words(text: str) -> list[str]:
    return text.split()


POPULARITY = {name: weight for name, _, _, weight, _ in PRODUCTS}

_FIRST = _words("""
    Ada Alma Amir Anke Anton Ayla Ben Bodil Carla Chidi Cleo Dana Davide Edda Elif Emil Enno Esra Farid
    Femke Finn Flora Greta Hana Hugo Ida Imke Inés Ivo Jale Jan Jonas Juno Kaja Karim Kim Lars Lea Lina
    Luca Maja Malik Mara Mats Mila Moritz Nadja Nils Noor Olga Oskar Paul Pia Priya Quentin Rosa Ruben
    Samira Selma Sven Tarek Thea Tilda Tom Uta Vera Wanda Yara Yusuf Zoë
""")
_LAST = _words("""
    Abel Akin Arslan Bauer Becker Brandt Castro Dietz Ehlers Falk Fischer Frey Gomes Haas Hansen
    Hoffmann Ito Jansen Kaya Keller Klein Krause Kuhn Lang Lehmann Lorenz Mahler Meyer Möller Nowak
    Okafor Olsen Otto Park Peters Petrov Pohl Reuter Ritter Rossi Sander Schmitt Seidel Silva Stein
    Thomsen Vogel Wagner Weiß Winter Wolf Yilmaz Zimmer
""")


def menu() -> dict[str, Any]:
    """What POST /v1/events/{id}/menu/import takes."""
    return {
        "tax_classes": list(TAXES),
        "categories": [{"name": name, "color": color} for name, color in CATEGORIES],
        "modifier_groups": [
            {
                "name": name,
                "min": least,
                "max": most,
                "modifiers": [{"name": choice, "price_minor": price} for choice, price in choices],
            }
            for name, least, most, choices in GROUPS
        ],
        "products": [
            {
                "name": name,
                "category_id": category,
                "price_minor": price,
                "tax_class_id": "Food" if category == "Kitchen" else "Drinks",
                "modifier_group_ids": list(groups),
            }
            for name, category, price, _, groups in PRODUCTS
        ],
    }


def guest_names(count: int, rng: random.Random) -> list[str]:
    """Names of people who do not exist, all different."""
    everybody = [f"{first} {last}" for first in _FIRST for last in _LAST]
    return rng.sample(everybody, count)
