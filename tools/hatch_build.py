"""Builds the web app into the wheel, so that `pip install .` gives the whole product."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebAppHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs tools/webapp.py before a wheel is packed. An editable install serves what `make web` built instead."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the web app unless `version` says that the install is editable."""
        del build_data
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root) / "tools"))
        import webapp

        webapp.build(Path(self.root))
