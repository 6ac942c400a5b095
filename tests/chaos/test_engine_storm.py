"""E21. The engine alone in a storm: everything falls, at random, and nothing is lost, doubled or out of order.

Thousands of keyed messages with effects, orders of tills over HTTP, and operators' errands about hundreds of messages,
while workers (also those with an errand in hands), the writer, the server, a supervisor and its workers are killed,
stopped and blocked, pools are exhausted, clocks step by an hour, a snapshot is held open all the time, PostgreSQL is
restarted and crashed and its connections are cut, and the disk is full. The seed is printed; the same seed gives the
same faults in the same order: `BARBACK_CHAOS_SEED=… pytest tests/chaos`. For a night of ever new seeds:
`python -m tests.chaos --hours 8`.
That the oracle complains when the engine is broken: test_broken_engines.py.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.chaos import oracle
from tests.chaos.callers import calling
from tests.chaos.small_disk import small_disk
from tests.chaos.storm import Storm, hush, storm
from tests.conformance.bar import held
from tests.conformance.tools import count, eventually
from tests.conftest import all_migrations
from tests.support.command import free_port

from barback.storage import Database, StorageError, migrate, open_database
from barback.testing.postgres import PostgresServer, running_postgres

STORM_S = float(os.environ.get("BARBACK_CHAOS_S", "8"))
SEED = int(os.environ.get("BARBACK_CHAOS_SEED") or random.SystemRandom().randrange(10**6))


@pytest.fixture(scope="module")
def disk() -> Iterator[Path | None]:
    """A disk that may be filled: nothing else is on it."""
    with small_disk() as folder:
        yield folder


@pytest.fixture(scope="module")
def own_postgres(disk: Path | None) -> Iterator[PostgresServer]:
    """A server that may fall: no other test is on it."""
    with running_postgres(disk, max_wal_size="64MB", min_wal_size="32MB") as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
async def open_sea(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[tuple[Database, PostgresServer | None]]:
    """A migrated database; on PostgreSQL with its server."""
    server: PostgresServer | None = None
    url = f"sqlite:///{tmp_path / 'barback.db'}"
    if request.param == "postgres":
        server = request.getfixturevalue("own_postgres")
        url = server.url(server.create())
    db = await open_database(url, bells=False)
    await migrate(db, all_migrations())
    yield db, server
    await db.close()


@pytest.mark.slow
@pytest.mark.timeout(max(500, STORM_S * 3))
async def test_E21_nothing_is_lost_doubled_or_out_of_order(
    open_sea: tuple[Database, PostgresServer | None], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    db, server = open_sea
    disk: Path | None = request.getfixturevalue("disk") if server else None
    port = free_port()
    sys.stdout.write(f"{db.dialect}: BARBACK_CHAOS_SEED={SEED} BARBACK_CHAOS_S={STORM_S:g}\n")
    async with (
        storm(db, tmp_path, SEED, supervised=True, per_second=600, server=server, disk=disk, port=port) as raging,
        calling(f"http://127.0.0.1:{port}", SEED) as callers,
    ):
        await eventually(lambda: worked(db, 20), 120, "the first messages are done")
        try:
            # A snapshot that is held all the time, unless the database itself falls.
            async with db.reading() as old:
                await oracle_of(old, raging)
        except StorageError:
            assert server is not None, "only a server can fall"
        await callers.rest()
        await hush(raging)
        await worked_off(raging)
        wrong = await oracle.complaints(db, raging.deaths, over=True) + await callers.wrong(over=True)
    asked, orders = await count(db, "asked"), callers.book.results()
    errands = await count(db, "engine_errand", "state = 'done' AND handled > 0")
    falls = sum(one.starts for one in raging.everybody)
    sys.stdout.write(
        f"{asked} messages, orders {dict(orders)}, {errands} errands, {falls} starts, {dict(raging.happened)}\n"
    )
    assert wrong[:20] == [], f"seed {SEED}\n{raging.log()}"
    assert asked >= 50, "there was something to lose"
    assert orders["accepted"] + orders["flagged"] >= 10, "and something was promised"
    assert errands >= 3, "and operators asked for something"
    assert raging.happened["killed in an errand"], "and workers died over it"
    assert set(orders) <= {"accepted", "flagged", "duplicate"}, "every till was answered in the end"
    assert disk is None or raging.happened["somebody met the full disk"], "the full disk was noticed"
    missing = {fault.__name__ for fault in raging.faults()} - raging.happened.keys()
    assert not missing, "everything that can fall fell"


async def oracle_of(snapshot: object, raging: Storm) -> None:
    """Let it rage while `snapshot` is open."""
    del snapshot
    await raging.rage(STORM_S, raging.faults())


async def worked(db: Database, n: int) -> bool:
    """Whether so many messages are done."""
    try:
        return await count(db, "effect") >= n
    except StorageError:
        return False


async def worked_off(raging: Storm) -> None:
    """Return when nothing waits any more; fail with what the oracle says is left."""
    try:
        await eventually(lambda: calm(raging.db), 120, "everything is worked off")
    except AssertionError as error:
        left = await oracle.complaints(raging.db, raging.deaths, over=True)
        raise AssertionError(f"{error}; seed {SEED}; {await held(raging.db)}; {left[:20]}\n{raging.log()}") from error


async def calm(db: Database) -> bool:
    """Whether nothing waits, as far as the database can say."""
    try:
        return await oracle.quiet(db)
    except StorageError:
        return False
