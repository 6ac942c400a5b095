"""The demo night: a whole evening at the first start, nothing new at the second, nothing lost in between."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from barback.engine.store import SQL
from barback.foundation.clock import Clock, SystemClock
from barback.foundation.settings import Settings
from barback.sandbox import copper_still, demo
from barback.sandbox.contract import Tab
from barback.sandbox.demo_sales import Seller, welcome
from barback.sandbox.evening import Evening, Notebook
from barback.sandbox.office import Office
from barback.sandbox.wire import Answer, Pool, Unanswered
from barback.server import assembly
from barback.server.asgi import Application
from barback.server.serving import bind, listening


def application(settings: Settings, clock: Clock) -> Application:
    return Application(settings, clock=clock)


@pytest.mark.slow
async def test_an_evening_from_the_first_start_to_the_next(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(database_url=database_url)
    await demo.seed(settings, application, assembly.tasks())
    notebook = Notebook(settings.database())
    assert notebook.path.stat().st_mode & 0o077 == 0

    first = notebook.path.read_bytes()
    await demo.seed(settings, application, assembly.tasks())
    assert notebook.path.read_bytes() == first, "a second start begins nothing anew"

    running = Application(settings)
    async with listening(running, bind("127.0.0.1", 0)) as url:
        pool = Pool(url, 4)
        office = Office(pool, SystemClock(), demo.OWNER)
        await office.sign_in()
        evening = notebook.read()
        assert evening is not None
        await the_evening_is_under_way(office, evening)
        await everybody_can_come_in(office, evening, url)
        assert running.context is not None
        async with running.context.db.reading() as tx:
            assert not await tx.all(SQL.workers), "the worker that seeded has left"
        await an_unsent_sale_is_sent_at_the_next_start(office, notebook, pool)
        pool.close()


async def the_evening_is_under_way(office: Office, evening: Evening) -> None:
    overview = await office.get(f"/v1/events/{evening.event_id}/overview", dict[str, Any])
    tabs = [tab async for tab in office.pages(f"/v1/events/{evening.event_id}/tabs", Tab)]
    ledger = await office.get(f"/v1/events/{evening.event_id}/ledger", dict[str, Any])
    assert 500 < overview["orders"] < 1_000
    assert overview["sales_minor"] == sum(tab.total_minor for tab in tabs)
    assert overview["average_minor"] == pytest.approx(674, rel=0.15)
    assert sum(minute["orders"] > 0 for minute in overview["chart"]) > 40
    assert {station["name"] for station in overview["stations"]} == {name for name, _, _ in copper_still.STATIONS}
    assert 0 < overview["flagged"] < 20
    assert len(tabs) > 120
    assert ledger["balanced"]
    assert {account["account"] for account in ledger["accounts"]} > {"tax_payable:S19", "tax_payable:R7"}


async def everybody_can_come_in(office: Office, evening: Evening, url: str) -> None:
    text = await welcome(office, evening, url)
    for words in ("/office", "/till", "/console", "/t/", "pairing code", demo.PASSWORD, demo.OPERATOR.email):
        assert words in text
    for email in [email for _, _, email in demo.PEOPLE] + [demo.OPERATOR.email]:
        session = await office.post("/v1/auth/sign-in", {"email": email, "password": demo.PASSWORD})
        assert session["person"]["email"] == email


class Broken:
    """A server that cannot be reached from here."""

    async def ask(self, *_: Any) -> Answer:
        raise Unanswered("no connection")


async def an_unsent_sale_is_sent_at_the_next_start(office: Office, notebook: Notebook, pool: Pool) -> None:
    """Written down before it is sent: the start after a crash goes on without a gap in the sequence."""

    async def seller(asks: Any, patience_s: float) -> Seller:
        evening = notebook.read()
        assert evening is not None
        menu = await office.menu(evening.event_id)
        return Seller(notebook, evening, menu, asks, random.Random(1), patience_s=patience_s)

    crashed = await seller(Broken(), 0.0)
    for _ in range(5):
        await crashed.sell_one()
    waiting = notebook.read()
    assert waiting is not None
    unsent = [order for till in waiting.tills for order in till.unsent]
    assert len(unsent) == 5

    started = await seller(pool, 30.0)
    await started.finish()
    await started.sell_one()

    after = notebook.read()
    assert after is not None
    assert not any(till.unsent for till in after.tills)
    for order in unsent:
        stored = await office.get(f"/v1/orders/{order.id}", dict[str, Any])
        assert stored["total_minor"] == order.total_minor
    assert sum(till.seq for till in after.tills) == sum(till.seq for till in waiting.tills) + 1


def test_the_notebook_is_beside_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Notebook(f"sqlite:///{tmp_path}/x/night.db").path == tmp_path / "x" / "night-demo.json"
    one, other = (Notebook(f"postgresql://u:secret@h/{name}").path for name in ("a", "b"))
    assert one != other
    assert one.parent == tmp_path / "data"
    assert Notebook(f"sqlite:///{tmp_path}/night.db").read() is None
    (tmp_path / "night-demo.json").write_text("{broken")
    assert Notebook(f"sqlite:///{tmp_path}/night.db").read() is None
