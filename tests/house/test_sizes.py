"""Files stay near 300 lines and functions near 40. Today's larger ones are listed; the list only shrinks."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

from tests.house.source import COMMERCE, ROOT, files, relative, report, tree

FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 40
PROCESSOR_LINES_MAX = 120
LIST = Path(__file__).with_name("oversized.json")


def sizes() -> dict[str, int]:
    """Everything that is over its limit, with its size in lines."""
    found: dict[str, int] = {}
    for path in files(".py", ".sql"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        limit = PROCESSOR_LINES_MAX if "processors" in path.parts and path.is_relative_to(COMMERCE) else FILE_LINES_MAX
        if lines > limit:
            found[relative(path)] = lines
        if path.suffix == ".py":
            found |= {
                f"{relative(path)}::{name}": size
                for name, size in functions(tree(path), "")
                if size > FUNCTION_LINES_MAX
            }
    return dict(sorted(found.items()))


def functions(node: ast.AST, prefix: str) -> list[tuple[str, int]]:
    """Name and length of each function below `node`; the docstring does not count."""
    found: list[tuple[str, int]] = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append((f"{prefix}{child.name}", length(child)))
        inner = (
            f"{prefix}{child.name}."
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            else prefix
        )
        found += functions(child, inner)
    return found


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, less the docstring."""
    first = function.body[0]
    spoken = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if spoken else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def test_nothing_outgrows_its_limit() -> None:
    """A new large file or function fails, and so does a listed one that has grown."""
    listed, found = json.loads(LIST.read_text()), sizes()
    problems = [
        f"{name}: {size} lines, {listed.get(name, 'not listed')}"
        for name, size in found.items()
        if size > listed.get(name, 0)
    ]
    report(
        problems,
        f"split it: {FILE_LINES_MAX} lines a file, {FUNCTION_LINES_MAX} a function, {PROCESSOR_LINES_MAX} a processor",
    )


def test_the_list_shrinks() -> None:
    """What has become smaller is listed with its new size, so that it cannot grow back."""
    listed, found = json.loads(LIST.read_text()), sizes()
    problems = [
        f"{name}: listed with {size}, has {found.get(name, 'no excess')}"
        for name, size in listed.items()
        if size > found.get(name, 0)
    ]
    report(problems, "well done; python -m tests.house.test_sizes shrink")


def shrink() -> None:
    """Write the list anew: smaller sizes and fewer names, never larger or more."""
    listed, found = json.loads(LIST.read_text()), sizes()
    LIST.write_text(
        json.dumps({name: min(size, found[name]) for name, size in listed.items() if name in found}, indent=2) + "\n"
    )


if __name__ == "__main__" and sys.argv[1:] == ["shrink"]:
    sys.path.insert(0, str(ROOT))
    shrink()
