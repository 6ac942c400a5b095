"""Venues, events and stations over HTTP, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.server import RunningServer

from barback.commerce import events
from barback.commerce.events import rules

HOUR_MS = 3_600_000


async def test_an_event_takes_time_zone_and_currency_from_what_is_around_it(server: RunningServer) -> None:
    owner = await server.sign_up(currency="CHF", time_zone="Europe/Zurich")
    own = await owner.made("/venues", {"name": " Pier 7 "})
    far = await owner.made("/venues", {"name": "Pier 8", "time_zone": "America/New_York", "address": "8 Dock St"})
    assert own == {"id": own["id"], "name": "Pier 7", "time_zone": "Europe/Zurich", "address": ""}
    body = {"name": "Night", "venue_id": far["id"], "starts_ms": 0, "ends_ms": HOUR_MS}
    event = await owner.made("/events", body)
    assert event == {
        "id": event["id"], "name": "Night", "venue_id": far["id"], "venue_name": "Pier 8", "starts_ms": 0,
        "ends_ms": HOUR_MS, "time_zone": "America/New_York", "currency": "CHF", "prices_include_tax": True,
        "rounding_scope": "line", "state": "draft",
    }  # fmt: skip
    assert (await owner.get(f"/events/{event['id']}")).json() == event
    assert [one["name"] for one in (await owner.get("/venues")).json()["items"]] == ["Pier 7", "Pier 8"]


async def test_events_are_listed_latest_first_page_by_page(server: RunningServer) -> None:
    owner = await server.sign_up()
    venue = await owner.made("/venues", {"name": "Pier 7"})
    for number in (2, 0, 1):
        start = number * HOUR_MS
        body = {"name": f"N{number}", "venue_id": venue["id"], "starts_ms": start, "ends_ms": start + 1}
        await owner.made("/events", body)
    first = (await owner.get("/events?limit=2")).json()
    rest = (await owner.get(f"/events?limit=2&cursor={first['next']}")).json()
    assert [one["name"] for one in first["items"] + rest["items"]] == ["N2", "N1", "N0"]
    assert rest["next"] is None


async def test_states_go_forward_only(server: RunningServer) -> None:
    night = await server.night(state="draft")
    path = f"/events/{night.event_id}"
    too_early = await night.owner.patch(path, {"state": "closed"})
    assert (too_early.status_code, too_early.json()["code"]) == (409, "event_state_conflict")
    assert "open" in too_early.json()["errors"][0]["cure"]
    for state in ("open", "open", "closed"):
        assert (await night.owner.patch(path, {"state": state})).json()["state"] == state
    for state in ("open", "draft"):
        assert (await night.owner.patch(path, {"state": state})).json()["code"] == "event_state_conflict"
    async with server.db.reading() as tx:
        event = await events.event_of(tx, night.owner.tenant_id, night.event_id)
    assert event.opened_ms is not None
    assert event.closed_ms is not None


@pytest.mark.parametrize(
    ("change", "kept"),
    [({"currency": "USD"}, "currency"), ({"prices_include_tax": False}, "prices_include_tax"),
     ({"rounding_scope": "document"}, "rounding_scope")],
)  # fmt: skip
async def test_what_prices_depend_on_is_fixed_once_open(
    server: RunningServer, change: dict[str, Any], kept: str
) -> None:
    night = await server.night(state="draft")
    path = f"/events/{night.event_id}"
    assert (await night.owner.patch(path, change)).json()[kept] == change[kept]
    assert (await night.owner.patch(path, {kept: night.event[kept], "state": "open"})).status_code == 200
    answer = await night.owner.patch(path, change)
    assert (answer.status_code, answer.json()["code"], answer.json()["errors"][0]["field"]) == (
        409,
        "event_fixed",
        kept,
    )
    assert (await night.owner.patch(path, {"name": "Renamed"})).json()["name"] == "Renamed"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"ends_ms": 0}, "event_times_invalid", "ends_ms"),
        ({"ends_ms": 400 * 24 * HOUR_MS}, "event_times_invalid", "ends_ms"),
        ({"starts_ms": 9_999_999_999_999}, "invalid_request", "starts_ms"),
        ({"starts_ms": "0"}, "invalid_request", "starts_ms"),
        ({"currency": "XXQ"}, "unknown_currency", "currency"),
        ({"time_zone": "Mars/Base"}, "unknown_time_zone", "time_zone"),
        ({"venue_id": "nowhere"}, "venue_not_found", None),
        ({"name": " "}, "invalid_request", "name"),
        ({"name": "nul\x00byte"}, "invalid_request", "name"),
        ({"colour": "red"}, "invalid_request", "colour"),
    ],
)
async def test_a_wrong_event_is_told_what_is_wrong(
    server: RunningServer, change: dict[str, Any], code: str, field: str | None
) -> None:
    night = await server.night()
    body = {"name": "Night", "venue_id": night.venue["id"], "starts_ms": HOUR_MS, "ends_ms": 2 * HOUR_MS} | change
    answer = await night.owner.post("/events", body)
    problem = answer.json()
    assert problem["code"] == code
    assert answer.status_code == (404 if code.endswith("not_found") else 422)
    if field:
        assert problem["errors"][0]["field"] == field
        assert problem["errors"][0]["cure"]


async def test_stations_have_names_of_their_own(server: RunningServer) -> None:
    night = await server.night()
    path = f"/events/{night.event_id}/stations"
    taken = await night.owner.post(path, {"name": " MAIN bar "})
    assert (taken.status_code, taken.json()["code"]) == (409, "station_name_taken")
    kitchen = await night.owner.made(path, {"name": "Kitchen", "kind": "kitchen"})
    assert [one["name"] for one in (await night.owner.get(path)).json()["items"]] == ["Main bar", "Kitchen"]
    changed = (await night.owner.patch(f"/stations/{kitchen['id']}", {"kind": "door", "name": "Door"})).json()
    assert (changed["name"], changed["kind"]) == ("Door", "door")
    clash = await night.owner.patch(f"/stations/{kitchen['id']}", {"name": "main bar"})
    assert clash.json()["code"] == "station_name_taken"
    same_words_elsewhere = await server.night(night.owner)
    assert same_words_elsewhere.station["name"] == "Main bar"


async def test_a_till_sees_its_own_event_only(server: RunningServer) -> None:
    night = await server.night()
    other = await server.night(night.owner)
    till = await server.till(night)
    assert [one["id"] for one in (await till.get("/events")).json()["items"]] == [night.event_id]
    assert (await till.get(f"/events/{night.event_id}")).status_code == 200
    assert (await till.get(f"/events/{other.event_id}")).status_code == 403
    assert (await till.get(f"/events/{other.event_id}/stations")).status_code == 403
    assert (await till.patch(f"/events/{night.event_id}", {"state": "closed"})).status_code == 403
    assert (await till.get("/venues")).status_code == 200


async def test_changes_are_audited_with_what_changed(server: RunningServer) -> None:
    night = await server.night(state="draft")
    await night.owner.patch(f"/events/{night.event_id}", {"name": "Winter night"})
    log = (await night.owner.get(f"/audit?subject=event:{night.event_id}")).json()["items"]
    changed = next(one for one in log if one["action"] == "event.changed")
    assert changed["before"] == {"name": "Summer night"}
    assert changed["after"] == {"name": "Winter night"}


async def test_many_events_and_stations_at_once(server: RunningServer) -> None:
    nights = [await server.night(), await server.night()]
    async with server.db.reading() as tx:
        found = await events.events_by_ids(tx, [night.event_id for night in nights] + ["nowhere"])
        stations = await events.stations_by_ids(tx, [night.station["id"] for night in nights])
        with pytest.raises(events.EventNotFound):
            await events.event_of(tx, nights[0].owner.tenant_id, nights[1].event_id)
    assert {one.name for one in found.values()} == {"Summer night"}
    assert len(found) == 2
    assert [stations[night.station["id"]].event_id for night in nights] == [night.event_id for night in nights]


def test_the_state_machine_is_the_one_in_the_docstring() -> None:
    assert rules.NEXT_STATES == {"draft": ("open",), "open": ("closed",), "closed": ()}
    assert events.__doc__ is not None
    assert "draft → open → closed" in events.__doc__
