"""Reports over HTTP: who may see them, and what they look like."""

from __future__ import annotations

from tests.support.server import RunningServer


async def test_the_owner_sees_an_overview_the_books_and_downloads(server: RunningServer) -> None:
    night = await server.night()
    at = f"/events/{night.event_id}"
    seen = (await night.owner.get(f"{at}/overview")).json()
    assert (seen["orders"], seen["sales_minor"], seen["open_tabs"], seen["currency"]) == (0, 0, 0, "EUR")
    assert len(seen["chart"]) == 60
    assert [one["name"] for one in seen["stations"]] == ["Main bar"]
    books = (await night.owner.get(f"{at}/ledger")).json()
    assert books == {"currency": "EUR", "accounts": [], "balanced": True}
    for what in ("tabs", "orders"):
        answer = await night.owner.get(f"{at}/{what}.csv")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
        assert answer.text.startswith("id,")
        assert f"{what}-{night.event_id}.csv" in answer.headers["content-disposition"]


async def test_reports_are_for_those_who_run_the_business(server: RunningServer) -> None:
    night, other = await server.night(), await server.night()
    till, staff = await server.till(night), await server.colleague(night.owner, "staff")
    viewer = await server.colleague(night.owner, "viewer")
    for what in ("overview", "ledger", "tabs.csv", "orders.csv"):
        path = f"/events/{night.event_id}/{what}"
        assert (await till.get(path)).status_code == 403
        assert (await staff.get(path)).status_code == 403
        assert (await viewer.get(path)).status_code == 200
        assert (await other.owner.get(path)).status_code == 404
        assert (await server.nobody.get(path)).status_code == 401
