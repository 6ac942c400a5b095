"""Guests over HTTP: registering, tags, search, and who may."""

from __future__ import annotations

from tests.support.server import RunningServer


async def test_a_guest_gets_a_tag_and_is_found_by_it(server: RunningServer) -> None:
    night = await server.night()
    till = await server.till(night)
    at = f"/events/{night.event_id}"
    ada = await till.made(f"{at}/attendees", {"name": "Ada", "email": "ada@example.org"})
    worn = await till.made(f"/attendees/{ada['id']}/tags", {"uid": "04:a2"})
    assert worn["tags"] == ["04A2"]
    seen = (await till.get(f"{at}/tags/04a2")).json()
    assert (seen["uid"], seen["attendee"]["id"], seen["history"][0]["until_ms"]) == ("04A2", ada["id"], None)
    assert (await till.get(f"/attendees/{ada['id']}")).json() == worn
    assert (await till.ask("DELETE", "/tags/04A2", params={"event_id": night.event_id})).status_code == 204
    assert (await till.get(f"{at}/tags/04A2")).json()["code"] == "tag_not_found"


async def test_pages_and_search(server: RunningServer) -> None:
    night = await server.night()
    at = f"/events/{night.event_id}/attendees"
    for n in range(5):
        await night.owner.made(at, {"name": f"Guest {n}"})
    names: list[str] = []
    cursor = None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await night.owner.get(at, params=params)).json()
        names += [one["name"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert names == [f"Guest {n}" for n in (4, 3, 2, 1, 0)]
    found = (await night.owner.get(at, params={"q": "GUEST 3"})).json()
    assert [one["name"] for one in found["items"]] == ["Guest 3"]
    assert (await night.owner.get(at, params={"cursor": "nonsense"})).json()["code"] == "bad_cursor"
    assert (await night.owner.get(at, params={"limit": 0})).status_code == 422
    assert (await night.owner.get(at, params={"q": "\x00"})).status_code < 500


async def test_wrong_details_are_named_and_strangers_see_nothing(server: RunningServer) -> None:
    night, other = await server.night(), await server.night()
    at = f"/events/{night.event_id}"
    answer = await night.owner.post(f"{at}/attendees", {"name": "", "email": "x"})
    assert [one["field"] for one in answer.json()["errors"]] == ["name", "email"]
    ada = await night.owner.made(f"{at}/attendees", {"name": "Ada"})
    assert (await night.owner.post(f"/attendees/{ada['id']}/tags", {"uid": "!"})).json()["code"] == "tag_invalid"
    for path in (f"/attendees/{ada['id']}", f"{at}/attendees", f"{at}/tags/04A2"):
        assert (await other.owner.get(path)).status_code == 404
    assert (await other.owner.post(f"/attendees/{ada['id']}/tags", {"uid": "04A2"})).status_code == 404
    viewer = await server.colleague(night.owner, "viewer")
    assert (await viewer.post(f"{at}/attendees", {"name": "Bob"})).status_code == 403
    assert (await server.nobody.get(f"{at}/attendees")).status_code == 401
