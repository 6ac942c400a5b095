"""What the console's looks cost the database: statements, rows and columns are counted, not time."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from tests.engine.notes import Book, Note, NoteTask, enqueue
from tests.support.statements import counted, plan_of, rows_looked_at

from barback.engine import store
from barback.engine.leases import Pack
from barback.engine.messages import Stored
from barback.engine.operations import key_looks, looking, moving
from barback.engine.operations.looking import NEWEST, Look
from barback.engine.operations.payload_looks import caseless_in
from barback.engine.operations.places import PLACES, row_in, rows_in
from barback.foundation.clock import HandClock
from barback.foundation.ids import new_id
from barback.storage import Database, sql

CLOSED = 300
DEAD = """
    INSERT INTO engine_dead
        (id, queue, key, priority, task, attempt, attempts_max, enqueued_ms, payload, reason, error, died_ms)
    VALUES (:id, 'mail', :key, 0, 'mail.note', 1, 1, 0, '{}', 'attempts', 'no', :died_ms)
"""
LANE = "INSERT INTO engine_lane (queue, key, state, since_ms) VALUES ('mail', :key, :state, :since_ms)"


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Every statement of this process, counted."""
    return counted(monkeypatch)


async def test_a_search_carries_only_where_rows_lie(database: Database) -> None:
    """What all the rows that are looked at are put in order by is narrow; the rest is read of those that are told."""
    await enqueue(database, NoteTask(Book()), "Ada", "Bo")
    if database.dialect == "sqlite":
        return  # SQLite puts pointers in order
    values = {"looked": "20000", "n": "51", "before_ms": str(NEWEST[0]), "before_id": "''"}
    statement = rows_in(None, frozenset())
    assert statement is not None
    async with database.reading() as tx:
        plan = await plan_of(tx, statement, **values)
    sorts = [node for node in plan if node["Node Type"] == "Sort"]
    wide = [node for node in sorts if any("payload" in column for column in node["Output"])]
    # The few that are left of each table are put in order together.
    assert (len(sorts), len(wide)) == (7, 1)
    assert [node["Node Type"] for node in plan].count("Tid Scan") == 6


async def test_every_page_of_a_search_reads_a_table_from_its_beginning(database: Database) -> None:
    async with database.reading() as tx:
        await looking.search(tx, Look())
        if tx.dialect == "postgres":
            row = await tx.one(sql("", "SELECT current_setting('synchronize_seqscans') AS value"))
            assert row is not None
            assert row["value"] == "off"


async def test_what_is_more_than_is_looked_at_is_not_counted_each_time(
    database: Database, clock: HandClock, statements: Counter[str]
) -> None:
    task = NoteTask(Book(), queue="mail")

    async def look(**more: Any) -> tuple[int, bool]:
        async with database.reading() as tx:
            found = await looking.search(tx, Look(**more), looked_max=5)
        return found.looked, found.whole

    def counts() -> int:
        return sum(count for name, count in statements.items() if "count(*)" in name)

    await enqueue(database, task, *"abc")
    assert [await look(), await look()] == [(3, True), (3, True)]
    assert counts() == 2
    await enqueue(database, task, *"def")
    assert [await look(), await look(), await look(text="a"), await look(task="mail.note")] == [(5, False)] * 4
    assert counts() == 3, "of whatever is looked for, the tables are the same"
    assert await look(queue="mail") == (5, False)
    assert counts() == 4
    clock.advance(10_000)
    assert await look() == (5, False)
    assert counts() == 5, "not for ever"


async def test_no_more_packs_are_taken_apart_than_are_told(
    database: Database, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    rows = Pack.rows

    def opening(self: Pack, attempt: int) -> Any:
        opened.append(self.id)
        return rows(self, attempt)

    monkeypatch.setattr(Pack, "rows", opening)
    task = NoteTask(Book(), queue="mail")
    for number in range(5):
        clock.advance(1_000)
        async with database.transaction() as tx:
            await task.enqueue_bulk(tx, [Note(f"{number} {n}") for n in range(100)])
    async with database.reading() as tx:
        found = await looking.search(tx, Look(), limit=150)
        assert (len(found.items), len(opened)) == (150, 2)
        rest = await looking.search(tx, Look(), before=found.after or NEWEST, limit=150)
        assert len({one.id for one in (*found.items, *rest.items)}) == 300
        opened.clear()
        assert (await looking.search(tx, Look(queue="print"))).items == []
        assert opened == []
        assert [one.payload for one in (await looking.search(tx, Look(text="4 99"))).items] == ['{"name":"4 99"}']


IDS = {"ids": "'{nothing}'", "queues": "'{mail}'"}


async def test_one_message_is_changed_without_looking_at_other_queues(database: Database) -> None:
    """Thousands wait elsewhere, in every state that can be changed; also those are not looked at to take it out."""
    await enqueue(database, NoteTask(Book(), queue="mail"), "a", "b")
    rows = [Stored(0, "deep", "k", 0, new_id(), "t", None, 0, 10, n, "{}", "line") for n in range(2_000)]
    async with database.transaction() as tx:
        await store.add_ready(tx, rows)
        for table in ("line", "arrival", "parked"):
            await tx.run(sql(f"INSERT INTO engine_{table} SELECT * FROM engine_ready WHERE queue = 'deep'"))
        await store.add_later(tx, [(n, row) for n, row in enumerate(rows)], is_head=False)
    takes = ("ready_take", "line_take", "arrival_take", "parked_take", "later_take", "later_due")
    looks = [row_in(place, of_queue=True) for place in PLACES]
    async with database.transaction() as tx:
        for statement in (*(getattr(moving.SQL, name) for name in takes), *looks):
            if tx.dialect == "postgres":
                await tx.script("ANALYZE engine_line, engine_arrival, engine_parked, engine_later")
                plan = await plan_of(tx, statement, **IDS, id="'nothing'", queue="'mail'", due_ms="0")
                assert rows_looked_at(plan) <= 2, plan
            else:
                values = {"ids": ["nothing"], "queues": ["mail"], "id": "nothing", "queue": "mail", "due_ms": 0}
                asked = {name: values[name] for name in statement.names}
                steps = await tx.all(sql("EXPLAIN QUERY PLAN " + statement.sqlite), **asked)
                scans = [str(row["detail"]) for row in steps if str(row["detail"]).startswith("SCAN engine_")]
                assert scans == []


async def test_what_ever_failed_is_found_by_its_id_in_its_queue(database: Database, statements: Counter[str]) -> None:
    task = NoteTask(Book(), queue="mail")
    first, second = await enqueue(database, task, "a", "b")
    async with database.transaction() as tx:
        await tx.run(
            sql(
                "INSERT INTO engine_failure (message_id, queue, task, attempt, at_ms, worker, error)"
                " VALUES (:id, 'mail', 'mail.note', 1, 1, 'w', 'no')"
            ),
            id=second,
        )
    anywhere = row_in(next(place for place in PLACES if place.table == "engine_ready"), of_queue=False)
    async with database.reading() as tx:
        assert (await looking.one(tx, first)).id == first
        assert statements[anywhere.postgres] == 1
        assert (await looking.one(tx, second)).id == second
        assert (await looking.one(tx, first, queue="mail")).id == first
        assert statements[anywhere.postgres] == 1, "by its queue"
        with pytest.raises(looking.MessageNotFound):
            await looking.one(tx, first, queue="print")


async def test_closed_keys_are_found_without_looking_at_all_that_is_dead(database: Database) -> None:
    """Most of what is dead has no key, and most keys are open: neither is looked at."""
    async with database.transaction() as tx:
        for n in range(CLOSED):
            await tx.run(sql(DEAD), id=f"closed {n}", key=f"k{n}", died_ms=n)
            await tx.run(sql(DEAD), id=f"without {n}", key=None, died_ms=n)
            await tx.run(sql(LANE), key=f"k{n}", state="parked", since_ms=n if n % 2 else n + 1)
            await tx.run(sql(LANE), key=f"busy {n}", state="busy", since_ms=n)
    async with database.reading() as tx:
        found = await key_looks.keys(tx)
        # A key that died again since is not closed by its older letter.
        assert [one.letter for one in found] == [f"closed {n}" for n in range(CLOSED - 1, CLOSED - 201, -2)]
        if tx.dialect == "postgres":
            plan = await plan_of(tx, key_looks.SQL.keys_closed, looked="20000", n="20")
            # Of forty letters the lane, and of twenty the letter.
            assert rows_looked_at(plan) <= 40 + 40 + 20, plan
        else:
            rows = await tx.all(sql("EXPLAIN QUERY PLAN " + key_looks.SQL.keys_closed.sqlite), looked=20_000, n=20)
            steps = [str(row["detail"]) for row in rows]
            assert any("engine_dead_keyed" in step and "COVERING" in step for step in steps), steps
            assert not any(step.startswith("SCAN engine_lane") for step in steps), steps


@pytest.mark.parametrize(
    ("piece", "part"), [("order 77", " 77"), ('"id":4711', '":4711'), ("receipt", None), ("a1b", None)]
)
def test_a_piece_is_looked_for_as_it_is_where_case_cannot_matter(piece: str, part: str | None) -> None:
    """To make every payload small before it is compared takes half of a search."""
    assert caseless_in(piece) == part
