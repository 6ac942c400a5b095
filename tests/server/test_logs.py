"""Log lines hold what helps and never a secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from tests.support.server import RunningServer

from barback.foundation.settings import Settings
from barback.server.logs import hide_secrets_in_text, set_up_logs

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJkMSJ9.c2lnbmF0dXJl"


@pytest.fixture(params=["text", "json"])
def log_format(request: pytest.FixtureRequest) -> Iterator[str]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield request.param
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    structlog.reset_defaults()


def fail_into_the_log(log: structlog.stdlib.BoundLogger) -> None:
    secret = "only in a variable"
    try:
        int(f"no good: {TOKEN}" if secret else "")
    except ValueError:
        log.exception("failed")


def test_secrets_are_hidden_by_name_by_form_and_in_tracebacks(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs(Settings(log_format=log_format))
    log = structlog.get_logger("barback.test")
    log.info(
        "signed_in", password="three odd words", refresh_token="abc123", person="mara", url="http://x/t/AbCdEf123456"
    )
    logging.getLogger("somebody.else").warning("asked with %s", f"Bearer {TOKEN}")
    log.info("opened", database="postgresql://bar:hunter22@db/barback")
    fail_into_the_log(log)
    told = capsys.readouterr().err
    for secret in ("three odd words", "abc123", TOKEN, "hunter22", "AbCdEf123456", "only in a variable"):
        assert secret not in told
    for helpful in ("signed_in", "mara", "opened", "no good", "somebody.else"):
        assert helpful in told
    if log_format == "json":
        assert all(json.loads(line)["event"] for line in told.splitlines())


def test_what_looks_like_a_secret_is_hidden_and_the_rest_is_left() -> None:
    assert hide_secrets_in_text(None, "", f"token={TOKEN} for /events/01970f6e-7c2a-7b3d") == (
        "token=*** for /events/01970f6e-7c2a-7b3d"
    )


async def test_a_night_at_the_door_leaves_no_secret_in_the_log(
    server: RunningServer, log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs(Settings(log_format=log_format))
    night = await server.night()
    till = await server.till(night)
    await server.http.post("/v1/auth/sign-in", json={"email": "mara@harbour.example", "password": "wrong but mine"})
    await server.http.get("/t/AbCdEf123456")
    told = capsys.readouterr().err
    assert "/v1/auth/sign-in" in told
    for secret in ("three odd words", "wrong but mine", night.owner.token, till.token, till.session["device_secret"]):
        assert secret is not None
        assert secret not in told
    assert "AbCdEf123456" not in told
