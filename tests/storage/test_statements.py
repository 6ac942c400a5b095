"""Statement files: blocks by name, parameters by name, and errors that say where."""

from __future__ import annotations

from pathlib import Path

import pytest

from barback.storage import Statement, statements
from barback.storage.migrations import text_for
from barback.storage.statements import MissingStatementError

FILE = """
-- What this file is about.
-- name: both
SELECT id FROM tab WHERE id = :id AND at_ms > :at_ms AND owner = :id;

-- name: one_each [sqlite]
SELECT 1;
-- name: one_each [postgres]
SELECT CAST(:a::text AS xid8) FROM tab WHERE x::int = :b;
-- name: lonely [sqlite]
SELECT 1;
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A statement file."""
    made = tmp_path / "store.sql"
    made.write_text(FILE, encoding="utf-8")
    return made


def test_a_parameter_that_is_used_twice_is_sent_once(path: Path) -> None:
    both = statements(str(path)).both
    assert both.sqlite == "SELECT id FROM tab WHERE id = :id AND at_ms > :at_ms AND owner = :id"
    assert both.postgres == "SELECT id FROM tab WHERE id = $1 AND at_ms > $2 AND owner = $1"
    assert both.names == ("id", "at_ms")


def test_a_cast_is_no_parameter(path: Path) -> None:
    assert statements(str(path)).one_each.postgres == "SELECT CAST($1::text AS xid8) FROM tab WHERE x::int = $2"


def test_a_missing_statement_names_its_file(path: Path) -> None:
    with pytest.raises(MissingStatementError, match=r"store\.sql has no statement named nobody"):
        _ = statements(str(path)).nobody


def test_a_missing_variant_names_file_statement_and_dialect(path: Path) -> None:
    with pytest.raises(MissingStatementError, match=r"store\.sql: lonely has no \[postgres\] variant"):
        statements(str(path)).lonely.require("postgres")


def test_the_same_statement_twice_is_an_error(path: Path) -> None:
    path.write_text(FILE + "-- name: lonely [sqlite]\nSELECT 2;\n", encoding="utf-8")
    with pytest.raises(ValueError, match="lonely \\[sqlite\\] twice"):
        statements(str(path))


def test_lists_in_and_not_in() -> None:
    made = Statement("x", dict.fromkeys(("sqlite", "postgres"), "a IN (:ids*) AND b NOT IN (:names*)"))
    assert made.postgres == "a = ANY($1) AND b <> ALL($2)"
    assert made.lists == {"ids", "names"}


def test_only_an_insert_that_renames_and_computes_nothing_can_be_a_copy() -> None:
    def copies(text: str) -> str | None:
        return Statement("x", {"postgres": text}).copies_to

    assert copies("INSERT INTO t (a,\n b) SELECT * FROM unnest(:a::text[],\n :b::int[])") == "t"
    assert copies("INSERT INTO t (a, b) SELECT * FROM unnest(:b::int[], :a::text[])") is None
    assert copies("INSERT INTO t (a) SELECT upper(x) FROM unnest(:a::text[]) AS x") is None
    assert copies("INSERT INTO t (a) SELECT * FROM unnest(:a::text[]) ON CONFLICT DO NOTHING") is None


def test_a_migration_gives_each_database_its_part() -> None:
    text = "A;\n-- dialect: sqlite\nB;\n-- dialect: postgres\nC;\n-- dialect: both\nD;"
    assert text_for("sqlite", text).split() == ["A;", "B;", "D;"]
    assert text_for("postgres", text).split() == ["A;", "C;", "D;"]


def test_rows_of_values_need_variants_that_name_their_parameters_in_one_order() -> None:
    same = Statement("x", {"sqlite": "VALUES (:a, :b, :a)", "postgres": "unnest(:a::text[], :b::int[])"})
    assert (same.sqlite_values, same.names) == ("VALUES (?1, ?2, ?1)", ("a", "b"))
    same.require_values("sqlite")
    other = Statement("file: other", {"sqlite": "VALUES (:a, :b)", "postgres": "unnest(:b::int[], :a::text[])"})
    other.require("sqlite")
    with pytest.raises(MissingStatementError, match="file: other: its variants name their parameters in different"):
        other.require_values("sqlite")
