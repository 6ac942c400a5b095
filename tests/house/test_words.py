"""First lines, processors' headings, and one word per idea."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from tests.house.source import COMMERCE, DOCS, PACKAGE, ROOT, files, relative, report, tree

HEADINGS = ["Finds", "Does", "Safe", "In order", "Gives up"]
COMMENTS = {
    ".sql": ("--",),
    ".ts": ("//", "/*"),
    ".tsx": ("//", "/*"),
    ".js": ("//", "/*"),
    ".css": ("/*",),
    ".sh": ("#",),
}
NONE = "\N{EN DASH}"  # what stands in a cell without words
MADE = {"web/src/api/schema.d.ts"}


def test_a_file_says_what_it_is_for() -> None:
    """The first line of each source file is a sentence about it."""
    problems = [
        relative(path)
        for path in files(".py", *COMMENTS)
        if relative(path) not in MADE
        and not path.name.endswith(".module.css")
        and path.read_text(encoding="utf-8").strip()
        and not opening(path)
    ]
    report(problems, "begin the file with a docstring or comment: one sentence that says what it is for")


def opening(path: Path) -> str:
    """The first words of a file about itself; empty when it has none."""
    if path.suffix == ".py":
        return (ast.get_docstring(tree(path)) or "").strip()
    first = path.read_text(encoding="utf-8").lstrip().splitlines()[0]
    return first if first.startswith(COMMENTS[path.suffix]) and len(first) > 8 else ""


def test_what_is_public_says_what_it_does() -> None:
    """Every public class and function of the package has a docstring that is a sentence."""
    problems = [
        f"{relative(path)}:{node.lineno}: {node.name}"
        for path in files(".py", under=PACKAGE)
        for node in tree(path).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and len((ast.get_docstring(node) or "").split()) < 2
    ]
    report(problems, "say what it does, in which units, and which errors it raises")


PROCESSORS = [p for p in files(".py", under=COMMERCE) if p.parent.name == "processors" and p.name != "__init__.py"]


@pytest.mark.parametrize("path", PROCESSORS, ids=relative)
def test_a_processor_has_the_five_headings(path: Path) -> None:
    """Forty background processors look alike: the same five questions answered in the same order."""
    docstring = ast.get_docstring(tree(path)) or ""
    found = re.findall(rf"^({'|'.join(HEADINGS)})\s{{2,}}\S", docstring, re.MULTILINE)
    assert found == HEADINGS, f"{relative(path)}: expected the headings {HEADINGS} in its docstring, got {found}"


@pytest.mark.parametrize("path", PROCESSORS, ids=relative)
def test_a_processor_has_a_test_of_its_own(path: Path) -> None:
    """tests/commerce/<room>/test_<processor>.py."""
    room = path.relative_to(COMMERCE).parts[0]
    expected = ROOT / "tests" / "commerce" / room / f"test_{path.stem}.py"
    assert expected.exists(), f"write {relative(expected)}: its work, and a power cut after each step"


def synonyms() -> dict[str, str]:
    """Word to avoid → word to use, from the table of docs/glossary.md."""
    table: dict[str, str] = {}
    for line in (DOCS / "glossary.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 3 and cells[0].startswith("*"):
            table |= {word.strip().lower(): cells[0].strip("*") for word in cells[2].split(",") if word.strip() != NONE}
    return table


def test_one_word_per_idea() -> None:
    """The glossary's words to avoid appear in no name of the source, and in no page of the docs."""
    table = synonyms()
    assert len(table) > 10, "the table in docs/glossary.md has gone"
    names = re.compile(r"\b(?:class|def)\s+(\w+)|^(\w+)\s*[:=]", re.MULTILINE)
    problems: list[str] = []
    for path in files(".py", under=PACKAGE):
        for match in names.finditer(path.read_text(encoding="utf-8")):
            problems += [
                f"{relative(path)}: `{match.group()}`: {bad} → {good}"
                for bad, good in said(split(match.group(1) or match.group(2)), table)
            ]
    for path in files(".md", under=DOCS):
        if path.name not in {"glossary.md", "systems.md"}:  # one explains words, one quotes others
            problems += [
                f"{relative(path)}: {bad} → {good}"
                for bad, good in said(path.read_text(encoding="utf-8").lower(), table)
            ]
    report(sorted(set(problems)), "use the glossary's word; where both are needed, change the glossary")


def split(name: str) -> str:
    """`ChargeTab_many` → `charge tab many`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name).lower()


def said(text: str, table: dict[str, str]) -> list[tuple[str, str]]:
    """Pairs of a word to avoid that `text` says, and the word to use."""
    return [(bad, good) for bad, good in table.items() if re.search(rf"\b{re.escape(bad)}s?\b", text)]
