"""A database of the test's own: migrated, on a clock set by hand, gone afterwards unless somebody named it."""

from __future__ import annotations

from pathlib import Path

import barback
from barback.testing import HandClock, fresh_database


async def test_a_fresh_database_is_migrated_and_goes_away_with_the_block() -> None:
    clock = HandClock(now_ms=5)
    async with fresh_database(clock=clock) as db:
        assert await barback.migrate(db) == []
        async with db.transaction() as tx:
            assert tx.now_ms == 5
        folder = Path(db.url.removeprefix("sqlite:///")).parent
        assert folder.exists()
    assert not folder.exists()


async def test_two_fresh_databases_know_nothing_of_each_other() -> None:
    async with fresh_database() as one, fresh_database() as two:
        assert one.url != two.url
        assert isinstance(one.clock, HandClock)


async def test_a_named_database_gets_the_tables_and_is_kept(empty_database_url: str) -> None:
    async with fresh_database(empty_database_url):
        pass
    db = await barback.open_database(empty_database_url)
    assert await barback.migrate(db) == []
    await db.close()
