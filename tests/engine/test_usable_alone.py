"""`import barback` is the engine: small, typed, and without what others need."""

from __future__ import annotations

import subprocess
import sys

import barback

MAY_LOAD = {"barback", "cronsim", "msgspec", "typing_extensions"}
LOADED = """
import sys
before = set(sys.modules)
import {module}
print(*sorted(set(sys.modules) - before))
"""


def loaded_by(module: str) -> set[str]:
    """What a fresh Python loads for `import module`."""
    command = [sys.executable, "-c", LOADED.format(module=module)]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


def test_import_barback_loads_the_engine_and_nothing_of_the_platform() -> None:
    found = loaded_by("barback")
    ours = {name.split(".")[1] for name in found if name.startswith("barback.")}
    assert ours == {"engine", "foundation", "storage"}
    strangers = {name.partition(".")[0] for name in found} - set(sys.stdlib_module_names) - MAY_LOAD
    assert {name for name in strangers if not name.startswith("_")} == set()


def test_import_barback_loads_no_database_driver() -> None:
    found = loaded_by("barback")
    assert found & {"asyncpg", "psycopg", "sqlite3", "sqlalchemy", "django", "aiosqlite"} == set()


def test_the_test_kit_loads_no_more() -> None:
    found = loaded_by("barback.testing")
    strangers = {name.partition(".")[0] for name in found} - set(sys.stdlib_module_names) - MAY_LOAD
    assert {name for name in strangers if not name.startswith("_")} == set()


def test_every_public_name_is_there_and_says_what_it_is() -> None:
    for name in barback.__all__:
        value = getattr(barback, name)
        if callable(value) and getattr(value, "__module__", "").startswith("barback"):
            assert (value.__doc__ or "").strip(), name
