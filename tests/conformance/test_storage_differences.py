"""The differences that stay, one test a line of docs/reference/differences.md: nobody is to find them out at night."""

from __future__ import annotations

import asyncio
import re

import pytest
from tests.conformance.tools import ROOT, count, sql

from barback.storage import Database, StorageError

ADD = sql("INSERT INTO note (id, n, words) VALUES (:id, :n, :words)")


async def test_writers_are_one_at_a_time_on_sqlite_and_many_on_postgresql(tables: Database) -> None:
    both_inside = asyncio.Barrier(2)

    async def write(name: str) -> bool:
        async with tables.transaction() as tx:
            await tx.run(ADD, id=name, n=0, words=None)
            try:
                async with asyncio.timeout(0.3):
                    await both_inside.wait()
            except TimeoutError:
                return False
            return True

    met = await asyncio.gather(write("a"), write("b"))
    assert met == ([False, False] if tables.dialect == "sqlite" else [True, True])


async def test_a_write_transaction_sees_what_others_commit_on_postgresql_only(tables: Database) -> None:
    seen = asyncio.Event()

    async def write() -> None:
        async with tables.transaction() as tx:
            await tx.run(ADD, id="a", n=0, words=None)
        seen.set()

    async with tables.transaction() as tx:
        writing = asyncio.create_task(write())
        try:
            async with asyncio.timeout(0.3 if tables.dialect == "sqlite" else 10):
                await seen.wait()
        except TimeoutError:
            assert tables.dialect == "sqlite"
        row = await tx.one(sql("SELECT count(*) AS n FROM note"))
    assert row is not None
    assert row["n"] == (0 if tables.dialect == "sqlite" else 1)
    await writing
    assert await count(tables, "note") == 1


async def test_a_character_zero_is_kept_by_sqlite_and_refused_by_postgresql(tables: Database) -> None:
    """Payloads are JSON, which writes it as an escape, so they hold it on both."""

    async def put() -> None:
        async with tables.transaction() as tx:
            await tx.run(ADD, id="a", n=0, words="a\0b")

    if tables.dialect == "postgres":
        with pytest.raises(StorageError, match="0x00"):
            await put()
        return
    await put()
    async with tables.reading() as tx:
        row = await tx.one(sql("SELECT words FROM note"))
    assert row is not None
    assert row["words"] == "a\0b"


async def test_a_value_of_the_wrong_type_is_refused_by_postgresql_only(tables: Database) -> None:
    """So a suite that only ran on SQLite would let it pass."""

    async def put() -> None:
        async with tables.transaction() as tx:
            await tx.run(ADD, id="a", n=0, words=7)

    if tables.dialect == "postgres":
        with pytest.raises(StorageError, match="str") as caught:
            await put()
        assert not caught.value.transient
    else:
        await put()


async def test_null_comes_first_on_sqlite_and_last_on_postgresql(tables: Database) -> None:
    async with tables.transaction() as tx:
        await tx.many(ADD, [{"id": name, "n": 0, "words": name or None} for name in ("", "a")])
        rows = await tx.all(sql("SELECT words FROM note ORDER BY words"))
    assert [row["words"] for row in rows] == ([None, "a"] if tables.dialect == "sqlite" else ["a", None])


async def test_like_ignores_case_on_sqlite_and_lower_knows_only_ascii_there(tables: Database) -> None:
    async with tables.transaction() as tx:
        await tx.run(ADD, id="a", n=0, words="Ärzte Bar")
        like = await tx.all(sql("SELECT id FROM note WHERE words LIKE '%bar'"))
        lower = await tx.one(sql("SELECT lower(words) AS words FROM note"))
    assert lower is not None
    assert (len(like), lower["words"]) == ((1, "Ärzte bar") if tables.dialect == "sqlite" else (0, "ärzte bar"))


async def test_the_lesser_and_the_greater_of_two_have_other_names(tables: Database) -> None:
    async with tables.transaction() as tx:
        row = await tx.one(sql("SELECT max(1, 2) AS n", "SELECT greatest(1, 2) AS n"))
    assert row is not None
    assert row["n"] == 2


def test_lists_and_binary_columns_are_rewritten_for_each() -> None:
    among = sql("SELECT id FROM note WHERE id IN (:ids*)")
    assert "json_each(:ids)" in among.sqlite
    assert "= ANY($1)" in among.postgres
    assert sql("CREATE TABLE x (a BLOB)").postgres == "CREATE TABLE x (a BYTEA)"


async def test_a_commit_is_on_disk_when_it_returns(database: Database) -> None:
    async with database.transaction() as tx:
        if tx.dialect == "sqlite":
            mode = await tx.one(sql("PRAGMA journal_mode"))
            level = await tx.one(sql("PRAGMA synchronous"))
            assert mode is not None
            assert level is not None
            assert (mode[0], level[0]) == ("wal", 2)
        else:
            row = await tx.one(sql("", "SELECT current_setting('synchronous_commit') AS a"))
            assert row is not None
            assert row["a"] == "on"


def rows(page: str) -> list[str]:
    """The lines of a page's tables without their heads."""
    lines = (ROOT / "docs/reference" / page).read_text(encoding="utf-8").splitlines()
    return [line for line, after in zip(lines, [*lines[1:], ""], strict=True) if _is_row(line) and "---" not in after]


def _is_row(line: str) -> bool:
    return line.startswith("| ") and "---" not in line


def test_every_difference_names_a_test_that_exists() -> None:
    lines = rows("differences.md")
    assert len(lines) > 10
    for line in lines:
        places = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", line)
        assert places, f"no test for: {line}"
        for path, name in places:
            assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), f"{path} has no {name}"


def test_every_promise_that_is_built_names_tests_that_exist() -> None:
    lines = [line for line in rows("engine.md") if re.match(r"\| E\d+ ", line)]
    assert [line.split()[1] for line in lines] == [f"E{n}" for n in range(1, 23)]
    for line in lines:
        paths = re.findall(r"`(tests/[\w/]+\.py)`", line)
        assert paths or "| not yet |" in line, f"no test for: {line}"
        for path in paths:
            assert (ROOT / path).is_file(), path
