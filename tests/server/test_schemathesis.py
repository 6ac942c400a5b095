"""Thousands of requests made from the API document, right and wrong: never our failure, always as documented."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import httpx
import pytest
from tests.support.command import barback, free_port, started, until_it_answers

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


async def new_owner(url: str) -> str:
    body = {
        "business_name": "Harbour Bar", "currency": "EUR", "time_zone": "UTC", "email": "mara@harbour.example",
        "password": "three odd words", "name": "Mara",
    }  # fmt: skip
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        return (await http.post("/v1/auth/sign-up", json=body)).json()["access_token"]


async def test_no_request_makes_us_fail(empty_database_url: str, tmp_path: Path) -> None:
    await barback(empty_database_url, "migrate")
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with started(empty_database_url, "serve", "--port", str(port), BARBACK_LOG_LEVEL="error"):
        await until_it_answers(url)
        token = await new_owner(url)
        left_out = [word for path in LEFT_OUT for word in ("--exclude-path", path)]
        arguments = [
            "--config-file", str(config), "run", f"{url}/openapi.json",
            "-H", f"Authorization: Bearer {token}",
            "--phases", "examples,coverage,fuzzing", "-n", "10", "--seed", "7", "--warnings", "off", *left_out,
        ]  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("schemathesis")), *arguments, stdout=PIPE, stderr=STDOUT, cwd=tmp_path
        )
        told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()[-8_000:]
