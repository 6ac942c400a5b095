"""Which errors say that what a task depends on is down, rather than something about the one message."""

from __future__ import annotations

import socket

SERVER_ERROR = 500
CAUSES_MAX = 5
_DOWN = frozenset(
    {
        "aiohttp.ClientConnectionError",
        "httpcore.NetworkError",
        "httpcore.TimeoutException",
        "httpx.TransportError",
        "requests.ConnectionError",
        "requests.Timeout",
        "urllib3.TimeoutError",
        "urllib3.NewConnectionError",
    }
)
"""Errors of HTTP clients, by the package they come from: none of them is imported for this."""


def is_outage(error: BaseException) -> bool:
    """A lost or refused connection, a time-out, a server's own error (5xx); or what was raised because of one."""
    found: BaseException | None = error
    for _ in range(CAUSES_MAX):
        if found is None:
            return False
        if isinstance(found, ConnectionError | TimeoutError | socket.gaierror) or _is_clients(found):
            return True
        found = found.__cause__
    return False


def _is_clients(error: BaseException) -> bool:
    names = {f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for kind in type(error).__mro__}
    return not names.isdisjoint(_DOWN) or _status(error) >= SERVER_ERROR


def _status(error: BaseException) -> int:
    """The HTTP status that an error carries, as the clients name it; 0 when it carries none."""
    for holder in (error, getattr(error, "response", None)):
        for name in ("status_code", "status"):
            status = getattr(holder, name, None)
            if isinstance(status, int):
                return status
    return 0
