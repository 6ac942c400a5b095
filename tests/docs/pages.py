"""The code of a page: its blocks that begin with the name of a file, written to a folder and run as a person would."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```python\n# (?P<name>[\w/]+\.py)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
SAYS_S = 60.0


def write_page(page: str, folder: Path) -> list[str]:
    """Write the files of `docs/<page>` into `folder`; their names."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    names: list[str] = []
    for match in _BLOCK.finditer(text):
        place = folder / match["name"]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(match["code"], encoding="utf-8")
        names.append(match["name"])
    assert names, f"docs/{page} has no file to run"
    return names


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Of a person whose program lies in `folder`."""
    return os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{folder}", "PYTHONUNBUFFERED": "1"} | more


@asynccontextmanager
async def running(folder: Path, *arguments: str, **more: str) -> AsyncIterator[Process]:
    """`python <arguments>` in `folder`, ended with the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=folder, env=environment(folder, **more), stdout=PIPE, stderr=STDOUT
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def says(process: Process, what: str) -> str:
    """Wait for a line with `what`; all that was said since the last time."""
    assert process.stdout is not None
    lines: list[str] = []
    async with asyncio.timeout(SAYS_S):
        while line := (await process.stdout.readline()).decode():
            lines.append(line)
            if what in line:
                return "".join(lines)
    raise AssertionError(f"ended without saying {what!r}:\n{''.join(lines)}")


async def ran(folder: Path, *arguments: str, **more: str) -> tuple[int, str]:
    """Run to the end: exit code, output."""
    async with running(folder, *arguments, **more) as process:
        out, _ = await asyncio.wait_for(process.communicate(), SAYS_S)
        assert process.returncode is not None
        return process.returncode, out.decode()
