"""Values: what goes into either database comes out of it unchanged, or is refused aloud."""

from __future__ import annotations

import pytest
from tests.conformance.tools import count, sql

from barback.storage import Database, Statement, StorageError

ADD = sql("INSERT INTO note (id, n, words, body) VALUES (:id, :n, :words, :body)")
ONE = sql("SELECT id, n, words, body FROM note WHERE id = :id")
AMONG = sql("SELECT id FROM note WHERE id IN (:ids*) ORDER BY id")
NOT_AMONG = sql("SELECT id FROM note WHERE id NOT IN (:ids*) ORDER BY id")
NUMBERS = sql("SELECT id FROM note WHERE n IN (:ns*) ORDER BY n")
MAX_64 = 2**63 - 1


async def put(db: Database, id_: str, *, n: int = 0, words: str | None = None, body: bytes | None = None) -> None:
    async with db.transaction() as tx:
        await tx.run(ADD, id=id_, n=n, words=words, body=body)


@pytest.mark.parametrize("n", [0, -1, 1_767_225_600_001, MAX_64, -MAX_64 - 1], ids=str)
async def test_times_and_amounts_keep_every_millisecond_and_cent(tables: Database, n: int) -> None:
    await put(tables, "a", n=n)
    async with tables.reading() as tx:
        row = await tx.one(ONE, id="a")
    assert row is not None
    assert row["n"] == n


TEXTS = {
    "empty": "",
    "scripts": "Größe 大吟醸 عرق 🍺👩‍🍳",
    "quotes": "'; DROP TABLE note; -- \\ \" % _ :id $1 ?",
    "lines": "a\r\nb\tc\x01",
    "large": "x" * 1_000_000,
}


@pytest.mark.parametrize("words", TEXTS.values(), ids=TEXTS.keys())
async def test_text_comes_out_as_it_went_in(tables: Database, words: str) -> None:
    await put(tables, "a", words=words)
    async with tables.reading() as tx:
        row = await tx.one(ONE, id="a")
    assert row is not None
    assert row["words"] == words


async def test_bytes_come_out_as_they_went_in(tables: Database) -> None:
    body = bytes(range(256)) * 4_096
    await put(tables, "a", body=body)
    await put(tables, "none")
    async with tables.reading() as tx:
        row, none = await tx.one(ONE, id="a"), await tx.one(ONE, id="none")
    assert row is not None
    assert none is not None
    assert bytes(row["body"]) == body
    assert none["body"] is None


async def test_half_a_character_is_refused(tables: Database) -> None:
    """A lone surrogate is no text; a client can send one in JSON."""
    with pytest.raises(StorageError) as caught:
        await put(tables, "a", words="\ud83c")
    assert not caught.value.transient
    assert await count(tables, "note") == 0


async def test_a_number_that_is_too_large_is_refused(tables: Database) -> None:
    with pytest.raises(StorageError) as caught:
        await put(tables, "a", n=MAX_64 + 1)
    assert not caught.value.transient


async def test_a_missing_parameter_is_named(tables: Database) -> None:
    with pytest.raises(StorageError, match="words"):
        async with tables.transaction() as tx:
            await tx.run(ADD, id="a", n=1, body=None)


async def test_lists_may_be_empty_long_or_strange(tables: Database) -> None:
    names = ["", "a", "b'", 'c"', "d,e", "{f}", "g\\", "null", "ü", "\n"]
    async with tables.transaction() as tx:
        await tx.many(ADD, [{"id": name, "n": n, "words": None, "body": None} for n, name in enumerate(names)])
    async with tables.reading() as tx:
        assert [row["id"] for row in await tx.all(AMONG, ids=[])] == []
        assert {row["id"] for row in await tx.all(AMONG, ids=tuple(names))} == set(names)
        assert [row["id"] for row in await tx.all(AMONG, ids=["a", "missing"] * 5_000)] == ["a"]
        assert len(await tx.all(NOT_AMONG, ids=["a", "b'"])) == len(names) - 2
        assert len(await tx.all(NOT_AMONG, ids=[])) == len(names)
        assert [row["id"] for row in await tx.all(NUMBERS, ns=[2, 0])] == ["", "b'"]


async def test_many_writes_every_row_or_none(tables: Database) -> None:
    rows = [{"id": f"{n:05}", "n": n, "words": None, "body": None} for n in range(5_000)]
    async with tables.transaction() as tx:
        await tx.many(ADD, rows)
        await tx.many(ADD, [])
    assert await count(tables, "note") == 5_000
    with pytest.raises(StorageError):
        async with tables.transaction() as tx:
            await tx.many(ADD, [{"id": "new", "n": 1, "words": None, "body": None}, rows[0]])
    assert await count(tables, "note") == 5_000


async def test_run_tells_how_many_rows_it_touched(tables: Database) -> None:
    async with tables.transaction() as tx:
        assert await tx.run(ADD, id="a", n=1, words=None, body=None) == 1
        assert await tx.run(sql("INSERT INTO note (id) VALUES ('a') ON CONFLICT (id) DO NOTHING")) == 0
        await tx.run(ADD, id="b", n=1, words=None, body=None)
        assert await tx.run(sql("UPDATE note SET n = 2 WHERE n = 1")) == 2
        assert await tx.run(sql("INSERT INTO note (id) VALUES ('c') RETURNING id")) == 1
        assert await tx.run(sql("DELETE FROM note WHERE n = 7")) == 0
        assert await tx.run(sql("DELETE FROM note")) == 3


async def test_one_gives_the_first_row_or_none(tables: Database) -> None:
    async with tables.transaction() as tx:
        assert await tx.one(ONE, id="a") is None
        await tx.run(ADD, id="a", n=1, words="x", body=None)
        row = await tx.one(ONE, id="a")
        assert row is not None
        assert (row["id"], row[1], row["words"]) == ("a", 1, "x")


@pytest.mark.parametrize("size", [1, 2, 500])
async def test_many_rows_of_values_are_written_by_one_statement(tables: Database, size: int) -> None:
    add = Statement(
        "test: add",
        {
            "sqlite": "INSERT INTO note (id, n) VALUES (:id, :n)",
            "postgres": "INSERT INTO note (id, n) SELECT * FROM unnest(:id::text[], :n::bigint[])",
        },
    )
    async with tables.transaction() as tx:
        assert await tx.bulk_values(add, []) == 0
        assert await tx.bulk_values(add, [(f"n{n}", n) for n in range(size)]) == size
    async with tables.reading() as tx:
        found = await tx.all(sql("SELECT id, n FROM note ORDER BY n"))
    assert [(row["id"], row["n"]) for row in found] == [(f"n{n}", n) for n in range(size)]
    with pytest.raises(StorageError):
        async with tables.transaction() as tx:
            await tx.bulk_values(add, [(f"m{n}", None if n == size - 1 else n) for n in range(size)])
    assert await count(tables, "note") == size
