"""Menus over HTTP: what the office and the till say and hear."""

from __future__ import annotations

from typing import Any

from tests.support.server import RunningServer

MENU: dict[str, Any] = {
    "tax_classes": [{"name": "Standard", "rates": [{"code": "S19", "name": "VAT 19 %", "ppm": 190000}]}],
    "categories": [{"name": "Beer", "color": "#F59E0B"}],
    "modifier_groups": [{"name": "Size", "min": 0, "max": 1, "modifiers": [{"name": "Large", "price_minor": 200}]}],
    "products": [
        {
            "name": "Pale ale",
            "price_minor": 650,
            "category_id": "Beer",
            "tax_class_id": "Standard",
            "modifier_group_ids": ["Size"],
        },
        {"name": "Stout", "price_minor": 700, "category_id": "Beer", "tax_class_id": "Standard", "position": 0},
    ],
}


async def test_a_menu_is_imported_read_by_a_till_and_changed(server: RunningServer) -> None:
    night = await server.night()
    made = await night.owner.made(f"/events/{night.event_id}/menu/import", MENU)
    again = await night.owner.made(f"/events/{night.event_id}/menu/import", MENU)
    assert made["catalog_version"] == again["catalog_version"] == 1
    till = await server.till(night)
    seen = (await till.get(f"/events/{night.event_id}/menu")).json()
    assert seen == made
    assert set(seen) == {
        "event_id",
        "currency",
        "catalog_version",
        "prices_include_tax",
        "tax_classes",
        "categories",
        "products",
        "modifier_groups",
    }
    assert [one["name"] for one in seen["products"]] == ["Pale ale", "Stout"]
    ale = seen["products"][0]
    changed = await night.owner.patch(f"/products/{ale['id']}", {"price_minor": 680})
    assert changed.json() == {**ale, "price_minor": 680}
    modifier = seen["modifier_groups"][0]["modifiers"][0]
    assert (await night.owner.patch(f"/modifiers/{modifier['id']}", {"active": False})).json()["active"] is False
    category = seen["categories"][0]
    assert (await night.owner.patch(f"/categories/{category['id']}", {"name": "Beers"})).json()["color"] == "#f59e0b"
    assert (await till.get(f"/events/{night.event_id}/menu")).json()["catalog_version"] == 4


async def test_things_are_added_one_by_one(server: RunningServer) -> None:
    night = await server.night()
    at = f"/events/{night.event_id}"
    tax = await night.owner.made(f"{at}/tax-classes", MENU["tax_classes"][0])
    category = await night.owner.made(f"{at}/categories", {"name": "Beer"})
    group = await night.owner.made(f"{at}/modifier-groups", MENU["modifier_groups"][0])
    body = {
        "name": "Ale", "price_minor": 600, "category_id": category["id"], "tax_class_id": tax["id"],
        "modifier_group_ids": [group["id"]],
    }  # fmt: skip
    product = await night.owner.made(f"{at}/products", body)
    assert {name: product[name] for name in body} == body
    assert group["modifiers"][0]["price_minor"] == 200


async def test_a_wrong_field_is_named_with_its_value_and_cure(server: RunningServer) -> None:
    night = await server.night()
    answer = await night.owner.post(f"/events/{night.event_id}/products", {"name": "Ale", "price_minor": -5})
    assert (answer.status_code, answer.json()["code"]) == (422, "menu_invalid")
    [error] = answer.json()["errors"]
    assert (error["field"], error["value"], error["reason"]) == ("price_minor", -5, "below zero")
    assert error["cure"]
    answer = await night.owner.post(f"/events/{night.event_id}/modifier-groups", {"name": "Size", "min": 2, "max": 1})
    assert answer.json()["errors"][0]["field"] == "min"
    answer = await night.owner.post(
        f"/events/{night.event_id}/products", {"name": "Ale", "price_minor": 5, "tax_class_id": "?"}
    )
    assert answer.json()["errors"][0]["field"] == "tax_class_id"
    answer = await night.owner.post(f"/events/{night.event_id}/products", {"name": "Ale", "price_minor": "5"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "price_minor")
    answer = await night.owner.post(f"/events/{night.event_id}/products", {"name": "Ale", "price_minor": 10**40})
    assert answer.status_code == 422


async def test_only_those_who_may_change_a_menu_do(server: RunningServer) -> None:
    night, other = await server.night(), await server.night()
    made = await night.owner.made(f"/events/{night.event_id}/menu/import", MENU)
    product = made["products"][0]["id"]
    till = await server.till(night)
    staff = await server.colleague(night.owner, "staff")
    for somebody in (till, staff):
        assert (await somebody.patch(f"/products/{product}", {"price_minor": 1})).status_code == 403
        assert (await somebody.post(f"/events/{night.event_id}/menu/import", MENU)).status_code == 403
    assert (await other.owner.patch(f"/products/{product}", {"price_minor": 1})).status_code == 404
    assert (await other.owner.get(f"/events/{night.event_id}/menu")).status_code == 404
    assert (await other.owner.post(f"/events/{night.event_id}/menu/import", MENU)).status_code == 404
    assert (await (await server.till(other)).get(f"/events/{night.event_id}/menu")).status_code == 404
    assert (await server.nobody.get(f"/events/{night.event_id}/menu")).status_code == 401
    assert (await night.owner.patch("/products/%00", {"price_minor": 1})).status_code == 400
