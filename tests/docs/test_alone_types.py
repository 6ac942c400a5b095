"""The public API is typed: the programs of the pages pass the strictest check, and a wrong payload does not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.pages import ROOT, write_page

PAGES = ("alone/fastapi.md", "alone/moving.md", "alone/script.md", "alone/sqlalchemy.md", "testing.md")
WRONG = """
import sqlite3
from collections.abc import Sequence

import barback
import mail

connection = sqlite3.connect("shop.db")
mail.send.send(connection, "ann@example.com", key="ann", delay_ms=5)
mail.send.send(connection, 5)
mail.send.send(connection, "ann@example.com", later_ms=5)


@mail.mail.batch_task("mail.digest", payload=str, attempts_max=3, trips=lambda error: isinstance(error, OSError))
async def digest(tx: barback.Transaction, messages: Sequence[barback.Message[str]]) -> None: ...


@mail.mail.thread_task("mail.print", payload=str, attempts=3, concurrency=2)
def print_it(message: barback.Message[str]) -> None: ...
barback.Schedule("greet", "0 9 * * *", mail.send, "ann@example.com")
barback.Schedule("greet", "0 9 * * *", mail.send, 5)
"""


@pytest.mark.slow
def test_the_programs_of_the_pages_are_typed_and_mistakes_are_seen(tmp_path: Path) -> None:
    for page in PAGES:
        write_page(page, tmp_path / Path(page).stem)
    (tmp_path / "script" / "wrong.py").write_text(WRONG)
    settings = {
        "typeCheckingMode": "strict", "reportDeprecated": False, "include": ["."], "extraPaths": [str(ROOT / "src")],
        "executionEnvironments": [{"root": Path(page).stem} for page in PAGES],
    }  # fmt: skip
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, ROOT / "tools" / "node.py", "pyright", "-p", tmp_path, "--outputjson"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)["generalDiagnostics"]
    errors = {(Path(one["file"]).name, one["range"]["start"]["line"]) for one in found}
    assert errors == {("wrong.py", n) for n in (9, 10, 17, 20)}, [one["message"] for one in found]
