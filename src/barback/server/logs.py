"""Log lines: one event each, as text on a terminal and JSON elsewhere, never with a secret in them."""

from __future__ import annotations

import logging
import os
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from barback.engine.attempts import FIELDS, about_here
from barback.foundation.settings import Settings, settings_from

_SECRET_KEY = re.compile(r"password|secret|token|authorization|cookie|pairing_code", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    # A JWT; a bearer header; the password in a URL; a guest's link.
    r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]+|(?<=Bearer )\S+|(?<=://)[^/\s:@]+:[^@\s/]+(?=@)|(?<=/t/)[\w-]{8,}"
)
HIDDEN = "***"


def hide_secrets(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replace values whose name says secret."""
    for key, value in event.items():
        if _SECRET_KEY.search(key) and value is not None:
            event[key] = HIDDEN
    return event


def hide_secrets_in_text(_logger: Any, _method: str, line: Any) -> Any:
    """Replace what looks like a secret anywhere in the finished line, tracebacks too."""
    return _SECRET_TEXT.sub(HIDDEN, line) if isinstance(line, str) else line


def set_up_from_environment() -> None:
    """As the environment's settings say; for processes that are started for one thing."""
    set_up_logs(settings_from(os.environ))


def add_message(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Whatever a handler logs says which message it handles."""
    for name, value in about_here().items():
        event.setdefault(name, value)
    return event


def set_up_logs(settings: Settings) -> None:
    """Send everything, also what libraries log, through one chain to standard error."""
    text = settings.log_format == "text" or (settings.log_format == "auto" and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.ExtraAdder(allow=FIELDS),
        add_message,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = (
        # The pretty traceback would show local variables, and with them passwords.
        [hide_secrets, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if text
        else [structlog.processors.format_exc_info, hide_secrets, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.PositionalArgumentsFormatter()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last, hide_secrets_in_text],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    # Our own line for a request says more, and hides what must be hidden.
    logging.getLogger("uvicorn.access").setLevel("WARNING")
