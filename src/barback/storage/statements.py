"""Statements live in `.sql` files beside the code that uses them; this loads them by name.

A block starts with `-- name: tab_lock` (both databases) or `-- name: tab_lock [postgres]`.
Parameters are written `:name`; `IN (:names*)` takes a list. The text is turned once, at load,
into what each driver wants.
"""

import re
from pathlib import Path

_HEADING = re.compile(r"^-- name: (?P<name>\w+)(?: \[(?P<dialect>sqlite|postgres)\])?\s*$")
_LIST = re.compile(r"\bIN \(:(\w+)\*\)")
_NOT_IN_LIST = re.compile(r"\bNOT IN \(:(\w+)\*\)")
_JSON_LIST = re.compile(r"\bjson_each\(:(\w+)\)")
_PARAM = re.compile(r"(?<![:\w]):([a-z_]\w*)")
_UNNEST = re.compile(
    r"INSERT INTO (?P<table>\w+) \((?P<columns>[\w,\s]+)\)\s+"
    r"SELECT \* FROM unnest\((?:\s*:\w+::\w+\[\],?)+\)"
)
_BLOB = re.compile(r"\bBLOB\b")


class MissingStatementError(LookupError):
    """A statement was asked for that its file does not have; names file, statement and dialect."""


class Statement:
    """One statement in the form each driver wants."""

    __slots__ = (
        "_orders",
        "_text",
        "_who",
        "copies_to",
        "lists",
        "names",
        "postgres",
        "postgres_row",
        "sqlite",
        "sqlite_values",
    )

    def __init__(self, who: str, text: dict[str, str]) -> None:
        """`text` maps a dialect to SQL in our notation; `who` is file and name, for errors."""
        self._who = who
        self._text = text
        self.lists: frozenset[str] = frozenset()
        self.sqlite = ""
        self.sqlite_values = ""
        self._orders: set[tuple[str, ...]] = set()
        self.postgres = ""
        self.names: tuple[str, ...] = ()
        self.copies_to: str | None = None
        self.postgres_row: str | None = None
        if "sqlite" in text:
            self.sqlite = _LIST.sub(r"IN (SELECT value FROM json_each(:\1))", text["sqlite"])
            self.lists = frozenset(_JSON_LIST.findall(self.sqlite))
            self.sqlite_values, order = _positional(self.sqlite, "?")
            self._orders.add(order)
        if "postgres" in text:
            self.postgres, self.names = _positional(
                _LIST.sub(r"= ANY(:\1)", _NOT_IN_LIST.sub(r"<> ALL(:\1)", text["postgres"]))
            )
            self._orders.add(self.names)
            self.copies_to = _table_that_takes(text["postgres"], self.names)
            if self.copies_to is not None:
                places = ", ".join(f"${n}" for n in range(1, len(self.names) + 1))
                insert, _, _ = self.postgres.partition("SELECT")
                self.postgres_row = f"{insert.rstrip()} VALUES ({places})"

    def require_values(self, dialect: str) -> None:
        """Like `require`, and rows of values mean the same on every database."""
        self.require(dialect)
        if len(self._orders) > 1:
            raise MissingStatementError(f"{self._who}: its variants name their parameters in different orders")

    def require(self, dialect: str) -> None:
        """Raise MissingStatementError when there is no text for `dialect`."""
        if dialect not in self._text:
            raise MissingStatementError(f"{self._who} has no [{dialect}] variant; write one below the other")

    def __repr__(self) -> str:
        """File and name."""
        return f"<Statement {self._who}>"


def _table_that_takes(text: str, names: tuple[str, ...]) -> str | None:
    """The table, when an insert of arrays only puts each value into the column of its name: COPY does that, too."""
    found = _UNNEST.fullmatch(text.strip())
    columns = tuple(column.strip() for column in found["columns"].split(",")) if found else ()
    return found["table"] if found and columns == names else None


def _positional(text: str, mark: str = "$") -> tuple[str, tuple[str, ...]]:
    """`:name` → `$n`, with the names in order; a name used twice keeps one number."""
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in names:
            names.append(name)
        return f"{mark}{names.index(name) + 1}"

    numbered = _PARAM.sub(number, text)
    return _BLOB.sub("BYTEA", numbered) if mark == "$" else numbered, tuple(names)


class Statements:
    """The statements of one file, as attributes."""

    def __init__(self, path: Path, blocks: dict[str, dict[str, str]]) -> None:
        """Built by `statements()`."""
        self._path = path
        self._made = {name: Statement(f"{path.parent.name}/{path.name}: {name}", text) for name, text in blocks.items()}

    def __getattr__(self, name: str) -> Statement:
        """The statement called `name`."""
        try:
            return self._made[name]
        except KeyError:
            raise MissingStatementError(f"{self._path} has no statement named {name}") from None

    def all(self) -> dict[str, Statement]:
        """Every statement by name, for tests that explain them all."""
        return dict(self._made)


def parse(text: str, path: Path) -> dict[str, dict[str, str]]:
    """Blocks of a statement file: name → dialect → SQL."""
    blocks: dict[str, dict[str, str]] = {}
    lines: list[str] = []
    where: tuple[str, tuple[str, ...]] | None = None

    def close() -> None:
        if where is None:
            return
        sql = "\n".join(lines).strip().rstrip(";")
        for dialect in where[1]:
            if dialect in blocks.setdefault(where[0], {}):
                raise ValueError(f"{path} has statement {where[0]} [{dialect}] twice")
            blocks[where[0]][dialect] = sql

    for line in text.splitlines():
        heading = _HEADING.match(line)
        if heading:
            close()
            dialect = heading["dialect"]
            where = heading["name"], ((dialect,) if dialect else ("sqlite", "postgres"))
            lines = []
        elif not line.lstrip().startswith("--"):
            lines.append(line)
    close()
    return blocks


def statements(module_file: str, name: str = "store.sql") -> Statements:
    """The statements of the file `name` beside `module_file` (pass `__file__`)."""
    path = Path(module_file).with_name(name)
    return Statements(path, parse(path.read_text(encoding="utf-8"), path))


def sql(text: str, postgres: str | None = None) -> Statement:
    """One statement for both databases, or with a text of its own for PostgreSQL: for programs without `.sql` files.

    Parameters are written `:name`, as in `await tx.run(sql("INSERT INTO mail (id) VALUES (:id)"), id=1)`.
    """
    return Statement(f"sql({text[:40]!r})", {"sqlite": text, "postgres": postgres or text})
