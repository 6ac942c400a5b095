"""Another business sees nothing and changes nothing: every route of the OpenAPI document is asked with its tokens.

A new route is covered by itself. A new kind of id in a path fails until IDS below knows where to take one from.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

import httpx
from tests.commerce.orders.selling import Bar, open_bar
from tests.support.server import Party, RunningServer

from barback.foundation.ids import new_id

NO_SECRET = {
    "letter_id": "1",
    "queue": "orders",
    "uid": "04A1",
    "batch_id": "1",
    "breaker": "till",
    "redrive_id": "1",
    "errand_id": "1",
    "message_id": "1",
    "key": "1",
    "tenant": "1",
    "worker_id": "1",
    "schedule": "engine.tidy",
}
"""Ids that others may know, or that belong to no business."""
OPEN = ("/healthz", "/readyz", "/v1/auth/")


async def ids_of(bar: Bar) -> dict[str, str]:
    """One id of every kind that belongs to the business."""
    at = f"/events/{bar.night.event_id}"
    menu = await bar.get(f"{at}/menu")
    [accepted] = await bar.results(bar.order())
    await bar.process()
    return NO_SECRET | {
        "attendee_id": (await bar.get(f"{at}/attendees"))["items"][0]["id"],
        "category_id": (await bar.night.owner.made(f"{at}/categories", {"name": "Beer"}))["id"],
        "device_id": bar.till.session["device_id"],
        "event_id": bar.night.event_id,
        "modifier_id": bar.extra,
        "order_id": accepted["id"],
        "person_id": bar.night.owner.person_id,
        "product_id": bar.products["beer"],
        "station_id": bar.night.station["id"],
        "tab_id": (await bar.tab_of("04A1"))["id"],
        "tax_class_id": menu["tax_classes"][0]["id"],
        "venue_id": bar.night.venue["id"],
    }


def sample(schema: dict[str, Any], document: dict[str, Any], ids: dict[str, str], name: str = "") -> Any:
    """A value that has the schema; whatever is called like an id of theirs is theirs."""
    if "$ref" in schema:
        return sample(document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], document, ids, name)
    if name in ids:
        return ids[name]
    if "anyOf" in schema:
        return sample(next(one for one in schema["anyOf"] if one != {"type": "null"}), document, ids, name)
    known = None if schema.get("type") == "integer" else schema.get("examples", schema.get("enum"))
    return known[0] if known else plain_sample(schema, document, ids, name)


def plain_sample(schema: dict[str, Any], document: dict[str, Any], ids: dict[str, str], name: str) -> Any:
    """A value of a type that the schema says nothing else about."""
    text = new_id() if "[89ab]" in schema.get("pattern", "") else "something"
    wanted = [*schema.get("required", ()), *(field for field in schema.get("properties", {}) if field in ids)]
    choices = {
        "array": lambda: [sample(schema["items"], document, ids)],
        "boolean": lambda: True,
        "integer": lambda: schema.get("minimum", 1) + (10 if name.startswith("ends") else 1),
        "number": lambda: 1.0,
        "object": lambda: {field: sample(schema["properties"][field], document, ids, field) for field in wanted},
    }
    return choices.get(schema.get("type", ""), lambda: text)()


def requests(document: dict[str, Any], ids: dict[str, str]) -> list[tuple[str, str, Any, bool]]:
    """Method, address, body and whether a foreign id is in it, for every operation but the open ones."""
    found: list[tuple[str, str, Any, bool]] = []
    for path, methods in document["paths"].items():
        if path.startswith(OPEN):
            continue
        for method, operation in methods.items():
            address, query = path, {}
            for parameter in operation.get("parameters", ()):
                name = parameter["name"]
                if parameter["in"] == "path":
                    assert name in ids, f"{path}: tell IDS where a {name} comes from"
                    address = address.replace(f"{{{name}}}", ids[name])
                elif name in ids:
                    query[name] = ids[name]
            body = operation.get("requestBody")
            sent = sample(body["content"]["application/json"]["schema"], document, ids) if body else None
            # A list narrowed to something foreign may as well be empty.
            foreign = address != path or any(
                value in json.dumps(sent) for name, value in ids.items() if name not in NO_SECRET
            )
            found.append((method.upper(), str(httpx.URL(address, params=query)), sent, foreign))
    return found


async def look(bar: Bar) -> dict[str, Any]:
    """Everything the owner can read of their own."""
    at = f"/events/{bar.night.event_id}"
    paths = [
        at, "/venues", "/people", "/devices", "/audit", "/events", f"{at}/stations", f"{at}/menu", f"{at}/tabs",
        f"{at}/attendees", f"{at}/orders", f"{at}/ledger", f"{at}/quarantine", f"{at}/tags/04A1",
    ]  # fmt: skip
    return {path: await bar.get(path) for path in paths}


def told(answer: httpx.Response, request: tuple[str, str, Any, bool], secrets: set[str]) -> list[str]:
    """What an answer gives away that the request did not say itself."""
    said = f"{request[1]} {json.dumps(request[2])}"
    return [secret for secret in secrets if secret in answer.text and secret not in said]


async def test_o6_no_route_shows_or_changes_anything_of_another_business(server: RunningServer) -> None:
    theirs = await open_bar(server)
    ids = await ids_of(theirs)
    before = await look(theirs)
    intruder = await server.sign_up(business_name="Other Bar", name="Other")
    night = await server.night(intruder)
    till = await server.till(night)
    document = (await server.http.get("/openapi.json")).json()
    asked = requests(document, ids)
    assert len(asked) > 30
    secrets = {value for name, value in ids.items() if name not in NO_SECRET} | {
        "Ada",
        "Mara",
        theirs.till.session["name"],
    }
    for request, who in itertools.product(asked, (intruder, till)):
        method, address, body, foreign = request
        answer = await who.ask(method, address, body)
        where = f"{method} {address} as {'owner' if who is intruder else 'till'}: {answer.status_code} {answer.text}"
        assert answer.status_code < 500, where
        leaks = told(answer, request, secrets - {"Till 1"})
        assert not leaks, f"{where} tells {leaks}"
        if (foreign and request[:2] != ("POST", "/v1/orders")) or address.startswith("/v1/console"):
            assert answer.status_code in (403, 404), where
    assert await look(theirs) == before


async def test_o6_an_order_cannot_be_put_on_a_foreign_tab(server: RunningServer) -> None:
    theirs = await open_bar(server)
    ids = await ids_of(theirs)
    tab = await theirs.tab_of("04A1")
    ours = await open_bar(server)
    order = ours.order(tag=None, tab_id=ids["tab_id"])
    [result] = await ours.results(order)
    await ours.process()
    assert result["tab_id"] != ids["tab_id"]
    assert (await theirs.tab_of("04A1")) == tab


async def test_without_a_token_every_closed_route_says_401(server: RunningServer) -> None:
    """And says so first, whatever else is wrong with the request."""
    document = (await server.http.get("/openapi.json")).json()
    ids = dict.fromkeys(await ids_of(await open_bar(server)), new_id())
    for method, address, body, _ in requests(document, ids):
        for sent in (body, {"no": "such field"} if body is not None else None):
            answer = await server.nobody.ask(method, address, sent)
            assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid"), f"{method} {address}"


async def test_a_guest_reaches_nothing_but_their_own_tab(server: RunningServer) -> None:
    bar = await open_bar(server)
    ids = await ids_of(bar)
    link = await bar.night.owner.made(f"/tabs/{ids['tab_id']}/link")
    session = await server.nobody.made("/auth/guest", {"link": link["link"]})
    guest = Party(server.http, session["access_token"])
    assert (await guest.get(f"/tabs/{ids['tab_id']}")).status_code == 200
    await bar.results(bar.order(tag={"uid": "04B2"}))
    await bar.process()
    other = await bar.tab_of("04B2")
    assert (await guest.get(f"/tabs/{other['id']}")).status_code in (403, 404)
    document = (await server.http.get("/openapi.json")).json()
    allowed = {"/v1/me", "/v1/events", f"/v1/events/{ids['event_id']}", f"/v1/events/{ids['event_id']}/menu"}
    allowed |= {f"/v1/tabs/{ids['tab_id']}", f"/v1/tabs/{ids['tab_id']}/orders", f"/v1/orders/{ids['order_id']}"}
    allowed |= {f"/v1/events/{ids['event_id']}/stations", "/v1/venues"}
    for method, address, body, _ in requests(document, ids):
        answer = await guest.ask(method, address, body)
        if method != "GET" or address not in allowed:
            assert answer.status_code in (403, 404), f"{method} {address}: {answer.status_code} {answer.text}"
