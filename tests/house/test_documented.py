"""Every setting, command, error code, topic and task is documented; docs/systems.md lists every row with a proof."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.house.source import DOCS, ROOT, report

ROWS = [
    f"{group}{number}"
    for group, last in (("F", 23), ("K", 8), ("A", 12), ("O", 12), ("L", 6))
    for number in range(1, last + 1)
]
STATES = {"works", "begun", "not yet"}
REFERENCE = ("cli", "errors", "settings", "tasks", "topics")


def test_the_reference_says_what_the_code_says() -> None:
    """docs/reference is written from the code; a change of the code that is not written down fails here."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "reference.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nCure: make reference"


def test_nothing_in_the_reference_is_without_words() -> None:
    """A name in a table is not documentation: its last cell says what it is."""
    problems = [
        f"docs/reference/{name}.md: {row[0]}"
        for name in REFERENCE
        for row in cells((DOCS / "reference" / f"{name}.md").read_text(encoding="utf-8"))
        if not row[-1]
    ]
    report(problems, "write its docstring, title, description or help text, then make reference")


def cells(text: str) -> list[list[str]]:
    """The rows of a page's tables, without heads and rules."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines if "---" not in line]


def systems() -> dict[str, list[str]]:
    """Row id → its cells in docs/systems.md: part, state, where, shown by."""
    return {
        row[0]: row[1:]
        for row in cells((DOCS / "systems.md").read_text(encoding="utf-8"))
        if re.fullmatch(r"[A-Z]\d+", row[0])
    }


def test_systems_lists_every_row() -> None:
    """All five systems, row by row, each with a known state."""
    table = systems()
    assert sorted(table) == sorted(ROWS)
    report(
        [f"{row}: {table[row][1]!r}" for row in ROWS if table[row][1] not in STATES],
        f"a state is one of {sorted(STATES)}",
    )


def test_a_row_that_works_has_a_place_and_a_proof() -> None:
    """`works` names folders that exist and a test that exists and carries the row's id."""
    problems: list[str] = []
    for row, (_, state, where, proof) in systems().items():
        names = re.findall(r"`([^`]+)`", where + proof)
        problems += [f"{row}: {name} does not exist" for name in names if not exists(name)]
        if state == "works" and not any("::" in name for name in re.findall(r"`([^`]+)`", proof)):
            problems.append(f"{row}: works, but no `tests/….py::test_…` shows it")
        if state != "not yet" and "`" not in where:
            problems.append(f"{row}: {state}, but nothing says where")
    report(problems, "mend the row in docs/systems.md")


def exists(name: str) -> bool:
    """Whether `path` is there, or `path::test` is a test in it."""
    path, _, test = name.partition("::")
    place = ROOT / path
    return place.exists() and (not test or f"def {test}(" in place.read_text(encoding="utf-8"))
