"""Nothing committed names the machine or the place it was made at, and nothing that is made is committed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.house.source import ROOT, committed, files, relative, report, tree

# Written in pieces, so that this file does not name them itself.
REGISTRIES = [
    ".".join(parts)
    for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"))
]
MACHINE = [f"{ROOT}/"]
SECRETS = [r"\bsk_live_\w{8}", r"-----BEGIN (?:RSA |EC )?PRIVATE KEY-----", r"\bAKIA[0-9A-Z]{16}\b"]
TEXT_BYTES_MAX = 5_000_000
SKIP = re.compile(r"pytest\.(?:skip|importorskip)\b|mark\.skip(?:if)?\b|unittest\.skip")
EXCUSE = "# time for"  # a wrong thing to happen, where nothing tells that it did not
SLEEPS = {"asyncio.sleep", "sleep", "time.sleep"}


def texts() -> list[tuple[Path, str]]:
    """Every committed text, with its path."""
    found: list[tuple[Path, str]] = []
    for path in committed():
        content = path.read_bytes()
        if b"\0" not in content[:8000]:
            found.append((path, content.decode("utf-8", errors="replace")))
    return found


def test_no_file_names_a_registry_or_this_machine() -> None:
    """Everybody has their own mirror and their own folders."""
    pattern = re.compile("|".join(re.escape(word) for word in REGISTRIES + MACHINE))
    problems = [f"{relative(path)}: {match.group()}" for path, text in texts() if (match := pattern.search(text))]
    report(problems, "leave the address out; clients know their own")


def test_no_secret_is_committed() -> None:
    """Keys live in settings."""
    pattern = re.compile("|".join(SECRETS))
    problems = [relative(path) for path, text in texts() if pattern.search(text)]
    report(problems, "take it out of the history and revoke it")


def test_nothing_huge_is_committed() -> None:
    """A clone stays quick."""
    report(
        [relative(path) for path in committed() if path.stat().st_size > TEXT_BYTES_MAX], "make it when it is needed"
    )


def test_no_test_is_skipped() -> None:
    """What cannot run fails: a missing PostgreSQL or browser is a broken build, not a quiet gap."""
    problems = [
        f"{relative(path)}: {match.group()}"
        for path in files(".py", under=ROOT / "tests")
        if path != Path(__file__) and (match := SKIP.search(path.read_text(encoding="utf-8")))
    ]
    report(problems, "make what the test needs; assert a difference that must stay")


def test_no_test_sleeps() -> None:
    """A bare sleep is slow when it works and wrong when it does not. Asking again within a limit is waiting."""
    problems: list[str] = []
    for path in files(".py", under=ROOT / "tests"):
        lines = path.read_text(encoding="utf-8").splitlines()
        problems += [f"{relative(path)}:{n}" for n in sleeps(tree(path), "") if EXCUSE not in lines[n - 1]]
    report(problems, f"ask in a `while` inside `asyncio.timeout`, move the HandClock, or say at the line: {EXCUSE} …")


def sleeps(node: ast.AST, around: str) -> Iterator[int]:
    """Lines that sleep outside of a loop with a limit; `around` is the loop and the limit so far."""
    asleep = isinstance(node, ast.Call) and ast.unparse(node.func) in SLEEPS and ast.unparse(node) != "asyncio.sleep(0)"
    if asleep and not ("while" in around and "limit" in around):
        yield node.lineno
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        around = ""
    elif isinstance(node, ast.While):
        around += " while" + (" limit" if "monotonic" in ast.unparse(node) else "")
    elif isinstance(node, ast.AsyncWith) and any("asyncio.timeout" in ast.unparse(item) for item in node.items):
        around += " limit"
    for child in ast.iter_child_nodes(node):
        yield from sleeps(child, around)


@pytest.mark.parametrize("path", files(".md"), ids=relative)
def test_links_in_docs_lead_somewhere(path: Path) -> None:
    """Each relative link of a page points to a committed file or folder."""
    broken = [
        target
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))
        if "://" not in target and not target.startswith("mailto:") and not (path.parent / target).exists()
    ]
    report([f"{relative(path)}: {target}" for target in broken], "mend the link or write the page")


def test_docs_that_the_source_names_exist() -> None:
    """`docs/…md` in a comment or docstring is a promise."""
    problems = [
        f"{relative(path)}: {target}"
        for path in files(".py", ".sql", ".ts", ".tsx", ".toml")
        for target in re.findall(r"\bdocs/[\w/.-]+\.md\b", path.read_text(encoding="utf-8"))
        if not (ROOT / target).exists()
    ]
    report(sorted(set(problems)), "write the page, or name the right one")


def test_changes_are_named_by_issue_and_kind() -> None:
    """changes/<issue>.<kind>.md, so that parallel work never meets in one file."""
    kind = re.compile(r"^(?:README\.md|[\w-]+\.(?:added|changed|fixed|removed|security)(?:\.\d+)?\.md)$")
    problems = [path.name for path in committed() if path.parent == ROOT / "changes" and not kind.match(path.name)]
    report(problems, "changes/<issue>.<added|changed|fixed|removed|security>.md")
