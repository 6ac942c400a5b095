"""A business, an event with a menu and guests, and a till: what the load is sent to."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from barback.foundation.ids import new_id
from benchmarks import load

TAGS = 500


@dataclass
class Bench:
    """What a load needs to know."""

    owner: str
    token: str
    event_id: str
    products: list[str]
    modifiers: list[str]
    tags: list[str]
    numbers: itertools.count[int]

    def order(self) -> dict[str, Any]:
        """An order of three lines and four modifiers."""
        n = next(self.numbers)
        lines = [
            {
                "product_id": product,
                "quantity": 1 + index,
                "unit_price_minor": 600,
                "modifiers": [{"modifier_id": m, "price_minor": 50} for m in self.modifiers[:count]],
            }
            for index, (product, count) in enumerate(zip(self.products, (2, 1, 1), strict=True))
        ]
        total = sum(line["quantity"] * (600 + 50 * len(line["modifiers"])) for line in lines)
        return {
            "id": new_id(), "schema": 1, "device_seq": n, "device_time_ms": int(time.time() * 1000), "currency": "EUR",
            "lines": lines, "total_minor": total, "catalog_version": 1, "tag": {"uid": self.tags[n % len(self.tags)]},
        }  # fmt: skip

    def maker(self, path: str) -> Callable[[], bytes]:
        """Gives the bytes of one new order after the other; only id, number and tag differ."""
        text = json.dumps({"orders": [self.order()]}, separators=(",", ":"))
        order = json.loads(text)["orders"][0]
        number = f'"device_seq":{order["device_seq"]}'
        for known, mark in ((order["id"], "\0I"), (number, "\0N"), (order["tag"]["uid"], "\0T")):
            text = text.replace(known, mark)
        parts = text.split("\0")
        numbers, tags = self.numbers, self.tags

        def make() -> bytes:
            n = next(numbers)
            fill = {"I": new_id(), "N": f'"device_seq":{n}', "T": tags[n % len(tags)]}
            body = parts[0] + "".join(fill[part[0]] + part[1:] for part in parts[1:])
            return load.post(path, self.token, body.encode())

        return make


Post = Callable[..., Awaitable[Any]]


async def prepare(client: httpx.AsyncClient) -> Bench:
    """Make it all over the API."""

    async def post(path: str, headers: dict[str, str] | None = None, **body: Any) -> Any:
        answer = await client.post(path, headers=headers, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    session = await post(
        "/auth/sign-up", business_name="Bench", currency="EUR", time_zone="UTC", name="B",
        email=f"{new_id()}@bench.example", password="benches are for sitting",
    )  # fmt: skip
    owner = {"authorization": f"Bearer {session['access_token']}"}
    venue = await post("/venues", owner, name="Hall", time_zone="UTC", address="")
    now = int(time.time() * 1000)
    event = await post("/events", owner, name="Bench", venue_id=venue["id"], starts_ms=now, ends_ms=now + 3_600_000)
    at = f"/events/{event['id']}"
    station = await post(f"{at}/stations", owner, name="Bar", kind="bar")
    products, modifiers = await _menu(post, at, owner)
    tags = [f"04A2{n:06X}" for n in range(TAGS)]
    for tag in tags:
        guest = await post(f"{at}/attendees", owner, name=f"Guest {tag}")
        await post(f"/attendees/{guest['id']}/tags", owner, uid=tag)
    code = await post(f"{at}/pairing-codes", owner, station_id=station["id"], name="Till")
    device = await post("/auth/device", code=code["code"], name="Till")
    return Bench(
        owner["authorization"], device["access_token"], event["id"], products,
        modifiers, tags, itertools.count(1),
    )  # fmt: skip


async def _menu(post: Post, at: str, owner: dict[str, str]) -> tuple[list[str], list[str]]:
    """Three products with four modifiers; their ids."""
    rate = {"code": "S19", "name": "VAT", "ppm": 190_000}
    tax = await post(f"{at}/tax-classes", owner, name="Standard", rates=[rate])
    group = await post(
        f"{at}/modifier-groups", owner, name="Extras", min=0, max=4,
        modifiers=[{"name": f"Extra {n}", "price_minor": 50} for n in range(4)],
    )  # fmt: skip
    products = [
        await post(
            f"{at}/products",
            owner,
            name=f"Drink {n}",
            price_minor=600,
            tax_class_id=tax["id"],
            modifier_group_ids=[group["id"]],
        )
        for n in range(3)
    ]
    return [product["id"] for product in products], [modifier["id"] for modifier in group["modifiers"]]
