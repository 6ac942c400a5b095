"""Money is whole minor units: where it is counted there is no float, and no division that makes one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.source import COMMERCE, PACKAGE, files, relative, report, tree

PATHS = {"Path", "with_name", "parent", "with_suffix"}


def money_code() -> list[Path]:
    """All of commerce, and the arithmetic itself."""
    return [*files(".py", under=COMMERCE), PACKAGE / "foundation" / "money.py"]


def floats(path: Path) -> Iterator[tuple[int, str]]:
    """Line and sort of everything in a file that is a float or makes one."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, f"the constant {node.value}"
        elif isinstance(node, ast.Name) and node.id in {"float", "complex"}:
            yield node.lineno, f"`{node.id}`"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div) and not is_path(node):
            yield node.lineno, "`/` between numbers"


def is_path(node: ast.BinOp | ast.AugAssign) -> bool:
    """Whether the slash joins parts of a file's name."""
    return isinstance(node, ast.BinOp) and any(
        (isinstance(part, ast.Constant) and isinstance(part.value, str))
        or (isinstance(part, ast.Name | ast.Attribute) and name(part) in PATHS)
        for part in ast.walk(node)
    )


def name(node: ast.Name | ast.Attribute) -> str:
    """The last word of a dotted name."""
    return node.id if isinstance(node, ast.Name) else node.attr


def test_no_float_where_money_is_counted() -> None:
    """A float cannot hold 0.10; whole minor units can."""
    problems = [f"{relative(path)}:{line}: {what}" for path in money_code() for line, what in floats(path)]
    report(problems, "count in whole minor units; foundation/money.py divides with a named rounding")


def test_no_float_in_a_table() -> None:
    """The database counts as the program does."""
    problems = [
        f"{relative(path)}: {word}"
        for path in files(".sql", under=PACKAGE)
        for word in ("REAL", "DOUBLE PRECISION", "FLOAT", "NUMERIC", "MONEY")
        if f" {word}" in path.read_text(encoding="utf-8").upper().replace(",", " ")
        and any(f" {word}" in line.split("--")[0].upper() for line in path.read_text(encoding="utf-8").splitlines())
    ]
    report(problems, "BIGINT of minor units, and the currency beside it")
