"""Thousands of requests made from the API document, right and wrong: never our failure, always as documented."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from tests.journeys.console_places import furnish
from tests.journeys.desk import PASSWORD, add_operator
from tests.support.command import barback, free_port, started, until_it_answers

from barback.storage import open_database

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# Every check but two: a document cannot say that an event ends after it starts, or which cursor is ours; and an id
# that was made up is rightly a 404. A batch answers for each order: what is wrong with one is in its own answer.
CONFIG = """
[checks]
positive_data_acceptance.enabled = false
ensure_resource_availability.enabled = false

[[operations]]
include-path = "/v1/orders"
checks.negative_data_rejection.enabled = false
"""
# They end the session or change the password that the run itself uses.
LEFT_OUT = ("/v1/auth/sign-out", "/v1/me/password")


# Half of what is tried in the console is tried on what is there.
FOUND = """
[parameters]
"path.queue" = "{queue}"
"path.letter_id" = "{letter}"
"path.message_id" = "{message}"
"path.worker_id" = "{worker}"
"path.breaker" = "{breaker}"
"""
CONSOLE = "^/v1/console"


async def new_owner(url: str) -> str:
    body = {
        "business_name": "Harbour Bar", "currency": "EUR", "time_zone": "UTC", "email": "mara@harbour.example",
        "password": "three odd words", "name": "Mara",
    }  # fmt: skip
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        return str((await http.post("/v1/auth/sign-up", json=body)).json()["access_token"])


async def new_admin(url: str, database_url: str) -> tuple[str, dict[str, str]]:
    """Who may do everything in the console, and the ids of what there is."""
    db = await open_database(database_url, bells=False)
    there = await furnish(db)
    await add_operator(db, "ops@house.example", role="admin")
    await db.close()
    body = {"email": "ops@house.example", "password": PASSWORD}
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        return str((await http.post("/v1/auth/sign-in", json=body)).json()["access_token"]), there


async def fuzzed(url: str, token: str, config: str, home: Path, *where: str) -> None:
    """Everything that the document of the server at `url` describes `where`, as whoever has this token."""
    (home / "schemathesis.toml").write_text(config)
    arguments = [
        "--config-file", "schemathesis.toml", "run", f"{url}/openapi.json", "-H", f"Authorization: Bearer {token}",
        "--phases", "examples,coverage,fuzzing", "-n", "10", "--seed", "7", "--warnings", "off", *where,
    ]  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")), *arguments, stdout=PIPE, stderr=STDOUT, cwd=home
    )
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()[-8_000:]


@asynccontextmanager
async def serving(database_url: str) -> AsyncIterator[str]:
    """A server on a database of its own; its address."""
    await barback(database_url, "migrate")
    port = free_port()
    async with started(database_url, "serve", "--port", str(port), BARBACK_LOG_LEVEL="error"):
        await until_it_answers(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"


async def test_no_request_of_an_owner_makes_us_fail(empty_database_url: str, tmp_path: Path) -> None:
    async with serving(empty_database_url) as url:
        left_out = [word for path in LEFT_OUT for word in ("--exclude-path", path)]
        await fuzzed(url, await new_owner(url), CONFIG, tmp_path, *left_out, "--exclude-path-regex", CONSOLE)


async def test_no_request_of_an_admin_of_the_engine_makes_us_fail(empty_database_url: str, tmp_path: Path) -> None:
    async with serving(empty_database_url) as url:
        token, there = await new_admin(url, empty_database_url)
        await fuzzed(url, token, CONFIG + FOUND.format(**there), tmp_path, "--include-path-regex", CONSOLE)
