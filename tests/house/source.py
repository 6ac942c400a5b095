"""The source as the house tests read it: files, syntax trees, statements and docs."""

from __future__ import annotations

import ast
import functools
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "barback"
COMMERCE = PACKAGE / "commerce"
DOCS = ROOT / "docs"


def relative(path: Path) -> str:
    """The path as it is written in messages."""
    return path.relative_to(ROOT).as_posix()


@functools.cache
def committed() -> tuple[Path, ...]:
    """Every file that git has or would take, without those that are only deleted here."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return tuple(ROOT / name for name in sorted({name for name in names if name}) if (ROOT / name).is_file())


def files(*suffixes: str, under: Path = ROOT) -> list[Path]:
    """Committed files with one of `suffixes`, in `under`."""
    return [path for path in committed() if path.suffix in suffixes and path.is_relative_to(under)]


@functools.cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything a Python file imports: `from a.b import c` gives `a.b.c`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def is_module(dotted: str) -> bool:
    """Whether `barback.some.name` is a module or package, and not a name inside one."""
    place = PACKAGE.joinpath(*dotted.split(".")[1:])
    return place.is_dir() or place.with_suffix(".py").is_file()


def rooms() -> list[Path]:
    """The folders of commerce."""
    return sorted(
        {
            COMMERCE / path.relative_to(COMMERCE).parts[0]
            for path in files(".py", under=COMMERCE)
            if path.parent != COMMERCE
        }
    )


def room_of(path: Path) -> str:
    """The room of commerce that a file belongs to."""
    return path.relative_to(COMMERCE).parts[0]


def report(problems: list[str], cure: str) -> None:
    """Fail with every problem, one a line, and the cure."""
    assert not problems, "\n  ".join(["", *problems, f"Cure: {cure}"])
