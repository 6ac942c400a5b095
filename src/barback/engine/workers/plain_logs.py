"""Log lines of `barback work` for programs that set up nothing better: text on a terminal, JSON lines elsewhere."""

from __future__ import annotations

import logging
import os
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec

from barback.engine.attempts import FIELDS, about_here
from barback.foundation.settings import settings_from

TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"


class JsonLines(logging.Formatter):
    """One object a line. What is logged about an attempt, also by its handler, says which message it is about."""

    def format(self, record: logging.LogRecord) -> str:
        """`event`, `message_id` and its like, `level`, `logger`, `timestamp` (ISO 8601, UTC), `exception`."""
        about = {name: value for name in FIELDS if (value := getattr(record, name, None)) is not None}
        line: dict[str, Any] = {"event": record.getMessage(), **about_here(), **about}
        line |= {"level": record.levelname.lower(), "logger": record.name}
        line["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat()
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def set_up_plain_logs() -> None:
    """Lines on standard error, as BARBACK_LOG_FORMAT and BARBACK_LOG_LEVEL say. Raises SettingsError."""
    settings = settings_from(os.environ)
    text = settings.log_format == "text" or (settings.log_format == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(TEXT) if text else JsonLines())
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
