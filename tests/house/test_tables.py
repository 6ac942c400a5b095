"""A room's statements name only its own tables; `reports` alone may read across. Every statement is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.house.source import COMMERCE, PACKAGE, files, relative, report, rooms

from barback.storage.statements import parse

READS_ACROSS = {"reports", "exports"}
COMMENT = re.compile(r"--[^\n]*")
CREATED = re.compile(r"\bCREATE\s+(?:UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)", re.IGNORECASE)
NAMED = re.compile(
    r"\b(?:FROM|JOIN|INTO|REFERENCES|TABLE(?:\s+IF\s+(?:NOT\s+)?EXISTS)?|"
    r"(?<!FOR )(?<!DO )UPDATE(?!\s+OF\b)|\bON(?=\s+\w+\s*\())"
    r"\s+(?:ONLY\s+)?(\w+)\b(?!\s*\(\s*(?::|CAST|\$))",
    re.IGNORECASE,
)
COMMON = re.compile(
    r"(?:\bWITH\s+(?:RECURSIVE\s+)?|,\s*|\)\s*,\s*)(\w+)(?:\s*\([^()]*\))?\s+AS\s+(?:NOT\s+MATERIALIZED\s+|MATERIALIZED\s+)?\(",
    re.IGNORECASE,
)
CATALOG = re.compile(r"pg_|pragma_|sqlite_|clock_timestamp$|xact_start$|prepared$")
WORDS = {
    "on",
    "or",
    "conflict",
    "excluded",
    "lateral",
    "select",
    "set",
    "skip",
    "unnest",
    "json_each",
    "jsonb_to_recordset",
    "generate_series",
    "values",
}


def text(path: Path) -> str:
    """SQL without its comments."""
    return COMMENT.sub("", path.read_text(encoding="utf-8"))


def owners() -> dict[str, str]:
    """Table → who made it: `engine`, or the name of a room."""
    return {
        table: path.parent.parent.name
        for path in files(".sql", under=PACKAGE)
        if path.parent.name == "migrations"
        for table in CREATED.findall(text(path))
    }


def tables_named(sql: str) -> set[str]:
    """Tables that a text reads, writes or refers to, without those it defines itself by WITH."""
    own = {name.lower() for name in COMMON.findall(sql)}
    named = {name.lower() for name in NAMED.findall(sql)} - own - WORDS
    return {name for name in named if not CATALOG.match(name)}


def test_the_reader_sees_tables() -> None:
    """The checker itself: it finds tables where they are named, and only there."""
    sql = """WITH held AS (SELECT id FROM tab WHERE id = 1 FOR UPDATE), more (a, b) AS (SELECT 1, 2)
        UPDATE orders SET a = 1 FROM unnest(CAST(:x AS TEXT[])) AS d (id) JOIN held ON held.id = d.id"""
    assert tables_named(sql) == {"tab", "orders"}
    assert tables_named("INSERT INTO person (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET id = excluded.id") == {
        "person"
    }
    assert tables_named("SELECT 1 FROM a_b WHERE id IN (:ids*) LIMIT 1 FOR UPDATE SKIP LOCKED") == {"a_b"}
    assert tables_named("DELETE FROM lease WHERE id IN (SELECT value FROM json_each(:x))") == {"lease"}
    assert tables_named("CREATE INDEX i ON tab (x); CREATE TABLE IF NOT EXISTS z (y TEXT REFERENCES venue (id))") >= {
        "z",
        "venue",
    }


def test_a_room_names_only_its_own_tables() -> None:
    """What must join across rooms goes to `reports`; what must change elsewhere goes through a front door."""
    owner, problems = owners(), []
    for path in files(".sql", under=PACKAGE):
        room = path.relative_to(PACKAGE).parts[1 if path.is_relative_to(COMMERCE) else 0]
        strangers = {t for t in tables_named(text(path)) if owner.get(t, room) != room}
        if room in READS_ACROSS and path.parent.name != "migrations":
            strangers = {
                t for t in strangers if re.search(rf"\b(INTO|UPDATE|DELETE\s+FROM)\s+{t}\b", text(path), re.IGNORECASE)
            }
        problems += [f"{relative(path)}: `{table}` belongs to {owner[table]}" for table in sorted(strangers)]
    report(problems, "ask that room through its __init__, or read it in reports")


def test_every_table_is_known() -> None:
    """A table that no migration makes is a typing error, or somebody else's."""
    owner = owners()
    problems = [
        f"{relative(path)}: `{table}` is made by no migration"
        for path in files(".sql", under=PACKAGE)
        for table in sorted(tables_named(text(path)) - owner.keys())
        if not table.startswith("pg_")  # PostgreSQL's own
    ]
    report(problems, "make it in a migration; if it is no table, teach tests/house/test_tables.py")


def test_no_two_rooms_make_the_same_table() -> None:
    """One table, one owner."""
    made: dict[str, set[str]] = {}
    for path in files(".sql", under=PACKAGE):
        if path.parent.name == "migrations":
            for table in CREATED.findall(text(path)):
                made.setdefault(table, set()).add(path.parent.parent.name)
    report([f"{t}: {', '.join(sorted(who))}" for t, who in sorted(made.items()) if len(who) > 1], "rename one of them")


def places_with_statements() -> list[Path]:
    """Rooms, and floors that are none: whose files share the statements in them."""
    found = (p.relative_to(PACKAGE).parts for p in files(".sql", under=PACKAGE) if p.parent.name != "migrations")
    return sorted({PACKAGE.joinpath(*parts[: 2 if parts[0] == COMMERCE.name else 1]) for parts in found})


@pytest.mark.parametrize("place", places_with_statements(), ids=relative)
def test_every_statement_is_used(place: Path) -> None:
    """A statement that nothing names is dead; a name without a statement fails when it is first run."""
    uses = {name for user in files(".py", under=place) for name in re.findall(r"\bSQL\.(\w+)", text(user))} - {"all"}
    written = [path for path in files(".sql", under=place) if path.parent.name != "migrations"]
    has = {(path.name, name) for path in written for name in parse(path.read_text(encoding="utf-8"), path)}
    report([f"{file}: `{name}` is used by nothing" for file, name in sorted(has) if name not in uses], "remove it")
    missing = uses - {name for _, name in has}
    report([f"SQL.{name} is in none of its files" for name in sorted(missing)], "write it, or mend its name")


@pytest.mark.parametrize("room", rooms(), ids=lambda room: room.name)
def test_a_room_has_its_furniture(room: Path) -> None:
    """A front door with a card; statements beside their store; migrations where there are tables."""
    problems = [] if (room / "__init__.py").exists() else ["no __init__.py: its front door and card"]
    if (room / "store.sql").exists() != ((room / "store.py").exists() or (room / "store").is_dir()):
        problems.append("store.sql and store.py go together")
    report([f"{relative(room)}: {problem}" for problem in problems], "see CONTRIBUTING.md, add a room")
