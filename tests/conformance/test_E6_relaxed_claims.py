"""Claims that do not wait for the disk on PostgreSQL: a server that crashes undoes them, and nothing else (E2, E3, E6).

The server is the tests' own, and writes its log by itself only every ten seconds: what nobody waited for is lost when
it is killed. `tests/conformance/test_E6_relaxed_on_sqlite.py` is the same for SQLite.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from tests.conformance.bar import Drink, Ring, effects, lease, order, pouring, register
from tests.conformance.conftest import PLACE, TABLES
from tests.conformance.tools import count, eventually, sql

from barback.engine import MIGRATIONS, LeaseLostError, Message, Task, Worker
from barback.engine.leases import Lease
from barback.engine.leasing import at_once, claims
from barback.engine.leasing.at_once import Glance
from barback.engine.leasing.liveness import bury
from barback.engine.leasing.relaxed import CAREFUL_MS
from barback.engine.leasing.sight import Sight
from barback.foundation.clock import HandClock
from barback.storage import Database, MigrationSet, StorageError, migrate, open_database
from barback.testing.postgres import PostgresServer, running_postgres

BEHIND = "SELECT pg_current_wal_insert_lsn() > pg_current_wal_flush_lsn()"
NOTE = sql("INSERT INTO note (id) VALUES ('one')")


@pytest.fixture(scope="module")
def fragile() -> Iterator[PostgresServer]:
    """A server that may be killed."""
    with running_postgres(wal_writer_delay="10s", autovacuum="off") as server:
        yield server


@pytest.fixture
async def bar(fragile: PostgresServer, clock: HandClock) -> AsyncIterator[Database]:
    """A bar on it, with one connection; what was made is on the disk, and the server has not crashed under it."""
    db = await open_database(fragile.url(fragile.create()), clock=clock, pool_max=1, bells=False)
    await migrate(db, [MIGRATIONS])
    async with db.transaction() as tx:
        await tx.script(TABLES.format(place=PLACE["postgres"]))
    await register(db, "w")
    yield db
    await db.close()


def is_behind(db: Database) -> bool:
    """Whether something was committed that is not on the disk yet."""
    with psycopg.connect(db.url, autocommit=True) as asking:
        row = asking.execute(BEHIND).fetchone()
    assert row is not None
    return bool(row[0])


async def claimed(
    db: Database, *, sight: Sight | None = None, ending: Lease | None = None, relaxed: bool = True
) -> Glance:
    """A claim as a runner at rest makes it."""
    async with db.single() as tx:
        return await at_once.claim(tx, "bar", "w", 10, sight or Sight(), ending=ending, relaxed=relaxed)


async def crash(server: PostgresServer) -> None:
    """Kill every process of the server, none of which says goodbye, and start it again."""
    server.restart(crash=True)  # in this thread, with which it ends
    await asyncio.sleep(0.05)  # time for the news that connections were closed


async def test_a_claim_of_a_worker_at_rest_does_not_wait_for_the_disk(bar: Database) -> None:
    await order(bar, pouring(), [1])
    assert not is_behind(bar)
    glance = await claimed(bar)
    assert glance.relaxed
    assert len(glance.leases) == 1
    assert is_behind(bar)


async def test_who_does_not_ask_for_it_waits_for_the_disk(bar: Database) -> None:
    await order(bar, pouring(), [1])
    assert (await claimed(bar, relaxed=False)).leases
    assert not is_behind(bar)


async def test_E3_what_ends_a_lease_waits_for_the_disk(bar: Database) -> None:
    """Also where the same statement claims: the effects are in its commit."""
    await order(bar, pouring(), [1])
    [first] = (await claimed(bar)).leases
    await order(bar, pouring(), [2])
    assert len((await claimed(bar, ending=first)).leases) == 1
    assert not is_behind(bar)


async def test_E1_what_the_same_connection_commits_afterwards_waits_for_the_disk(bar: Database) -> None:
    await order(bar, pouring(), [1])
    await claimed(bar)
    assert is_behind(bar)
    async with bar.transaction() as tx:
        await tx.run(NOTE)
    assert not is_behind(bar)


async def test_a_transaction_waits_for_the_disk_though_it_need_not_be_durable(bar: Database) -> None:
    async with bar.transaction(durable=False) as tx:
        await tx.run(NOTE)
    assert not is_behind(bar)


@pytest.mark.parametrize("mode", ["off", "local", "remote_apply"])
async def test_what_an_operator_set_himself_stays(bar: Database, mode: str) -> None:
    with psycopg.connect(bar.url, autocommit=True) as operator:
        operator.execute(f"ALTER DATABASE {bar.url.rpartition('/')[2]} SET synchronous_commit = {mode}")  # type: ignore[arg-type]
    await order(bar, pouring(), [1])
    theirs = await open_database(bar.url, clock=bar.clock, pool_max=1, bells=False)
    glance = await claimed(theirs)
    assert glance.leases
    assert not glance.relaxed
    assert is_behind(bar) is (mode == "off")
    await theirs.close()


async def test_E2_the_token_of_a_claim_that_was_lost_ends_nothing_though_its_number_is_given_again(
    fragile: PostgresServer, bar: Database
) -> None:
    task = pouring()
    await order(bar, task, [1])
    [lost] = (await claimed(bar)).leases
    assert is_behind(bar)
    await crash(fragile)
    assert await count(bar, "engine_ready", "attempt = 0") == 1, "the message is as it was"
    assert await count(bar, "engine_lease") == 0
    await order(bar, task, [2])
    [present] = (await claimed(bar)).leases
    assert present.token >> 20 == lost.token >> 20, "the sequence gives a number again that nobody has heard of"
    with pytest.raises(LeaseLostError):
        await claimed(bar, ending=lost)
    with pytest.raises(LeaseLostError):
        async with bar.transaction() as tx:
            await claims.settle(tx, [lost], {}, {task.name: task})
    await claimed(bar, ending=present)
    assert await count(bar, "engine_lease") == 0


async def test_E2_tokens_grow_though_a_part_of_them_is_chance(bar: Database) -> None:
    tokens: list[int] = []
    for n in range(20):
        await order(bar, pouring(), [n])
        tokens += [one.token for one in (await claimed(bar)).leases]
    assert tokens == sorted(tokens)
    assert len({token & 0xFFFFF for token in tokens}) > 15


async def test_E2_tokens_grow_over_the_migration_that_changed_them(fragile: PostgresServer, tmp_path: Path) -> None:
    """Ten million leases after the first one, at which the new ones would begin anew."""
    before = tmp_path / "before"
    before.mkdir()
    for path in sorted(MIGRATIONS.folder.glob("*.sql")):
        if int(path.name[:4]) < 17:
            (before / path.name).write_text(path.read_text())
    db = await open_database(fragile.url(fragile.create()), bells=False)
    await migrate(db, [MigrationSet("engine", before)])
    async with db.transaction() as tx:
        await tx.all(sql("", "SELECT setval(pg_get_serial_sequence('engine_lease', 'token'), 10000000)"))
    await register(db, "w")
    tokens: list[int] = []
    for n in range(2):
        await order(db, pouring(), [n])
        found = await lease(db, "w")
        assert found is not None
        tokens.append(found.token)
        await migrate(db, [MIGRATIONS])
    assert tokens[0] == 10_000_001
    assert tokens[1] >> 20 > tokens[0]
    await db.close()


async def test_E3_E6_a_worker_that_survives_runs_the_message_once_more_and_its_effect_is_there_once(
    fragile: PostgresServer, bar: Database
) -> None:
    starts: list[int] = []
    was_behind: list[bool] = []

    async def crash_at_first(message: Message[Drink]) -> None:
        starts.append(message.attempt)
        if len(starts) == 1:
            was_behind.append(is_behind(bar))
            await crash(fragile)

    task, hearing = pouring(crash_at_first), await open_database(bar.url)
    worker = Worker(hearing, [task])
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(1.5)  # time for the worker to rest
    ringing = await open_database(bar.url)
    await order(ringing, task, [1])
    await ringing.close()

    async def done() -> bool:
        try:
            return await count(hearing, "effect") > 0
        except (StorageError, OSError):
            return False

    await eventually(done, 20)
    await asyncio.sleep(0.5)  # time for doing it twice
    worker.stop()
    await running
    assert was_behind == [True], "the claim was not on the disk when the handler ran"
    assert len(await effects(hearing)) == 1
    # The second is the lease that was lost: what it did is undone with its end.
    assert starts == [1, 1, 1]
    assert await count(hearing, "engine_ready") + await count(hearing, "engine_lease") == 0
    await hearing.close()


async def test_E6_after_a_crash_attempts_count_also_when_the_server_goes_down_each_time(
    fragile: PostgresServer, bar: Database
) -> None:
    """The first count is lost, no other is: what takes the machine down with it comes to its end."""
    task, counts = pouring(attempts_max=3), list[int]()
    await order(bar, task, [1])
    assert (await claimed(bar)).relaxed
    await crash(fragile)
    assert await count(bar, "engine_ready", "attempt = 0") == 1
    for worker in ("w", "x", "y"):
        if worker == "w":
            [held] = (await claimed(bar)).leases
        else:
            await register(bar, worker)
            async with bar.transaction() as tx:
                alone = await claims.claim_aside(tx, "bar", worker)
            assert alone is not None
            held = alone
        counts.append(held.rows[0].attempt)
        await crash(fragile)
        await bury(bar, worker, None, {task.name: task})
    assert counts == [1, 2, 3]
    assert await count(bar, "engine_dead") == 1


async def test_E6_ten_minutes_after_a_crash_claims_are_relaxed_again(
    fragile: PostgresServer, bar: Database, clock: HandClock
) -> None:
    await crash(fragile)
    assert not (await claimed(bar)).relaxed, "nobody has written down when it was"
    clock.advance(CAREFUL_MS - 1)
    assert not (await claimed(bar)).relaxed
    clock.advance(1)
    assert (await claimed(bar)).relaxed


async def test_E21_a_message_that_a_crash_made_ready_again_is_found_by_those_who_saw_it_claimed(
    fragile: PostgresServer, bar: Database
) -> None:
    """What a runner knows of places is forgotten, also by one that had nothing to do with the server meanwhile."""
    knows = Sight()
    await claimed(bar, sight=knows)
    await order(bar, pouring(), [1])
    await claimed(bar)
    knows.floors._floors = {0: 2**40}
    await crash(fragile)
    glance = await claimed(bar, sight=knows)
    assert not glance.plain, "the long way is asked"
    assert len((await claimed(bar, sight=knows)).leases) == 1


@pytest.mark.parametrize("acts", [True, False])
async def test_E4_what_acts_outside_has_its_claim_on_the_disk(bar: Database, acts: bool) -> None:
    """It would be done by two at once, if a crash gave it to somebody else."""
    task: Task[Drink] = Ring() if acts else pouring()
    worker = Worker(bar, [task])
    await worker.start()
    await order(bar, task, [1])
    assert not is_behind(bar)
    leases = await worker._runners[0].claim_some(1, singly=acts)
    assert is_behind(bar) is not acts
    async with bar.transaction() as tx:
        await claims.give_back(tx, leases)
    await worker.retire()
