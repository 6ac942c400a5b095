"""What `barback work` of the engine alone writes to its log."""

from __future__ import annotations

import json
import logging

import pytest

from barback.engine.attempts import HANDLING
from barback.engine.messages import Message
from barback.engine.workers.plain_logs import JsonLines, set_up_plain_logs

TEA = Message(
    id="4711", task="bar.pour", key="tab:1", tenant=None, attempt=2, attempts_max=10, enqueued_ms=0, payload="tea"
)


def line(record: logging.LogRecord) -> dict[str, object]:
    return json.loads(JsonLines().format(record))


def test_a_line_of_a_handler_says_which_message_it_is_about() -> None:
    record = logging.LogRecord("shop", logging.INFO, __file__, 1, "poured %s", ("tea",), None)
    token = HANDLING.set(TEA)
    said = line(record)
    HANDLING.reset(token)
    assert said.pop("timestamp")
    assert said == {
        "event": "poured tea", "level": "info", "logger": "shop",
        "message_id": "4711", "task": "bar.pour", "key": "tab:1", "attempt": 2,
    }  # fmt: skip


def test_a_line_about_an_attempt_has_its_fields_and_its_error() -> None:
    error = ValueError("no tea")
    told = (ValueError, error, None)
    record = logging.LogRecord("barback.engine", logging.WARNING, __file__, 1, "failed", (), told)
    record.queue = "bar"
    said = line(record)
    assert said["queue"] == "bar"
    assert str(said["exception"]).endswith("ValueError: no tea")


@pytest.mark.parametrize(("form", "is_json"), [("auto", True), ("json", True), ("text", False)])
def test_the_settings_say_how_and_how_much(form: str, is_json: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a terminal here: auto is JSON."""
    monkeypatch.setenv("BARBACK_LOG_FORMAT", form)
    monkeypatch.setenv("BARBACK_LOG_LEVEL", "error")
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    set_up_plain_logs()
    assert root.level == logging.ERROR
    assert isinstance(root.handlers[0].formatter, JsonLines) == is_json
