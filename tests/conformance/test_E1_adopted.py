# ruff: noqa: PT012  # a transaction is more than one statement
"""E1 with the program's own transaction: whatever library holds it, rows and messages are one commit."""

from __future__ import annotations

import asyncio
import sys

import pytest
from tests.conformance.bar import Drink, held, numbers, pouring
from tests.conformance.programs import KINDS, SYNCHRONOUS, TOLD, program
from tests.conformance.tools import count, eventually, sql

import barback
from barback import Work, adopt, run_sync
from barback.engine import MIGRATIONS, Topic
from barback.engine.tasks import Task
from barback.engine.works import SendOptions
from barback.storage import Database, StorageError, migrate_in, open_database
from barback.storage.adopting.drivers import driver_hands
from barback.testing import HandClock, assert_enqueued, run_until_quiet

ADD = sql("INSERT INTO note (id) VALUES (:id)")
EVERY = [pytest.param(one, kind, id=f"{kind}-{one}") for one, kinds in KINDS.items() for kind, _ in kinds]
DRIVERS = [one for one in EVERY if one.values[1] in ("sqlite3", "aiosqlite", "psycopg", "psycopg async", "asyncpg")]
SYNC = [one for one in EVERY if one.values[1] in SYNCHRONOUS]
BEGIN_THEMSELVES = ("sqlite3 by hand", "asyncpg", "asyncpg pool", "django")
RING_S = 20.0

every_program = pytest.mark.parametrize(("database_url", "kind"), EVERY, indirect=["database_url"])
every_driver = pytest.mark.parametrize(("database_url", "kind"), DRIVERS, indirect=["database_url"])
every_sync_program = pytest.mark.parametrize(("database_url", "kind"), SYNC, indirect=["database_url"])


LISTENING = sql(
    "SELECT 1 AS n",
    "SELECT count(*) AS n FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name = 'barback bells' "
    "AND (query LIKE 'LISTEN%' OR query LIKE '%pg_notify%')",
)


async def is_listening(db: Database) -> None:
    """Return once `db` hears others; when its connection for bells begins, everybody is woken."""

    async def yes() -> bool:
        async with db.reading() as tx:
            row = await tx.one(LISTENING)
        assert row is not None
        return row["n"] == 1

    await eventually(yes, 20, "the database listens")


@every_program
async def test_E1_their_row_and_our_message_are_one_commit(tables: Database, kind: str) -> None:
    task = pouring()
    async with program(kind, tables.dialect, tables.url) as theirs:
        await theirs.writes()
        await task.enqueue(adopt(theirs.holds), Drink(1))
        await theirs.rolls_back()
        assert await held(tables) == {}
        assert await count(tables, "note") == 0
        await theirs.writes()
        await task.enqueue(adopt(theirs.holds), Drink(2), key="tab:1")
        await task.enqueue(adopt(theirs.holds), Drink(3), delay_ms=1)
        assert await held(tables) == {}
        await theirs.commits()
    assert await count(tables, "note") == 1
    assert await held(tables) == {"arrival": 1, "later": 1}


@pytest.mark.parametrize(
    ("database_url", "kind"), [one for one in EVERY if one.values[1] not in BEGIN_THEMSELVES], indirect=["database_url"]
)
async def test_E1_our_message_may_be_what_begins_their_transaction(tables: Database, kind: str) -> None:
    async with program(kind, tables.dialect, tables.url) as theirs:
        await pouring().enqueue(adopt(theirs.holds), Drink(1), key="tab:1")
        await theirs.rolls_back()
        assert await held(tables) == {}
        await pouring().enqueue(adopt(theirs.holds), Drink(2), key="tab:1")
        await theirs.commits()
    assert await held(tables) == {"arrival": 1}


@every_program
async def test_E1_whoever_waits_is_woken_by_their_commit(tables: Database, kind: str) -> None:
    task = pouring()
    await is_listening(tables)
    listener = tables.bell.listen("queue:bar")
    async with program(kind, tables.dialect, tables.url) as theirs:
        await theirs.writes()
        await task.enqueue(adopt(theirs.holds), Drink(1))
        await theirs.commits()
        assert await listener.wait(RING_S)


@pytest.mark.parametrize(
    ("database_url", "kind"), [one for one in EVERY if one.values[1].startswith(TOLD)], indirect=["database_url"]
)
async def test_E1_where_the_library_tells_nobody_is_called_before_their_commit(tables: Database, kind: str) -> None:
    heard: list[str] = []
    async with program(kind, tables.dialect, tables.url) as theirs:
        for end in (theirs.rolls_back, theirs.commits):
            await theirs.writes()
            tx = adopt(theirs.holds)
            async with tx.savepoint():
                tx.after_commit(lambda: heard.append("commit"))
            with pytest.raises(ZeroDivisionError):
                async with tx.savepoint():
                    tx.after_commit(lambda: heard.append("undone"))
                    raise ZeroDivisionError
            assert heard == []
            await end()
    assert heard == ["commit"]


SHORT = """
import asyncio, sqlite3, sys
import barback

bar = barback.Queue("bar")

@bar.task("bar.pour", payload=int)
async def pour(tx, message): ...

async def with_asyncpg(url):
    import asyncpg
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        await pour.enqueue(barback.adopt(connection), 1)

def with_psycopg(url):
    import psycopg
    with psycopg.connect(url) as connection:
        pour.send(connection, 1)

def with_sqlite3(url):
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        pour.send(connection, 1)

done = globals()["with_" + sys.argv[1]](sys.argv[2].replace("127.0.0.1", "localhost"))
if done is not None:
    asyncio.run(done)
"""


@pytest.mark.parametrize(
    ("database_url", "kind"), [("sqlite", "sqlite3"), ("postgres", "psycopg"), ("postgres", "asyncpg")],
    indirect=["database_url"],
)  # fmt: skip
async def test_E1_a_program_that_ends_right_after_its_commit_has_woken_others(tables: Database, kind: str) -> None:
    await is_listening(tables)
    listener = tables.bell.listen("queue:bar")
    program = await asyncio.create_subprocess_exec(sys.executable, "-c", SHORT, kind, tables.url)
    assert await asyncio.wait_for(program.wait(), 60) == 0
    assert await listener.wait(RING_S)
    assert await held(tables) == {"ready": 1}


@every_program
async def test_E1_a_part_that_is_undone_leaves_nothing(tables: Database, kind: str) -> None:
    task = pouring()
    async with program(kind, tables.dialect, tables.url) as theirs:
        await theirs.writes()
        tx = adopt(theirs.holds)
        await task.enqueue(tx, Drink(1))
        with pytest.raises(barback.UniqueViolationError):
            async with tx.savepoint():
                await task.enqueue(tx, Drink(2))
                await tx.run(ADD, id="theirs")
        async with tx.savepoint():
            assert await tx.run(ADD, id="ours") == 1
        await theirs.commits()
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [1]
    assert await count(tables, "note") == 2


@every_driver
async def test_E1_every_kind_of_message_goes_through_their_connection(
    tables: Database, kind: str, clock: HandClock
) -> None:
    task = pouring()
    works = [Work(Drink(n), key="Größe 🍺" if n % 2 else None, tenant="t", delay_ms=n % 5) for n in range(100)]
    async with program(kind, tables.dialect, tables.url) as theirs:
        await theirs.writes()
        tx = adopt(theirs.holds, clock=clock)
        ids = await task.enqueue_many(tx, works)
        assert (await assert_enqueued(tx, task, Drink(7))).id == ids[7]
        await theirs.commits()
    clock.advance(10)
    await run_until_quiet(tables, [task])
    assert sorted(await numbers(tables)) == list(range(100))


@every_driver
async def test_E1_what_is_asked_of_each_message_is_kept_through_their_connection(tables: Database, kind: str) -> None:
    task = pouring()
    async with program(kind, tables.dialect, tables.url) as theirs:
        await theirs.writes()
        tx = adopt(theirs.holds)
        first = await task.enqueue(tx, Drink(1), dedupe="one", expires_in_ms=60_000)
        assert await task.enqueue(tx, Drink(2), dedupe="one") == first
        await task.enqueue_bulk(tx, [Drink(n) for n in range(250)])
        await theirs.commits()
    assert await run_until_quiet(tables, [task]) == 251


@every_driver
async def test_E1_whether_a_transaction_has_ended_can_be_asked_from_another_thread(tables: Database, kind: str) -> None:
    async with program(kind, tables.dialect, tables.url) as theirs:
        hands = driver_hands(theirs.holds)
        assert await asyncio.to_thread(hands.ended)
        await theirs.writes()
        await pouring().enqueue(adopt(theirs.holds), Drink(1))
        assert not await asyncio.to_thread(hands.ended)
        await theirs.commits()
        assert await asyncio.to_thread(hands.ended)


@every_sync_program
async def test_E1_a_synchronous_program_sends(tables: Database, kind: str) -> None:
    task, topic = pouring(), Topic("bar.called", Drink)
    topic.subscribe(task)
    async with program(kind, tables.dialect, tables.url) as theirs:
        await theirs.writes()
        first = task.send(theirs.holds, Drink(1), key="tab:1")
        task.send_many(theirs.holds, [Work(Drink(2)), Work(Drink(3))])
        topic.send(theirs.holds, Drink(4))
        assert run_sync(assert_enqueued(adopt(theirs.holds), task, Drink(1))).id == first
        await theirs.commits()
    await run_until_quiet(tables, [task])
    assert sorted(await numbers(tables)) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("database_url", "kind"),
    [
        pytest.param(one, kind, id=f"{kind}-{one}")
        for one, kind in (
            ("sqlite", "sqlite3 by hand"),
            ("sqlite", "django"),
            ("postgres", "asyncpg"),
            ("postgres", "django"),
        )
    ],
    indirect=["database_url"],
)
async def test_E1_without_a_transaction_nothing_is_enqueued_and_the_cure_is_told(tables: Database, kind: str) -> None:
    task = pouring()
    async with program(kind, tables.dialect, tables.url) as theirs:
        with pytest.raises(StorageError, match="no transaction is open"):
            await task.enqueue(adopt(theirs.holds), Drink(1))
    assert await held(tables) == {}


async def test_E1_an_asynchronous_connection_wants_to_be_awaited(tables: Database) -> None:
    kind = "aiosqlite" if tables.dialect == "sqlite" else "psycopg async"
    async with program(kind, tables.dialect, tables.url) as theirs:
        await theirs.writes()
        with pytest.raises(StorageError, match="Await it instead"):
            pouring().send(theirs.holds, Drink(1))


@pytest.mark.parametrize("what", [None, "sqlite:///bar.db", object()], ids=["none", "url", "object"])
def test_E1_what_is_no_connection_is_refused_with_the_ones_that_are(what: object) -> None:
    with pytest.raises(TypeError, match="aiosqlite, asyncpg, psycopg, sqlite3"):
        adopt(what)


@pytest.mark.parametrize(
    ("empty_database_url", "kind"),
    [one for one in EVERY if one in DRIVERS or one.values[1] in ("Session", "django")],
    indirect=["empty_database_url"],
)
async def test_E1_the_tables_can_be_made_in_their_transaction(empty_database_url: str, kind: str) -> None:
    dialect = "sqlite" if empty_database_url.startswith("sqlite") else "postgres"
    ours = await open_database(empty_database_url)
    async with ours.transaction() as tx:
        await tx.script("CREATE TABLE note (id TEXT PRIMARY KEY)")
    async with program(kind, dialect, empty_database_url) as theirs:
        await theirs.writes()
        await migrate_in(adopt(theirs.holds), [MIGRATIONS])
        await theirs.rolls_back()
        await theirs.writes()
        made = await migrate_in(adopt(theirs.holds), [MIGRATIONS])
        await theirs.commits()
    assert made[0] == "engine/0001_engine.sql"
    assert await barback.migrate(ours) == []
    await ours.close()


def test_E1_send_takes_what_enqueue_takes() -> None:
    """Two lists of one thing: an option that only one of them knows is a mistake."""
    options = Task.enqueue.__kwdefaults__
    assert SendOptions.__annotations__.keys() == options.keys()
