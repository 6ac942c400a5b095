"""Small worlds for tests of the rooms: tenants with an event, stations, a menu and guests."""

from __future__ import annotations

import dataclasses
from typing import Any

from barback.commerce import events, menu
from barback.commerce.accounts import Principal
from barback.commerce.events import Event, Station
from barback.commerce.menu import (
    CategoryWanted,
    MenuWanted,
    ModifierGroupWanted,
    ModifierWanted,
    ProductWanted,
    RateWanted,
    TaxClassWanted,
)
from barback.foundation.ids import new_id
from barback.storage import Database

STANDARD = TaxClassWanted("Standard", (RateWanted("S19", "VAT 19 %", 190_000),))
REDUCED = TaxClassWanted("Reduced", (RateWanted("R7", "VAT 7 %", 70_000),))
BAR = MenuWanted(
    tax_classes=(STANDARD, REDUCED),
    categories=(CategoryWanted("Beer", color="#f59e0b"), CategoryWanted("Food")),
    modifier_groups=(ModifierGroupWanted("Size", 0, 1, (ModifierWanted("Large", 200), ModifierWanted("Small", -100))),),
    products=(
        ProductWanted("Pale ale", 650, "Beer", "Standard", modifier_group_ids=("Size",)),
        ProductWanted("Stout", 700, "Beer", "Standard"),
        ProductWanted("Pretzel", 300, "Food", "Reduced"),
    ),
)


@dataclasses.dataclass(frozen=True)
class World:
    """An owner with one event and one bar."""

    owner: Principal
    event: Event
    station: Station

    @property
    def where(self) -> tuple[str, str]:
        """Tenant and event."""
        return self.event.tenant_id, self.event.id


async def make_world(db: Database, **changes: Any) -> World:
    """A tenant of its own with an event; `changes` are fields of the event."""
    owner = Principal(new_id(), "person", new_id(), "owner")
    async with db.transaction() as tx:
        venue = await events.add_venue(tx, owner, name="The Yard", time_zone="Europe/Berlin", address="")
        new = {
            "name": "A night", "venue_id": venue.id, "starts_ms": tx.now_ms, "ends_ms": tx.now_ms + 3_600_000,
            "time_zone": "Europe/Berlin", "currency": "EUR", "prices_include_tax": True, "rounding_scope": "line",
        }  # fmt: skip
        event = await events.add_event(tx, owner, {**new, **changes})
        station = await events.add_station(tx, owner, event.id, name="Bar 1", kind="bar")
    return World(owner, event, station)


async def with_menu(db: Database, world: World, wanted: MenuWanted = BAR) -> menu.Catalog:
    """Put a menu on the world's event."""
    async with db.transaction() as tx:
        return await menu.import_menu(tx, world.owner, world.event.id, wanted)
