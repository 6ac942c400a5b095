"""A bar that sells: a night with a menu, guests with tags and a till, over HTTP, and a worker that processes."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import httpx
from tests.support.server import Night, Party, RunningServer

from barback.engine import Worker
from barback.foundation.ids import new_id
from barback.server import assembly

BEER, PRETZEL = 600, 300


@dataclass
class Bar:
    """Everything a test of orders needs."""

    server: RunningServer
    night: Night
    till: Party
    products: dict[str, str]
    extra: str
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def order(self, *lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """An order of two beers on tag 04A1, or of `lines`; `changes` are fields."""
        sold = list(lines) or [self.line("beer", 2)]
        total = sum(
            one["quantity"] * (one["unit_price_minor"] + sum(m["price_minor"] for m in one.get("modifiers", ())))
            for one in sold
        )
        return {
            "id": new_id(), "schema": 1, "device_seq": next(self.numbers), "device_time_ms": self.server.clock.now_ms(),
            "currency": "EUR", "lines": sold, "total_minor": total, "tag": {"uid": "04A1"},
        } | changes  # fmt: skip

    def line(self, product: str, quantity: int = 1, price: int | None = None, **more: Any) -> dict[str, Any]:
        listed = {"beer": BEER, "pretzel": PRETZEL}[product] if price is None else price
        return {"product_id": self.products[product], "quantity": quantity, "unit_price_minor": listed, **more}

    async def send(self, *orders: Any, till: Party | None = None, **batch: Any) -> httpx.Response:
        return await (till or self.till).post("/orders", {"orders": list(orders), **batch})

    async def results(self, *orders: Any, **batch: Any) -> list[dict[str, Any]]:
        answer = await self.send(*orders, **batch)
        assert answer.status_code == 202, answer.text
        return answer.json()["results"]

    async def process(self) -> int:
        """Work until quiet."""
        worker = Worker(self.server.db, assembly.tasks())
        return await worker.until_quiet()

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.night.owner.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def tab_of(self, uid: str) -> dict[str, Any]:
        """The tab that sales on a tag go to."""
        [tab] = [tab for tab in (await self.get(f"/events/{self.night.event_id}/tabs"))["items"] if uid in tab["label"]]
        return tab


async def open_bar(server: RunningServer, **event: Any) -> Bar:
    """Two products with 19 % and 7 %, a modifier, guests "Ada 04A1" and "Ben 04B2" with those tags, one till."""
    night = await server.night(**event)
    at = f"/events/{night.event_id}"
    owner = night.owner
    full = await owner.made(
        f"{at}/tax-classes", {"name": "Full", "rates": [{"code": "S19", "name": "VAT", "ppm": 190_000}]}
    )
    low = await owner.made(
        f"{at}/tax-classes", {"name": "Low", "rates": [{"code": "R7", "name": "VAT", "ppm": 70_000}]}
    )
    extras = await owner.made(
        f"{at}/modifier-groups",
        {"name": "Extras", "min": 0, "max": 1, "modifiers": [{"name": "Large", "price_minor": 200}]},
    )
    new = [("beer", "Beer", BEER, full), ("pretzel", "Pretzel", PRETZEL, low)]
    products = {
        key: (await owner.made(f"{at}/products", {"name": name, "price_minor": price, "tax_class_id": tax["id"]}))["id"]
        for key, name, price, tax in new
    }
    for name, uid in (("Ada", "04A1"), ("Ben", "04B2")):
        guest = await owner.made(f"{at}/attendees", {"name": f"{name} {uid}"})
        await owner.made(f"/attendees/{guest['id']}/tags", {"uid": uid})
    return Bar(server, night, await server.till(night), products, extras["modifiers"][0]["id"])
