"""Tabs over HTTP: lists, moves, and the guest who sees only their own."""

from __future__ import annotations

from tests.support.server import Night, RunningServer

from barback.commerce import tabs
from barback.commerce.tabs import TabDelta, TabWanted
from barback.commerce.tabs.rules import LINK_LIFE_MS


async def _tabs(server: RunningServer, night: Night, *names: str) -> list[str]:
    async with server.db.transaction() as tx:
        wanted = [TabWanted(night.owner.tenant_id, night.event_id, name, None, name.title(), "EUR") for name in names]
        ids = await tabs.ensure_tabs(tx, wanted)
        await tabs.add_to_tabs(tx, [TabDelta(ids[0], 650, 104)], tx.now_ms)
    return ids


async def test_the_office_lists_finds_and_moves_tabs(server: RunningServer) -> None:
    night = await server.night()
    ada, bob = await _tabs(server, night, "ada", "bob")
    at = f"/events/{night.event_id}/tabs"
    assert [one["id"] for one in (await night.owner.get(at)).json()["items"]] == sorted([ada, bob], reverse=True)
    [found] = (await night.owner.get(at, params={"q": "AD", "state": "open"})).json()["items"]
    assert found == (await night.owner.get(f"/tabs/{ada}")).json()
    assert (found["total_minor"], found["tax_minor"], found["order_count"], found["version"]) == (650, 104, 1, 2)
    page = (await night.owner.get(at, params={"limit": 1})).json()
    following = (await night.owner.get(at, params={"limit": 1, "cursor": page["next"]})).json()
    assert {page["items"][0]["id"], following["items"][0]["id"]} == {ada, bob}
    assert following["next"] is None
    moved = await night.owner.patch(f"/tabs/{ada}", {"state": "closing", "version": 2})
    assert (moved.json()["state"], moved.json()["version"]) == ("closing", 3)
    assert (await night.owner.get(at, params={"state": "open"})).json()["items"][0]["id"] == bob
    late = await night.owner.patch(f"/tabs/{ada}", {"state": "closed", "version": 2})
    assert (late.status_code, late.json()["code"]) == (409, "tab_changed")
    refused = await night.owner.patch(f"/tabs/{bob}", {"state": "closed"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "state")
    unknown = await night.owner.get(at, params={"state": "lost"})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "state")


async def test_a_guest_opens_a_link_and_reads_their_own_tab_only(server: RunningServer) -> None:
    night = await server.night()
    ada, bob = await _tabs(server, night, "ada", "bob")
    made = await (await server.till(night)).made(f"/tabs/{ada}/link")
    assert made["url"] == f"{server.base_url}/t/{made['link']}"
    session = await server.nobody.made("/auth/guest", {"link": made["link"]})
    assert (session["tab_id"], session["event_id"]) == (ada, night.event_id)
    guest = server.nobody
    guest.token = session["access_token"]
    assert (await guest.get(f"/tabs/{ada}")).json()["total_minor"] == 650
    assert (await guest.get(f"/tabs/{bob}")).status_code == 404
    assert (await guest.get(f"/events/{night.event_id}/menu")).status_code == 200
    for path in (
        f"/events/{night.event_id}/tabs",
        f"/events/{night.event_id}/attendees",
        f"/events/{night.event_id}/overview",
    ):
        assert (await guest.get(path)).status_code == 403
    assert (await guest.post(f"/tabs/{ada}/link")).status_code == 403
    assert (await guest.patch(f"/tabs/{ada}", {"state": "closing"})).status_code == 403


async def test_a_link_that_was_never_made_or_is_over_opens_nothing(server: RunningServer) -> None:
    night = await server.night()
    [ada] = await _tabs(server, night, "ada")
    made = await night.owner.made(f"/tabs/{ada}/link")
    for link in ("", "x", "a" * 22, "\u00e4", "x" * 300):
        assert (await server.nobody.post("/auth/guest", {"link": link})).status_code in (404, 422)
    server.clock.advance(LINK_LIFE_MS)
    answer = await server.nobody.post("/auth/guest", {"link": made["link"]})
    assert (answer.status_code, answer.json()["code"]) == (404, "tab_link_invalid")


async def test_strangers_see_no_tab(server: RunningServer) -> None:
    night, other = await server.night(), await server.night()
    [ada] = await _tabs(server, night, "ada")
    assert (await other.owner.get(f"/tabs/{ada}")).status_code == 404
    assert (await other.owner.patch(f"/tabs/{ada}", {"state": "closing"})).status_code == 404
    assert (await other.owner.post(f"/tabs/{ada}/link")).status_code == 404
    assert (await other.owner.get(f"/events/{night.event_id}/tabs")).status_code == 404
    assert (await server.nobody.get(f"/tabs/{ada}")).status_code == 401
    assert (await night.owner.get("/tabs/%00")).status_code == 400
