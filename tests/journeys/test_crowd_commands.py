"""`barback crowd`, `barback crowd replay` and `barback run --demo` as people start them: processes, sockets, Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import msgspec
import pytest
from tests.support.processes import running_house

from barback.sandbox.report import Report

PATIENCE_S = 90.0


async def barback(*arguments: str) -> tuple[int, str, str]:
    """Run a command to its end: exit code, standard output, standard error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "barback", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    return process.returncode or 0, out.decode(), err.decode()


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_a_crowd_sells_and_a_file_is_replayed(database_url: str) -> None:
    async with running_house(database_url) as house:
        code, out, err = await barback(
            "crowd", "--url", house.url, "--tills", "5", "--guests", "10", "--rate", "40", "--duration", "2", "--json"
        )
        assert code == 0, err + house.logs
        night = msgspec.json.decode(out, type=Report)
        assert night.sold > 30
        assert night.accepted + night.recovered == night.sold == night.seen_processed
        assert not night.contradictions

        code, out, err = await barback("crowd", "replay", "--url", house.url, "--guests", "40", "--tills", "8")
        assert code == 0, err + house.logs
        assert "34,500.16 USD" in out
        assert "1,834 orders on 40 tabs, 34,500.16: as sold, to the cent" in err


async def test_a_crowd_without_a_server_says_so() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        code, out, err = await barback("crowd", "--url", f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert (code, out) == (1, "")
    assert "The crowd went home: no connection" in err


async def started(database_url: str, folder: Path) -> asyncio.subprocess.Process:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "barback", "run", "--demo", "--database", database_url, "--port", port,
        cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=(folder / "log.txt").open("ab"), env=os.environ,
    )  # fmt: skip


async def welcomed(process: asyncio.subprocess.Process) -> str:
    """What it prints until everybody can come in."""
    assert process.stdout is not None
    text = ""
    async with asyncio.timeout(PATIENCE_S):
        while "Password" not in text:
            line = await process.stdout.readline()
            assert line, f"it ended: {text}"
            text += line.decode()
    return text


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_the_demo_starts_stops_cleanly_and_starts_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'night.db'}"
    for _ in range(2):
        process = await started(url, tmp_path)
        text = await welcomed(process)
        assert "The Copper Still is open" in text
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 30) == 0, (tmp_path / "log.txt").read_text()
    assert "Traceback" not in (tmp_path / "log.txt").read_text()
