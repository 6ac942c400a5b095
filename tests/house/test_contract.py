"""The committed API document is the one the routes make; the web client is generated from it."""

from __future__ import annotations

import subprocess
import sys

from tests.house.source import ROOT


def test_openapi_json_is_what_the_routes_make() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "barback", "openapi"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    committed = (ROOT / "openapi.json").read_text(encoding="utf-8")
    assert made.strip() == committed.strip(), "openapi.json is stale. Cure: make contract"
