"""Puts the engine's part of `src/barback` into the distribution, from the checkout or from an unpacked sdist."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FLOORS = ("console", "engine", "foundation", "storage", "testing")
"""What stands below the platform, and what the `barback` command of operators needs."""
TOP = ("__init__.py", "__main__.py", "py.typed")


class EngineHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds files by force: they stand outside of this folder."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name each file and its place, for a wheel or an sdist; `version` is not of interest."""
        del version
        inside = Path(self.root) / "src" / "barback"
        source = inside if inside.exists() else Path(self.root).parent / "src" / "barback"
        target = "src/barback" if self.target_name == "sdist" else "barback"
        for path in files(source):
            build_data["force_include"][str(path)] = f"{target}/{path.relative_to(source)}"


def files(source: Path) -> Iterator[Path]:
    """The engine's files. The console's routes belong to the platform's server."""
    for name in TOP:
        yield source / name
    for floor in FLOORS:
        for path in sorted((source / floor).rglob("*")):
            made = "__pycache__" in path.parts
            if path.is_file() and not made and not (floor == "console" and path.stem.endswith("routes")):
                yield path
