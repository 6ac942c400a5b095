"""The overview says what the rows say, at every moment of a night; on both databases."""

from __future__ import annotations

import asyncio
import csv
import io
import random
from collections import Counter
from typing import Any

import pytest
from tests.commerce.world import World, make_world

from barback.commerce import events, ledger, tabs
from barback.commerce.menu import TaxPart
from barback.commerce.reports import actions, books, overview, running, shapes
from barback.commerce.reports.rules import csv_text
from barback.commerce.tabs import TabDelta, TabWanted
from barback.foundation.clock import HandClock
from barback.foundation.ids import new_id
from barback.storage import Database, Statement


def _both(sql: str) -> Statement:
    return Statement("test", {"sqlite": sql, "postgres": sql})


ORDER = _both("""
    INSERT INTO orders (
        id, tenant_id, event_id, station_id, device_id, device_seq, tab_id, message_id, receipt, currency, state, flags,
        flag_count, total_minor, tax_minor, tab_version, device_time_ms, effective_ms, accepted_ms, processed_ms, body)
    VALUES (
        :id, :tenant_id, :event_id, :station_id, 'd', :seq, 'tab', 'm', :receipt, 'EUR', :state, '[]',
        :flag_count, :total, :tax, NULL, :at_ms, :at_ms, :at_ms, :processed_ms, '{}')""")
LINE = _both("""
    INSERT INTO order_line (
        order_id, n, event_id, product_id, name, quantity, unit_price_minor, modifiers, gross_minor, net_minor,
        tax_minor, taxes, note)
    VALUES (:order_id, :n, :event_id, :product, :name, :quantity, 0, '[]', :gross, 0, 0, '[]', NULL)""")
PROCESS = _both("UPDATE orders SET state = 'processed', processed_ms = :now_ms, total_minor = :total WHERE id = :id")


class Night:
    """Sells at random, and remembers what it sold."""

    def __init__(self, db: Database, world: World, clock: HandClock, seed: int) -> None:
        self.db, self.world, self.clock = db, world, clock
        self.random = random.Random(seed)
        self.orders: list[dict[str, Any]] = []

    async def sell(self, count: int, *, processed: bool = True) -> None:
        """So many orders at this moment."""
        rows = [self._order(processed=processed) for _ in range(count)]
        async with self.db.transaction() as tx:
            await tx.many(ORDER, [{k: v for k, v in row.items() if k != "lines"} for row in rows])
            await tx.many(LINE, [line for row in rows for line in row["lines"] if processed])
        self.orders += rows

    def _order(self, *, processed: bool) -> dict[str, Any]:
        now_ms, order_id = self.clock.now_ms(), new_id()
        lines: list[dict[str, Any]] = []
        for n in range(self.random.randrange(1, 4)):
            product = self.random.randrange(15)
            line = {
                "order_id": order_id,
                "n": n,
                "event_id": self.world.event.id,
                "product": f"p{product}",
                "name": f"Drink {product}",
            }
            lines.append(line | {"quantity": self.random.randrange(1, 5), "gross": self.random.randrange(100, 900)})
        return {
            "id": order_id,
            "tenant_id": self.world.event.tenant_id,
            "event_id": self.world.event.id,
            "station_id": self.random.choice([self.world.station.id, None]),
            "seq": self.random.randrange(2**62),
            "receipt": "=R1",
            "state": "processed" if processed else "accepted",
            "flag_count": self.random.choice([0, 0, 2]),
            "total": sum(line["gross"] for line in lines),
            "tax": 1,
            "at_ms": now_ms,
            "processed_ms": now_ms if processed else None,
            "lines": lines,
        }

    async def process(self) -> None:
        """Process what waits; the total turns out another."""
        async with self.db.transaction() as tx:
            for row in self.orders:
                if row["processed_ms"] is None:
                    row["total"] += 5
                    row["processed_ms"] = tx.now_ms
                    await tx.run(PROCESS, id=row["id"], now_ms=tx.now_ms, total=row["total"])
                    await tx.many(LINE, row["lines"])

    async def seen(self) -> shapes.Overview:
        """The overview now."""
        async with self.db.reading() as tx:
            return await overview(tx, await events.event_of(tx, *self.world.where))

    def check(self, seen: shapes.Overview) -> None:
        """The overview must say what was sold."""
        now_ms = self.clock.now_ms()
        assert (seen.orders, seen.sales_minor) == (len(self.orders), sum(row["total"] for row in self.orders))
        assert seen.flagged == sum(1 for row in self.orders if row["flag_count"])
        assert seen.orders_last_minute == sum(1 for row in self.orders if row["at_ms"] > now_ms - 60_000)
        here = [row for row in self.orders if row["station_id"] == self.world.station.id]
        assert [(one.orders, one.sales_minor) for one in seen.stations] == [
            (len(here), sum(row["total"] for row in here))
        ]
        minutes = Counter(row["at_ms"] // 60_000 * 60_000 for row in self.orders)
        assert [(one.minute_ms, one.orders) for one in seen.chart] == [
            (now_ms // 60_000 * 60_000 - back * 60_000, minutes[now_ms // 60_000 * 60_000 - back * 60_000])
            for back in range(59, -1, -1)
        ]
        gross: Counter[str] = Counter()
        for row in self.orders:
            lines: list[dict[str, Any]] = row["lines"] if row["processed_ms"] is not None else []
            for line in lines:
                gross[line["name"]] += line["gross"]
        assert [one.sales_minor for one in seen.top_products] == [amount for _, amount in gross.most_common(10)]
        assert all(gross[one.name] == one.sales_minor for one in seen.top_products)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_overview_says_what_was_sold_all_night(database: Database, clock: HandClock, seed: int) -> None:
    night = Night(database, await make_world(database), clock, seed)
    night.check(await night.seen())
    for _ in range(25):
        clock.advance(night.random.choice([0, 1, 900, 61_000, 130_000, 700_000]))
        await night.sell(night.random.randrange(6), processed=night.random.random() < 0.7)
        if night.random.random() < 0.4:
            await night.process()
        if night.random.random() < 0.8:
            night.check(await night.seen())
    clock.advance(-5_000)
    await night.sell(2)
    night.check(await night.seen())


async def test_what_is_settled_is_not_read_again(database: Database, clock: HandClock) -> None:
    night = Night(database, await make_world(database), clock, 4)
    await night.sell(5)
    clock.advance(running.SETTLE_MS + 1)
    night.check(await night.seen())
    # Rows that vanish behind its back: sums in memory do not notice, and are made anew in time.
    gone = _both("DELETE FROM orders WHERE event_id = :event_id")
    async with database.transaction() as tx:
        await tx.run(gone, event_id=night.world.event.id)
    assert (await night.seen()).orders == 5
    clock.advance(running.RENEW_MS)
    assert (await night.seen()).orders == 0


async def test_many_look_at_once(database: Database, clock: HandClock) -> None:
    night = Night(database, await make_world(database), clock, 5)
    await night.sell(20)
    clock.advance(running.SETTLE_MS + 1)
    await night.sell(20)
    for seen in await asyncio.gather(*(night.seen() for _ in range(8))):
        night.check(seen)


async def test_open_tabs_and_averages(database: Database, clock: HandClock) -> None:
    world = await make_world(database)
    async with database.transaction() as tx:
        wanted = [TabWanted(*world.where, f"guest-{n}", None, f"=Guest {n}", "EUR") for n in range(3)]
        ids = await tabs.ensure_tabs(tx, wanted)
        await tabs.add_to_tabs(tx, [TabDelta(ids[0], 1190, 190)], tx.now_ms)
        await tabs.move(tx, world.event.tenant_id, ids[2], "closing")
    night = Night(database, world, clock, 6)
    assert (await night.seen()).average_minor == 0
    await night.sell(3)
    seen = await night.seen()
    assert seen.open_tabs == 2
    assert abs(seen.average_minor * 3 - seen.sales_minor) <= 2


async def test_the_books_balance(database: Database) -> None:
    world = await make_world(database)
    async with database.transaction() as tx:
        taxes = [TaxPart("S19", "VAT", 190_000, 190)]
        sale = ledger.sale(
            tenant_id=world.event.tenant_id, event_id=world.event.id, order_id="o", tab_id="t", station_id=None,
            currency="EUR", effective_ms=1, net_minor=1000, taxes=taxes,
        )  # fmt: skip
        await ledger.post(tx, [sale])
        found = await books(tx, world.event)
    assert found.balanced
    assert [(one.account, one.balance_minor) for one in found.accounts] == [
        ("revenue", -1000), ("tab_receivable", 1190), ("tax_payable:S19", -190)
    ]  # fmt: skip


async def test_downloads_have_every_row_once(
    database: Database, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions.store, "DOWNLOAD_BATCH", 7)
    world = await make_world(database)
    night = Night(database, world, clock, 7)
    for _ in range(4):
        await night.sell(7)
        clock.advance(1)
    rows = await _csv(actions.orders_csv(database, world.event))
    assert [row["id"] for row in rows] == [
        row["id"] for row in sorted(night.orders, key=lambda row: (row["at_ms"], row["id"]))
    ]
    assert rows[0]["receipt"] == "'=R1"
    assert {row["id"]: row["total"] for row in rows} == {row["id"]: f"{row['total'] / 100:.2f}" for row in night.orders}
    async with database.transaction() as tx:
        wanted = [TabWanted(*world.where, f"guest-{n}", None, f"Guest {n}", "EUR") for n in range(15)]
        ids = await tabs.ensure_tabs(tx, wanted)
    assert [row["id"] for row in await _csv(actions.tabs_csv(database, world.event))] == sorted(ids)


async def _csv(parts: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join([part async for part in parts]))))


@pytest.mark.parametrize(("text", "cell"), [("=1+1", "'=1+1"), ("@x", "'@x"), ("-5", "'-5"), ("Ada", "Ada"), ("", "")])
def test_no_cell_is_a_formula(text: str, cell: str) -> None:
    assert csv_text(text) == cell
