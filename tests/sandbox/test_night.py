"""A short, bad night against a real server: rushes, outages, lost answers, repeats; the oracle finds nothing."""

from __future__ import annotations

import asyncio
import random

import pytest
from tests.support.server import RunningServer

from barback.engine import Worker
from barback.sandbox import copper_still, oracle
from barback.sandbox.listener import listening
from barback.sandbox.night import Scene, Weather, _rate_at, run_night
from barback.sandbox.office import Credentials, Guest, Office, RefusedError
from barback.sandbox.replay import Pace, shuffled_batches
from barback.sandbox.report import report
from barback.sandbox.tills import BATCH_MAX
from barback.sandbox.wire import Pool
from barback.server import assembly

HOUR_MS = 3_600_000


async def test_a_bad_night_ends_well(server: RunningServer) -> None:
    pool = Pool(server.base_url, 8)
    office = Office(pool, server.clock, Credentials("mara@harbour.example", "three odd words"))
    await office.sign_up("Harbour Bar", currency="EUR", time_zone="Europe/Berlin", name="Mara")
    now_ms = server.clock.now_ms()
    event_id = await office.open_event("Night", "Pier 7", starts_ms=now_ms, ends_ms=now_ms + HOUR_MS)
    menu = await office.import_menu(event_id, copper_still.menu())
    station_id = await office.add_station(event_id, "Bar", "bar")
    guests = [Guest(f"Guest {n}", f"04{n:06X}") for n in range(5)]
    wearers = await office.register(event_id, guests)
    sessions = [await office.pair(event_id, station_id, f"Till {n}") for n in range(3)]
    weather = Weather(rate=80, duration_s=1.5, rushes=False, lost_answers=0.2, duplicates=0.3, offline=0.5, seed=3)
    worker = Worker(server.db, assembly.tasks())

    async with listening(server.base_url, event_id, office.token) as listener:
        scene = Scene(server.base_url, menu, sessions, [guest.uid for guest in guests])
        book = await run_night(scene, weather, clock=server.clock)
        await worker.until_quiet()
        await worker.retire()
        assert await listener.until_seen(book.sales.keys(), quiet_s=20) == set()

    seen = await oracle.look(office, event_id)
    assert [str(one) for one in oracle.judge(book, seen, wearers=wearers)] == []
    night = report(book, "EUR", listener.priced)
    assert night.sold == len(seen.orders) > 80
    assert night.unanswered == night.invalid == night.flagged == 0
    assert night.seen_processed == night.sold
    assert listener.seen_twice == 0
    # It was a bad night.
    assert night.duplicates > 10
    assert night.retried_after["answer lost"] > 0
    pool.close()


async def test_the_office_says_why_it_was_refused(server: RunningServer) -> None:
    pool = Pool(server.base_url, 1)
    office = Office(pool, server.clock, Credentials("nobody@harbour.example", "three odd words"))
    with pytest.raises(RefusedError, match="sign-in was answered 401 wrong_credentials"):
        await office.sign_in()
    pool.close()


def test_rushes_and_calm_make_the_rate() -> None:
    """Three times as many for 4 s in every 20, and the average is what was asked for."""
    weather = Weather(rate=30.0)
    rates = [_rate_at(n / 100, weather) for n in range(2_000)]
    assert sum(rates) / len(rates) == pytest.approx(30.0, rel=0.001)
    assert max(rates) == pytest.approx(3 * min(rates))
    assert rates.count(max(rates)) == 400


def test_every_copy_is_sent_in_requests_that_the_server_takes() -> None:
    sales = list(range(500))
    batches = shuffled_batches(sales, 2, random.Random(1))  # type: ignore[arg-type]
    assert sorted(one for batch in batches for one in batch) == sorted(sales * 2)
    sizes = [len(batch) for batch in batches]
    assert min(sizes) >= 1
    assert max(sizes) <= BATCH_MAX
    assert len({*sizes}) > 5
    assert [one for batch in batches for one in batch][:500] != sales


async def test_a_pace_keeps_to_its_rate() -> None:
    pace = Pace(1_000)
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(20):
        await pace.take(10)
    assert loop.time() - began >= 0.18
