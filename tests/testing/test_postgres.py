"""The PostgreSQL of the tests: databases of their own, a real server's durability, and nothing left behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from barback.storage import Statement, open_database
from barback.testing import postgres
from barback.testing.postgres import PostgresMissingError, PostgresServer, running_postgres

KEPT = Statement(
    "test: settings", {"postgres": "SELECT current_setting('fsync') AS a, current_setting('synchronous_commit') AS b"}
)
KILLED = """
import sys, time
from barback.testing.postgres import PostgresServer
server = PostgresServer.start()
print(server.process.pid, server.home, flush=True)
sys.stdin.read()
"""


async def test_it_is_as_durable_as_in_production(postgres_server: PostgresServer) -> None:
    """A commit in a test waits for its disk (which may be memory: support/memory.py)."""
    database = await open_database(postgres_server.url())
    async with database.reading() as tx:
        row = await tx.one(KEPT)
    await database.close()
    assert row is not None
    assert (row["a"], row["b"]) == ("on", "on")


@pytest.mark.slow
def test_a_killed_run_leaves_no_server_behind() -> None:
    """SIGKILL of the process that started it stops the server."""
    owner = subprocess.Popen([sys.executable, "-c", KILLED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pid, home = owner.stdout.readline().split()
    server = psutil.Process(int(pid))
    assert server.is_running()
    os.kill(owner.pid, signal.SIGKILL)
    owner.communicate()
    with contextlib.suppress(psutil.NoSuchProcess):
        server.wait(timeout=20)
    assert not psutil.pid_exists(int(pid))
    shutil.rmtree(home)


@pytest.mark.slow
def test_it_starts_when_the_checkout_is_closed_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root it runs as another user, who may not be able to reach the checkout: /root/barback, say."""
    package = postgres._binaries().parent.parent
    closed = tmp_path / "closed"
    shutil.copytree(package, closed / package.name, symlinks=True)
    if (libraries := package.with_name(f"{package.name}.libs")).exists():
        shutil.copytree(libraries, closed / libraries.name, symlinks=True)
    closed.chmod(0o700)
    monkeypatch.setattr(postgres, "_binaries", lambda: closed / package.name / "pginstall" / "bin")
    with running_postgres() as server:
        assert server.create("one") == "one"


def test_a_missing_postgres_fails_and_says_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never a skip."""
    monkeypatch.setattr(postgres.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(PostgresMissingError, match="make test"):
        PostgresServer.start()
